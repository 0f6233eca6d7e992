"""What is kept of an item to find its copies, and how alike two texts are.

The method is Broder's ("On the resemblance and containment of documents", 1997): a text is the
set of its shingles, runs of a few words; two texts are as alike as the share of shingles they
have in common (Jaccard); and the smallest hashes of a text, its sketch, are enough to find those
that may be alike. Whether they are is then reckoned from the texts themselves.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from heapq import nsmallest

from watchd.model import Item
from watchd.parse.identity import content_hash
from watchd.stories.canonical import canonical_url
from watchd.values import Struct

ALIKE = 0.8
"""Jaccard of shingles from which two texts are one story. Letters that differ in a name stay
below it: they are different events."""

FEWEST = 20
"""A text of fewer shingles says too little to be like another: it is the same, or it is not."""

SKETCH = 16
"""Hashes kept of a text. Of two that are just alike enough some 13 are the same."""

SHARED = 4
"""Hashes two sketches have in common before their texts are compared."""

_WORDS = 3
_TITLE = 0.7  # share of the words of the shorter title
_PASSAGE = 0.5  # share of the shingles of the shorter text
_CHARACTERS = 5
_WORD = re.compile(r"\w+")
_NO_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Sketch(Struct, frozen=True, kw_only=True):
    """What is kept of an item: hashes of 63 bits. `link` None: it has none that tells it apart."""

    words: int  # of its exact title and text
    link: int | None
    near: tuple[int, ...]  # the smallest of its shingles; empty: too few of them


def sketch(item: Item) -> Sketch:
    """What is kept of this item to find its copies."""
    link = canonical_url(item.url)
    its = shingles(item.text)
    near = nsmallest(SKETCH, {_number(f"near\n{one}") for one in its})
    return Sketch(
        words=_number(f"words\n{content_hash(item.title, item.text)}"),
        link=_number(f"link\n{link}") if link else None,
        near=tuple(near) if len(its) >= FEWEST else (),
    )


def shingles(text: str) -> frozenset[str]:
    """Runs of three words; of five characters where most of the text is CJK or Hangul."""
    words = _words(text)
    together = "".join(words)
    if 2 * len(_NO_SPACES.findall(together)) > len(together):
        last = len(together) - _CHARACTERS + 1
        return frozenset(together[at : at + _CHARACTERS] for at in range(last))
    return frozenset(" ".join(words[at : at + _WORDS]) for at in range(len(words) - _WORDS + 1))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of shingles in common (Jaccard), from 0 to 1; 0 where there are too few."""
    if min(len(one), len(other)) < FEWEST:
        return 0.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)


def alike(one: str, other: str) -> bool:
    """Whether two texts are one story."""
    return likeness(shingles(one), shingles(other)) >= ALIKE


def one_page(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two items at one address, each title and text, tell the same.

    A front page or a live blog is the link of many stories: a title or a passage is in common.
    """
    titles = [{*_words(title)} for title, _ in (one, other)]
    if all(titles) and len(titles[0] & titles[1]) >= _TITLE * min(map(len, titles)):
        return True
    texts = [shingles(text) for _, text in (one, other)]
    return all(texts) and len(texts[0] & texts[1]) >= _PASSAGE * min(map(len, texts))


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _number(words: str) -> int:
    digest = blake2b(words.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1  # a signed column holds it
