"""What config.toml says, as values. Addresses that hold secrets are kept out of every repr."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta, tzinfo
from pathlib import Path

from watchd.errors import Problem
from watchd.model import Feed, KeepMode, Mode, Rate, Route, Severity
from watchd.response import Limits
from watchd.values import Struct, field, without


class ReceiverConfig(Struct, frozen=True, kw_only=True):
    """A receiver as written: its Apprise addresses, and where the file gives them."""

    name: str
    urls: tuple[str, ...]
    line: int
    col: int
    storm: Rate | None = None  # None: every alert by itself
    fallback: str = ""
    templates: Mapping[str, str] = field(default_factory=dict)  # file name -> text

    __repr__ = without("urls", "templates")


class FetchSettings(Struct, frozen=True, kw_only=True):
    """How feeds are asked for. `timeout` bounds one exchange as a whole."""

    concurrency: int
    per_host: int
    timeout: timedelta
    spacing: timedelta
    max_bytes: int
    min_interval: timedelta
    articles_per_hour: int
    user_agent: str

    @property
    def limits(self) -> Limits:
        """What one fetch may cost."""
        return Limits(
            max_bytes=self.max_bytes,
            deadline=self.timeout,
            connect=min(self.timeout, Limits().connect),
            read=min(self.timeout, Limits().read),
        )


class NotifySettings(Struct, frozen=True, kw_only=True):
    """How deliveries are made."""

    give_up_after: timedelta
    zone: tzinfo = UTC  # of digests and quiet hours that name none
    readers: tzinfo | None = None  # whose clocks messages tell, too; None: the config names none
    board: bool = True  # digests begin with the board, where no route says otherwise


class Heartbeat(Struct, frozen=True, kw_only=True):
    """The address that is told that all is well, and how often at most. "": nobody is."""

    url: str = ""
    every: timedelta = timedelta(minutes=1)

    __repr__ = without("url")


class StoreSettings(Struct, frozen=True, kw_only=True):
    """How long the archive remembers; None: for ever."""

    keep: timedelta | None = None  # items without a hit
    keep_hits: timedelta | None = None  # hits, and their items


class WordsSettings(Struct, frozen=True, kw_only=True):
    """A report on words that receivers are sent."""

    name: str
    receivers: tuple[str, ...]
    mode: Mode  # daily or weekly
    since: timedelta
    baseline: timedelta
    feeds: tuple[str, ...] | None  # those that `sources` means, by name; None: all
    languages: tuple[str, ...]
    ignore: tuple[str, ...]  # terms
    limit: int


class ExportSettings(Struct, frozen=True, kw_only=True):
    """Which files are written with the newest hits, and where."""

    folder: Path
    formats: tuple[str, ...]
    limit: int
    min_severity: Severity


class Config(Struct, frozen=True, kw_only=True):
    """One config file, read and checked. Without routes every receiver gets every rule."""

    path: Path
    database_url: str  # for SQLAlchemy; may hold a password
    rules_dir: Path
    contact: str
    feeds: tuple[Feed, ...]  # their addresses may hold passwords
    receivers: tuple[ReceiverConfig, ...]
    routes: tuple[Route, ...]
    fetch: FetchSettings
    notify: NotifySettings
    heartbeat: Heartbeat
    listen: str  # "HOST:PORT" or "unix:PATH" for those who ask how we are; "": nobody may
    store: StoreSettings
    evidence: KeepMode = KeepMode.ENTRY
    export: ExportSettings | None = None  # None: no files are wanted
    words: tuple[WordsSettings, ...] = ()
    warnings: tuple[Problem, ...]

    __repr__ = without("database_url", "feeds")


def receiver_problem(config: Config, name: str, message: str) -> Problem:
    """That a receiver's address cannot be used, by its place. `message` must hold no secret."""
    one = next(receiver for receiver in config.receivers if receiver.name == name)
    said = f"receiver '{name}': {message}"
    return Problem(code="C116", message=said, path=str(config.path), line=one.line, col=one.col)
