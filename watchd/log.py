"""One log line per piece of work, `noun.verb key=value …`, to stderr. No secret, no forged line."""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchd import journal

_QUOTE = re.compile(r'[\s="\x00-\x1f\x7f-\x9f\u2028\u2029]')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """Never print `secret` again, whoever logs it. Short strings are ignored: they are words."""
    if len(secret) >= 6:
        _secrets.add(secret)


def masked(text: str) -> str:
    """`text` with every hidden secret replaced by ***."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


class Log:
    """Structured lines under one logger. Feed text in a value cannot break or forge a line."""

    def __init__(self, name: str = "watchd") -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: dict[str, object]) -> None:
        if self._logger.isEnabledFor(level):
            words = [event, *(f"{key}={_value(value)}" for key, value in fields.items())]
            told = {"event": event, **fields}
            self._logger.log(level, "%s", " ".join(words), extra={"fields": told})


def _value(value: object) -> str:
    if type(value) is int:
        return str(value)
    text = _CONTROL.sub(" ", str(value))
    if text == "" or _QUOTE.search(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def traceback() -> None:
    """Write down where the exception being handled came from: for a bug, never for trouble."""
    logging.getLogger("watchd").error("traceback", exc_info=True)


class _Format(logging.Formatter):
    def __init__(self, *, times: bool) -> None:
        super().__init__()
        self._times = times

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += " " + self.formatException(record.exc_info)
        # A line feed in a message could forge a second line with a priority of its own.
        line = f"{record.levelname:<7} {_folded(text)}"
        if self._times:
            when = datetime.fromtimestamp(record.created, UTC)
            line = f"{when:%Y-%m-%dT%H:%M:%SZ} {line}"
        return line


class _Journal(logging.Handler):
    """Lines with their fields for systemd's journal; what it does not take goes to stderr."""

    def __init__(self, channel: journal.Channel, otherwise: logging.Handler) -> None:
        super().__init__()
        self._channel, self._otherwise = channel, otherwise

    def emit(self, record: logging.LogRecord) -> None:
        from watchd.journal import entry

        fields = {key: _folded(value) for key, value in getattr(record, "fields", {}).items()}
        message = _folded(record.getMessage())
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            message = "\n".join([message, *map(_folded, trace.splitlines())])
        if not self._channel.send(entry(message, record.levelno, fields)):
            self._otherwise.handle(record)


def _folded(value: object) -> str:
    return _CONTROL.sub(" ", masked(str(value)))


def set_up(
    *, verbosity: int = 0, times: bool = True, channel: journal.Channel | None = None
) -> None:
    """Send our log to stderr. `verbosity`: -2 errors only, -1 warnings, 0 info, 1 debug.

    `times` is off under systemd, whose journal has a clock of its own. With `channel` the lines
    go there, and not to stderr.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Format(times=times))
    if channel is not None:
        handler = _Journal(channel, handler)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    levels = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    level = levels[min(max(verbosity, -2), 1) + 2]
    logging.getLogger("watchd").setLevel(level)
    # httpx logs addresses with their passwords at INFO; Apprise logs webhook addresses at DEBUG.
    for library in ("httpx", "httpcore", "apprise", "apscheduler", "alembic", "asyncio"):
        logging.getLogger(library).setLevel(logging.ERROR)
