"""What makes an item the same item, and what makes it changed.

`key` is the item's identity within its feed; `content_hash` tells an edit from mere markup
noise. Both are the same whether the document was well-formed that day or not.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from hashlib import blake2b
from typing import TypeVar

from watchd.model import IdentityPolicy, Item
from watchd.values import replace

PLAIN, BY_LINK, BY_WORDS = range(3)
"""How a key is made: as the item has it by itself, with its link added, or its words."""

T = TypeVar("T", bound=Hashable)

_MAX_KEY = 500  # characters; a longer guid or link is hashed
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]|^• ", re.M)


def clean_id(value: str) -> str:
    """A guid or link without the escaping and white space that come and go with a document."""
    if "&" in value:
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


def keyed(items: Iterable[Item], policy: IdentityPolicy) -> tuple[Item, ...]:
    """The items under the keys that the config wants for this feed.

    - auto: as they are, see `key_of`;
    - guid, url: by that alone, where an item has one; the first of two that share it stays;
    - text: by title and text, whatever the link. Where there is no text the date takes its
      place; an item of nothing but a title keeps its key, since headlines come again.
    """
    if policy == "auto":
        return tuple(items)
    first: dict[str, Item] = {}
    for item in items:
        key = _key_by(item, policy)
        first.setdefault(key, replace(item, key=key))
    return tuple(first.values())


def _key_by(item: Item, policy: IdentityPolicy) -> str:
    if policy == "text":
        rest = item.text or item.published_raw
        return f"text:{content_hash(item.title, rest)}" if rest else item.key
    name = item.guid if policy == "guid" else item.url
    return key_of(guid=name, url="", title="", text="") if name else item.key


def content_hash(title: str, text: str, *, tidy: bool = False) -> str:
    """A hash of the words of an item: equal for texts that differ in spacing only.

    `tidy`: both are as `to_line` and `to_text` make them.
    """
    return _digest(_folded(title, tidy), _folded(text, tidy))


def distinct(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items of one document, repeats dropped, each with a key of its own.

    Where different items share one guid or link, none keeps it as its key: whichever did
    would change with the order of the document, and be taken for an edit of another.
    """
    traits = [(item.key, item.url, item.content_hash) for item in items]
    unique = dict(zip(traits, zip(items, forms(traits), strict=True), strict=True))
    return tuple(in_form(item, form) for item, form in unique.values())


def forms(traits: Sequence[tuple[T, T, T]], no_link: object = "") -> list[int]:
    """How the key of each entry of one document is made, from the key, link and words of each.

    They may be digests of these things; `no_link` is then that of no link.
    """
    unique = set(traits)
    if len(unique) == len({key for key, _, _ in unique}):
        return [PLAIN] * len(traits)
    names = Counter(key for key, _, _ in unique)
    links = Counter((key, url) for key, url, _ in unique)
    return [
        PLAIN
        if names[key] == 1
        else BY_LINK
        if links[key, url] == 1 and url != no_link
        else BY_WORDS
        for key, url, _ in traits
    ]


def in_form(item: Item, form: int) -> Item:
    """The item with a key that is made in this way."""
    if form == PLAIN:
        return item
    rest = item.url if form == BY_LINK else item.content_hash
    key = f"{item.key} {rest}"
    return replace(item, key=key if len(key) <= _MAX_KEY else f"hash:{_digest(item.key, rest)}")


def _folded(text: str, tidy: bool) -> str:
    if text.isascii():
        if tidy:
            return text.replace("\n\n", " ").replace("\n", " ").strip()
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).split())


def _digest(*parts: str) -> str:
    data = "\0".join(parts).encode("utf-8", "replace")
    return blake2b(data, digest_size=16).hexdigest()
