"""What config.toml says, as values. Addresses that hold secrets are kept out of every repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from pathlib import Path

from watchd.errors import Problem
from watchd.model import Feed, KeepMode, Mode, Rate, Route, Severity
from watchd.response import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverConfig:
    """A receiver as written: its Apprise addresses, and where the file gives them."""

    name: str
    urls: tuple[str, ...] = field(repr=False)
    line: int
    col: int
    storm: Rate | None = None  # None: every alert by itself
    fallback: str = ""
    templates: Mapping[str, str] = field(default_factory=dict, repr=False)  # file name -> text


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """How deliveries are made."""

    give_up_after: timedelta
    zone: tzinfo = UTC  # of digests and quiet hours that name none
    readers: tzinfo | None = None  # whose clocks messages tell, too; None: the config names none
    board: bool = True  # digests begin with the board, where no route says otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The address that is told that all is well, and how often at most. "": nobody is."""

    url: str = field(default="", repr=False)
    every: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """How long the archive remembers; None: for ever."""

    keep: timedelta | None = None  # items without a hit
    keep_hits: timedelta | None = None  # hits, and their items


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsSettings:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """Which files are written with the newest hits, and where."""

    folder: Path
    formats: tuple[str, ...]
    limit: int
    min_severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One config file, read and checked. Without routes every receiver gets every rule."""

    path: Path
    database_url: str = field(repr=False)  # for SQLAlchemy; may hold a password
    rules_dir: Path
    contact: str
    feeds: tuple[Feed, ...] = field(repr=False)  # their addresses may hold passwords
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


def receiver_problem(config: Config, name: str, message: str) -> Problem:
    """That a receiver's address cannot be used, by its place. `message` must hold no secret."""
    one = next(receiver for receiver in config.receivers if receiver.name == name)
    said = f"receiver '{name}': {message}"
    return Problem(code="C116", message=said, path=str(config.path), line=one.line, col=one.col)
