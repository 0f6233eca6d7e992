"""What every verb needs: the config in use, the database, the console."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchd import log
from watchd.values import Struct, replace

if TYPE_CHECKING:
    from rich.console import Console

    from watchd.config import Config
    from watchd.store import Store


class Session(Struct):
    """One run of the command line."""

    config_file: str = ""
    verbosity: int = 0

    def config_path(self) -> Path:
        """The config file in use. Raises ConfigError when there is none."""
        from watchd import config

        explicit = Path(self.config_file) if self.config_file else None
        return config.find(explicit, environ=os.environ, cwd=Path.cwd())

    def config(self, *, full_paths: bool = False) -> Config:
        """The config, read and checked. Raises ConfigError with all its problems.

        The rules folder is named as one would type it here, so that messages can be clicked;
        with `full_paths` it is not: those of a daemon are read elsewhere.
        """
        from watchd import config

        read = config.load(self.config_path(), environ=os.environ)
        return read if full_paths else replace(read, rules_dir=as_typed(read.rules_dir))

    def config_if_any(self) -> Config | None:
        """The config; None when there is none, and nobody named one."""
        from watchd.errors import ConfigError

        try:
            self.config_path()
        except ConfigError:
            if self.config_file or os.environ.get("WATCHD_CONFIG"):
                raise
            return None
        return self.config()

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The database as it is, for reading and small changes beside a running daemon."""
        from watchd.store import open_store

        store = open_store(self.config().database_url, create=False)
        try:
            yield store
        finally:
            store.close()

    def start_log(self) -> None:
        """Log to stderr, or with fields to the journal where stderr would lead there."""
        channel = None
        if "JOURNAL_STREAM" in os.environ:
            from watchd import journal  # most runs are not systemd's

            channel = journal.Channel() if journal.reads(2, os.environ) else None
        log.set_up(verbosity=self.verbosity, times=channel is None, channel=channel)


MOST = 2**63 - 1  # what the database can count to
_PIPE_WIDTH = 1000
_current = Session()


def begin(*, config_file: str, verbosity: int) -> None:
    """Start anew: one process runs one verb, and tests several."""
    _current.config_file = config_file
    _current.verbosity = verbosity


def session() -> Session:
    """The session of the verb that is running."""
    return _current


def not_empty(value: str | None) -> str | None:
    """Refuse "": a variable of a script that is not set must not mean the whole archive."""
    if value is not None and not value.strip():
        import typer

        raise typer.BadParameter("the text is empty")
    return value


def as_typed(path: Path) -> Path:
    """The path as one would type it in the current folder, where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def talk(line: str) -> None:
    """A line on stderr: what is said of the work, beside the data."""
    sys.stderr.write(f"{line}\n")


def print_json(value: Any) -> None:
    """JSON on stdout, in any script as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def console(*, stderr: bool = False) -> Console:
    """A console that follows NO_COLOR and the width of the terminal; plain in a pipe."""
    from rich.console import Console

    shown = Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
    if not shown.is_terminal:
        shown.width = _PIPE_WIDTH  # a table in a pipe is for grep: nothing may wrap
    return shown


def number(count: int, noun: str) -> str:
    """A count with its noun: "1 hit", "12,000 hits"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def has_colour(shown: Console) -> bool:
    """Whether marks made by colour will be seen."""
    return shown.is_terminal and not shown.no_color


def iso(moment: datetime | None) -> str | None:
    """As all our JSON writes times: 2026-01-08T09:00:00Z; None stays None."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def ago(moment: datetime | None, reference: datetime) -> str:
    """For people: "3 min ago", "in 2 h", "never"."""
    if moment is None:
        return "never"
    seconds = (reference - moment).total_seconds()
    size = abs(seconds)
    units = ((90, "s", 1), (5400, "min", 60), (172800, "h", 3600), (float("inf"), "d", 86400))
    unit, length = next((unit, length) for limit, unit, length in units if size < limit)
    text = f"{round(size / length)} {unit}"
    return f"{text} ago" if seconds >= 0 else f"in {text}"


_SPAN = re.compile(r"(\d+)\s*(m|min|h|d|w)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str, reference: datetime, option: str = "--since") -> datetime | None:
    """`--since`: a span ("90d", "12h") before now, or a day; None for "".

    Raises a usage error that names both forms, and the `option`.
    """
    if not text:
        return None
    if span := _SPAN.fullmatch(text.strip()):
        with suppress(OverflowError):
            return reference - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        import typer

        raise typer.BadParameter(
            f"'{text}' is neither a span like 90d, 12h, 30m nor a day like 2026-01-31",
            param_hint=option,
        ) from None
