"""A [[feed]] as config.toml wants it, of words that are a stranger's. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from watchd.adding.addresses import host_of
from watchd.render.inert import inert

_MAX_NAME = 40  # characters
_WIDTH = 96  # of a comment's line
# What stands in front of, or behind, the name of the publisher in a feed's title.
_APART = re.compile(r"\s+[-–—|:»·•/]+\s+|\s*[|»]\s*|:\s+")
_NO_NAME = re.compile(
    r"(?:the )?(?:(?:rss|atom|xml|news|latest|all|top|main|home|world|recent|new|full|site|"
    r"official|articles?|stories|headlines?|posts?|feeds?|page|updates?|releases?|blog|index)\W*)+",
    re.I,
)
_TAIL = re.compile(r"[\s,.-]*\(?\b(?:rss|atom|xml)?[ -]?feeds?\)?$|[\s,.-]*\(?\brss\)?$", re.I)
_LAST_LABELS = frozenset(("co", "com", "org", "net", "gov", "edu", "ac", "or", "go", "ne", "re"))
_PLAIN_LABELS = frozenset(("www", "rss", "feed", "feeds", "news", "en", "ru", "m", "api", "blog"))
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ORDER = ("name", "url", "publisher", "lang", "interval", "tags")  # then all else


def toml_text(text: str) -> str:
    """A text in double quotes, on one line, whatever is in it."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if character.isprintable() or character == " ":
        return character
    code = ord(character)  # controls, and what turns the direction of a line round or hides in it
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def toml_value(value: Any) -> str:
    """A text, a number, true or false, or a list or table of these, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {toml_value(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return toml_text(str(value))


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_text(key)


def block(values: Mapping[str, Any], *, remarks: Iterable[str] = (), off: str = "") -> str:
    """A [[feed]] with these keys; what is None, "" or empty is left out.

    `remarks` stand above it as comments. `off` is a line that a person may switch on.
    """
    lines = [f"# {line}" for remark in remarks for line in _wrapped(remark)]
    lines.append("[[feed]]")
    keys = [*_ORDER, *(key for key in values if key not in _ORDER)]
    for key in keys:
        value = values.get(key)
        if not (value is None or value == "" or value == [] or value == ()):
            lines.append(f"{_key(key)} = {toml_value(value)}")
    if off:
        lines.append(f"# {inert(off)}")
    return "\n".join(lines) + "\n"


def _wrapped(remark: str) -> list[str]:
    lines = [""]
    for word in inert(remark, 600).split():
        if lines[-1] and len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return [line for line in lines if line]


def publisher(title: str, url: str) -> str:
    """Who is behind a feed, as far as its title tells; else its host."""
    title = _TAIL.sub("", inert(title, 200))
    for part in _APART.split(title):
        part = _TAIL.sub("", part).strip(" \"'“”«»[]()")
        if len(part) > 1 and not _NO_NAME.fullmatch(part):
            return part[:80].strip()
    return host_of(url)


def name(title: str, url: str, taken: Collection[str]) -> str:
    """A name for the command line that nobody has: of the title in plain letters, else the host.

    `taken` are the names in use, in small.
    """
    whole, short = _slug(_TAIL.sub("", title[:200])), _slug(publisher(title, url))
    if short == _slug(host_of(url)):  # the title says nothing
        whole = short = ""
    if any(letter.isalpha() and not letter.isascii() for letter in title):
        whole = short = ""  # the half of it that is in plain letters would mislead
    host = _of_host(url)
    path = _slug("-".join(re.findall(r"[A-Za-z]{3,}", urlsplit(url).path)[:2]))
    for one in (short, whole if len(whole) <= _MAX_NAME else "", host, f"{host}-{path}"):
        plain = one[:_MAX_NAME].strip("-")
        if len(plain) > 1 and plain not in taken and not _NO_NAME.fullmatch(plain):
            return plain
    base = (short or host or "feed")[: _MAX_NAME - 5].strip("-")
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def tag(word: str) -> str:
    """A word of somebody else's as a tag; "" when nothing of it can be one."""
    return re.sub(r"[^\w.]+", "-", inert(word, 60).lower()).strip("-._")[:40]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", inert(text, 200)).encode("ascii", "ignore").decode()
    plain = re.sub(r"['’`]", "", plain)
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-").lower()


def _of_host(url: str) -> str:
    labels = [label for label in host_of(url).split(".") if label]
    if not labels or labels[-1].isdigit():
        return _slug("-".join(labels))
    labels = labels[:-1]
    while len(labels) > 1 and labels[-1] in _LAST_LABELS:
        labels.pop()
    named = [label for label in labels if label not in _PLAIN_LABELS]
    return _slug((named or labels or ["feed"])[-1])
