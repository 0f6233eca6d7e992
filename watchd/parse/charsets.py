"""Which old encoding gives words that people write? Asked only when a document's claim is wrong.

Each test counts what share of the text beyond ASCII is as real text of that language is:
Cyrillic letters in words of one case, Hangul only, common Han, some kana, Thai in long runs. No
statistics file.
"""

from __future__ import annotations

import codecs
import re

_SAMPLE = 60_000  # bytes beyond this tell nothing new

_PUNCTUATION = re.compile(r"[\x00-\x7f\xa0-\xbf\u2010-\u203a\u20ac\u2116\u2122\u3000-\u3020]+")
# A capital inside a word is how a wrong member of the Cyrillic family shows itself.
_CYRILLIC_WORD = re.compile(
    r"(?<![A-Za-z\u0400-\u04ff])[\u0400-\u042f\u0490]?[\u0430-\u045f\u0491]+(?![A-Za-z\u0400-\u04ff])"
)
_HANGUL = re.compile(r"[가-힣]")
_THAI = re.compile(r"[\u0e01-\u0e5b]{4,}")
_THAI_CONSONANT = re.compile(r"[\u0e01-\u0e2e]")
_KANA = re.compile(r"[ぁ-ゖァ-ヺー]")
_KANA_OR_HAN = re.compile(r"[ぁ-ゖァ-ヺー々一-鿿]")


def sniff(body: bytes) -> str:
    """The codec under which `body` reads best; "" when none is convincing."""
    beyond = re.search(rb"[\x80-\xff]", body)
    if beyond is None:
        return ""
    # From a line's start, so that no two-byte character is cut in half.
    start = body.rfind(b"\n", 0, beyond.start()) + 1
    sample = body[max(start, beyond.start() - 200) :][:_SAMPLE]

    share, name = max((_cyrillic(sample, name), name) for name in ("cp1251", "koi8-u", "cp866"))
    if share >= 0.7:
        return name
    if _share(_HANGUL, _read(sample, "cp949")) >= 0.95:
        return "cp949"
    for name in ("euc_jp", "cp932"):
        text = _read(sample, name)
        if _share(_KANA, text) >= 0.15 and _share(_KANA_OR_HAN, text) >= 0.9:
            return name
    # The common half of each set comes first in it, sorted by use (Big5) or as level 1 (GB).
    for name, last in (("gb18030", 0xD7), ("big5hkscs", 0xC6)):
        if _common_han(_read(sample, name), name, last) >= 0.8:
            return name
    # Accents of Latin letters read as Thai ones, too, but stand alone, and are no consonants.
    text = _read(sample, "cp874")
    if _share(_THAI_CONSONANT, text) >= 0.4 and len("".join(_THAI.findall(text))) >= 0.9 * len(
        text
    ):
        return "cp874"
    return ""


def _read(sample: bytes, name: str) -> str:
    try:
        text = codecs.getincrementaldecoder(name)("strict").decode(sample)
    except UnicodeDecodeError:
        return ""
    return _PUNCTUATION.sub("", text)


def _share(wanted: re.Pattern[str], text: str) -> float:
    return len(wanted.findall(text)) / len(text) if text else 0.0


def _cyrillic(sample: bytes, name: str) -> float:
    text = codecs.decode(sample, name, "replace")
    letters = len(_PUNCTUATION.sub("", text))
    in_words = sum(len(word) for word in _CYRILLIC_WORD.findall(text) if len(word) > 1)
    return in_words / letters if letters else 0.0


def _common_han(text: str, name: str, last: int) -> float:
    first = 0xB0 if name == "gb18030" else 0xA4
    text = text[:5000]
    common = 0
    for character in text:
        pair = character.encode(name)
        common += len(pair) == 2 and first <= pair[0] <= last and "一" <= character <= "鿿"
    return common / len(text) if text else 0.0
