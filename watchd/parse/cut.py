"""An XML feed cut into its items, as they stand in its text: no parser, no tree.

What is well-formed has no "<" but where markup begins, so that items are found by looking for
their tags, past CDATA sections, comments and instructions. What is not well-formed may be cut
anyhow: whoever uses a cut must have seen that the document, or what is left of it, is.
"""

from __future__ import annotations

import re
from collections.abc import Container

from watchd.values import Struct

_MARK = re.compile(
    r"<(?=[!?iIeE]|/[iIeE]|[^<:> ]*+:)"  # most tags are no mark: that is seen soonest so
    r"(?:!\[CDATA\[|!--|\?|(?P<end>/?+)(?:[\w.-]++:)?+"
    r"(?:[iI][tT][eE][mM]|[eE][nN][tT][rR][yY])(?=[\s/>]))"
)
_UNTIL = {"<![CDATA[": "]]>", "<!--": "-->", "<?": "?>"}
_GONE = "<!---->"  # where an item stood; within an attribute or a tag it would be a fault
_LEAF = re.compile(
    r"<(?P<name>(?:[\w.-]+:)?(?:lastBuildDate|pubDate|updated|date|modified|ttl|generator))"
    r"(?:\s[^<>]*)?>[^<>]*</(?P=name)\s*>|<!--.*?-->",
    re.S,
)
_PLAIN_LEAF = re.compile(
    r"<[\w.:-]+>[^<>&\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*</[\w.:-]+>"
    r"|<!--(?:-?[^-\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff])*-->"
)
_PASSED_ON = re.compile(
    r"[\s:](?:xmlns(?::[\w.-]+)?|(?:xml:)?lang|(?:xml:)?base|version)\s*=\s*(?:\"[^\"]*\"|'[^']*')"
)
_DECLARED = re.compile(r"\sxmlns:([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_BASE = re.compile(r"[\s:]base\s*=\s*[\"']")


class Cut(Struct, frozen=True):
    """Where the items of `text` stand, none within another, in the order of the document."""

    text: str
    places: tuple[tuple[int, int], ...]

    @property
    def items(self) -> list[str]:
        """Each item, from its first tag to its last."""
        return [self.text[start:end] for start, end in self.places]

    @property
    def length(self) -> int:
        """Of all items together, in characters."""
        return sum(end - start for start, end in self.places)

    def without(self, left_out: Container[int]) -> str:
        """The document without the items of these numbers, which count from 0."""
        parts, at = [], 0
        for number, (start, end) in enumerate(self.places):
            if number in left_out:
                parts += [self.text[at:start], _GONE]
                at = end
        return "".join([*parts, self.text[at:]])

    @property
    def around(self) -> str:
        """What stands around the items."""
        parts, at = [], 0
        for start, end in self.places:
            parts.append(self.text[at:start])
            at = end
        return "".join([*parts, self.text[at:]])

    @property
    def shell(self) -> str:
        """What stands around the items, but for the dates that change with every answer."""
        return _LEAF.sub("", self.around).strip()

    @property
    def is_plain(self) -> bool:
        """Whether nothing can be wrong with what `shell` leaves out."""
        return all(_PLAIN_LEAF.fullmatch(leaf[0]) for leaf in _LEAF.finditer(self.around))


def cut(text: str) -> Cut | None:
    """The items of a feed, from its root element on. None where they cannot be told for certain,
    or where feedparser reads an item by what stands in those before it."""
    places = []
    depth = start = at = 0
    while mark := _MARK.search(text, at):
        at = mark.end()
        if closing := _UNTIL.get(mark[0]):
            at = text.find(closing, at) + len(closing)
            if at < len(closing):
                return None
            continue
        tag_end = text.find(">", at)
        if tag_end < 0:
            return None
        tag = text[at:tag_end]
        if tag.count('"') % 2 or tag.count("'") % 2:  # a ">" within an attribute
            return None
        at = tag_end + 1
        if mark["end"]:
            depth -= 1
        elif depth == 0:
            start = mark.start()
        if not mark["end"] and not tag.endswith("/"):
            depth += 1
        if depth < 0:
            return None
        if depth == 0:
            places.append((start, at))
    found = Cut(text, tuple(places))
    return None if depth or _leaks(found) else found


def passed_on(shell: str) -> str:
    """What the elements around the items say that holds within them, too."""
    return "".join(_PASSED_ON.findall(shell))


def _leaks(cut: Cut) -> bool:
    """Whether feedparser carries over from one item to the next: a base where the document
    itself has none, or a prefix that stands for two namespaces."""
    if not cut.places:
        return False
    text = cut.text
    before = text[: cut.places[0][0]]
    if "base=" in text and _BASE.search(text, len(before)) and not _BASE.search(before):
        return True
    if text.find("xmlns:", len(before)) < 0:
        return False
    meanings: dict[str, set[str]] = {}
    for prefix, one, other in _DECLARED.findall(text):
        meanings.setdefault(prefix, set()).add(one or other)
    return any(len(found) > 1 for found in meanings.values())
