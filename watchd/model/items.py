"""Items, as a document holds them and as the archive keeps them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from watchd.values import Struct


class Item(Struct, frozen=True, kw_only=True):
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


class ParsedFeed(Struct, frozen=True, kw_only=True):
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


class ReadingState(StrEnum):
    """How far the fetching of an item's article is."""

    WAITING = "waiting"
    READ = "read"  # its text is kept, and rules have seen it
    EMPTY = "empty"  # fetched, and it says no more than the feed does
    FAILED = "failed"  # given up


class Reading(Struct, frozen=True, kw_only=True):
    """The fetching of the article behind an item's link, once per item."""

    state: ReadingState
    attempts: int
    tried_at: datetime | None = None  # None: not yet
    error: str = ""  # one sentence: why not, or why not yet


class StoredItem(Struct, frozen=True, kw_only=True):
    """An item in the archive: one revision of it, with where it came from."""

    id: int
    feed: str
    revision: int  # 1 is the first
    item: Item
    first_seen_at: datetime
    seen_at: datetime  # when this revision was first seen
    baseline: bool  # came with the first fetch of its feed
    reading: Reading | None = None  # None: its article is not to be fetched


class Known(Struct, frozen=True, kw_only=True):
    """What the archive holds of an item: enough to tell new from edited from seen before."""

    id: int
    revision: int
    hashes: frozenset[str]  # content hashes of every revision, so that A, B, A is not an edit


class Namesake(Struct, frozen=True, kw_only=True):
    """An item of the archive that has the very words of one whose key it does not know."""

    known: Known
    keys: tuple[str, ...]  # all it ever had
    url: str
    content_hash: str
    published: datetime | None
