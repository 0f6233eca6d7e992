"""RSS, RDF and Atom. feedparser is used here and nowhere else."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import feedparser
from feedparser import mixin
from feedparser.mixin import _FeedParserMixin

from watchd.model import Item, ParsedFeed
from watchd.parse.html import to_line
from watchd.parse.items import language, make_item, web_address
from watchd.parse.older import older
from watchd.parse.repair import Document, one_by_one

# Its own date parsers guess, and some are slow on hostile text; ours read the raw string.
# The first handler that gives an answer ends their round.
feedparser.registerDateHandler(lambda _: (1970, 1, 1, 0, 0, 0, 3, 1, 0))


def _leave_author_alone(*_: object) -> None:
    """In place of feedparser's split of "name (address)", which takes minutes for 80 kB of text."""


class _Copy:
    """In place of the module `copy`: what feedparser copies deeply, once a field, is flat."""

    deepcopy = feedparser.FeedParserDict


_FeedParserMixin._sync_author_detail = _leave_author_alone
mixin.copy = _Copy


def parse_feed(document: Document, *, url: str, lang: str, timezone: str) -> ParsedFeed:
    """The items of an RSS, RDF or Atom document that has been through `repair`."""
    problems = list(document.problems)
    try:
        parsed = _parsed(document)
        head, entries = parsed.feed, parsed.entries
    except MemoryError:
        raise
    except Exception as error:  # a bug in feedparser that one odd element brought to light
        problems.append(f"its items were read one by one ({type(error).__name__} on the whole)")
        head, entries = {}, list(_one_by_one(document, problems))
    site = web_address(_string(head, "link"), url)
    links = {link.get("rel"): link.get("href") for link in head.get("links", ())}
    feed_lang = lang or language(_string(head, "language"))
    items = []
    for number, entry in enumerate(entries, start=1):
        try:
            items.append(_item(entry, url or site, lang, feed_lang, timezone))
        except Exception as error:  # one bad item never loses the rest
            problems.append(f"item {number} could not be read: {type(error).__name__}: {error}")
    return ParsedFeed(
        status="ok",  # parse_document knows better
        title=to_line(_string(head, "title")),
        lang=feed_lang,
        entries=len(entries),
        items=tuple(items),
        problems=tuple(problems),
        older=older(links, _string(head, "generator"), url),
    )


def _parsed(document: Document) -> Any:
    # A str or bytes argument that happens to be a path or an address would be opened.
    # No base address is given: feedparser would resolve guids against it as well.
    return feedparser.parse(
        io.BytesIO(document.data),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def _one_by_one(document: Document, problems: list[str]) -> Iterator[Any]:
    for number, alone in enumerate(one_by_one(document), start=1):
        try:
            yield from _parsed(alone).entries
        except Exception as error:
            problems.append(f"item {number} could not be read: {type(error).__name__}: {error}")


def _item(entry: Any, base: str, lang: str, feed_lang: str, timezone: str) -> Item:
    contents = [content for content in entry.get("content", ()) if content.get("value")]
    details = [entry.get(f"{name}_detail") or {} for name in ("summary", "title")]
    stated = [_string(part, "language") for part in (*contents, *details)]
    return make_item(
        guid=_string(entry, "id"),
        url=_link(entry),
        base=base,
        title=_string(entry, "title"),
        texts=[_string(entry, "summary"), *(_string(part, "value") for part in contents)],
        author=_author(entry),
        categories=_categories(entry),
        lang=lang or next(filter(language, (_string(entry, "language"), *stated)), feed_lang),
        published_raw=next(filter(None, (_string(entry, name) for name in _DATES)), ""),
        timezone=timezone,
    )


_DATES = ("published", "created", "updated")


def _link(entry: Any) -> str:
    link = _string(entry, "link")
    if link:
        return link
    for other in entry.get("links", ()):
        if other.get("rel") == "alternate" and other.get("href"):
            return str(other["href"])
    return _string(entry, "id") if entry.get("guidislink") else ""


def _author(entry: Any) -> str:
    authors = entry.get("authors", ())
    names = [_string(author, "name") or _string(author, "email") for author in authors]
    return ", ".join(dict.fromkeys(filter(None, names))) or _string(entry, "author")


def _categories(entry: Any) -> Iterator[str]:
    for tag in entry.get("tags", ()):
        yield _string(tag, "label") or _string(tag, "term")


def _string(mapping: Any, name: str) -> str:
    value = dict.get(mapping, name)  # past feedparser's own fallbacks, which mix up the dates
    return value if isinstance(value, str) else ""
