"""What makes an item the same item, and what makes it changed.

`key` is the item's identity within its feed; `content_hash` tells an edit from mere markup
noise. Both are the same whether the document was well-formed that day or not.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from watchd.model import Item

_MAX_KEY = 500  # characters; a longer guid or link is hashed
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]|^• ", re.M)


def clean_id(value: str) -> str:
    """A guid or link without the escaping and white space that come and go with a document."""
    value = _ENTITY.sub(lambda entity: html.unescape(entity[0]), value)
    return " ".join(value.split())


def key_of(*, guid: str, url: str, title: str, text: str, published_raw: str = "") -> str:
    """The item's identity: what the feed calls it, else its link, else its words.

    Two items are never one for their title's sake: KCNA repeats headlines word for word. An
    item that has nothing but a title is told from the next by its date.
    """
    name = guid or url
    if name:
        return name if len(name) <= _MAX_KEY else f"hash:{_digest(name)}"
    return f"hash:{_digest(title, text or published_raw)}"


def content_hash(title: str, text: str) -> str:
    """A hash of the words of an item: equal for texts that differ in spacing only."""
    return _digest(*(_folded(part) for part in (title, text)))


def distinct(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items of one document, repeats dropped, each with a key of its own.

    Where different items share one guid or link, none keeps it as its key: whichever did
    would change with the order of the document, and be taken for an edit of another.
    """
    unique = list({(item.key, item.url, item.content_hash): item for item in items}.values())
    shared = {key for key, count in Counter(item.key for item in unique).items() if count > 1}
    if not shared:
        return tuple(unique)
    links = Counter((item.key, item.url) for item in unique)
    return tuple(
        replace(item, key=_longer_key(item, links[item.key, item.url] == 1))
        if item.key in shared
        else item
        for item in unique
    )


def _longer_key(item: Item, own_link: bool) -> str:
    rest = item.url if own_link and item.url else item.content_hash
    key = f"{item.key} {rest}"
    return key if len(key) <= _MAX_KEY else f"hash:{_digest(item.key, rest)}"


def _folded(text: str) -> str:
    if text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).split())


def _digest(*parts: str) -> str:
    data = "\0".join(parts).encode("utf-8", "replace")
    return blake2b(data, digest_size=16).hexdigest()
