"""What the headers say about time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from watchd.headers import first, max_age, retry_after

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATE = (b"Date", b"Mon, 23 Nov 2026 09:00:00 GMT")  # the server's clock is three hours slow


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, [(b"Retry-After", b"120")], 120),
        (200, [(b"RETRY-AFTER", b" 120 ")], 120),
        (503, [(b"Retry-After", b"1.5")], 1),
        (503, [(b"Retry-After", b"0")], None),
        (503, [(b"Retry-After", b"-5")], None),
        (503, [(b"Retry-After", b"soon")], None),
        (503, [(b"Retry-After", b"")], None),
        (503, [(b"Retry-After", b"\xb2")], None),
        (503, [(b"Retry-After", b"9" * 5000)], None),
        (503, [DATE, (b"Retry-After", b"Mon, 23 Nov 2026 10:00:00 GMT")], 3600),
        (503, [(b"Retry-After", b"Mon, 23 Nov 2026 12:30:00 GMT")], 1800),
        (503, [(b"Retry-After", b"Monday, 23-Nov-26 12:30:00 GMT")], 1800),
        (503, [(b"Retry-After", b"Mon Nov 23 12:30:00 2026")], 1800),
        (503, [(b"Retry-After", b"Mon, 23 Nov 2020 12:30:00 GMT")], None),
        (503, [(b"Retry-After", b"Mon, 99 Nov 2026 12:30:00 GMT")], None),
        (503, [(b"Retry-After", b"10"), (b"Retry-After", b"20")], 10),
        (429, [(b"X-RateLimit-Reset", b"313")], 313),
        (403, [(b"X-RateLimit-Reset", b"1795438800")], 3600),
        (200, [(b"X-RateLimit-Reset", b"313")], None),
        (200, [(b"X-RateLimit-Reset", b"313"), (b"X-RateLimit-Remaining", b"95.0")], None),
        (200, [(b"X-RateLimit-Reset", b"313"), (b"X-RateLimit-Remaining", b"0.0")], 313),
        (429, [(b"Retry-After", b"60"), (b"X-RateLimit-Reset", b"313")], 60),
    ],
)
def test_how_long_to_stay_away(
    status: int, headers: list[tuple[bytes, bytes]], seconds: int | None
) -> None:
    wait = retry_after(first(headers), status, NOON)
    assert (wait or None) == (None if seconds is None else timedelta(seconds=seconds))


def test_a_date_means_nothing_without_a_clock() -> None:
    headers = first([(b"Retry-After", b"Mon, 23 Nov 2026 12:30:00 GMT")])
    assert retry_after(headers, 503) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([(b"Cache-Control", b"max-age=900")], 900),
        ([(b"Cache-Control", b"public,Max-Age = 900")], 900),
        ([(b"Cache-Control", b'private, max-age="900"')], 900),
        ([(b"Cache-Control", b"public"), (b"Cache-Control", b"max-age=900")], 900),
        ([(b"Cache-Control", b"max-age=900"), (b"Age", b"600")], 300),
        ([(b"Cache-Control", b"max-age=900"), (b"Age", b"1000")], 0),
        ([(b"Cache-Control", b"max-age=900"), (b"Expires", b"0")], 900),
        ([(b"Cache-Control", b"s-maxage=900")], None),
        ([(b"Cache-Control", b"no-cache, max-age=900")], None),
        ([(b"Cache-Control", b"max-age=900,no-store")], None),
        ([(b"Cache-Control", b"max-age=often")], None),
        ([DATE, (b"Expires", b"Mon, 23 Nov 2026 10:00:00 GMT")], 3600),
        ([DATE, (b"Expires", b"Thu, 01 Jan 1970 00:00:00 GMT")], 0),
        ([DATE, (b"Expires", b"0")], None),
        ([(b"Expires", b"Mon, 23 Nov 2026 10:00:00 GMT")], None),
        ([], None),
    ],
)
def test_how_long_an_answer_is_fresh(
    headers: list[tuple[bytes, bytes]], seconds: int | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert max_age(first(headers)) == expected
