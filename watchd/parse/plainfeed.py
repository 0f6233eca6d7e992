"""Plain RSS and Atom, read several times as fast as feedparser reads them, and to the same effect.

Plain is a well-formed document that uses nothing but the elements and attributes known here,
each of them once where a second would change what the first one meant. For all else there is no
answer, and feedparser reads the document: what is right is what feedparser says, and the tests
hold both side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NoReturn
from xml.etree.ElementTree import Element

from watchd.model import Item, ParsedFeed
from watchd.parse.html import to_line
from watchd.parse.items import language, make_item
from watchd.parse.older import older
from watchd.parse.repair import Document

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# What stands in these namespaces says nothing of a title, a text, a link or a date.
_BESIDE = (
    "{http://purl.org/rss/1.0/modules/slash/}",
    "{http://purl.org/rss/1.0/modules/syndication/}",
    "{http://wellformedweb.org/CommentAPI/}",
    "{com-wordpress:feed-additions:1}",
    "{http://purl.org/syndication/thread/1.0}",
)
_PARTS = {  # of an item: each names a part that it has once, or not at all
    "title": "title",
    "link": "link",
    "guid": "id",
    "description": "summary",
    "pubDate": "published",
    "author": "author",
    f"{_CONTENT}encoded": "content",
    f"{_DC}creator": "author",
    f"{_DC}date": "updated",
    f"{_ATOM}title": "title",
    f"{_ATOM}id": "id",
    f"{_ATOM}published": "published",
    f"{_ATOM}updated": "updated",
    f"{_ATOM}summary": "summary",
    f"{_ATOM}content": "content",
}
_CATEGORIES = frozenset(("category", f"{_DC}subject", f"{_ATOM}category"))
_PASSED_OVER = frozenset(
    ("comments", "enclosure", "source", f"{_MEDIA}thumbnail", f"{_MEDIA}content")
)
_HEAD_NAMES = """category cloud copyright description docs image lastBuildDate managingEditor
    pubDate rating skipDays skipHours ttl webMaster"""
_ATOM_HEAD_NAMES = "author category icon id logo rights subtitle updated"
_HEAD = frozenset((*_HEAD_NAMES.split(), *(f"{_ATOM}{name}" for name in _ATOM_HEAD_NAMES.split())))
_TYPED = frozenset(f"{_ATOM}{name}" for name in ("title", "summary", "content"))
_TYPES = frozenset(("text", "html", "text/plain", "text/html"))
_LINK = frozenset(("rel", "type", "href", "title", "length", "hreflang"))
_PAGES = frozenset(("text/html", "application/xhtml+xml"))

_C1 = re.compile("[\x80-\x9f]")
_SLASHES = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:///")
_LOOSE_ENTITY = re.compile(r"&([A-Za-z0-9_]+);")


class _Odd(Exception):
    """Not plain: for feedparser."""


def parse_plain(document: Document, *, url: str, lang: str, timezone: str) -> ParsedFeed | None:
    """The items of a plain document that has been through `repair`; None: it is not plain.

    `url` is its address, which its links are relative to: without one nothing is plain. The tree
    of the document is used up.
    """
    root, document.tree = document.tree, None  # who reads it after us needs the room
    if root is None or not document.well_formed or not url:
        return None
    try:
        channel, item_tag = _channel(root)
        entries = [child for child in channel if child.tag == item_tag]
        head = _Head(child for child in channel if child.tag != item_tag)
        said = root.get(_LANG, "")
        if head.language and said and language(head.language) != language(said):
            _odd()
        feed_lang = lang or language(head.language or said)
        return ParsedFeed(
            status="ok",  # parse_document knows better
            title=to_line(head.title),
            lang=feed_lang,
            entries=len(entries),
            items=tuple(_item(entry, url, feed_lang, timezone) for entry in entries),
            problems=tuple(document.problems),
            older=older(head.links, head.generator, url),
        )
    except (_Odd, ValueError):
        return None


def _channel(root: Element) -> tuple[Element, str]:
    """The element that holds the items, and the tag of an item in it."""
    if root.attrib.keys() - {_LANG, "version"}:
        _odd()
    if root.tag == f"{_ATOM}feed":
        return root, f"{_ATOM}entry"
    if root.tag != "rss" or len(root) != 1 or root[0].tag != "channel" or root[0].attrib:
        _odd()
    return root[0], "item"


class _Head:
    """What a feed says of itself."""

    def __init__(self, elements: Iterable[Element]) -> None:
        self.title = self.language = self.generator = ""
        self.links: dict[str, str] = {}  # by what they are for
        seen = set[str]()
        for element in elements:
            tag = element.tag
            name = tag.removeprefix(_ATOM)
            if tag == f"{_ATOM}link":
                self._link(element)
            elif name in ("title", "generator") or tag in ("language", "link"):
                if name in seen or (element.attrib and name != "generator" and not _typed(element)):
                    _odd()
                seen.add(name)
                if tag != "link":
                    setattr(self, name, _text(element))
                if tag == "language" and not self.language:  # it takes back what the root says
                    _odd()
            elif tag not in _HEAD and not tag.startswith(_BESIDE):
                _odd()

    def _link(self, element: Element) -> None:
        said = element.attrib
        if "href" not in said or said.keys() - _LINK or len(element):
            _odd()
        self.links[said.get("rel", "alternate").lower()] = _address(said["href"])


def _item(entry: Element, url: str, lang: str, timezone: str) -> Item:
    if entry.attrib:
        _odd()
    said: dict[str, str] = {}
    categories: list[str] = []
    authors: list[str] = []
    page = ""
    is_link = False  # whether the id is the item's address, too
    for element in entry:
        tag = element.tag
        if name := _PARTS.get(tag):
            if name in said or (element.attrib and tag != "guid" and not _typed(element)):
                _odd()
            said[name] = _text(element)
            if name == "id":
                if element.attrib.keys() - {"isPermaLink"}:
                    _odd()
                is_link = element.get("isPermaLink", "true") == "true"
        elif tag in _CATEGORIES:
            categories.append(_category(element))
        elif tag == f"{_ATOM}link":
            page = _page(element) or page
        elif tag == f"{_ATOM}author":
            authors.append(_person(element))
        elif (tag not in _PASSED_OVER and not tag.startswith(_BESIDE)) or len(element):
            _odd()
    guid, link = said.get("id", ""), said.get("link", "")
    if (authors and "author" in said) or ("link" in said and (page or not link)):
        _odd()
    if is_link:
        _address(guid)
    summary, content = said.get("summary", ""), said.get("content", "")
    return make_item(
        guid=guid,
        url=_mended(_address(link)) or page or (guid if is_link else ""),
        base=url,
        title=said.get("title", ""),
        texts=(summary if "summary" in said else content, content),
        author=", ".join(dict.fromkeys(authors)) or said.get("author", ""),
        categories=categories,
        lang=lang,
        published_raw=said.get("published") or said.get("updated", ""),
        timezone=timezone,
    )


def _text(element: Element) -> str:
    """The text of an element, as feedparser gives it."""
    text = _bare(element)
    return text if text.isascii() else _once(text)


def _bare(element: Element) -> str:
    if len(element):
        _odd()
    return (element.text or "").strip()


def _once(text: str) -> str:
    """Text that was made UTF-8 twice, as it was before that."""
    if _C1.search(text):
        _odd()
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _typed(element: Element) -> bool:
    """Whether its attributes say no more than that it is text, or HTML."""
    kind = element.attrib
    return element.tag in _TYPED and len(kind) == 1 and kind.get("type", "").lower() in _TYPES


def _category(element: Element) -> str:
    said = element.attrib
    if element.tag.startswith(_ATOM):
        if said.keys() - {"term", "label", "scheme"} or not said.get("term") or _text(element):
            _odd()
        return said.get("label") or said["term"]
    text = _text(element)
    if said.keys() - {"domain"} or (said and not text):
        _odd()
    return text


def _page(element: Element) -> str:
    """The address of a link to the page that an item stands for; "" for any other link."""
    said = element.attrib
    if not said.get("href") or said.keys() - _LINK or len(element):
        _odd()
    is_page = said.get("rel", "alternate").lower() == "alternate"
    kind = said.get("type", "text/html").lower()
    if is_page and kind not in _PAGES:
        _odd()
    return _address(said["href"]) if is_page else ""


def _person(element: Element) -> str:
    """The name of an author, which is the only text that feedparser leaves as it stands."""
    said = {child.tag.removeprefix(_ATOM): _bare(child) for child in element}
    known = said.keys() <= {"name", "uri", "email"} and len(said) == len(element)
    if not known or not said.get("name") or element.attrib:
        _odd()
    return said["name"]


def _address(text: str) -> str:
    if _SLASHES.match(text):  # feedparser takes the third slash out
        _odd()
    return text


def _mended(link: str) -> str:
    """Without what feeds make of "?a=1&b=2": "?a=1&b;=2"."""
    return _LOOSE_ENTITY.sub(r"&\1", link.replace("&amp;", "&")) if "&" in link else link


def _odd() -> NoReturn:
    raise _Odd
