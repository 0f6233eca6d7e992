"""The keys of config.toml, and what they take. docs/config.md describes each; a test holds both.

tables.plain reads a file by them, tables.models finds what is wrong with it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from watchd.config import values
from watchd.config.kinds import (
    AMode,
    ARate,
    AStorm,
    Duration,
    Header,
    Languages,
    Name,
    QuietHours,
    Selector,
    Severities,
    Size,
    Tags,
    Text,
    Texts,
    not_empty,
    one_or_many,
    one_or_many_of,
)
from watchd.model import (
    IDENTITIES,
    SEVERITIES,
    SOURCE_TYPES,
    IdentityPolicy,
    RateScope,
    Severity,
    SourceType,
)
from watchd.tables.marks import Between, Check, Read, Shown, Table


class Defaults(Table, frozen=True, kw_only=True):
    interval: Duration = timedelta(hours=1)
    """How often a feed is asked that has no `interval` of its own."""


class Fetch(Table, frozen=True, kw_only=True):
    concurrency: Annotated[int, Between(1, 256)] = 16
    """How many feeds are asked at the same time."""
    per_host: Annotated[int, Between(1, 16)] = 1
    """How many of these may be on one host."""
    timeout: Duration = timedelta(seconds=30)
    """How long one answer may take, redirects and the last byte included."""
    spacing: Duration = timedelta(seconds=2)
    """How long watchd waits between two requests to one host. Feeds with `private = true` need no
    such pause."""
    max_bytes: Size = 10 * 2**20
    """How large one answer may be, unpacked."""
    min_interval: Duration = timedelta(minutes=5)
    """An interval shorter than this gets a warning. It is allowed, for a test."""
    articles_per_hour: Annotated[int, Between(1, 10_000)] = 60
    """How many articles are fetched in an hour for one feed with `fulltext`, and from one host.
    What is more waits its turn, up to three days."""
    user_agent: Header = ""
    """What watchd calls itself in each request. Empty: its name and version, and your `contact`."""


class Notify(Table, frozen=True, kw_only=True):
    give_up_after: Duration = timedelta(hours=48)
    """How long a message is tried again that a receiver does not take. After that it waits in
    `watchd outbox` for you; it is never thrown away."""
    timezone: Annotated[str, Check(values.timezone)] = ""
    """Whose clocks digests and quiet hours go by that name no zone, such as `Asia/Seoul`; alerts
    tell when they were seen on them, too. Empty: the zone of this machine, and alerts tell UTC
    alone."""
    board: bool = True
    """Whether digests begin with the board, where rules have an `[indicator]`. A route may say
    otherwise."""


class Serve(Table, frozen=True, kw_only=True):
    listen: Annotated[str, Check(values.listen)] = ""
    """Where `/healthz`, `/readyz` and `/metrics` are answered: `"127.0.0.1:9753"`, or a socket,
    `"unix:/run/watchd/watchd.sock"`. Never beyond this machine. Empty: nowhere."""


class Keeping(Table, frozen=True, kw_only=True):
    keep: Duration | None = None
    """How long items are kept in which no rule found anything. If left out: for ever. What its
    feed still shows stays in any case, and so do the newest 200 items of each feed."""
    keep_hits: Duration | None = None
    """How long hits are kept, with their items and their evidence. If left out: for ever. An alert
    that still waits for its receiver, or for you, is kept until that is done."""


class Export(Table, frozen=True, kw_only=True):
    dir: Text | None = None
    """The folder in which the newest hits are written as files, after each change. Left out: none
    are written."""
    formats: Annotated[
        tuple[Literal["json", "atom", "csv"], ...],
        Read(one_or_many),
        Check(not_empty),
        one_or_many_of({"enum": ["json", "atom", "csv"]}),
    ] = ()
    """Which files: `json` (hits.json, a JSON Feed), `atom` (hits.atom), `csv` (hits.csv, for
    spreadsheets). Left out: all three."""
    limit: Annotated[int, Between(1, 10_000)] = 200
    """How many hits they hold."""
    min_severity: Annotated[
        Severity,
        Read(values.severity),
        Shown({"enum": list(SEVERITIES)}),
    ] = "info"
    """Only hits of this level, or above it."""


class PageEntry(Table, frozen=True, kw_only=True):
    list: Selector | None = None
    """Finds the items: each element it finds is one. Without it the page is watched as a whole:
    the lines added to it since the last look are one item."""
    link: Selector | None = None
    """Finds the link of an item, within its element. Left out: the element itself, if it is a
    link, else the first link in it."""
    title: Selector | None = None
    """Finds its title. Left out: the text of the link."""
    date: Selector | None = None
    """Finds its date. Left out: a `<time>`. The date does not count as part of title or text."""
    text: Selector | None = None
    """Finds its text. Left out: it has none. Without `list`: the part of the page to watch."""


class FeedEntry(Table, frozen=True, kw_only=True):
    name: Name
    """How you call it, on the command line and in alerts."""
    url: Annotated[str, Check(values.feed_url)]
    """The address of the feed: RSS, Atom or JSON Feed, over https or http. For a name and a
    password: `https://NAME:PASSWORD@host/…`; they are sent to that host only, and shown nowhere."""
    type: Annotated[
        SourceType,
        Read(values.source_type),
        Shown({"enum": list(SOURCE_TYPES)}),
    ] = "feed"
    """What is at that address: a `feed`; a web `page`; or a `sitemap`, of news, or an index of
    such. See below."""
    page: PageEntry | None = None
    """For a page: where its items are, see [feed.page]."""
    publisher: str = ""
    """Who is behind it. Three feeds of one publisher are one voice."""
    lang: Annotated[str, Check(values.language)] = ""
    """The language of its items: `en`, `ko`, `ru`, `zh`, `ja` … Empty: as the feed says, else as
    the script of the text tells."""
    interval: Duration | None = None
    """How often it is asked."""
    tags: Tags = ()
    """Words of yours, for rules that look only at some feeds."""
    grade: Annotated[str, Check(values.grade)] = ""
    """How far you trust it, shown in alerts: a letter from `A` (reliable) to `E` (unreliable) or
    `F` (cannot be judged), and a digit from 1 to 6 for what it says, if you like: `B2`."""
    encoding: Annotated[str, Check(values.encoding)] = ""
    """Only for a feed that names a wrong one, such as `euc-kr` or `windows-1251`."""
    timezone: Annotated[str, Check(values.timezone)] = ""
    """For dates that name no zone, such as `Asia/Seoul`. Empty: such dates are taken as unknown."""
    identity: Annotated[
        IdentityPolicy,
        Read(values.identity),
        Shown({"enum": list(IDENTITIES)}),
    ] = "auto"
    """What makes an item the same item when it is met again. `guid`: its id; `url`: its link;
    `text`: its title and text (its title and date, where there is no text), so that an edited item
    is a new one; for sites that give one story several links. `auto`: its id, and where that
    changes while link, words and date stay, it is still the same."""
    fulltext: bool = False
    """Whether the article behind the link of each new item is fetched, once, so that rules see
    it, too. Alerts from the feed's own text never wait for it."""
    robots: bool = True
    """Whether the site's robots.txt is obeyed: for a page, for sitemaps, for articles. A feed's
    own address is asked for in any case. `false` only where the site lets you."""
    min_interval: Duration | None = None
    """How often it may be asked at most, where it publishes so much that items would slip by. If
    left out: four times as often as `interval`, and never more often than every five minutes.
    Given, it is also asked so often where its usual pause is that short."""
    max_interval: Duration | None = None
    """How seldom it may be asked, where it publishes seldom. If left out: its `interval`."""
    rate_scope: RateScope = "host"
    """Who waits when its server asks to be left alone for a while: `feed` (this one), `host` (all
    feeds on that host) or `domain` (also those on other hosts of the same domain)."""
    audit_every: Duration = timedelta(days=7)
    """How often it is fetched whole, to find servers that say "not modified" though there is
    news."""
    fail_after: Duration = timedelta(hours=6)
    """In trouble for so long, the receiver `ops` is told."""
    expect_every: Duration | None = None
    """How often something new must come, or `ops` is told. If left out, that is judged by the
    feed's own rhythm."""
    private: bool = False
    """Whether its address may be one within a private network. Others are refused, so that no
    feed can lead into yours."""


class ReceiverEntry(Table, frozen=True, kw_only=True):
    name: Name
    """How routes and the command line call it."""
    url: Texts | None = None
    """The addresses themselves. Everybody who can read config.toml can read them."""
    url_file: Text | None = None
    """A file that holds them, one a line. Lines that begin with `#` are comments. As a service,
    watchd is handed those in the folder `secrets` by systemd, and nobody else need read them."""
    url_env: Text | None = None
    """The name of an environment variable that holds them, one a line."""
    url_credential: Text | None = None
    """The name of a systemd credential that holds them, one a line: see `LoadCredential=` in the
    unit file."""
    storm: AStorm | None = None
    """How many messages it gets at most; what is more comes as one. If left out, 20 in an hour;
    `"off"`: every alert by itself, for programs, also what was gathered, kept through quiet hours,
    or found after a pause; only digests, and what a `throttle` held, come as one. Else more than
    five alerts at once are one message, too."""
    fallback: Name | None = None
    """The receiver that gets what this one has not taken for ten minutes."""
    templates: Text | None = None
    """A folder with your own form for its alerts, see docs/messages.md."""


class RouteEntry(Table, frozen=True, kw_only=True, rename={"goes_on": "continue"}):
    receivers: Texts
    """Who gets the hits, by name."""
    rules: Texts | None = None
    """Rules by their id; `*` stands for any letters: `"dprk/*"`."""
    tags: Tags = ()
    """Rules that have one of these tags."""
    severity: Severities = ()
    """Rules of one of these levels: `info`, `low`, `medium`, `high`, `critical`."""
    sources: Texts | None = None
    """Items of these feeds: their names, `*` standing for any letters; `tag:x` for feeds with
    that tag, `publisher:x` for those of that publisher."""
    languages: Languages = ()
    """Items in one of these languages: `ko`, `zh` … Undeclared, it is judged by the text."""
    mode: AMode | None = None
    """When they are sent: `"now"`; `"group:15m"`, gathered for so long; `"daily@07:30
    Asia/Seoul"` or `"weekly@mon 07:30 Asia/Seoul"`, as a digest. If left out, the level says it."""
    quiet: QuietHours = ()
    """Hours in which nothing is sent but what is critical: `"22:00-07:00 Europe/Berlin"`,
    `"sat-sun 00:00-24:00"`. What comes meanwhile, or was to be sent meanwhile, is sent at their
    end, as one message."""
    throttle: ARate | None = None
    """How many messages of one rule are sent at most: `"3/1h"`. What is more is kept, and comes
    as one message as soon as there is room."""
    empty: bool = False
    """Whether a digest is sent also when there is nothing in it: as a sign of life."""
    board: bool | None = None
    """Whether its digests begin with the board: the indicators of the rules that its `rules` and
    `tags` take. If left out: as [notify] says."""
    escalate: Duration | None = None
    """How long after an alert was delivered somebody has to acknowledge it, with `watchd ack`;
    else `escalate_to` is told: `"30m"`."""
    escalate_to: Texts | None = None
    """The receivers that are told, once, when nobody did."""
    goes_on: bool = True
    """Whether the routes below get to see what this one takes. `false`: it is the last."""


class WordsEntry(Table, frozen=True, kw_only=True):
    receivers: Texts
    """Who gets the report, by name."""
    name: Name = "words"
    """How it is called; needed where there are several."""
    mode: AMode | None = None
    """When it is sent: `"weekly@mon 07:30 Asia/Seoul"`, or daily. If left out: on Mondays at
    07:30."""
    since: Duration = timedelta(days=7)
    """The period that it looks at: so long, up to the time at which it is sent."""
    baseline: Duration = timedelta(days=28)
    """What the period is held against: so long before it."""
    sources: Texts | None = None
    """Items of these feeds, as in a route: their names, `*` standing for any letters; `tag:x`;
    `publisher:x`."""
    languages: Languages = ()
    """Items in one of these languages: `ko`, `zh` … Undeclared, it is judged by the text."""
    ignore: Text | None = None
    """A file of terms, one a line, `#` before a note: phrases with one of them in it are left
    out. It is read with config.toml."""
    limit: Annotated[int, Between(1, 100)] = 30
    """How many phrases it tells at most, the surest first."""


class File(Table, frozen=True, kw_only=True):
    database: Text = "watchd.db"
    """Where items, hits and deliveries are kept: a file (SQLite), or an SQLAlchemy address such
    as `postgresql://…`."""
    rules: Text = "rules"
    """The folder of the rule files."""
    contact: Header = ""
    """A mail or web address of yours. It goes along with each request, so that a site can write
    to you instead of shutting you out."""
    heartbeat_url: Text | None = None
    """An address that is asked for after each complete cycle, so that a service such as
    healthchecks.io notices when watchd is gone; with `/fail` behind it when something is wrong
    here. Everybody who can read config.toml can read it."""
    heartbeat_url_file: Text | None = None
    """A file that holds this address."""
    heartbeat_url_env: Text | None = None
    """The name of an environment variable that holds it."""
    heartbeat_url_credential: Text | None = None
    """The name of a systemd credential that holds it."""
    heartbeat_every: Duration = timedelta(minutes=1)
    """How often it is asked for at most."""
    evidence: Literal["entry", "warc", "off"] = "entry"
    """What is kept with a hit, for `watchd evidence`: the `entry` of the feed as it came, with what
    the answer said of itself; `warc`: also the whole answer, as a record in a daily WARC file in
    the folder `evidence` beside the database; or nothing (`off`)."""
    defaults: Defaults = Defaults()
    fetch: Fetch = Fetch()
    notify: Notify = Notify()
    serve: Serve = Serve()
    store: Keeping = Keeping()
    export: Export = Export()
    feed: Annotated[tuple[FeedEntry, ...], Read(one_or_many)] = ()
    receiver: Annotated[tuple[ReceiverEntry, ...], Read(one_or_many)] = ()
    route: Annotated[tuple[RouteEntry, ...], Read(one_or_many)] = ()
    words: Annotated[tuple[WordsEntry, ...], Read(one_or_many)] = ()


SECTIONS: dict[str, type[Table]] = {
    "": File,
    "defaults": Defaults,
    "fetch": Fetch,
    "notify": Notify,
    "serve": Serve,
    "store": Keeping,
    "export": Export,
    "feed": FeedEntry,
    "feed.page": PageEntry,
    "receiver": ReceiverEntry,
    "route": RouteEntry,
    "words": WordsEntry,
}
MANY = ("feed", "receiver", "route", "words")  # written with two brackets
