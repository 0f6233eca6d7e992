"""Text of tidy lines: one plain space between words, none at either end of a line.

Most texts are tidy as they come, and to see so takes less than to split them into words.
"""

from __future__ import annotations

import re

# Accents piled on one letter: no script needs them, and to bring them into order takes for ever.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]"
)
_PRINTED = bytes(range(0x20, 0x7F)) + b"\n"
_MANY_MARKS = re.compile(f"({_MARK}{{30}}){_MARK}+")


def _is_tidy(text: str) -> bool:
    """Whether the lines of `text` are tidy, but for its own two ends. Some that are give False."""
    if text.isascii():  # of all white space, only the plain space is printable
        printable = not text.encode("ascii").translate(None, _PRINTED)
    else:
        printable = text.replace("\n", "").isprintable()
    return printable and "  " not in text and " \n" not in text and "\n " not in text


def tidied(text: str) -> str:
    """`text` with tidy lines, of which no more than one in a row is empty."""
    if not _is_tidy(text):
        text = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    if "\n\n\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", text)
    return text.strip()


def few_marks(text: str) -> str:
    """`text` without accents piled on one letter."""
    return text if text.isascii() else _MANY_MARKS.sub(r"\1", text)
