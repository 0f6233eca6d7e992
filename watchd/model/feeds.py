"""Feeds, as the config names them, and what is remembered of each."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from watchd.values import Struct

Severity = Literal["info", "low", "medium", "high", "critical"]
SourceType = Literal["feed", "page", "sitemap"]
IdentityPolicy = Literal["auto", "guid", "url", "text"]
RateScope = Literal["feed", "host", "domain"]
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")
SOURCE_TYPES: tuple[SourceType, ...] = ("feed", "page", "sitemap")
IDENTITIES: tuple[IdentityPolicy, ...] = ("auto", "guid", "url", "text")


class Page(Struct, frozen=True, kw_only=True):
    """Where a web page keeps its items: CSS selectors. Without `list` its lines are watched."""

    list: str = ""  # each element is an item; within it stand the other four
    link: str = ""  # "": the element itself, or the first link in it
    title: str = ""  # "": the text of the link
    date: str = ""  # "": <time>
    text: str = ""  # "": none; without `list`, the part of the page to watch ("": all of it)


class Feed(Struct, frozen=True, kw_only=True):
    """A feed as config.toml names it. It never changes while the daemon runs on one config."""

    name: str
    url: str
    publisher: str
    lang: str = ""  # "" means: as the feed or the text says
    interval: timedelta = timedelta(hours=1)
    tags: tuple[str, ...] = ()
    grade: str = ""  # how reliable its source is, "A" to "F", and its word, 1 to 6: "B2"
    encoding: str = ""  # "" means: as the document says; else it overrides the document
    private: bool = False  # the config's own word that this address may be a private one
    timezone: str = ""  # IANA name for dates that carry no zone; "" leaves such dates unknown
    type: SourceType = "feed"
    page: Page | None = None  # of type page, and of no other
    robots: bool = True  # robots.txt is asked for what is no feed: pages, sitemaps, articles
    identity: IdentityPolicy = "auto"
    fulltext: bool = False  # fetch the article behind each new item's link
    rate_scope: RateScope = "host"  # who must wait when the server asks this feed to
    min_interval: timedelta | None = None  # as often as its rhythm may ask for; None: `interval`
    max_interval: timedelta | None = None  # as seldom; None: `interval`
    audit_every: timedelta = timedelta(days=7)  # how often it is fetched whole, whatever it says
    fail_after: timedelta = timedelta(hours=6)  # in trouble for so long, `ops` is told
    expect_every: timedelta | None = None  # something new at least so often; None: its own rhythm

    @property
    def address(self) -> str:
        """Fingerprint of where it is read: its address, and where in a page its items are."""
        return fingerprint(f"{self.url}/\0{self.page}" if self.page else self.url)


@lru_cache(maxsize=1024)  # one check asks several times
def fingerprint(url: str) -> str:
    """What the database keeps of an address, to know it again: it may hold a password or token.

    A name and password in it do not count: they say who asks, not what for.
    """
    scheme, slashes, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return hashlib.sha256(
        f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}".encode()
    ).hexdigest()[:32]


class FeedState(Struct, frozen=True, kw_only=True):
    """What we remember of one feed between checks: one row, written in the check's transaction."""

    feed: str
    address: str  # fingerprint of the configured address that was last read to the end
    etag: bytes | None = None  # byte-exact as the server sent it; None: it sent none
    last_modified: bytes | None = None
    validators_for: str = ""  # fingerprint of the final address they belong to
    body_hash: bytes | None = None  # of the last complete, parsed body
    title: str = ""
    next_check_at: datetime
    checked_at: datetime | None = None  # None: never checked
    ok_at: datetime | None = None  # the last complete answer (200 parsed, or 304)
    baseline_at: datetime | None = None  # the first complete parse; None: still to come
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    error: str = ""  # one sentence; "" when the last check was good
    # Of the last failure: FetchError.kind, wall, html, error, empty, truncated. When well: "", or
    # "degraded" for a broken document that could be read.
    kind: str = ""
    http_status: int | None = None  # of the last answer; None: there was none
    health: str = "new"  # polling.health.HEALTH
    health_since: datetime | None = None  # None: never checked
    not_before: datetime | None = None  # the server's wish; nothing may bring a check forward
    audited_at: datetime | None = None  # the last complete answer to an unconditional request
    lying_at: datetime | None = None  # an audit showed items that its 304s had hidden
    moved_to: str = ""  # where permanent redirects lead, without name and password
    moved_since: datetime | None = None
    moved_polls: int = 0  # checks that led there, in a row
    gap_at: datetime | None = None  # two looks in a row had no item in common
    gap_note: str = ""  # one sentence: what may be missing, what was fetched afterwards
    new_at: datetime | None = None  # the last new item, but for those of the first look
    pace: timedelta | None = None  # the interval in use; None: as in the config
    rhythm: dict[str, Any] | None = None  # polling.rhythm.Rhythm.as_json; None: nothing is known
    told: str = ""  # the health that people were last told of; "": all is well, as far as they know
    told_at: datetime | None = None


class Memory(Struct, frozen=True, kw_only=True):
    """What a watched page or a sitemap index has shown before, as its own module keeps it."""

    feed: str
    address: str  # fingerprint of the address it was read from
    at: datetime  # of the check that wrote it
    data: dict[str, Any]  # JSON
