"""When messages are sent, as config.toml writes it: modes, quiet hours, rates.

Each raises Wrong with the sentence to show.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from watchd.config.values import Wrong, duration, quoted, timezone
from watchd.model import Mode, Quiet, Rate

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "|".join(DAYS)
_CLOCK = r"(\d{1,2}):(\d{2})"
_MODE = re.compile(rf"(daily|weekly)\s*@\s*(?:({_DAY})[a-z]*\s+)?{_CLOCK}(?:\s+(\S+))?", re.I)
_QUIET = re.compile(
    rf"(?:((?:{_DAY})[a-z]*(?:\s*[-,]\s*(?:{_DAY})[a-z]*)*)\s+)?"
    rf"{_CLOCK}\s*[-–]\s*{_CLOCK}(?:\s+(\S+))?",
    re.I,
)
_RATE = re.compile(r"(\d{1,5})\s*/\s*(\S+)")
_MODES = '"now", "group:15m", "daily@07:30" or "weekly@mon 07:30", with a zone such as Asia/Seoul'


def mode(value: object) -> Mode:
    """ "now", "group:15m", "daily@07:30 Asia/Seoul", "weekly@mon 07:30 Asia/Seoul"."""
    text = value.strip() if isinstance(value, str) else ""
    if text.lower() == "now":
        return Mode(kind="now", text="now")
    kind, colon, rest = text.partition(":")
    if kind.lower() == "group" and colon:
        try:
            return Mode(kind="group", text=f"group:{rest.strip()}", every=duration(rest.strip()))
        except Wrong as mistake:
            said = f"a group says how long it gathers: {mistake.message}"
            raise Wrong("C130", said, '"group:15m"') from None
    found = _MODE.fullmatch(text)
    if found is None:
        raise Wrong("C130", f"{quoted(value)} is no mode; use {_MODES}", _meant(text))
    kind, day, hours, minutes, zone = found.groups()
    kind, day = kind.lower(), (day or "").lower()
    if bool(day) != (kind == "weekly"):
        if kind == "weekly":
            raise Wrong("C130", "a weekly digest has a day", f'"weekly@mon {hours}:{minutes}"')
        raise Wrong("C130", "a daily digest has no day", f'"weekly@{day} {hours}:{minutes}"')
    at = _minutes(hours, minutes, most=23, code="C130")
    return Mode(
        kind="weekly" if kind == "weekly" else "daily",
        text=f"{kind}@{f'{day} ' if day else ''}{at // 60:02}:{at % 60:02}"
        + (f" {zone}" if zone else ""),
        minutes=at,
        weekday=DAYS.index(day) if day else 0,
        zone=_zone(zone, text),
    )


def _meant(text: str) -> str:
    word = text.lower()
    if word in ("immediate", "immediately", "instant", "realtime", "once", ""):
        return '"now"'
    if word.startswith(("group", "batch", "every")):
        return '"group:15m"'
    return '"weekly@mon 07:30"' if word.startswith("week") else '"daily@07:30"'


def quiet(value: object) -> Quiet:
    """ "22:00-07:00 Europe/Berlin", "sat-sun 00:00-24:00"."""
    text = value.strip() if isinstance(value, str) else ""
    found = _QUIET.fullmatch(text)
    if found is None:
        message = (
            f"{quoted(value)} are no quiet hours; write them as "
            '"22:00-07:00 Europe/Berlin" or "sat-sun 00:00-24:00"'
        )
        raise Wrong("C131", message, '"22:00-07:00"')
    days, *clocks, zone = found.groups()
    start = _minutes(clocks[0], clocks[1], most=23, code="C131")
    end = _minutes(clocks[2], clocks[3], most=24, code="C131")
    if start == end:
        message = "quiet hours that begin and end at the same time; for whole days: 00:00-24:00"
        raise Wrong("C131", message, '"00:00-24:00"')
    return Quiet(days=_days(days), start=start, end=end, zone=_zone(zone, text), text=text)


def _days(text: str | None) -> frozenset[int]:
    if not text:
        return frozenset(range(7))
    found = set[int]()
    for part in re.split(r"\s*,\s*", text.lower()):
        first, _, last = (one.strip()[:3] for one in part.partition("-"))
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found.update((begin + n) % 7 for n in range((end - begin) % 7 + 1))
    return frozenset(found)


def _minutes(hours: str, minutes: str, *, most: int, code: str) -> int:
    found = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or found > most * 60 + (59 if most < 24 else 0):
        raise Wrong(code, f"there is no {hours}:{minutes} on a clock of 24 hours")
    return found


def _zone(name: str | None, written: str) -> tzinfo | None:
    """The zone at the end of what was written."""
    if not name:
        return None
    try:
        return ZoneInfo(timezone(name))
    except Wrong as mistake:
        meant = mistake.hint.strip('"')
        hint = f'"{written.removesuffix(name)}{meant}"' if meant else ""
        raise Wrong(mistake.code, mistake.message, hint) from None


def rate(value: object) -> Rate:
    """ "3/1h": at most three in an hour."""
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) < 1:
        message = f'{quoted(value)} is no rate; "3/1h" means at most three messages in an hour'
        raise Wrong("C132", message, '"3/1h"')
    per = found[2] if found[2][0].isdigit() else f"1{found[2]}"  # "20/h" is plain enough
    try:
        return Rate(count=int(found[1]), per=duration(per))
    except Wrong as mistake:
        raise Wrong(
            "C132", f"a rate is for a time: {mistake.message}", f'"{found[1]}/1h"'
        ) from None


def storm(value: object) -> Rate | str:
    """A rate, or "off"."""
    return "off" if value == "off" else rate(value)


def local_zone(environ: Mapping[str, str], etc: Path = Path("/etc")) -> tzinfo:
    """The zone of this machine: of TZ, else of /etc/localtime; UTC where neither says."""
    name = environ.get("TZ", "").lstrip(":")
    if not name:
        try:
            name = os.readlink(etc / "localtime").partition("zoneinfo/")[2]
        except OSError:
            try:
                name = (etc / "timezone").read_text(encoding="ascii").strip()
            except (OSError, UnicodeError):
                name = ""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):  # a KeyError: not found
        return UTC
