"""Bytes to text: what a document says about its encoding is a hint; what its bytes say decides.

Order: byte-order mark, the feed's own `encoding` from config.toml, valid UTF-8, the XML
declaration, the HTTP header, and last a look at which encoding gives words people write.
"""

from __future__ import annotations

import codecs
import re
import zlib

from watchd.parse.charsets import sniff
from watchd.values import Struct

MAX_BYTES = 32 * 1024 * 1024  # of a gzip body once unpacked

_BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (  # "<" and the character after it, without a mark
    (re.compile(rb"<\0\0\0.\0\0\0", re.S), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0.", re.S), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0", re.S), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]", re.S), "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([A-Za-z0-9._:-]{1,40})")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I)

# Encodings that are named for a smaller one, as browsers read them (encoding.spec.whatwg.org).
_AS_BROWSERS_DO = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
# A UTF-8 character of two to four bytes, each of them taken for a character of windows-1252.
_TWICE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013-\u2026\u2030\u2039\u203a\u20ac\u2122]"
)
_C1 = re.compile("([\x80-\x9f]+)")
_TEXT_CODEC = re.compile(r"(cp|iso8859|iso2022|koi8|mac|gb|hz|big5|euc|shift|johab|utf-|tis|ascii)")


class Decoded(Struct, frozen=True, kw_only=True):
    """A document's text; `problems` say in words what was wrong with its bytes."""

    text: str
    encoding: str
    problems: tuple[str, ...] = ()
    cut: bool = False  # a gzip body that ends too early


def decode(body: bytes, *, content_type: str = "", encoding: str = "") -> Decoded:
    """The text of `body`. `encoding`, from config.toml, overrides what the document says."""
    cut = False
    if body.startswith(b"\x1f\x8b"):
        body, cut = _gunzip(body)
    text, name, problems = _decode(body, content_type, encoding)
    if name == "utf-8" and not (encoding or text.isascii()) and (once := _once(text)):
        text, problems = once, ("its text was made UTF-8 twice over; read as it was before that",)
    return Decoded(text=text, encoding=name, problems=problems, cut=cut)


def _decode(body: bytes, content_type: str, override: str) -> tuple[str, str, tuple[str, ...]]:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _replacing(body[len(mark) :], name, f"the byte-order mark says {name}")
    if override:
        name = codec(override)
        if name:
            return _replacing(body, name, f"`encoding` in config.toml says {override}")
    for wide, name in _WIDE:
        if wide.match(body):
            return _replacing(body, name, f"it looks like {name}")
    labels = _labels(body, content_type)
    names = [name for name in map(codec, labels) if name]
    # ISO-2022 is made of ASCII bytes only. One byte is looked for far faster than two.
    if b"\x1b" in body and (b"\x1b$" in body or b"\x1b(" in body):
        for name in names:
            if name.startswith("iso2022"):
                return _replacing(body, name, f"it says {name}")
    try:
        text = codecs.utf_8_decode(body, "strict", False)[0]
    except UnicodeDecodeError:
        return _not_utf8(body, labels, names)
    return text, "utf-8", ()


def _once(text: str) -> str:
    """What UTF-8 that was read as windows-1252 and encoded again had said; "" if it is not that.

    Only where all of a document can be read so: one accent or curly quotation mark that is right
    as it stands tells that nothing was done twice.
    """
    if not _TWICE.search(text):
        return ""
    try:
        parts = (
            part.encode("latin-1" if number % 2 else "cp1252")
            for number, part in enumerate(_C1.split(text))
        )
        return codecs.utf_8_decode(b"".join(parts), "strict", False)[0]
    except UnicodeError:
        return ""


def _not_utf8(body: bytes, labels: list[str], names: list[str]) -> tuple[str, str, tuple[str, ...]]:
    text = codecs.utf_8_decode(body, "replace", False)[0]
    wrong = text.count("\ufffd")
    right = sum(1 for character in text if character > "\x7f") - wrong
    says_utf8 = not names or names[0] == "utf-8"
    if right >= wrong * (2 if says_utf8 else 20):
        return text, "utf-8", (f"{wrong} bytes are not valid utf-8 and were replaced",)

    # "utf-8", "iso-8859-1" and the like are what software writes when nobody chose:
    # only a more particular claim is believed without a look at the words.
    for name in names:
        if name not in ("utf-8", "cp1252"):
            text, wrong = _count_wrong(body, name)
            if wrong * 50 <= _beyond_ascii(text):
                note = f"{wrong} bytes are not valid {name} and were replaced"
                return text, name, (note,) if wrong else ()
    said = f"it says {labels[0]}" if labels else "it names no encoding"
    found = sniff(body)
    if found:
        return _replacing(body, found, f"{said} but reads as {found}", always=True)
    text, _ = _count_wrong(body, "cp1252")
    if "cp1252" in names:
        return text, "cp1252", ()
    note = f"{said} and is not utf-8; read as windows-1252 (set `encoding` if that is wrong)"
    return text, "cp1252", (note,)


def _replacing(
    body: bytes, name: str, why: str, *, always: bool = False
) -> tuple[str, str, tuple[str, ...]]:
    text, wrong = _count_wrong(body, name)
    if wrong:
        return text, name, (f"{why}; {wrong} places are not valid and were replaced",)
    return text, name, (why,) if always else ()


def _count_wrong(body: bytes, name: str) -> tuple[str, int]:
    # Not final: a character cut in half at the end means a cut document, not a wrong encoding.
    decoder = codecs.getincrementaldecoder(name)
    try:
        return decoder("strict").decode(body), 0
    except UnicodeDecodeError:
        text = decoder("replace").decode(body)
        return text, text.count("\ufffd")


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _labels(body: bytes, content_type: str) -> list[str]:
    """What the XML declaration and the HTTP header name, in that order."""
    declared = _DECLARED.search(body, 0, 4096)
    charset = _CHARSET.search(content_type)
    labels = [declared[1].decode("ascii")] if declared else []
    if charset:
        labels.append(charset[1])
    return labels


def codec(label: str) -> str:
    """The codec for an encoding's label, as browsers would choose it; "" when there is none."""
    label = label.strip().lower()
    for spelling in (label, label.removeprefix("x-"), label.removesuffix("-i")):
        try:
            name = codecs.lookup(spelling).name
        except (LookupError, ValueError):
            continue
        name = _AS_BROWSERS_DO.get(name, name)
        return name if _TEXT_CODEC.match(name) and name != "utf-7" else ""
    return ""


def _gunzip(body: bytes) -> tuple[bytes, bool]:
    """A gzip body that came without its header: unpacked, and whether it was cut short."""
    unpack = zlib.decompressobj(wbits=31)
    try:
        data = unpack.decompress(body, MAX_BYTES)
    except zlib.error:
        return body, False
    return data, not unpack.eof
