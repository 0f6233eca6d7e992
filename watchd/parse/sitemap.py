"""A Google News sitemap, read as a feed: a URL, a title and a date for each story.

Titles of images and videos are none of a story. A sitemap index names other sitemaps.
"""

from __future__ import annotations

from xml.etree import ElementTree

from watchd.model import Item, ParsedFeed
from watchd.parse.items import make_item, web_address
from watchd.parse.repair import Document

MAX_SITEMAPS = 50_000  # of one index: as many as there may be


def parse_sitemap(document: Document, *, url: str, lang: str, timezone: str) -> ParsedFeed:
    """The stories of a news sitemap that has been through `repair`."""
    root = _root(document)
    if isinstance(root, ParsedFeed):
        return root
    entries = [element for element in root if _name(element) == "url"]
    items = [item for entry in entries if (item := _item(entry, url, lang, timezone))]
    if entries and not items:
        problem = "a sitemap without news: it lists pages, but no titles (name a news sitemap)"
        return ParsedFeed(status="error", entries=len(entries), problems=(problem,))
    return ParsedFeed(
        status="ok",  # parse_document knows better
        title=next((_text(name) for name in root.iter() if _name(name) == "name"), ""),
        lang=lang or next((item.lang for item in items), ""),
        entries=len(items),
        items=tuple(items),
        problems=tuple(document.problems),
    )


def parse_index(document: Document, *, url: str) -> ParsedFeed:
    """The sitemaps that a sitemap index names, which has been through `repair`."""
    root = _root(document)
    if isinstance(root, ParsedFeed):
        return root
    named = []
    for entry in list(root)[:MAX_SITEMAPS]:
        said = {_name(element): _text(element) for element in entry}
        if address := web_address(said.get("loc", ""), url):
            named.append((address, said.get("lastmod", "")[:40]))
    if not named:
        return ParsedFeed(status="error", problems=("a sitemap index that names no sitemap",))
    return ParsedFeed(status="ok", sitemaps=tuple(named), problems=tuple(document.problems))


def _root(document: Document) -> ElementTree.Element | ParsedFeed:
    try:
        return ElementTree.fromstring(document.data)
    except ElementTree.ParseError as error:
        return ParsedFeed(
            status="error", problems=(*document.problems, f"a sitemap that is {error}")
        )


def _item(entry: ElementTree.Element, base: str, lang: str, timezone: str) -> Item | None:
    said = {_name(element): _text(element) for element in entry}
    for news in entry:
        if _name(news) == "news":
            said |= {_name(element): _text(element) for element in news.iter()}
    if not said.get("title"):
        return None
    return make_item(
        url=said.get("loc", ""),
        base=base,
        title=said["title"],
        categories=said.get("keywords", "").split(","),
        lang=lang or said.get("language", ""),
        published_raw=said.get("publication_date", ""),
        timezone=timezone,
    )


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: ElementTree.Element) -> str:
    return (element.text or "").strip()
