"""Find config.toml, read it, and say everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from watchd import __version__, tomlfile
from watchd.config import checks, schema, secrets, times
from watchd.config.problems import without_secrets
from watchd.config.settings import (
    Config,
    ExportSettings,
    FetchSettings,
    Heartbeat,
    NotifySettings,
    ReceiverConfig,
    StoreSettings,
    WordsSettings,
)
from watchd.config.values import has_secret, path_from
from watchd.errors import ConfigError, FileProblems, Problem
from watchd.model import Escalation, Feed, KeepMode, Page, Rate, Route
from watchd.routing import is_meant
from watchd.tables import plain
from watchd.tomlfile import Document
from watchd.values import asdict

_WORDS = times.mode("weekly@mon 07:30")  # of reports that name no time
_STORM = Rate(count=20, per=timedelta(hours=1))  # of receivers that name none


def find(explicit: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The config to use: `explicit`, else $WATCHD_CONFIG, ./config.toml, /etc/watchd/config.toml.

    Raises ConfigError, which says where it looked.
    """
    named = explicit or (Path(environ["WATCHD_CONFIG"]) if environ.get("WATCHD_CONFIG") else None)
    if named is not None:
        if _is_there(named):
            return named
        what = "is a folder; name the file in it" if named.is_dir() else "is not there"
        origin = "" if explicit else ", which the environment variable WATCHD_CONFIG names,"
        raise _no_file(f"the config file{origin} {what}", str(named))
    places = (cwd / "config.toml", Path("/etc/watchd/config.toml"))
    for place in places:
        if _is_there(place):
            return place
    looked = " nor ".join(str(place) for place in places)
    raise _no_file(
        f"there is no config file: neither {looked}; name one with --config, "
        "or make a first one with: watchd init DIR",
        "config.toml",
    )


def load(path: Path, *, environ: Mapping[str, str], data: bytes | None = None) -> Config:
    """Read a config file and what it refers to. Raises ConfigError with every mistake in it.

    `data` is read in place of what the file holds: what it would come to, were it written there.
    """
    try:
        document = tomlfile.read_bytes(path.read_bytes() if data is None else data, str(path))
    except FileProblems as error:
        raise ConfigError(without_secrets(error.problems)) from None
    except OSError as error:
        reason = (error.strerror or "unknown trouble").lower()
        raise _no_file(f"the config file cannot be read: {reason}", str(path)) from None

    folder = path.absolute().parent
    problems: list[Problem] = []
    try:
        file = plain.read(document.data, schema.File)
    except plain.NotPlain:
        from watchd.config import refused  # most files have no mistake

        file, problems = refused.read(document)
    addresses = checks.addresses(document, environ, folder, problems)
    warnings: list[Problem] = []
    templates = checks.templates(document, folder, problems, warnings)
    problems += checks.names(document)
    problems += checks.private_feeds(document)
    problems += checks.pages(document)
    problems += checks.unknown_receivers(document)
    problems += checks.fallbacks(document)
    problems += checks.timed(document, file)
    heartbeat = checks.heartbeat(document, environ, folder, problems)
    problems += checks.escalations(document, file)
    ignored = checks.ignored(document, folder, problems)
    database = checks.database(document, folder, problems)
    if not problems:
        warnings += checks.warnings(document, file, path_from(folder, file.rules))
        warnings += checks.same_addresses(document, file, addresses)

    for entry in file.feed:
        secrets.hide_password(entry.url)
    if problems:
        problems.sort(key=lambda one: (one.line, one.col))
        raise ConfigError(without_secrets(problems, _open_lines(document, problems)))
    introduction = f"watchd/{__version__}" + (f" (+{file.contact})" if file.contact else "")
    readers = ZoneInfo(file.notify.timezone) if file.notify.timezone else None
    return Config(
        path=path,
        database_url=database,
        rules_dir=path_from(folder, file.rules),
        contact=file.contact,
        feeds=tuple(_feed(entry, file.defaults.interval) for entry in file.feed),
        receivers=tuple(
            _receiver(document, index, entry, addresses[index], templates.get(index, {}))
            for index, entry in enumerate(file.receiver)
        ),
        routes=tuple(
            Route(
                receivers=entry.receivers,
                rules=entry.rules or (),
                tags=entry.tags,
                severity=entry.severity,
                sources=entry.sources or (),
                languages=entry.languages,
                mode=entry.mode,
                quiet=entry.quiet,
                throttle=entry.throttle,
                empty=entry.empty,
                board=file.notify.board if entry.board is None else entry.board,
                escalation=(
                    Escalation(after=entry.escalate, to=entry.escalate_to)
                    if entry.escalate and entry.escalate_to
                    else None
                ),
                goes_on=entry.goes_on,
            )
            for entry in file.route
        ),
        fetch=FetchSettings(
            concurrency=file.fetch.concurrency,
            per_host=file.fetch.per_host,
            timeout=file.fetch.timeout,
            spacing=file.fetch.spacing,
            max_bytes=file.fetch.max_bytes,
            min_interval=file.fetch.min_interval,
            articles_per_hour=file.fetch.articles_per_hour,
            user_agent=file.fetch.user_agent or introduction,
        ),
        notify=NotifySettings(
            give_up_after=file.notify.give_up_after,
            zone=readers or times.local_zone(environ),
            readers=readers,
            board=file.notify.board,
        ),
        heartbeat=Heartbeat(url=heartbeat, every=file.heartbeat_every),
        listen=file.serve.listen,
        evidence=KeepMode(file.evidence),
        store=StoreSettings(keep=file.store.keep, keep_hits=file.store.keep_hits),
        export=ExportSettings(
            folder=path_from(folder, file.export.dir),
            formats=file.export.formats or ("json", "atom", "csv"),
            limit=file.export.limit,
            min_severity=file.export.min_severity,
        )
        if file.export.dir
        else None,
        words=tuple(
            WordsSettings(
                name=entry.name,
                receivers=entry.receivers,
                mode=entry.mode or _WORDS,
                since=entry.since,
                baseline=entry.baseline,
                feeds=_meant(entry.sources, file) if entry.sources else None,
                languages=entry.languages,
                ignore=ignored.get(index, ()),
                limit=entry.limit,
            )
            for index, entry in enumerate(file.words)
        ),
        warnings=tuple(without_secrets(warnings, _open_lines(document, warnings))),
    )


def _feed(entry: schema.FeedEntry, interval: timedelta) -> Feed:
    return Feed(
        name=entry.name,
        url=entry.url,
        publisher=entry.publisher or entry.name,
        lang=entry.lang,
        interval=entry.interval or interval,
        tags=entry.tags,
        grade=entry.grade,
        encoding=entry.encoding,
        timezone=entry.timezone,
        private=entry.private,
        fulltext=entry.fulltext,
        type=entry.type,
        page=_page(entry),
        identity=entry.identity,
        robots=entry.robots,
        min_interval=entry.min_interval,
        max_interval=entry.max_interval,
        rate_scope=entry.rate_scope,
        audit_every=entry.audit_every,
        fail_after=entry.fail_after,
        expect_every=entry.expect_every,
    )


def _meant(sources: Iterable[str], file: schema.File) -> tuple[str, ...]:
    """The feeds that these mean, by name."""
    return tuple(
        feed.name
        for feed in file.feed
        if any(is_meant(one, feed.name, feed.tags, feed.publisher or feed.name) for one in sources)
    )


def _page(entry: schema.FeedEntry) -> Page | None:
    """The selectors of a page; none are needed to watch it as a whole."""
    if entry.type != "page":
        return None
    given = asdict(entry.page) if entry.page else {}
    return Page(**{key: value for key, value in given.items() if value is not None})


def _open_lines(document: Document, problems: Iterable[Problem]) -> set[int]:
    """The lines with the address of a feed that holds no secret, for what is said of such."""
    if not any("url" in problem.source for problem in problems):
        return set()  # to find the places of thousands of feeds takes longer than to read them
    return {
        document.value("feed", index, "url").line
        for index, feed in checks.entries(document, "feed")
        if isinstance(feed.get("url"), str) and not has_secret(feed["url"])
    }


def _receiver(
    document: Document,
    index: int,
    entry: schema.ReceiverEntry,
    urls: tuple[str, ...],
    templates: Mapping[str, str],
) -> ReceiverConfig:
    table = document.data["receiver"][index]
    source = next(source for source in secrets.SOURCES if source in table)
    place = document.value("receiver", index, source)
    storm = entry.storm or _STORM
    return ReceiverConfig(
        name=entry.name,
        urls=urls,
        line=place.line,
        col=place.col,
        storm=storm if isinstance(storm, Rate) else None,
        fallback=entry.fallback or "",
        templates=templates,
    )


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return True  # in a folder that is closed to us: `load` says so


def _no_file(message: str, path: str) -> ConfigError:
    return ConfigError([Problem(code="C100", message=message, path=path)])
