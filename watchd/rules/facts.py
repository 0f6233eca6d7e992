"""Facts of an item as a whole that a query can ask for: its feed, its site, its language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from watchd.rules.tree import Fact, FactField

_LANG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*")
_CODES = {  # English names and country codes that people write for a language
    "english": "en", "korean": "ko", "kr": "ko", "russian": "ru", "chinese": "zh", "cn": "zh",
    "japanese": "ja", "jp": "ja", "german": "de", "french": "fr", "spanish": "es",
    "ukrainian": "uk", "ua": "uk", "arabic": "ar", "polish": "pl", "portuguese": "pt",
    "italian": "it", "turkish": "tr", "persian": "fa", "farsi": "fa", "hebrew": "he",
    "vietnamese": "vi", "mandarin": "zh", "us": "en", "gb": "en", "deutsch": "de",
    "eng": "en", "kor": "ko", "rus": "ru", "zho": "zh", "chi": "zh", "jpn": "ja", "deu": "de",
    "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ukr": "uk", "ara": "ar", "pol": "pl",
    "por": "pt", "ita": "it", "tur": "tr", "fas": "fa", "per": "fa", "heb": "he", "vie": "vi",
}  # fmt: skip


def read(field: FactField, pieces: Sequence[str]) -> tuple[str, str, str]:
    """The value that stands after `field:`; or what is wrong with it, and a hint.

    `pieces` are text, wildcard, text, …, as of a token.
    """
    written = "".join(pieces).strip()
    value = written.lower()
    if not value:
        return "", f"there is nothing after {field}:", ""
    if field == "lang":
        if value in _CODES or not _LANG.fullmatch(value):
            code = _CODES.get(value)
            several = re.split(r"\W+", value)
            hint = f"write {code}" if code else "a code is two or three letters, such as ko"
            if len(several) > 1 and all(map(_LANG.fullmatch, several)):
                hint = f"write ({' OR '.join(several)})"
            return "", f"'{written}' is not the code of a language", hint
        return value, "", ""
    if field == "site":
        domain = (urlsplit(value).hostname if "://" in value else value.partition("/")[0]) or ""
        domain = domain.removeprefix("*.").strip(".")
        if domain != value:
            hint = f"write {domain}" if _DOMAIN.fullmatch(domain) else ""
            return "", f"'{written}' is not a domain", hint
        if not _DOMAIN.fullmatch(value):
            return "", f"'{written}' is not a domain", "a domain is written like kcna.kp"
        value = _readable(value)
    if field == "source" and re.search(r"\s", value):
        hint = f"write {'-'.join(written.split())}"
        return "", f"'{written}' is not the name of a feed, which has no spaces", hint
    return value, "", ""


def code_of(value: str) -> str:
    """The code of the language that people mean by a word that is none; "" for any other word."""
    return _CODES.get(value, "")


def language(value: str) -> str:
    """The code of the language that a word in small letters names, or is; "" for none."""
    return _CODES.get(value) or (value if value in _CODES.values() else "")


def holds(fact: Fact, *, source: str, url: str, lang: str) -> bool:
    """Whether a fact is so of an item of the feed `source`, at `url`, in the language `lang`."""
    match fact.field:
        case "source":
            return bool(_glob(fact.value).fullmatch(source))
        case "site":
            return f".{host(url)}".endswith(f".{fact.value}")
        case "lang":
            return is_language(lang.lower(), fact.value)


def is_language(lang: str, code: str) -> bool:
    """Whether a language (zh-cn) is the one of a code (zh); both in small letters."""
    return f"{lang}-".startswith(f"{code}-")


@lru_cache(maxsize=10_000)
def _glob(value: str) -> re.Pattern[str]:
    parts = (_WILDCARDS.get(char) or re.escape(char) for char in value)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


_WILDCARDS = {"*": ".*", "?": "."}


@lru_cache(maxsize=1_000)
def host(url: str) -> str:
    """The host of an address, in the letters of its language; "" when it has none."""
    try:
        return _readable(urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # feeds hold what they like
        return ""


def _readable(domain: str) -> str:
    """A domain in small letters, with xn--tpvu40j written as 朝鲜."""
    domain = unicodedata.normalize("NFKC", domain.replace("。", ".")).lower()
    return ".".join(map(_readable_label, domain.split(".")))


def _readable_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except UnicodeError:
        return label
