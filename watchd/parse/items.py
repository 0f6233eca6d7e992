"""From what a document says of an item to the Item itself: the same for every format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from watchd.model import Item
from watchd.parse.dates import parse_date
from watchd.parse.html import BULLET, to_line, to_text
from watchd.parse.identity import clean_id, content_hash, key_of

MAX_TITLE = 2000  # characters
_MAX_URL = 4000
_MAX_CATEGORIES = 100
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_ELLIPSIS = re.compile(r"\s*(?:\[?\(?(?:\.{3,}|…)\)?\]?)\s*$")
# Of these urljoin and urlsplit would change nothing: a bare "?" or "#" at the end, say, is another.
_ABSOLUTE = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?/[\w/.~%+-]*(?:\?[\w/.~%+=&-]+)?", re.A)
_LANG = re.compile(r"([a-z]{2,3})(?:[-_].*)?", re.I)
_COUNTRY_NOT_LANG = {"kr": "ko", "jp": "ja", "cn": "zh", "ua": "uk", "cz": "cs"}


def make_item(
    *,
    guid: str = "",
    url: str = "",
    base: str = "",
    title: str = "",
    texts: Iterable[str] = (),
    author: str = "",
    categories: Iterable[str] = (),
    lang: str = "",
    published_raw: str = "",
    timezone: str = "",
) -> Item:
    """An Item of what the document says, markup and all.

    `texts` are its summary and its contents; `base` is what a relative link is relative to.
    """
    guid = clean_id(guid)
    link = web_address(url, base)
    line = to_line(title)[:MAX_TITLE]
    text = ""
    for candidate in texts:
        text = joined(text, to_text(candidate))
    published_raw = " ".join(published_raw.split())[:200]
    names = dict.fromkeys(filter(None, (to_line(category) for category in categories)))
    return Item(
        key=key_of(guid=guid, url=link, title=line, text=text, published_raw=published_raw),
        guid=guid,
        url=link,
        title=line,
        text=text,
        author=to_line(author)[:MAX_TITLE],
        categories=tuple(names)[:_MAX_CATEGORIES],
        lang=language(lang),
        published=parse_date(published_raw, timezone),
        published_raw=published_raw,
        content_hash=content_hash(line, text, tidy=True),
    )


def web_address(link: str, base: str = "") -> str:
    """`link` made absolute; "" for anything but http and https."""
    link = clean_id(link).replace(" ", "%20")
    if not link:
        return ""
    if _ABSOLUTE.fullmatch(link) and len(link) <= _MAX_URL:
        return link  # as most are; to take one apart and put it together takes long
    try:
        address = urljoin(base, link)
        parts = urlsplit(address)
    except ValueError:  # say, a bracket that is no IPv6 address
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    return address if len(address) <= _MAX_URL else ""


def same_site(address: str, url: str) -> str:
    """`address` where it is on the host of `url`, else "": no feed may lead us elsewhere."""
    return address if urlsplit(address)[:2] == urlsplit(url)[:2] else ""


def language(tag: str) -> str:
    """The language of a tag such as "en-US", in small; "" when it is none."""
    found = _LANG.fullmatch(tag.strip())
    if found is None:
        return ""
    name = found[1].lower()
    return _COUNTRY_NOT_LANG.get(name, name)


def joined(one: str, other: str) -> str:
    """The longer of two texts of one item, led by those sentences of the shorter it lacks."""
    short, long = sorted((one, other), key=len)
    if not short:
        return long
    there = _folded(long)
    missing = [part for part in _parts(short) if _folded(part) not in there]
    return "\n\n".join(("\n".join(missing), long)) if missing else long


def _parts(text: str) -> Iterator[str]:
    for part in _SENTENCE_END.split(_ELLIPSIS.sub("", text))[:500]:
        if any(character.isalnum() for character in part):
            yield part.strip()


def _folded(text: str) -> str:
    return " ".join(_ELLIPSIS.sub("", text.replace(BULLET, " ")).split()).casefold()
