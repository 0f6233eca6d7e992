"""Conditional requests, case by case: what a server says of its answer comes back as it was.

Every case is a few rounds of real checks against a server that keeps the bytes of each request.
"""

from __future__ import annotations

from datetime import timedelta

from tests.support.desk import NOW, DeskFolder
from tests.support.site import Answer, Request, Site, rss

HOUR = timedelta(hours=1)
ONE = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
TWO = {"title": "Tea", "text": "All is better.", "link": "https://x.example/2", "guid": "2"}
OLD, NEW = rss([ONE]), rss([TWO, ONE])
DATE, LATER = b"Mon, 23 Nov 2026 04:00:00 GMT", b"Tue, 24 Nov 2026 04:00:00 GMT"
PATH = "/a.xml"

Asked = tuple[bytes | None, bytes | None]  # If-None-Match and If-Modified-Since


def ok(*headers: tuple[str, bytes], body: bytes = OLD, **more: object) -> Answer:
    return Answer(body=body, headers=headers, **more)  # type: ignore[arg-type]


def unchanged(*headers: tuple[str, bytes]) -> Answer:
    return Answer(status=304, headers=headers)


def the_only(request: Request, name: bytes) -> bytes | None:
    """The value of a header that stands there once, or not at all."""
    values = [value for key, value in request.headers if key.lower() == name]
    assert len(values) <= 1
    return values[0] if values else None


def conditions(request: Request) -> Asked:
    return the_only(request, b"if-none-match"), the_only(request, b"if-modified-since")


def asked(desk: DeskFolder, site: Site, cases: dict[str, list[Answer]]) -> dict[str, list[Asked]]:
    """What each request held, the one after the last answer too: a feed a case, an hour a round."""
    paths = {case: f"/{number}.xml" for number, case in enumerate(cases)}
    for case, answers in cases.items():
        site.answer(paths[case], *answers)
        desk.feed(paths[case][1:-4], site.url(paths[case]))
    for hours in range(max(map(len, cases.values())) + 1):
        desk.once(NOW + hours * HOUR)
    return {case: [conditions(r) for r in site.asked(path)] for case, path in paths.items()}


ETAGS = {
    "strong": b'"abc"',
    "weak": b'W/"abc"',
    "weak in small": b'w/"abc"',
    "weak without quotes": b"W/abc",
    "without quotes": b"abc",
    "single quotes": b"'abc'",
    "only an opening quote": b'"abc',
    "only a closing quote": b'abc"',
    "two pairs of quotes": b'""abc""',
    "a quote within": b'"a"b"',
    "an escaped quote": rb'"a\"b"',
    "a backslash": rb'"a\b"',
    "empty in quotes": b'""',
    "weak and empty": b'W/""',
    "a comma": b'"abc,def"',
    "a comma and a space": b'"abc, def"',
    "a space": b'"abc def"',
    "a tab": b'"abc\tdef"',
    "what looks like a list": b'"abc", "def"',
    "what looks like a list of weak ones": b'W/"abc", W/"def"',
    "a star": b"*",
    "a star in quotes": b'"*"',
    "obs-text, in no encoding": b'"\xff\xfe\x80"',
    "obs-text, Latin-1": b'"caf\xe9"',
    "obs-text, UTF-8": '"조선"'.encode(),
    "obs-text without quotes": b"\xe9t\xe9",
    "as gzip makes it": b'"abc-gzip"',
    "as gzip makes it within a weak one": b'W/"abc;gzip"',
    "percent signs and brackets": b'"%22<x>{y}"',
    "a colon and a semicolon": b'"a:b;c=d"',
    "long": b'"' + b"x" * 4000 + b'"',
    "a single letter": b"0",
    "a date": DATE,
}
DATES = {
    "as it should be": DATE,
    "RFC 850": b"Monday, 23-Nov-26 04:00:00 GMT",
    "asctime": b"Mon Nov 23 04:00:00 2026",
    "another zone": b"Mon, 23 Nov 2026 13:00:00 +0900",
    "the zone in letters": b"Mon, 23 Nov 2026 13:00:00 KST",
    "UTC in place of GMT": b"Mon, 23 Nov 2026 04:00:00 UTC",
    "no zone": b"Mon, 23 Nov 2026 04:00:00",
    "in small": b"mon, 23 nov 2026 04:00:00 gmt",
    "no day of the week": b"23 Nov 2026 04:00:00 GMT",
    "the wrong day of the week": b"Fri, 23 Nov 2026 04:00:00 GMT",
    "a single digit": b"Mon, 3 Nov 2026 4:00:00 GMT",
    "ISO 8601": b"2026-11-23T04:00:00Z",
    "fractions of a second": b"Mon, 23 Nov 2026 04:00:00.123 GMT",
    "more space than one": b"Mon,  23 Nov 2026  04:00:00 GMT",
    "the future": b"Fri, 23 Nov 2096 04:00:00 GMT",
    "the epoch": b"Thu, 01 Jan 1970 00:00:00 GMT",
    "a number": b"1795406400",
    "nought": b"0",
    "less than nothing": b"-1",
    "no date that is": b"Mon, 99 Foo 2026 04:00:00 GMT",
    "a word": b"yesterday",
    "in quotes": b'"Mon, 23 Nov 2026 04:00:00 GMT"',
    "obs-text": "2026년 11월 23일".encode(),
}


BOTH_OR_NEITHER: dict[str, tuple[list[tuple[str, bytes]], Asked]] = {
    "neither": ([], (None, None)),
    "both": ([("ETag", b'"a"'), ("Last-Modified", DATE)], (b'"a"', DATE)),
    "both, the other way round": ([("Last-Modified", DATE), ("ETag", b'W/"a"')], (b'W/"a"', DATE)),
    "names in any case": ([("etag", b'"a"'), ("LAST-MODIFIED", DATE)], (b'"a"', DATE)),
    "white space around them": (
        [("ETag", b' \t "a" \t '), ("Last-Modified", b"  " + DATE + b" ")],
        (b'"a"', DATE),
    ),
    "two ETags": ([("ETag", b'"a"'), ("ETag", b'"b"')], (b'"a"', None)),
    "two dates": ([("Last-Modified", DATE), ("Last-Modified", LATER)], (None, DATE)),
    "an empty ETag": ([("ETag", b""), ("Last-Modified", DATE)], (None, DATE)),
    "an empty date": ([("ETag", b'"a"'), ("Last-Modified", b" ")], (b'"a"', None)),
    "no-cache wants to be asked": (
        [("ETag", b'"a"'), ("Cache-Control", b"no-cache")],
        (b'"a"', None),
    ),
    "expired": ([("ETag", b'"a"'), ("Expires", b"0")], (b'"a"', None)),
    "Vary: *": ([("ETag", b'"a"'), ("Vary", b"*")], (b'"a"', None)),
    "neither, though there is a Date": ([("X-ETag", b'"a"'), ("Date", DATE)], (None, None)),
}


def test_an_etag_comes_back_byte_for_byte(desk: DeskFolder, site: Site) -> None:
    found = asked(desk, site, {case: [ok(("ETag", etag))] for case, etag in ETAGS.items()})
    assert found == {case: [(None, None), (etag, None)] for case, etag in ETAGS.items()}


def test_a_date_comes_back_byte_for_byte(desk: DeskFolder, site: Site) -> None:
    found = asked(desk, site, {case: [ok(("Last-Modified", date))] for case, date in DATES.items()})
    assert found == {case: [(None, None), (None, date)] for case, date in DATES.items()}


def test_both_none_and_several(desk: DeskFolder, site: Site) -> None:
    cases = {case: [ok(*headers)] for case, (headers, _) in BOTH_OR_NEITHER.items()}
    assert asked(desk, site, cases) == {
        case: [(None, None), expected] for case, (_, expected) in BOTH_OR_NEITHER.items()
    }


A, B = ("ETag", b'"a"'), ("ETag", b'"b"')
THEN, NOW_MODIFIED = ("Last-Modified", DATE), ("Last-Modified", LATER)
BOTH = (b'"a"', DATE)


UPDATES: dict[str, tuple[list[tuple[str, bytes]], Asked]] = {
    "says nothing new": ([], BOTH),
    "repeats them": ([A, THEN], BOTH),
    "brings two": ([B, NOW_MODIFIED], (b'"b"', LATER)),
    "brings an ETag": ([B], (b'"b"', DATE)),
    "brings a date": ([NOW_MODIFIED], (b'"a"', LATER)),
    "weakens it": ([("ETag", b'W/"a"')], (b'W/"a"', DATE)),
    "brings an odd one": ([("ETag", b"\xff")], (b"\xff", DATE)),
    "brings an empty ETag": ([("ETag", b"")], BOTH),
    "brings an empty date": ([("Last-Modified", b"")], BOTH),
}


def test_a_304_updates_what_is_held(desk: DeskFolder, site: Site) -> None:
    cases = {case: [ok(A, THEN), unchanged(*headers)] for case, (headers, _) in UPDATES.items()}
    assert asked(desk, site, cases) == {
        case: [(None, None), BOTH, expected] for case, (_, expected) in UPDATES.items()
    }


NEXT: dict[str, tuple[Answer, Asked]] = {
    "two new ones": (ok(B, NOW_MODIFIED, body=NEW), (b'"b"', LATER)),
    "an ETag alone": (ok(B, body=NEW), (b'"b"', None)),
    "a date alone": (ok(NOW_MODIFIED, body=NEW), (None, LATER)),
    "neither": (ok(body=NEW), (None, None)),
    "an ETag for the same body": (ok(B), (b'"b"', None)),
    "neither, for the same body": (ok(), (None, None)),
    "by a proxy that altered it": (ok(A, body=NEW, status=203), (b'"a"', None)),
    "with a web page": (ok(B, body=b"<!doctype html><title>Hello</title>"), BOTH),
    "with nothing": (ok(B, body=b""), BOTH),
    "cut short": (ok(B, body=NEW, cut=len(NEW) - 60), BOTH),
    "cut short, and not said": (ok(B, body=NEW[:-60], until_close=True), BOTH),
    "with a 500": (ok(B, body=NEW, status=500), BOTH),
    "with a 404": (ok(B, body=NEW, status=404), BOTH),
    "with a 429": (ok(B, body=NEW, status=429), BOTH),
    "with a part": (ok(B, body=NEW, status=206), BOTH),
    "with a 204": (ok(B, body=b"", status=204), BOTH),
}


def test_validators_are_taken_at_once_but_only_from_a_whole_feed_that_could_be_read(
    desk: DeskFolder, site: Site
) -> None:
    cases = {case: [ok(A, THEN), answer] for case, (answer, _) in NEXT.items()}
    assert asked(desk, site, cases) == {
        case: [(None, None), BOTH, expected] for case, (_, expected) in NEXT.items()
    }


def test_a_200_with_the_etag_we_sent_is_read_all_the_same(desk: DeskFolder, site: Site) -> None:
    found = asked(desk, site, {"stuck": [ok(A), ok(A, body=NEW)]})
    assert found == {"stuck": [(None, None), (b'"a"', None), (b'"a"', None)]}
    assert {stored.item.guid for stored in desk.items()} == {"1", "2"}


def test_a_304_that_nobody_asked_for_gives_nothing_to_ask_with(
    desk: DeskFolder, site: Site
) -> None:
    found = asked(desk, site, {"unasked": [unchanged(A, THEN), ok(B)]})
    assert found == {"unasked": [(None, None), (None, None), (b'"b"', None)]}


def test_validators_end_with_the_address_they_came_from(desk: DeskFolder, site: Site) -> None:
    """The redirect leads elsewhere from one day to the next; both places know an ETag "a"."""
    site.answer(PATH, Answer.redirect("/one.xml"), Answer.redirect("/two.xml"))
    site.answer("/one.xml", Answer(body=OLD, etag='"a"'))
    site.answer("/two.xml", Answer(body=NEW, etag='"a"'))
    desk.feed("kcna", site.url(PATH))
    for hours in range(3):
        desk.once(NOW + hours * HOUR)
    assert [(request.path, *conditions(request)) for request in site.requests] == [
        (PATH, None, None),
        ("/one.xml", None, None),
        (PATH, None, None),
        ("/two.xml", None, None),
        (PATH, None, None),
        ("/two.xml", b'"a"', None),
    ]
    assert {stored.item.guid for stored in desk.items()} == {"1", "2"}


def test_validators_end_with_the_address_in_the_config(desk: DeskFolder, site: Site) -> None:
    for path in (PATH, "/b.xml"):
        site.answer(path, Answer(body=OLD, etag='"a"'))
    desk.feed("kcna", site.url(PATH))
    desk.once(NOW)
    desk.lines = [line.replace(PATH, "/b.xml") for line in desk.lines]
    desk.write()
    desk.once(NOW + HOUR)
    desk.once(NOW + 2 * HOUR)
    assert [conditions(request) for request in site.asked("/b.xml")] == [
        (None, None),
        (b'"a"', None),
    ]


def test_a_restart_keeps_them(desk: DeskFolder, site: Site) -> None:
    """Every round here is a process state of its own; only the database is the same."""
    site.answer(PATH, ok(("ETag", b'"\xff"'), THEN))
    desk.feed("kcna", site.url(PATH))
    for hours in range(4):
        desk.once(NOW + hours * HOUR)
    assert [conditions(request) for request in site.asked(PATH)][1:] == [(b'"\xff"', DATE)] * 3
