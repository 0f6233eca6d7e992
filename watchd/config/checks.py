"""What the schema cannot see, since it looks at one value at a time.

All of this reads the raw data, so that it also finds mistakes in a file that the schema refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from watchd.config import schema, secrets, values
from watchd.config.problems import wrong
from watchd.config.values import Wrong, feed_url, is_private, path_from, quoted
from watchd.errors import Problem
from watchd.holding.when import is_always
from watchd.routing import OPERATORS, is_meant
from watchd.tables.marks import keys
from watchd.tomlfile import Document, nearest

_POLITE = timedelta(minutes=5)
_SOONEST = timedelta(minutes=1)


def entries(document: Document, section: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The [[section]] tables with their number, as far as they are tables."""
    tables = document.data.get(section)
    for index, table in enumerate(tables if isinstance(tables, list) else []):
        if isinstance(table, dict):
            yield index, table


def names(document: Document) -> Iterator[Problem]:
    """Names that are given twice. Capitals make no difference: people read them."""
    for section in ("feed", "receiver", "words"):
        first: dict[str, int] = {}
        for index, table in entries(document, section):
            name = table.get("name", "words" if section == "words" else None)
            if not isinstance(name, str):
                continue
            before = first.setdefault(name.lower(), index)
            if before != index:
                line = document.value(section, before, "name").line
                noun = "report" if section == "words" else section
                message = f"there is a {noun} {quoted(name)} already, on line {line}"
                if "name" in table:
                    yield document.problem("C108", message, section, index, "name")
                else:
                    message = f"{message}; give this one a `name`"
                    yield document.problem("C108", message, section, index)


def private_feeds(document: Document) -> Iterator[Problem]:
    for index, feed in entries(document, "feed"):
        url = feed.get("url")
        if isinstance(url, str) and is_private(url) and feed.get("private") is not True:
            message = (
                "this is an address within a private network, which is refused unless "
                "the feed says private = true"
            )
            yield document.problem("C110", message, "feed", index, "url", hint="private = true")


def pages(document: Document) -> Iterator[Problem]:
    """Selectors that nothing would use."""
    for index, feed in entries(document, "feed"):
        page = feed.get("page")
        if not isinstance(page, dict):
            continue
        kind = feed.get("type", "feed")
        if kind in ("feed", "sitemap"):
            message = f'[feed.page] is for a feed of type = "page"; this one is a {kind}'
            yield document.problem("C129", message, "feed", index, "page", hint='type = "page"')
        elif "list" not in page:
            for key in ("link", "title", "date"):
                if key in page:
                    message = f"`{key}` is looked for in each element that `list` finds: add `list`"
                    place = ("feed", index, "page", key)
                    yield document.problem("C129", message, *place, at="key")


def unknown_receivers(document: Document) -> Iterator[Problem]:
    known = [
        name
        for _, table in entries(document, "receiver")
        if isinstance(name := table.get("name"), str)
    ]
    tables = [("route", *one) for one in entries(document, "route")]
    tables += [("words", *one) for one in entries(document, "words")]
    for section, index, table in tables:
        named = table.get("receivers")
        is_list = isinstance(named, list)
        for number, name in enumerate(named if isinstance(named, list) else [named]):
            if not isinstance(name, str) or not name.strip() or name in known:
                continue
            path = ("receivers", number) if is_list else ("receivers",)
            meant = nearest(name, known)
            message = f"there is no receiver {quoted(name)}"
            message += f"; did you mean '{meant}'?" if meant else "; a [[receiver]] has that name"
            hint = f'"{meant}"' if meant else ""
            yield document.problem("C117", message, section, index, *path, hint=hint)


def fallbacks(document: Document) -> Iterator[Problem]:
    """Fallbacks that are no other receiver."""
    tables = list(entries(document, "receiver"))
    known = [name for _, table in tables if isinstance(name := table.get("name"), str)]
    for index, table in tables:
        named = table.get("fallback")
        if not isinstance(named, str) or not named.strip():
            continue
        others = [name for name in known if name != table.get("name")]
        if named in others:
            continue
        meant = nearest(named, others)
        message = f"there is no receiver {quoted(named)} to fall back on"
        if named in known:
            message = "a receiver cannot stand in for itself; name another"
        elif meant:
            message += f"; did you mean '{meant}'?"
        hint = f'fallback = "{meant}"' if meant else ""
        yield document.problem("C117", message, "receiver", index, "fallback", hint=hint)


def escalations(document: Document, file: schema.File) -> Iterator[Problem]:
    """Routes that tell others in vain, or too soon. Of a file that can be read."""
    known = [one.name for one in file.receiver]
    written = dict(entries(document, "route"))
    for index, route in enumerate(file.route):
        to = route.escalate_to or ()
        if (route.escalate is None) != (not to):
            given, missing = (
                ("escalate", "escalate_to") if to == () else ("escalate_to", "escalate")
            )
            says = "who is told" if missing == "escalate_to" else "after how long"
            hint = 'escalate_to = ["chief"]' if missing == "escalate_to" else 'escalate = "30m"'
            message = f"`{given}` needs `{missing}`, which says {says}"
            yield document.problem("C140", message, "route", index, given, at="key", hint=hint)
        if route.escalate is not None and route.escalate < _SOONEST:
            message = "nobody acknowledges anything within a minute; give people some time"
            hint = 'escalate = "30m"'
            yield document.problem("C140", message, "route", index, "escalate", hint=hint)
        is_list = isinstance(written.get(index, {}).get("escalate_to"), list)
        for number, name in enumerate(to):
            place = ("escalate_to", number) if is_list else ("escalate_to",)
            if name not in known:
                meant = nearest(name, known)
                said = f"; did you mean '{meant}'?" if meant else ""
                message = f"there is no receiver {quoted(name)} to escalate to{said}"
                hint = f'"{meant}"' if meant else ""
                yield document.problem("C117", message, "route", index, *place, hint=hint)
            elif name in route.receivers:
                message = f"{quoted(name)} has the alert already: escalate to somebody else"
                yield document.problem("C140", message, "route", index, *place)


def timed(document: Document, file: schema.File) -> Iterator[Problem]:
    """Routes that would never send, and digests that are none. Of a file that can be read."""
    for index, route in enumerate(file.route):
        if is_always(route.quiet):
            message = "these quiet hours never end: nothing would ever be sent"
            yield document.problem("C133", message, "route", index, "quiet")
        kind = route.mode.kind if route.mode else ""
        none = {
            "empty": route.empty and kind not in ("daily", "weekly"),
            "board": route.board and kind in ("now", "group"),
        }
        for key in (key for key, mistaken in none.items() if mistaken):
            message = f"`{key}` is for digests: give this route a mode such as daily@07:30"
            hint = 'mode = "daily@07:30"'
            yield document.problem("C134", message, "route", index, key, at="key", hint=hint)
    for index, words in enumerate(file.words):
        if words.mode and words.mode.kind not in ("daily", "weekly"):
            message = "a report on words comes once a week, or once a day"
            hint = '"weekly@mon 07:30"'
            yield document.problem("C136", message, "words", index, "mode", hint=hint)


def ignored(
    document: Document, folder: Path, problems: list[Problem]
) -> dict[int, tuple[str, ...]]:
    """The terms that each report on words is to leave out; adds to `problems`."""
    found: dict[int, tuple[str, ...]] = {}
    for index, words in entries(document, "words"):
        value = words.get("ignore")
        if not isinstance(value, str) or not value:
            continue
        try:
            text = path_from(folder, value).read_text("utf-8-sig")
        except OSError as error:
            reason = (error.strerror or "it cannot be read").lower()
            message = f"the file {quoted(value)} of terms: {reason}"
            problems.append(document.problem("C137", message, "words", index, "ignore"))
        except ValueError:
            message = f"the file {quoted(value)} of terms is not UTF-8 text"
            problems.append(document.problem("C137", message, "words", index, "ignore"))
        else:
            found[index] = tuple(values.terms(text))
    return found


def templates(
    document: Document, folder: Path, problems: list[Problem], warnings: list[Problem]
) -> dict[int, Mapping[str, str]]:
    """The templates of each receiver that has some, by file name.

    Adds to `problems`, and to `warnings`.
    """
    found: dict[int, Mapping[str, str]] = {}
    for index, receiver in entries(document, "receiver"):
        value = receiver.get("templates")
        if not isinstance(value, str) or not value:
            continue
        from watchd.config.templates import read  # most configs have none

        try:
            found[index], mistakes = read(value, folder)
        except Wrong as mistake:
            problems.append(wrong(document, mistake, "receiver", index, "templates"))
        else:
            problems += (one for one in mistakes if one.level == "error")
            warnings += (one for one in mistakes if one.level == "warning")
    return found


def addresses(
    document: Document, environ: Mapping[str, str], folder: Path, problems: list[Problem]
) -> dict[int, tuple[str, ...]]:
    """Every receiver's addresses, hidden from the logs; adds to `problems`."""
    found = {}
    for index, receiver in entries(document, "receiver"):
        given = [source for source in secrets.SOURCES if source in receiver]
        slip = any(key not in keys(schema.ReceiverEntry) for key in receiver)
        if len(given) != 1 and not (slip and not given):  # a mistyped key is told of by itself
            message = "this receiver has no address: give one of " + ", ".join(secrets.SOURCES)
            if given:
                message = (
                    f"a receiver has one source of addresses, not both {given[0]} and {given[1]}"
                )
            problems.append(
                document.problem("C114", message, "receiver", index, *given[1:2], at="key")
            )
        for source in given:
            value = receiver[source]
            values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
            texts = tuple(text.strip() for text in values if isinstance(text, str))
            if source != "url" and isinstance(value, str) and value:
                try:
                    texts = secrets.addresses(source, value, environ, folder)
                except Wrong as mistake:
                    problems.append(wrong(document, mistake, "receiver", index, source))
                    continue
            for text in texts:
                secrets.hide(text)
            found[index] = texts
    return found


def heartbeat(
    document: Document, environ: Mapping[str, str], folder: Path, problems: list[Problem]
) -> str:
    """The address of the heartbeat, hidden from the logs, or ""; adds to `problems`."""
    found = ""
    given = [key for key in secrets.HEARTBEATS if isinstance(document.data.get(key), str)]
    if len(given) > 1:
        message = f"the heartbeat has one source of its address, not both {given[0]} and {given[1]}"
        problems.append(document.problem("C114", message, given[1], at="key"))
    for key in given:
        value = document.data[key].strip()
        try:
            if key != "heartbeat_url" and value:
                value, *more = secrets.addresses(key, value, environ, folder)
                if more:
                    raise Wrong("C115", "there is one heartbeat, and so one address in there")
            secrets.hide(value)
            found = feed_url(value) if value else ""
        except Wrong as mistake:
            message = mistake.message.replace("the address of a feed", "this address")
            problems.append(document.problem(mistake.code, message, key))
    return found


def database(document: Document, folder: Path, problems: list[Problem]) -> str:
    """The SQLAlchemy URL, its password hidden from the logs; adds to `problems`."""
    value = document.data.get("database", "watchd.db")
    if not isinstance(value, str):
        return ""
    scheme, is_url, _ = value.partition("://")
    if not is_url:
        if "?" in value or "\0" in value:
            message = "the file name of the database has a sign in it that cannot be used"
            problems.append(document.problem("C119", message, "database"))
        return f"sqlite:///{path_from(folder, value)}"
    secrets.hide(value)
    if scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        message = "`database` is a file name, or an address that begins with postgresql://"
        problems.append(document.problem("C119", message, "database"))
    return value


def same_addresses(
    document: Document, file: schema.File, addresses: Mapping[int, tuple[str, ...]]
) -> Iterator[Problem]:
    """Addresses that get all twice: of one receiver, or of two that the same hits go to.

    Two receivers for one address are well where routes tell apart what goes to which.
    """
    everybody = {one.name for one in file.receiver} - {OPERATORS}
    together = [set(route.receivers) for route in file.route] or [everybody]
    first: dict[str, dict[str, int]] = {}
    for index, entry in enumerate(file.receiver):
        source = next((key for key in secrets.SOURCES if getattr(entry, key)), "url")
        for text in addresses.get(index, ()):
            before = first.setdefault(text, {})
            other = next(
                (
                    number
                    for name, number in before.items()
                    if name == entry.name or any({name, entry.name} <= one for one in together)
                ),
                None,
            )
            before.setdefault(entry.name, index)
            if other is None:
                continue
            line = document.value("receiver", other, "name").line
            its = "this receiver" if other == index else f"the receiver on line {line}"
            message = f"{its} has the same address, which gets each message twice"
            place = ("receiver", index, source)
            yield document.problem("C138", message, *place, at="key", level="warning")


def warnings(document: Document, file: schema.File, rules: Path) -> list[Problem]:
    """What works, but is probably not what is wanted."""

    def warning(code: str, message: str, *path: str | int) -> None:
        found.append(document.problem(code, message, *path, level="warning"))

    found: list[Problem] = []
    if not rules.is_dir():
        warning("C120", f"there is no folder {rules} to read rules from", "rules")
    short = "a wait this short is for tests: many sites shut out those who ask so often"
    if file.fetch.min_interval < _POLITE:
        warning("C121", short, "fetch", "min_interval")
    elif file.defaults.interval < file.fetch.min_interval:
        warning("C121", short, "defaults", "interval")
    first: dict[str, int] = {}
    for index, feed in enumerate(file.feed):
        if feed.interval is not None and feed.interval < file.fetch.min_interval:
            warning("C121", short, "feed", index, "interval")
        before = first.setdefault(feed.url, index)
        if before != index:
            line = document.value("feed", before, "url").line
            warning("C122", f"the feed on line {line} has the same address", "feed", index, "url")
    looks = [("route", index, one.sources) for index, one in enumerate(file.route)]
    looks += [("words", index, one.sources) for index, one in enumerate(file.words)]
    for section, index, sources in looks:
        for source in sources or ():
            if not any(
                is_meant(source, feed.name, feed.tags, feed.publisher or feed.name)
                for feed in file.feed
            ):
                warning("C135", f"no feed is meant by {quoted(source)}", section, index, "sources")
    if not file.feed:
        warning("C123", "no feed is named here: add a [[feed]]")
    if not file.receiver:
        warning("C124", "no receiver is named here: hits are stored, and nobody is told")
    return found
