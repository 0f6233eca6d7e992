"""Simple HTML to text without a tree: paragraphs, links and emphasis, and no more."""

from __future__ import annotations

import html
import re

_BLOCKS = frozenset(("blockquote", "div", "p"))
_TAGS = re.compile(r"<(/?)(a|b|blockquote|div|em|i|p|span|strong)(\s[^<>]*)?>|<br\s*/?>")
_OTHER_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|nbsp|#39|#8[0-9]{3});)")
_MOST = 100_000  # characters; longer texts are seldom simple
_SPACES = re.compile(r"\s{2,}|[^\S ]")  # all that is not one plain space
# Scripts written without spaces between words: a separator there would cut words apart.
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")


def read_simple(markup: str) -> tuple[str, bool] | None:
    """The text of paragraphs with links and emphasis, without a tree, and whether its lines are
    tidy; None for all else. As through a tree, an empty line stands before each paragraph.

    Most texts of feeds are no more than this, and take half the time then.
    """
    if len(markup) > _MOST:
        return None
    parts = _TAGS.split(markup)  # a text, and in turns the three groups of a tag and a text
    texts = " ".join(parts[::4])
    if "<" in texts:
        return None
    if "&" in texts:
        if _OTHER_ENTITY.search(texts):
            return None
        parts[::4] = map(html.unescape, parts[::4])
    # What follows is what the writer of a tree does of these elements, in one loop.
    lines: list[str] = []
    words = [spaced(parts[0])] if parts[0] else []
    last, edge = parts[0][-1:] or " ", ""
    tidy = not parts[0]
    around: list[str] = []
    apart_until: list[int] = []
    for end, name, said, text in zip(
        parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True
    ):
        if name is None:
            words.append("\n")
            last, edge, tidy = " ", "", False
        else:
            ends_apart = False
            if end:
                if said or not around or around.pop() != name:
                    return None
                while apart_until and apart_until[-1] > len(around):
                    apart_until.pop()
                    ends_apart = True
            else:
                if said and (said[-1] == "/" or said.count('"') % 2 or said.count("'") % 2):
                    return None  # a ">" within an attribute
                if around and (name in around or name in _BLOCKS):
                    return None
                around.append(name)
            if name in _BLOCKS:
                if words:
                    lines.append("".join(words))
                    words = []
                    tidy = tidy and last != " "
                last, edge = " ", ""
            elif ends_apart or (not end and name == "a" and edge == "close a"):
                edge = "apart"
            elif edge != "apart":
                edge = "open" if not end else "close a" if name == "a" else "close"
        if text:
            if edge and is_apart(edge, last, text[0]):
                words.append(" ")
                if edge == "open":
                    apart_until.append(len(around))
            plain = text.isprintable() and "  " not in text
            tidy = tidy and plain and not (last == " " == text[0])
            words.append(text if plain else _SPACES.sub(" ", text))
            last, edge = text[-1], ""
    if around:
        return None
    if words:
        lines.append("".join(words))
        tidy = tidy and last != " "
    return "".join([f"\n\n{line}" for line in lines if not line.isspace()]), tidy


def spaced(text: str) -> str:
    """`text` with one plain space for any white space."""
    return text if text.isprintable() and "  " not in text else _SPACES.sub(" ", text)


def is_apart(edge: str, before: str, after: str) -> bool:
    """Whether tags between two characters stand for a space that the author left out.

    KCNA sets names in <nobr>, and "Comrade<b>Kim" is two words; but "<b>K</b>CNA" and
    "<a>North Korea</a>n" are one, as is everything in scripts without spaces.
    """
    if edge == "apart":
        apart = before.isalnum() and after.isalnum()
    else:
        apart = after.isupper() and (before.islower() or before in ".,;:!?")
    return apart and not (_SPACELESS.match(before) or _SPACELESS.match(after))
