"""The network of the timeline: answers every request as the script says, and keeps the books.

It takes the place of `exchange.Exchange.send`, so that all of `fetch.Client` above it is real.
"""

from __future__ import annotations

import random
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

import httpcore
import httpx

from tests.timeline.press import Publisher, Story

_PAGE = (
    b"<!doctype html><html><head><title>Just a moment...</title></head>"
    b"<body><p>Checking your browser before you go on.</p></body></html>"
)
_FAR = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a feed itself (`page` is false), or for a page of its archive."""

    at: float
    status: int  # 0: no answer
    conditional: bool
    place: str  # host and path
    version: int = 0  # of the document, where one was sent
    could_304: bool = False  # the server supports it, and nothing had changed
    page: bool = False


@dataclass(slots=True)
class Window:
    """What one complete document showed: the numbers of its oldest and newest story."""

    at: float
    oldest: int
    newest: int


@dataclass
class Books:
    """What was asked of one feed's server, and what it let out."""

    asked: list[Asked] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    exposed: set[int] = field(default_factory=set)  # stories in complete answers
    texts: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    served: tuple[int, str] | None = None  # the last complete document: version, place
    hidden_at: float | None = None  # the first story that a lying 304 hid
    not_before: float = 0.0
    waits: list[tuple[float, float]] = field(default_factory=list)  # when told, until when
    too_soon: int = 0  # requests before a time that the server had named


class _Body:
    def __init__(self, body: bytes, *, breaks: bool) -> None:
        self._body, self._breaks = body, breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
        if self._breaks:
            raise httpcore.RemoteProtocolError("peer closed connection without complete body")


class Network:
    """All servers. `clock` tells the seconds since `began`; `down` are our own outages."""

    def __init__(
        self,
        script: Sequence[Publisher],
        began: datetime,
        clock: Callable[[], float],
        down: Sequence[tuple[float, float]] = (),
        seed: int = 1,
    ) -> None:
        self.books = {one.name: Books() for one in script}
        self.down = tuple(down)
        self._by_name = {one.name: one for one in script}
        self._began, self._clock = began, clock
        self._chance = random.Random(f"network {seed}")
        self._documents: dict[str, tuple[object, bytes]] = {}
        self._hosts: dict[str, float] = defaultdict(float)  # not before, by host
        self.early_on_host = 0  # requests to a host that had asked another feed's to wait

    async def send(self, asked: httpcore.Request) -> httpcore.Response:
        now = self._clock()
        host, target = asked.url.host.decode(), asked.url.target.decode()
        headers = [(name.decode(), value.decode()) for name, value in asked.headers]
        request = httpx.Request("GET", f"http://{host}{target}", headers=headers)
        parts = request.url.path.strip("/").split("/")
        one = self._by_name.get(parts[0])
        if any(start <= now < end for start, end in self.down) or one is None:
            if one is not None:
                self.books[one.name].asked.append(Asked(now, 0, False, request.url.host))
            cause = OSError(101, "Network is unreachable")
            raise httpcore.ConnectError("all connection attempts failed") from cause
        return self._answer(one, request, now, "/".join(parts[1:]))

    def _answer(
        self, one: Publisher, request: httpx.Request, now: float, path: str
    ) -> httpcore.Response:
        books, query = self.books[one.name], dict(request.url.params)
        page = path != "feed.xml" or bool(query)
        place = f"{request.url.host}/{path}"
        etag = request.headers.get("if-none-match")
        since = request.headers.get("if-modified-since")

        def note(status: int, **more: object) -> None:
            conditional = bool(etag or since)
            books.asked.append(Asked(now, status, conditional, place, page=page, **more))  # type: ignore[arg-type]

        if now < books.not_before:
            books.too_soon += 1
        elif now < self._hosts[request.url.host]:
            self.early_on_host += 1
        what = one.spell(now)
        if trouble := _trouble(what):
            note(0)
            raise trouble
        if what in ("301", "302") and not request.url.host.startswith("new."):
            note(int(what))
            to = f"https://new.{one.host}/{one.name}/feed.xml"
            return self._reply(int(what), [("Location", to)])
        if "-" in what:
            note(int(what[:3]))
            return self._wait(one, what, now)
        if what.isdigit() and not what.startswith("30"):
            note(int(what))
            return self._reply(int(what), [])
        if what in ("html", "empty"):
            note(200)
            return self._reply(200, [], _PAGE if what == "html" else b"")
        stories, link = _page_of(one, path, query, now) if page else _front(one, now)
        if not stories and page:
            note(404)
            return self._reply(404, [])
        validators = [] if page else self._validators(one, now)
        sent = dict(validators)
        unchanged = _unchanged(one, sent, etag, since)
        if what == "lying" and (etag or since) and not page:
            if not unchanged and books.hidden_at is None:
                books.hidden_at = now
            note(304)
            return self._reply(304, [("ETag", etag)] if etag else [])
        if unchanged:
            note(304, could_304=True)
            return self._reply(304, [*validators, *one.headers])
        body = self._document(one, stories, link, now, page)
        if one.cut_share and self._chance.random() < one.cut_share:
            note(200, version=-1)
            cut = body[: self._chance.randint(300, len(body) - 20)]
            told = self._chance.random() < 0.5  # half of them have a length that is not kept
            return self._reply(200, validators, cut, breaks=told)
        again = books.served == (one.version(now), place)
        note(200, version=one.version(now), could_304=again and _can_304(one))
        if not page:
            books.served = one.version(now), place
        self._expose(one, books, stories, now, page)
        return self._reply(200, [*validators, *one.headers], body)

    def _validators(self, one: Publisher, now: float) -> list[tuple[str, str]]:
        if one.validators == "none":
            return []
        if one.validators == "stuck":
            return [("ETag", '"for-ever"')]
        broken = "-x" if one.spell(now) == "malformed" else ""
        changed = timedelta(seconds=int(one.changed_at(now)) + bool(broken))
        when = format_datetime(self._began + changed, True)
        both = {
            "etag": ("ETag", f'W/"{one.name}-{one.version(now)}{broken}"'),
            "lm": ("Last-Modified", when),
        }
        return [both[one.validators]] if one.validators in both else [*both.values()]

    def _document(
        self, one: Publisher, stories: Sequence[Story], link: str, now: float, page: bool
    ) -> bytes:
        version = (one.version(now), one.spell(now))
        held, body = self._documents.get(one.name, (None, b""))
        if page or one.volatile or held != version:
            body = one.document(stories, now, self._began, link)
            if not page:
                self._documents[one.name] = (version, body)
        return body

    def _expose(
        self, one: Publisher, books: Books, stories: Sequence[Story], now: float, page: bool
    ) -> None:
        if not stories:
            return
        numbers = [story.number for story in stories]
        if not page:
            books.windows.append(Window(now, min(numbers), max(numbers)))
        books.exposed.update(numbers)
        for story in stories:
            if len(story.texts) > 1:
                books.texts[story.number].add(story.text(now))

    def _wait(self, one: Publisher, what: str, now: float) -> httpcore.Response:
        """Asks for the rest of the spell, in the form that `what` names."""
        end = max(spell.end for spell in one.spells if spell.what == what and spell.end > now
                  and spell.start <= now)  # fmt: skip
        seconds = int(end - now) + 1
        self.books[one.name].not_before = now + seconds
        self.books[one.name].waits.append((now, now + seconds))
        self._hosts[one.host] = max(self._hosts[one.host], now + seconds)
        when = format_datetime(self._began + timedelta(seconds=now + seconds), True)
        status, _, how = what.partition("-")
        named = {
            "seconds": ("Retry-After", str(seconds)),
            "date": ("Retry-After", when),
            "reset": ("X-RateLimit-Reset", str(seconds)),
        }[how]
        return self._reply(int(status), [named])

    def _reply(
        self,
        status: int,
        headers: Sequence[tuple[str, str]],
        body: bytes = b"",
        *,
        breaks: bool = False,
    ) -> httpcore.Response:
        date = format_datetime(self._began + timedelta(seconds=int(self._clock())), True)
        more = [("Date", date), ("Content-Type", "application/xml"), *headers]
        raw = [(name.encode(), value.encode()) for name, value in more]
        return httpcore.Response(status, headers=raw, content=_Body(body, breaks=breaks))


def _trouble(what: str) -> Exception | None:
    if what == "dns":
        error = httpcore.ConnectError("no such name")
        error.__cause__ = socket.gaierror(-2, "Name or service not known")
        return error
    if what == "connect":
        error = httpcore.ConnectError("all connection attempts failed")
        error.__cause__ = ConnectionRefusedError(111, "Connection refused")
        return error
    kinds = {"timeout": httpcore.ReadTimeout, "protocol": httpcore.LocalProtocolError}
    return kinds[what]("trouble") if what in kinds else None


def _front(one: Publisher, now: float) -> tuple[list[Story], str]:
    link = ""
    if one.archive == "rfc5005":
        whole = one.told(now) // one.window - 1
        if whole >= 0:
            link = _previous(one, whole)
    elif one.archive == "wordpress":
        link = "<generator>https://wordpress.org/?v=6.6.1</generator>"
    return one.shown(now), link


def _previous(one: Publisher, number: int) -> str:
    return f'<atom:link rel="prev-archive" href="https://{one.host}/{one.name}/archive-{number}"/>'


def _page_of(
    one: Publisher, path: str, query: dict[str, str], now: float
) -> tuple[list[Story], str]:
    """A page of the archive; no stories where there is no such page."""
    told, size = one.told(now), one.window
    number = query.get("paged", "") if one.archive == "wordpress" else path.rpartition("-")[2]
    if not number.isdigit():
        return [], ""
    if one.archive == "wordpress" and path == "feed.xml":
        end = told - (int(number) - 1) * size
        return one.stories[max(0, end - size) : max(0, end)][::-1], ""
    if one.archive == "rfc5005" and path.startswith("archive-"):
        start = int(number) * size
        link = _previous(one, int(number) - 1) if int(number) else ""
        return one.stories[start : min(start + size, told)][::-1], link
    return [], ""


def _unchanged(one: Publisher, sent: dict[str, str], etag: str | None, since: str | None) -> bool:
    if not _can_304(one) or not sent:
        return False
    if etag is not None:
        return etag == sent.get("ETag")
    return since is not None and since == sent.get("Last-Modified")


def _can_304(one: Publisher) -> bool:
    return one.validators not in ("none", "stuck")
