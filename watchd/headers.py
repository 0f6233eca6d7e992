"""What the headers of an answer say about time: when to come back, how long it stays fresh."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

Fields = Mapping[bytes, bytes]

_NUMBER = re.compile(rb"(\d{1,10})(?:\.\d*)?")
_MAX_AGE = re.compile(rb"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})")
_UNCACHED = re.compile(rb"(?:^|[\s,])no-(?:store|cache)(?:$|[\s,])")
_EPOCH = 10**9  # a number of seconds that large is a point in time


def first(raw: Iterable[tuple[bytes, bytes]]) -> Fields:
    """The headers by lower-case name. Of repeats the first counts, but list headers are joined."""
    fields: dict[bytes, bytes] = {}
    for name, value in raw:
        name = name.lower()
        if name not in fields:
            fields[name] = value
        elif name in (b"content-encoding", b"cache-control"):
            fields[name] += b", " + value
    return fields


def retry_after(fields: Fields, status: int, now: datetime | None = None) -> timedelta | None:
    """How long the server asks us to stay away; None when it does not say.

    `Retry-After` counts on any status, in seconds or as a date, which is reckoned from the
    answer's own date (clocks differ), else from `now`. `x-ratelimit-reset` tells when our
    allowance is renewed, on every answer: it counts only when there is none left.
    """
    if b"retry-after" not in fields and b"x-ratelimit-reset" not in fields:
        return None
    here = date(fields) or now
    if wait := _wait(fields.get(b"retry-after"), here):
        return wait
    spent = status in (403, 429, 503) or _seconds(fields.get(b"x-ratelimit-remaining")) == 0
    return _wait(fields.get(b"x-ratelimit-reset"), here) if spent else None


def max_age(fields: Fields) -> timedelta | None:
    """How much longer the server calls this answer fresh; None when it does not say."""
    control = fields.get(b"cache-control", b"").lower()
    if _UNCACHED.search(control):
        return None
    if found := _MAX_AGE.search(control):
        fresh = timedelta(seconds=int(found[1]))
    elif (end := _date(fields.get(b"expires"))) and (here := date(fields)):
        fresh = end - here
    else:
        return None
    fresh -= timedelta(seconds=_seconds(fields.get(b"age")) or 0)
    return max(fresh, timedelta())


def date(fields: Fields) -> datetime | None:
    """What time it was for the server, as it says; None when it does not."""
    return _date(fields.get(b"date"))


def _wait(value: bytes | None, here: datetime | None) -> timedelta | None:
    seconds = _seconds(value)
    if seconds is not None and seconds < _EPOCH:
        return timedelta(seconds=seconds)
    when = _date(value) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return max(when - here, timedelta()) if when and here else None


def _seconds(value: bytes | None) -> int | None:
    found = _NUMBER.fullmatch(value.strip()) if value else None
    return int(found[1]) if found else None


def _date(value: bytes | None) -> datetime | None:
    if not value:
        return None
    try:
        when = parsedate_to_datetime(value.decode("ascii"))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
