"""What was probably meant by a key or value of a rule file, to be pasted in its place."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from watchd.tomladvice import bare_value, quoted
from watchd.tomlfile import nearest

_KEYS = {  # by the names other tools and other tables have for them
    "level": "severity", "priority": "severity", "name": "title", "headline": "title",
    "condition": "query", "search": "query", "expression": "query", "expr": "query",
    "keywords": "query", "boolean": "query", "detection": "query", "match": "query",
    "description": "why", "summary": "why", "reason": "why", "message": "why",
    "enabled": "status", "disabled": "status", "active": "status", "state": "status",
    "author": "owner", "maintainer": "owner", "contact": "owner", "kind": "type",
    "realert": "throttle", "cooldown": "throttle", "suppress": "throttle", "every": "throttle",
    "labels": "tags", "categories": "category", "keyword": "tags", "links": "references",
    "refs": "references", "urls": "references", "url": "url", "source": "source",
    "until": "expires", "expiry": "expires", "end": "expires", "renamed": "was",
    "falsepositives": "false_positives", "body": "text", "content": "text", "language": "lang",
    "feed": "source", "link": "url", "result": "expect", "expected": "expect", "want": "expect",
    "found": "spans", "words": "spans", "include": "only", "exclude": "except", "not": "except",
    "timeframe": "within", "timespan": "within", "num_events": "at_least", "threshold": "at_least",
    "min": "at_least", "exclude_sources": "except", "pubdate": "published", "date": "published",
    "updated": "published",
}  # fmt: skip
_WORDS = {
    "informational": "info", "information": "info", "notice": "info", "debug": "info",
    "minor": "low", "moderate": "medium", "normal": "medium", "mid": "medium", "warning": "medium",
    "warn": "medium", "major": "high", "important": "high", "error": "high", "severe": "critical",
    "urgent": "critical", "emergency": "critical", "fatal": "critical",
    "disabled": "off", "inactive": "off", "paused": "off", "false": "off", "no": "off",
    "deprecated": "off", "unsupported": "off", "enabled": "stable", "active": "stable",
    "on": "stable", "live": "stable", "production": "stable", "true": "stable", "yes": "stable",
    "testing": "test", "experimental": "test", "trial": "test",
    "nomatch": "no match", "no_match": "no match", "no-match": "no match", "not match": "no match",
    "positive": "match", "negative": "no match",
    "hit": "match", "matches": "match", "fire": "alert", "quiet": "no alert", "miss": "no match",
    "h": "high", "m": "medium", "l": "low", "c": "critical", "i": "info",
    "strongly": "strong", "weakly": "weak", "none": "no match",
}  # fmt: skip
_TYPES = {
    "any": "match", "keyword": "match", "boolean": "match", "event_count": "frequency",
    "value_count": "frequency", "cardinality": "frequency", "threshold": "frequency",
    "burst": "spike", "temporal": "sequence", "temporal_ordered": "sequence",
    "correlation": "sequence", "percentage_match": "ratio", "first_seen": "new_term",
    "silence": "flatline", "absent": "flatline",
}  # fmt: skip
_CHOICES = {  # of other keys
    "feed": "source", "feeds": "source", "site": "publisher", "language": "lang",
    "medium": "normal", "moderate": "normal", "default": "normal", "ordered": "as listed",
    "in order": "as listed", "listed": "as listed", "unordered": "any",
}  # fmt: skip
_WEIGHTS = {"high": "strong", "medium": "moderate", "normal": "moderate", "low": "weak"}
_DURATION = re.compile(r"(an?|\d+)\s*([a-z]*)\.?", re.IGNORECASE)
_UNITS = {
    "s": "s", "sec": "s", "second": "s", "m": "m", "min": "m", "minute": "m", "h": "h", "hr": "h",
    "hour": "h", "d": "d", "day": "d", "w": "w", "week": "w", "t": "d", "tag": "d",
}  # fmt: skip
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_YES = {
    "true": "true",
    "yes": "true",
    "on": "true",
    "false": "false",
    "no": "false",
    "off": "false",
}


def key(written: str, known: list[str]) -> str:
    """The known key that an unknown one stands for; "" when none is likely."""
    small = written.lower().replace("-", "_")
    named = _KEYS.get(small, "")
    return named if named in known else nearest(small, known)


def word(written: Any, known: list[str]) -> str:
    """The allowed word that another one stands for; "" when none is likely."""
    if isinstance(written, list) and len(written) == 1:
        written = written[0]
    small = str(written).strip().lower()
    for named in (one.get(small) for one in (_WORDS, _TYPES, _CHOICES, _WEIGHTS)):
        if named in known:
            return str(named)
    if isinstance(written, bool):
        return next((one for one in known if one.startswith("no ") is not written), "")
    if isinstance(written, int):  # severities and weights are listed from the least on
        return known[written - 1] if 0 < written <= len(known) else ""
    return nearest(written, known) if isinstance(written, str) else ""


def value(kind: str, given: Any) -> str:
    """A value of the right kind, as TOML writes it, for one of the wrong kind; "" for none."""
    text = given.strip() if isinstance(given, str) else ""
    if kind == "list_type" and isinstance(given, list):
        return "[" + ", ".join(f'"{part}"' for part in given) + "]" if given else ""
    if kind == "list_type" and text and '"' not in text:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return "[" + ", ".join(f'"{part}"' for part in parts) + "]"
    if kind in ("date_type", "date_from_datetime_inexact"):
        return _date(given)
    if kind == "string_pattern_mismatch":
        match = _DURATION.fullmatch(text)
        return _duration(match) if match else _sum(text)
    if kind == "value_error":
        return _follow_up(str(given))
    if kind == "int_type" and text.isdecimal():
        return text
    if kind == "int_type" and isinstance(given, float) and given.is_integer():
        return str(int(given))
    if kind == "float_type" and re.fullmatch(r"\d+(\.\d+)?", text):
        return text
    if kind == "bool_type":
        return _YES.get(text.lower(), "")
    if kind == "string_type" and isinstance(given, int | float) and not isinstance(given, bool):
        return f'"{given}"'
    if kind == "greater_than_equal":
        return "1"
    if kind == "timezone_aware":
        return f"{given.isoformat()}Z"
    if kind == "string_type" and isinstance(given, list) and len(given) == 1:
        return f'"{given[0]}"'
    return ""


def query(given: Any) -> str:
    """A query, as TOML writes it, for a list of words or phrases; "" for anything else."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return ""
    words = [one if re.fullmatch(r"[\w@*-]+|\".*\"", one) else f'"{one}"' for one in given]
    return quoted(" OR ".join(words)) if words else ""


def feed(written: str) -> str:
    """The feed or tag that is meant by what is neither a name nor `tag:x`; "" if it is one."""
    if re.fullmatch(r"(tag:)?[^\s:]+", written):
        return ""
    name = written.rpartition(":")[2].strip()
    return f"tag:{name}" if re.match(r"\s*tags?\s*:", written, re.IGNORECASE) else name


def _follow_up(text: str) -> str:
    number = re.search(r"[2-9]\d*|1\d+", text)
    found = [f"publishers:{number[0]}"] if number else []
    found += ["new words"] if "word" in text.casefold() else []
    return f'"{", ".join(found)}"' if found else ""


def seconds(duration: str) -> int:
    """How long a duration such as 30d is."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def status(key: str, given: Any) -> str:
    """The status that a switch stands for: `enabled = false`; "" for none."""
    if not isinstance(given, bool):
        return ""
    return "stable" if given != (key.lower() == "disabled") else "off"


def _date(given: Any) -> str:
    """A day: of a time, of a text that is one, or the last one of a year."""
    if isinstance(given, datetime):
        return f"{given:%Y-%m-%d}"
    text = str(given).strip()
    if re.fullmatch(r"20\d\d", text):
        return f"{text}-12-31"
    _, new = bare_value(text)  # 31.12.2026
    return next((day for day in (text, new) if _DATE.fullmatch(day)), "")


def _duration(match: re.Match[str]) -> str:
    count = 1 if match[1].isalpha() else int(match[1])
    unit = match[2].lower()
    if not unit and count:
        return f'"{count}h"   or   "{count}d"'
    unit = unit.removesuffix("s") if len(unit) > 1 else unit
    if unit in ("month", "mo"):
        return f'"{count * 30}d"'
    if unit in ("year", "y", "yr"):
        return f'"{count * 365}d"'
    return f'"{count}{_UNITS[unit]}"' if unit in _UNITS and count else ""


def _sum(text: str) -> str:
    """`1d12h` in one unit; "" when it is no sum of durations."""
    parts = re.findall(r"(\d+)\s*([smhdw])", text)
    if "".join(map("".join, parts)) != "".join(text.split()) or not parts:
        return ""
    seconds = sum(int(count) * _SECONDS[unit] for count, unit in parts)
    unit = next((unit for unit in "dhms" if seconds % _SECONDS[unit] == 0), "s")
    return f'"{seconds // _SECONDS[unit]}{unit}"' if seconds else ""
