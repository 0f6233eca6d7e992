"""A date as feeds write it: the right instant, or None. Never a guess.

A day without a time, a time without a zone, and a zone's letters that mean several zones
(IST is India, Israel and Ireland) give None, unless config.toml names the feed's `timezone`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
_HALF = r"(?:\s*(?P<half>[ap])\.?m\b\.?)?"
_ZONE = (
    r"(?:\s*(?:(?P<name>[a-z]{1,5})|(?:gmt|utc|ut)?\s*(?P<offset>[+-]\d\d?(?::?\d\d)?)(?:\s[a-z]{2,5})?)"
    r"(?:\s*\([^()]{1,40}\))?)?"
)
_CLOCK = _TIME + _HALF + _ZONE
_DAY = r"(?:[^\W\d]+(?:\.?,\s*|\.?\s+))?"  # the weekday tells nothing new, in any language
_OF = r"(?:\s+(?:de|del|of)\s+|[\s.-]+)"
_MONTH = r"(?P<month>[^\W\d]{3,}\.?)"
_YEAR = r"(?P<year>\d{4})"

# North Korea counted years from 1912 until 2024, often with ours beside: 주체115(2026)년.
_JUCHE = re.compile(
    r"\b(?:juche|주체|主体|主體|チュチェ|чучхе)\s*(?P<juche>\d{1,3})(?:\s*\(\s*(?P<ours>\d{4})\s*\))?"
)

_FORMS = tuple(
    re.compile(form)
    for form in (
        # 2026-11-23T04:00:00Z, 2026/11/23 04:00, 2026.11.23. 04:00, 2026年11月23日(月) 04:00
        _YEAR + r"(?:-|/|\.\s?|년\s?|年)(?P<monthno>\d{1,2})(?:-|/|\.\s?|월\s?|月)(?P<day>\d{1,2})"
        r"(?:\.|일|日)?(?:\s?\(\w{1,3}\))?,?(?:\s*t\s*|\s+|(?<=[일日)]))" + _CLOCK,
        # 20261123T040000Z
        _YEAR + r"(?P<monthno>\d\d)(?P<day>\d\d)t?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
        + _ZONE,
        # Mon, 23 Nov 2026 04:00:00 +0900
        _DAY + r"(?P<day>\d{1,2})(?:st|nd|rd|th)?" + _OF + _MONTH + _OF
        + r"(?P<year>\d{4}|\d\d),?\s+(?:at\s+)?" + _CLOCK,
        # Monday, November 23, 2026 4:00 PM EST, and JavaScript's "Mon Nov 23 2026 …"
        _DAY + _MONTH + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+" + _YEAR
        + r",?\s+(?:at\s+)?" + _CLOCK,
        # Mon Nov 23 04:00:00 KST 2026
        _DAY + _MONTH + r"\s+(?P<day>\d{1,2})\s+" + _TIME + r"(?:\s+(?P<name>[a-z]{1,5}))?\s+"
        + _YEAR,
        # 23.11.2026 04:00: with full stops the day is first everywhere
        r"(?P<day>\d{1,2})\.(?P<monthno>\d{1,2})\." + _YEAR + r",?\s+" + _CLOCK,
        # 11/23/2026 04:00: only where one of the two numbers can be no month
        r"(?:(?P<monthno>0?[1-9]|1[0-2])/(?P<day>1[3-9]|2\d|3[01])"
        r"|(?P<day2>1[3-9]|2\d|3[01])/(?P<monthno2>0?[1-9]|1[0-2]))/" + _YEAR + r",?\s+" + _CLOCK,
    )
)  # fmt: skip
_RFC822_FORM = _FORMS[2]
# As software writes them, and nearly all dates are: read at once, and to the same effect.
_WRITTEN = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) "
    r"(\d\d):(\d\d):(\d\d) (?:GMT|UTC|Z|([+-]\d{4}))",
    re.A,
)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:Z|([+-]\d\d:\d\d))", re.A)
_SECONDS = re.compile(r"1\d{9}(?:\d{3})?|2\d{9}")  # since 1970; some count thousandths

_MONTHS = {
    stem: number
    for number, stems in enumerate(
        (
            "jan ene gen янв січ яну",
            "feb fev fév fev лют фев",
            "mar mär maa бер мар",
            "apr avr abr апр квіт",
            "may mai mag mei май мая трав",
            "jun juin giu июн черв юни",
            "jul juil lug июл лип юли",
            "aug aoû aou ago авг серп",
            "sep set сен вер сеп",
            "oct okt ott out окт жовт",
            "nov ноя лист ное",
            "dec dez dic déc дек груд",
        ),
        start=1,
    )
    for stem in stems.split()
}

# RFC 822 itself gives these names their meaning, in dates of its own form.
_RFC822 = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_UTC = frozenset(("z", "gmt", "utc", "ut"))
# A name is believed when its own zone used it at that moment: MSK was +4 until October 2014.
_NAMED = {
    "kst": "Asia/Seoul",
    "jst": "Asia/Tokyo",
    "msk": "Europe/Moscow",
    "msd": "Europe/Moscow",
    "hkt": "Asia/Hong_Kong",
    "wib": "Asia/Jakarta",
    "pkt": "Asia/Karachi",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "eet": "Europe/Athens",
    "eest": "Europe/Athens",
    "wet": "Europe/Lisbon",
    "west": "Europe/Lisbon",
    "sast": "Africa/Johannesburg",
    "eat": "Africa/Nairobi",
    "aest": "Australia/Sydney",
    "aedt": "Australia/Sydney",
    "awst": "Australia/Perth",
    "nzst": "Pacific/Auckland",
    "nzdt": "Pacific/Auckland",
    "akst": "America/Anchorage",
    "akdt": "America/Anchorage",
    "hst": "Pacific/Honolulu",
}


def parse_date(raw: str, timezone: str = "") -> datetime | None:
    """The instant `raw` names, in UTC, or None when it names none for certain.

    `timezone` (an IANA name) is the zone of dates that carry none. A date in the future is
    returned as it is; a year before 1900 or after 2199 is some other calendar's, hence None.
    """
    if found := _WRITTEN.fullmatch(raw):
        day, name, year, hour, minute, second, offset = found.groups()
        return _at_once(year, _MONTHS[name.lower()], day, hour, minute, second, offset)
    if found := _ISO.fullmatch(raw):
        return _at_once(*found.groups())
    text = unicodedata.normalize("NFKC", raw[:120]).lower().strip().replace("−", "-")
    if not text.isascii():
        text = _spelt_out(text)
    text = _JUCHE.sub(_our_year, text)
    if _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    for form in _FORMS:
        found = form.fullmatch(text)
        if found:
            try:
                return _instant(found, timezone, rfc822=form is _RFC822_FORM)
            except (ValueError, OverflowError):  # the 32nd of a month, 25 o'clock
                return None
    return None


def _at_once(
    year: str, month: str | int, day: str, hour: str, minute: str, second: str, offset: str | None
) -> datetime | None:
    """The instant of a date that has all of its parts; without an `offset` it is in UTC."""
    if not 1900 <= int(year) < 2200:
        return None
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
    except ValueError:
        return None
    return _offset(moment, offset) if offset else moment


def _spelt_out(text: str) -> str:
    """A text with the hours of East Asia as others write them."""
    text = re.sub(r"(오전|午前|上午)\s*(\d{1,2}:\d\d)", r"\2 am", text)
    text = re.sub(r"(오후|午後|下午)\s*(\d{1,2}:\d\d)", r"\2 pm", text)
    return re.sub(r"\b(\d{1,2})(?:시|时|時)\s?(\d{1,2})[분分]", r"\1:\2", text)


def _instant(found: re.Match[str], home: str, *, rfc822: bool) -> datetime | None:
    part = found.groupdict(default="")
    month = part.get("monthno") or part.get("monthno2") or _month(part.get("month", ""))
    year = int(part["year"])
    if len(part["year"]) == 2:
        year += 2000 if year < 50 else 1900
    if not month or not 1900 <= year < 2200:
        return None
    local = datetime(  # noqa: DTZ001  (its zone is found in a moment)
        year,
        int(month),
        int(part.get("day") or part["day2"]),
        _hour(int(part["hour"]), part.get("half", "")),
        int(part["minute"]),
        int(part.get("second") or 0),
        int((part.get("fraction") or "0")[:6].ljust(6, "0")),
    )
    if part.get("offset"):
        return _offset(local, part["offset"])
    if part.get("name"):
        return _named(local, part["name"], home, rfc822=rfc822)
    return _at(local, home) if home else None


def _our_year(found: re.Match[str]) -> str:
    year = str(int(found["juche"]) + 1911)
    return year if found["ours"] in (None, year) else found[0]


def _month(word: str) -> str:
    for length in (4, 3):
        number = _MONTHS.get(word[:length])
        if number:
            return str(number)
    return ""


def _hour(hour: int, half: str) -> int:
    if half and not 1 <= hour <= 12:
        raise ValueError("no such hour on a twelve-hour clock")
    return hour if not half else hour % 12 + (12 if half == "p" else 0)


def _offset(local: datetime, offset: str) -> datetime | None:
    digits = offset[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if len(digits) == 3 or hours > 14 or minutes > 59:
        return None
    ahead = timedelta(hours=hours, minutes=minutes)
    return (local + ahead if offset[0] == "-" else local - ahead).replace(tzinfo=UTC)


def _named(local: datetime, name: str, home: str, *, rfc822: bool) -> datetime | None:
    if name in _UTC:
        return local.replace(tzinfo=UTC)
    for zone in (home, _NAMED.get(name, "")):
        if zone:
            moment = _at(local, zone, name)
            if moment:
                return moment
    if rfc822 and name in _RFC822:
        zone_then = timezone(timedelta(hours=_RFC822[name]))
        return local.replace(tzinfo=zone_then).astimezone(UTC)
    return None


def _at(local: datetime, zone_name: str, abbreviation: str = "") -> datetime | None:
    """`local` in that zone; None where its clocks showed it never, or twice."""
    zone = _zone(zone_name)
    if zone is None:
        return None
    moments = {
        moment.astimezone(UTC)
        for moment in (local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1))
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
        and (not abbreviation or (moment.tzname() or "").lower() == abbreviation)
    }
    return moments.pop() if len(moments) == 1 else None


@lru_cache
def _zone(name: str) -> tzinfo | None:
    try:
        from zoneinfo import ZoneInfo  # few feeds need one

        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None
