"""The nouns of watchd. Values only: frozen, no I/O, no clock. Every time is aware and UTC."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

Severity = Literal["info", "low", "medium", "high", "critical"]
SourceType = Literal["feed", "page", "sitemap"]
IdentityPolicy = Literal["auto", "guid", "url", "text"]
RateScope = Literal["feed", "host", "domain"]
SEVERITIES: tuple[Severity, ...] = ("info", "low", "medium", "high", "critical")
SOURCE_TYPES: tuple[SourceType, ...] = ("feed", "page", "sitemap")
IDENTITIES: tuple[IdentityPolicy, ...] = ("auto", "guid", "url", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where a web page keeps its items: CSS selectors. Without `list` its lines are watched."""

    list: str = ""  # each element is an item; within it stand the other four
    link: str = ""  # "": the element itself, or the first link in it
    title: str = ""  # "": the text of the link
    date: str = ""  # "": <time>
    text: str = ""  # "": none; without `list`, the part of the page to watch ("": all of it)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as config.toml names it. It never changes while the daemon runs on one config."""

    name: str
    url: str
    publisher: str
    lang: str = ""  # "" means: as the feed or the text says
    interval: timedelta = timedelta(hours=1)
    tags: tuple[str, ...] = ()
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


def fingerprint(url: str) -> str:
    """What the database keeps of an address, to know it again: it may hold a password or token.

    A name and password in it do not count: they say who asks, not what for.
    """
    scheme, slashes, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return hashlib.sha256(
        f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}".encode()
    ).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One published thing, as parsed: plain text, never markup.

    `key` is its identity within the feed; `guid` is what the feed itself called it.
    Fields a rule can read: title, body (= `text` and `article`), author, url, categories, lang.
    """

    key: str
    guid: str = ""
    url: str = ""
    title: str = ""
    text: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    lang: str = ""
    published: datetime | None = None  # None: the feed does not say, or not for certain
    published_raw: str = ""
    content_hash: str = ""  # over the normalised text: what makes a revision
    article: str = ""  # the full text behind `url`; "": not fetched, or nothing gained


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a document turned out to be.

    `status`: ok, degraded (read, but the document is broken), empty (a feed without items),
    html, truncated (cut short: whole items only), error.

    `items` are without those entries that stood in the window, the last complete document: they
    have been dealt with. `entries` counts them as well.
    """

    status: Literal["ok", "degraded", "empty", "html", "truncated", "error"]
    title: str = ""
    lang: str = ""
    entries: int = 0  # as the document has them, repeats included
    items: tuple[Item, ...] = ()
    problems: tuple[str, ...] = ()
    wall: bool = False  # a page that asks whether we are a browser
    older: str = ""  # where its earlier items are, on the same host; "": it does not say
    feeds: tuple[str, ...] = ()  # of a web page: the feeds it names as its own, its main one first
    feed_links: tuple[str, ...] = ()  # of a web page: what else it links to that may be a feed
    kept: int = 0  # entries that stood in the window word for word
    window: bytes = b""  # parse.window: for the next document; b"": this one is not complete
    sitemaps: tuple[tuple[str, str], ...] = ()  # of a sitemap index: address, lastmod as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a watched page or a sitemap index has shown before, as its own module keeps it."""

    feed: str
    address: str  # fingerprint of the address it was read from
    at: datetime  # of the check that wrote it
    data: dict[str, Any]  # JSON


class ReadingState(StrEnum):
    """How far the fetching of an item's article is."""

    WAITING = "waiting"
    READ = "read"  # its text is kept, and rules have seen it
    EMPTY = "empty"  # fetched, and it says no more than the feed does
    FAILED = "failed"  # given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The fetching of the article behind an item's link, once per item."""

    state: ReadingState
    attempts: int
    tried_at: datetime | None = None  # None: not yet
    error: str = ""  # one sentence: why not, or why not yet


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """An item in the archive: one revision of it, with where it came from."""

    id: int
    feed: str
    revision: int  # 1 is the first
    item: Item
    first_seen_at: datetime
    seen_at: datetime  # when this revision was first seen
    baseline: bool  # came with the first fetch of its feed
    reading: Reading | None = None  # None: its article is not to be fetched


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Evidence:
    """Words that made a rule match: `quote` is `field[start:end]` of the item's original text."""

    field: str  # title | body | article | author | url | category
    start: int  # in characters (code points), from 0
    end: int
    quote: str


class HitStatus(StrEnum):
    """Why a hit was, or was not, sent on."""

    ALERTED = "alerted"  # an alert was made; how it fares is told by its deliveries
    BASELINE = "baseline"  # found in the first fetch of a feed: stored, not sent
    QUIET = "quiet"  # the rule is a draft or in test
    UNROUTED = "unrouted"  # no route leads to a receiver
    REPEATED = "repeated"  # an edited item; the rule had already hit it with these words


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule matched an item's revision. A fact: written once, never changed."""

    rule: str
    rule_version: str
    title: str  # the rule's title at that time
    severity: Severity
    why: str
    evidence: tuple[Evidence, ...]
    status: HitStatus = HitStatus.ALERTED
    update: bool = False  # the item was edited, and matches only now or with new words


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the archive holds of an item: enough to tell new from edited from seen before."""

    id: int
    revision: int
    hashes: frozenset[str]  # content hashes of every revision, so that A, B, A is not an edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Namesake:
    """An item of the archive that has the very words of one whose key it does not know."""

    known: Known
    keys: tuple[str, ...]  # all it ever had
    url: str
    content_hash: str
    published: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A hit, and the endpoints its alert goes to; none when its status says why."""

    hit: Hit
    endpoints: tuple[Endpoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A new or edited item of one check, with the hits on it: what `store.record` writes."""

    item: Item
    known: Known | None  # None: the item is new
    due: tuple[Due, ...] = ()
    baseline: bool = False  # came with the first look at its feed
    read_article: bool = False  # the article behind its link is to be fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHit:
    """A hit as the archive tells it, with its item and how its deliveries fare."""

    id: int
    hit: Hit
    stored: StoredItem
    at: datetime
    states: tuple[DeliveryState, ...]  # one per endpoint; empty when nothing was to be sent
    dropped: str = ""  # why one of them was dropped, or the last answer before a person did it

    @property
    def status(self) -> str:
        """One word: why it was not sent, or the state of its slowest delivery."""
        if self.hit.status is not HitStatus.ALERTED:
            return self.hit.status.value
        for state in _SLOWEST_FIRST:
            if state in self.states:
                return state.value
        return HitStatus.UNROUTED.value

    def alert(self, *, publisher: str, id: int = 0, may_repeat: bool = False) -> Alert:
        """The message of this hit; `id` is 0 when it is only shown, not sent."""
        return Alert(
            id=id,
            hit=self.id,
            rule=self.hit.rule,
            rule_title=self.hit.title,
            rule_version=self.hit.rule_version,
            severity=self.hit.severity,
            why=self.hit.why,
            item=self.stored.item,
            item_id=self.stored.id,
            source=self.stored.feed,
            publisher=publisher,
            seen_at=self.stored.seen_at,
            evidence=self.hit.evidence,
            update=self.hit.update,
            may_repeat=may_repeat,
        )


class DeliveryState(StrEnum):
    """The life of a delivery. `unknown` means: sent, but no clear answer came back."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DROPPED = "dropped"  # by a person: with `outbox drop`, or because the rule was deleted


_SLOWEST_FIRST = (
    DeliveryState.FAILED,
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.DROPPED,
    DeliveryState.SENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert to one endpoint: a row of the outbox."""

    id: int
    alert: int
    receiver: str
    endpoint: str  # e.g. "desk/slack:#intel"; never the address with its secret
    state: DeliveryState
    attempts: int
    ambiguous: int = 0  # attempts that ended without an answer
    created_at: datetime
    next_attempt_at: datetime | None  # None: finished, or it waits for a person
    may_repeat: bool = False  # an earlier attempt may have arrived
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message worth of hits, as a reader gets it. Everything the renderers need."""

    id: int
    hit: int
    rule: str
    rule_title: str
    rule_version: str
    severity: Severity
    why: str
    item: Item
    item_id: int
    source: str  # the feed's name
    publisher: str
    seen_at: datetime
    evidence: tuple[Evidence, ...]
    update: bool = False
    may_repeat: bool = False
    sample: bool = False  # made by `notify test`, not by a feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message of watchd about itself: feeds in trouble, feeds that are well again."""

    id: int = 0  # of its alert
    at: datetime
    severity: Severity
    title: str
    lines: tuple[str, ...]  # one for each feed
    why: str
    may_repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One address of a receiver: one channel, one mailbox. `url` is secret and stays in memory."""

    receiver: str
    name: str  # stable and safe to show, e.g. "desk/slack:#intel"
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A named set of endpoints, as Alertmanager uses the word."""

    name: str
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which hits go to which receivers. Empty `rules` and `tags` mean: any."""

    receivers: tuple[str, ...]
    rules: tuple[str, ...] = ()  # shell patterns over rule ids, e.g. "dprk/*"
    tags: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()


class Outcome(StrEnum):
    """What came of one attempt to send."""

    SENT = "sent"
    RETRY = "retry"  # not delivered; the endpoint is in trouble (refused, 429, 5xx, no network)
    REFUSED = "refused"  # not delivered; the endpoint will not take this (4xx, mail 5xx)
    UNKNOWN = "unknown"  # it may have arrived: timed out after sending
    DROPPED = "dropped"  # it may have arrived: the connection broke before an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """The outcome, the provider's own words (no secret in them), and when it asked us back."""

    outcome: Outcome
    detail: str = ""
    retry_after: timedelta | None = None
