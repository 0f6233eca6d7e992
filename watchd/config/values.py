"""What a single value of config.toml may be. Each raises Wrong with the sentence to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from watchd.guard import is_address, is_public
from watchd.model import IDENTITIES, SEVERITIES, SOURCE_TYPES, IdentityPolicy, Severity, SourceType
from watchd.tomlfile import nearest

_DURATION = re.compile(
    r"(?=\d)(?:(\d{1,5})w)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s)?"
)
_IN_WORDS = re.compile(r"(\d{1,5})\s*([smhdw])(?!o)", re.IGNORECASE)  # not months
_SIZE = re.compile(r"(\d{1,12})\s*([kmg]?)(i?)b?", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TAG = re.compile(r"\w[\w.-]*")
_GRADE = re.compile(r"[A-F][1-6]?")
_LANG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_SOCKET_PATH = 100  # bytes; the kernel takes 107
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/*")
_OPEN_ADDRESS = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://)?+(?:[\w.-]*|\[[\da-fA-F:.]*\])(?::\d{0,5})?(?:[/#][^@?;]*)?"
)
# Countries, and English names, that are often written for their language.
_LANGUAGES = {
    "kr": "ko", "jp": "ja", "cn": "zh", "tw": "zh-tw", "ua": "uk", "cz": "cs", "gr": "el",
    "english": "en", "korean": "ko", "russian": "ru", "chinese": "zh", "japanese": "ja",
}  # fmt: skip

_FEED_TYPES = ("rss", "atom", "json", "xml")
_IDENTITIES = {"id": "guid", "link": "url", "title": "text", "hash": "text", "content": "text"}


class Wrong(ValueError):
    """A value that cannot be used: the code, one sentence, and what could stand there."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


def quoted(value: object) -> str:
    """The value for a sentence; nothing that looks like an address or a secret is repeated."""
    text = str(value)
    plain = len(text) <= 40 and text.isprintable() and "://" not in text and "@" not in text
    return f"'{text}'" if plain else "this value"


def path_from(folder: Path, value: str) -> Path:
    """A file or folder as config.toml names it: from the config's own folder, or from ~."""
    try:
        return folder / Path(value).expanduser()
    except RuntimeError:  # ~somebody, whom this system does not know
        return folder / value


def duration(value: object) -> timedelta:
    """ "90s", "15m", "1h30m", "2d", "1w"."""
    match = _DURATION.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
    if match is None:
        hint = '"15m"'
        if type(value) is int:
            hint = f'"{value}s" or "{value}m"'
        elif isinstance(value, str) and (words := _IN_WORDS.match(value)):
            hint = f'"{words[1]}{words[2].lower()}"'
        raise Wrong("C105", 'a duration is written as "90s", "15m", "1h30m" or "2d"', hint)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not timedelta(seconds=1) <= length <= timedelta(days=3660):
        raise Wrong("C105", "a duration is at least one second and at most ten years")
    return length


def terms(text: str) -> Iterator[str]:
    """The terms of a file: one a line, `#` before a note."""
    for line in text.splitlines():
        if term := line.partition("#")[0].strip():
            yield term


def size(value: object) -> int:
    """Bytes: a number, or "10MiB", "500kB"."""
    match = _SIZE.fullmatch(str(value)) if type(value) in (int, str) else None
    if match is None:
        raise Wrong("C106", 'a size is written as "10MiB", "500kB" or a number of bytes', '"10MiB"')
    count, unit, binary = match.groups()
    power = ("", "k", "m", "g").index(unit.lower())
    size: int = int(count) * (1024 if binary else 1000) ** power
    if not 1024 <= size <= 2**30:
        raise Wrong("C106", "a size is at least 1KiB and at most 1GiB")
    return size


def name(value: str) -> str:
    """Of a feed or receiver: it is typed on the command line and stands in log lines."""
    if not _NAME.fullmatch(value):
        plain = re.sub(r"[^A-Za-z0-9._]+", "-", value).strip("-._")[:64].lower()
        message = "a name has letters a to z, digits, . _ and -, at most 64 of them"
        secret = quoted(value) == "this value"
        raise Wrong("C107", message, f'"{plain}"' if plain and not secret else "")
    return value


def tag(value: str) -> str:
    if not _TAG.fullmatch(value):
        raise Wrong(
            "C107", f"a tag is one word, of letters, digits, . _ and -; not {quoted(value)}"
        )
    return value


def grade(value: str) -> str:
    """How far a source is trusted, in the Admiralty's notation (NATO STANAG 2511): "B", "B2"."""
    if value and not _GRADE.fullmatch(value):
        meant = value.strip().upper()
        raise Wrong(
            "C150",
            f"a grade is a letter from A to F, and a digit from 1 to 6 if you like; "
            f"not {quoted(value)}",
            f'"{meant}"' if _GRADE.fullmatch(meant) else "",
        )
    return value


def severity(value: object) -> Severity:
    for known in SEVERITIES:
        if value == known:
            return known
    meant = nearest(value, SEVERITIES) if isinstance(value, str) else ""
    choice = "info, low, medium, high or critical"
    raise Wrong(
        "C118", f"unknown level {quoted(value)}; use {choice}", f'"{meant}"' if meant else ""
    )


def source_type(value: object) -> SourceType:
    """What kind of source an address is."""
    for known in SOURCE_TYPES:
        if value == known:
            return known
    meant = nearest(value, (*SOURCE_TYPES, *_FEED_TYPES)) if isinstance(value, str) else ""
    meant = "feed" if meant in _FEED_TYPES else meant
    message = f"unknown type {quoted(value)}; use feed, page or sitemap"
    raise Wrong("C127", message, f'"{meant}"' if meant else "")


def identity(value: object) -> IdentityPolicy:
    """By what an item is known again."""
    for known in IDENTITIES:
        if value == known:
            return known
    meant = nearest(value, (*IDENTITIES, *_IDENTITIES)) if isinstance(value, str) else ""
    meant = _IDENTITIES.get(meant, meant)
    message = f"unknown identity {quoted(value)}; use auto, guid, url or text"
    raise Wrong("C128", message, f'"{meant}"' if meant else "")


def selector(value: str) -> str:
    """A CSS selector."""
    from watchd.parse.page import is_selector  # 15 ms that who watches no page need not pay

    value = value.strip()
    if not value:
        raise Wrong("C104", "nothing is given here; leave the key out, or fill it in")
    if is_selector(value):
        return value
    message = f"{quoted(value)} is not a CSS selector"
    if value.startswith(("/", "./")):
        message += ", but looks like an XPath; a selector is written as 'ul.news li a'"
    elif (bare := re.sub(r"::?(?!not|is|has|nth-)[\w-]+(\([^()]*\))?", "", value)) != value:
        hint = f'"{bare}"' if bare.strip() and is_selector(bare) else ""
        raise Wrong("C126", f"{message} that we can use: what follows the colon is unknown", hint)
    raise Wrong("C126", message)


def language(value: str) -> str:
    """A code as in `lang="ko"` of a web page, in small letters."""
    code = value.lower().replace("_", "-")
    if code in _LANGUAGES:
        code = _LANGUAGES[code]
        raise Wrong(
            "C111", f"{quoted(value)} is not a language code; did you mean {code}?", f'"{code}"'
        )
    if code and not _LANG.fullmatch(code):
        message = f"{quoted(value)} is not a language code; use en, ko, ru, zh, ja …"
        raise Wrong("C111", message)
    return code


def timezone(value: str) -> str:
    try:
        if value:
            ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # a KeyError: not found
        pass
    else:
        return value
    zones = available_timezones()
    meant = nearest(value, zones) or next(
        (zone for zone in sorted(zones) if zone.lower().endswith(f"/{value.lower()}")), ""
    )
    message = f"unknown time zone {quoted(value)}; use a name such as Asia/Seoul"
    raise Wrong("C112", message, f'"{meant}"' if meant else "")


def encoding(value: str) -> str:
    try:
        if value:
            "a".encode(value)
    except (LookupError, ValueError):
        known = (
            "utf-8",
            "euc-kr",
            "cp949",
            "windows-1251",
            "koi8-r",
            "gb18030",
            "big5",
            "shift_jis",
        )
        meant = nearest(value, known)
        message = f"unknown encoding {quoted(value)}; use a name such as euc-kr or windows-1251"
        raise Wrong("C113", message, f'"{meant}"' if meant else "") from None
    return value


def header(value: str) -> str:
    """Text that goes into the User-Agent of each request."""
    if not (value.isascii() and (value.isprintable() or not value)):
        raise Wrong("C125", "this goes into a web request: only plain letters, digits and signs")
    return value.strip()


def feed_url(value: str) -> str:
    """The address of a feed: http or https, with a host."""
    if " " in value or not value.isprintable():  # other white space is not printable
        raise Wrong("C109", "the address of a feed has no spaces or line breaks in it")
    match = _SCHEME.match(value)
    scheme = match[1].lower() if match else ""
    if scheme not in ("http", "https"):
        rest = value[match.end() :] if match and "://" in value else value
        message = "the address of a feed begins with https:// or http://"
        raise Wrong("C109", message, f'"https://{rest}"' if not has_secret(rest) else "")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Wrong("C109", "this is not an address: its host or port cannot be read") from None
    if not host or not parts.netloc or host.startswith(".") or ".." in host:
        raise Wrong("C109", "this address names no host, such as https://example.org/feed.xml")
    return value


def listen(value: str) -> str:
    """Where to answer: a port of this machine's own address, or "unix:" and the path of a socket.

    Written as it is used: with brackets around an IPv6 address.
    """
    if value.startswith("unix:"):
        path = value.removeprefix("unix:")
        if not path.startswith("/") or len(path.encode()) > _SOCKET_PATH or not path.isprintable():
            message = 'a socket is a full path, such as "unix:/run/watchd/watchd.sock"'
            raise Wrong("C170", message + f", of at most {_SOCKET_PATH} bytes")
        return value
    if not value:
        return value
    host, colon, port = value.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        message = '`listen` is an address of this machine with a port, such as "127.0.0.1:9753"'
        raise Wrong("C170", message, '"127.0.0.1:9753"')
    if host == "localhost":
        host = "127.0.0.1"
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not is_address(bare) or not ip_address(bare).is_loopback:
        message = (
            "this would be open to others, and who asks is not checked: it must be an address "
            "of this machine alone"
        )
        raise Wrong("C170", message, f'"127.0.0.1:{port}"')
    return f"{host}:{port}"


def is_private(url: str) -> bool:
    """Whether the address says by itself that it is not out on the internet."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return is_address(host) and not is_public(host)


def has_secret(url: str) -> bool:
    """Whether a feed's address, which may be a broken one, could hold a password or a key."""
    return len(url) > 200 or not _OPEN_ADDRESS.fullmatch(url)
