"""What watchd promises of each thing that feeds and their servers do: a case or more for each.

The cases are whole rounds of the daemon's work, against a local site. What they only touch is
tried in depth nearer to its place: tests/fetch, tests/parse, tests/test_timing.py.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Hooks
from tests.support.site import Answer, Site, rss
from watchd.model import FeedState
from watchd.store import feeds

HOUR = timedelta(hours=1)
ONE = {"title": "Rice", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
TWO = {"title": "Tea", "text": "In alien lands.", "link": "https://x.example/2", "guid": "2"}
OLD, NEW = rss([ONE]), rss([TWO, ONE])
HTML = b"<!doctype html><html><title>Just a moment...</title><p>Checking your browser</p></html>"


class Watch:
    """One feed at /a.xml, looked at whenever a test says."""

    def __init__(self, desk: DeskFolder, site: Site) -> None:
        self.desk, self.site = desk, site

    def sees(self, *answers: Answer | bytes, first: int = 0) -> None:
        """A look for each answer, an hour apart, the first of them at hour `first`."""
        for hours, answer in enumerate(answers, first):
            answer = Answer(body=answer) if isinstance(answer, bytes) else answer
            self.site.answer("/a.xml", answer)
            self.desk.once(NOW + hours * HOUR)

    @property
    def state(self) -> FeedState:
        [state] = self.desk._read(feeds.states)
        return state

    @property
    def guids(self) -> set[str]:
        return {stored.item.guid for stored in self.desk.items()}

    @property
    def asked(self) -> int:
        return len(self.site.asked("/a.xml"))


@pytest.fixture
def watch(desk: DeskFolder, site: Site) -> Watch:
    site.answer("/a.xml", Answer(body=OLD))
    desk.feed("kcna", site.url("/a.xml"), interval="1h")
    return Watch(desk, site)


@pytest.fixture
def alerted(watch: Watch, hooks: Hooks) -> Hooks:
    """A receiver and a rule for that feed."""
    watch.desk.receiver("desk", f"json://{hooks.address}/one")
    watch.desk.rule("alien-lands", '"alien lands"')
    return hooks


def test_conditional_get_sends_both_headers_as_they_came(watch: Watch) -> None:
    watch.sees(Answer(body=OLD, etag="v1", last_modified="yesterday"), first=0)
    watch.sees(Answer(status=304), first=2)
    again = watch.site.requests[1]
    assert again.header("If-None-Match") == b"v1"
    assert again.header("If-Modified-Since") == b"yesterday"


def test_conditional_get_never_makes_up_a_date(watch: Watch) -> None:
    watch.sees(OLD)
    watch.sees(OLD, first=2)
    assert watch.site.requests[1].header("If-Modified-Since") is None


def test_200_with_same_etag_is_read_all_the_same(watch: Watch) -> None:
    etag = [("ETag", '"for-ever"')]
    watch.sees(Answer(body=OLD, headers=etag))
    watch.sees(Answer(body=NEW, headers=etag), first=2)
    assert watch.guids == {"1", "2"}


@pytest.mark.parametrize("etag", ['W/"a"', "a", '"a, b"', b'"\xff"', '"a"b"', "'a'"])
def test_weak_etag_and_odd_quoting_come_back_verbatim(watch: Watch, etag: str | bytes) -> None:
    watch.sees(Answer(body=OLD, etag=etag))
    watch.sees(Answer(body=OLD, etag=etag), first=2)
    expected = etag.encode() if isinstance(etag, str) else etag
    assert watch.site.requests[1].header("If-None-Match") == expected


def test_a_304_is_applied_as_a_200_is(watch: Watch) -> None:
    """Its validators replace ours, and its max-age moves the next look."""
    watch.sees(Answer(body=OLD, etag='"v1"'))
    news = [("ETag", '"v2"'), ("Cache-Control", "max-age=10800")]
    watch.sees(Answer(status=304, headers=news), first=2)
    assert watch.state.etag == b'"v2"'
    assert watch.state.next_check_at >= NOW + 5 * HOUR
    assert watch.state.ok_at == NOW + 2 * HOUR


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_followed_and_the_config_is_never_rewritten(
    watch: Watch, status: int
) -> None:
    watch.site.answer("/b.xml", Answer(body=NEW, etag='"b"'))
    before = watch.desk.config.read_text()
    watch.sees(Answer.redirect("/b.xml", status))
    watch.sees(Answer.redirect("/b.xml", status), first=2)
    assert watch.guids == {"1", "2"}
    assert watch.asked == 2
    assert watch.desk.config.read_text() == before


def test_410_does_not_end_the_feed(watch: Watch) -> None:
    watch.sees(OLD)
    watch.sees(Answer(status=410), first=2)
    assert "410 Gone" in watch.state.error
    watch.sees(NEW, first=24 * 8)
    assert watch.guids == {"1", "2"}
    assert watch.state.failures == 0


@pytest.mark.parametrize("status", [429, 503, 500, 403, 404, 200])
def test_retry_after_is_kept_on_any_status(watch: Watch, status: int) -> None:
    wait = [("Retry-After", "14400")]
    watch.sees(OLD)
    watch.sees(Answer(status=status, body=OLD, headers=wait), first=2)
    for hours in (3, 4, 5):
        watch.sees(OLD, first=hours)
    assert watch.asked == 2
    watch.sees(OLD, first=7)
    assert watch.asked == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Date": "Mon, 23 Nov 2020 09:00:00 GMT", "Retry-After": "Mon, 23 Nov 2020 13:00:00 GMT"},
        {"X-RateLimit-Reset": "14400"},
    ],
    ids=["a date, by the server's own clock", "x-ratelimit-reset"],
)
def test_429_names_its_time_in_other_ways_too(watch: Watch, headers: dict[str, str]) -> None:
    watch.sees(OLD)
    watch.sees(Answer(status=429, headers=[*headers.items()]), first=2)
    watch.sees(OLD, first=5)
    assert watch.asked == 2
    watch.sees(OLD, first=7)
    assert watch.asked == 3


def test_retry_after_beyond_reason_is_capped(watch: Watch) -> None:
    watch.sees(OLD)
    watch.sees(Answer(status=429, headers=[("Retry-After", "317100")]), first=2)
    watch.sees(NEW, first=2 + 53)  # two days, and a tenth
    assert watch.guids == {"1", "2"}


def test_5xx_backs_off_and_never_gives_up(watch: Watch) -> None:
    watch.sees(OLD)
    last = NOW
    pauses = []
    for _ in range(12):
        last = watch.state.next_check_at
        watch.site.answer("/a.xml", Answer(status=500))
        watch.desk.once(last)
        pauses.append((watch.state.next_check_at - last) / HOUR)
    assert 1 <= pauses[0] < pauses[3]
    assert max(pauses) <= 8
    assert watch.state.failures == 12
    watch.site.answer("/a.xml", Answer(body=NEW))
    watch.desk.once(watch.state.next_check_at)
    assert (watch.state.failures, watch.guids) == (0, {"1", "2"})


def test_network_trouble_is_told_and_forgotten(watch: Watch) -> None:
    watch.sees(OLD)
    watch.site.stop()
    watch.desk.once(NOW + 2 * HOUR)
    assert "cannot connect" in watch.state.error
    watch.site.start()
    watch.sees(NEW, first=5)
    assert (watch.state.error, watch.guids) == ("", {"1", "2"})


def test_jitter_keeps_feeds_from_marching_in_step(desk: DeskFolder, site: Site) -> None:
    for number in range(20):
        site.feed(f"/{number}.xml", [ONE])
        desk.feed(f"feed-{number}", site.url(f"/{number}.xml"), interval="1h")
    desk.once(NOW)
    pauses = [(state.next_check_at - NOW) / HOUR for state in desk._read(feeds.states)]
    assert len(set(pauses)) > 15
    assert all(0.9 <= pause <= 1.1 for pause in pauses)


@pytest.mark.parametrize(
    ("age", "least", "most"),
    [("7200", 2, 2.3), ("504576000", 1, 4.5), ("1", 0.9, 1.1), ("0", 0.9, 1.1)],
    ids=["two hours", "16 years", "a second", "nothing"],
)
def test_adaptive_interval_hints_lengthen_to_a_cap_and_never_shorten(
    watch: Watch, age: str, least: float, most: float
) -> None:
    watch.sees(Answer(body=OLD, headers=[("Cache-Control", f"max-age={age}")]))
    assert least <= (watch.state.next_check_at - NOW) / HOUR <= most


def test_restart_discipline_a_new_process_keeps_the_schedule(watch: Watch) -> None:
    watch.sees(OLD)
    for minutes in (1, 20, 44):
        watch.desk.once(NOW + timedelta(minutes=minutes))  # each is a new start on the database
    assert watch.asked == 1


def test_per_host_politeness_is_one_request_at_a_time(desk: DeskFolder, site: Site) -> None:
    for number in range(8):
        site.answer(f"/{number}.xml", Answer(body=OLD, delay=0.02))
        desk.feed(f"feed-{number}", site.url(f"/{number}.xml"))
    desk.once(NOW)
    assert site.busiest["127.0.0.1"] == 1


@pytest.mark.parametrize(
    "body",
    [b"<rss>" + b" " * 2**20 + b"</rss>", gzip.compress(bytes(20 * 2**20))],
    ids=["", "gzip"],
)
def test_size_limit_is_of_what_is_unpacked(watch: Watch, body: bytes) -> None:
    watch.desk.lines[2:2] = ["[fetch]", 'max_bytes = "1MiB"']
    watch.desk.write()
    watch.sees(body)
    assert "too large" in watch.state.error


def test_time_limit_is_of_the_whole_answer(watch: Watch) -> None:
    watch.desk.lines[2:2] = ["[fetch]", 'timeout = "1s"']
    watch.desk.write()
    watch.sees(Answer(body=OLD, drip=0.05))
    assert "within 1 s" in watch.state.error


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=NEW, coding="gzip"),
        Answer(body=NEW, coding="deflate"),
        Answer(body=gzip.compress(NEW)),
        Answer(body=NEW, headers=[("Content-Encoding", "gzip")]),
    ],
    ids=["gzip", "deflate", "gzip unsaid", "gzip said of plain text"],
)
def test_content_decoding_goes_by_the_bytes(watch: Watch, answer: Answer) -> None:
    watch.sees(answer)
    assert watch.guids == {"1", "2"}


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "iso-8859-2"), ("euc-kr", "utf-8"), ("euc-kr", "euc-kr"), ("utf-16", "utf-8")],
)
def test_charset_comes_out_right_whatever_is_declared(
    watch: Watch, encoding: str, declared: str
) -> None:
    text = rss([{**ONE, "title": "김정은 동지께서 축전을 보내시였다"}]).decode()
    watch.sees(text.replace("UTF-8", declared).encode(encoding))
    assert [stored.item.title for stored in watch.desk.items()] == [
        "김정은 동지께서 축전을 보내시였다"
    ]


@pytest.mark.parametrize(
    "broken",
    [
        b"\n" + NEW,
        b"<b>Warning</b>: x in y on line 3<br/>\n" + NEW,
        NEW.replace(b"Rice", b"Rice&nbsp;", 1),
        NEW.replace(b"Rice", b"Rice & Tea", 1),
        NEW.replace(b"Rice", b"Ri\x0bce", 1),
        NEW.replace(b"<item>", b"<item><b>", 1),
        NEW + b"<script>x</script>",
    ],
    ids=["newline", "warning", "entity", "ampersand", "control", "unclosed", "tail"],
)
def test_malformed_xml_is_salvaged_and_counts_as_degraded(watch: Watch, broken: bytes) -> None:
    watch.sees(NEW)
    watch.sees(broken, first=2)
    assert (watch.guids, watch.state.health) == ({"1", "2"}, "degraded")
    assert watch.state.failures == 0


def test_one_bad_item_costs_no_other(watch: Watch) -> None:
    bad: list[Any] = [{"id": "1", "title": "Rice"}, {"title": 7}, "x", None, {"id": "2"}]
    watch.sees(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": bad}).encode())
    assert {"1", "2"} <= watch.guids
    watch.sees(
        NEW.replace(b"<item>", b"<item/><item><pubDate>x</pubDate></item><item>", 1), first=2
    )
    assert {"1", "2"} <= watch.guids


def test_item_identity_tells_apart_what_shares_a_guid(watch: Watch) -> None:
    items = [{**ONE, "title": title, "text": title} for title in ("Rice", "Tea", "Salt")]
    watch.sees(rss(items))
    watch.sees(rss(items[::-1], title="Another"), first=2)
    assert sorted(stored.item.title for stored in watch.desk.items()) == ["Rice", "Salt", "Tea"]
    assert {stored.revision for stored in watch.desk.items()} == {1}


def test_item_identity_needs_no_guid_and_no_link(watch: Watch) -> None:
    items = [{"title": title, "text": "Greetings."} for title in ("Rice", "Tea")]
    watch.sees(rss(items))
    watch.sees(rss(items, title="Another"), first=2)
    assert len(watch.desk.items()) == 2


def test_item_identity_never_goes_by_the_title(watch: Watch) -> None:
    watch.sees(rss([ONE, {**ONE, "guid": "2", "link": "https://x.example/2"}]))
    assert watch.guids == {"1", "2"}


def test_item_identity_survives_a_document_that_breaks(watch: Watch) -> None:
    items = [{**ONE, "guid": "a?x=1&y=2", "link": "https://x.example/?a=1&b=2"}, TWO]
    watch.sees(rss(items))
    watch.sees(rss(items).replace(b"&amp;", b"&").replace(b"<item>", b"<item><b>", 1), first=2)
    watch.sees(rss(items), first=4)
    assert [stored.revision for stored in watch.desk.items()] == [1, 1]


def test_item_updates_are_kept_and_matched_again(watch: Watch, alerted: Hooks) -> None:
    watch.sees(OLD)
    watch.sees(rss([{**ONE, "text": "They fought in alien lands."}]), first=2)
    watch.sees(rss([{**ONE, "text": "They fought in alien lands. More."}]), first=4)
    [post] = alerted.received  # the third look finds no words that were not there
    assert "UPDATE" in post.json()["title"] + post.json()["message"]
    assert [stored.revision for stored in watch.desk.items()] == [3]


def test_seen_state_is_not_forgotten_when_items_leave_and_return(
    watch: Watch, alerted: Hooks
) -> None:
    watch.sees(OLD)
    watch.sees(NEW, first=2)
    watch.sees(OLD, first=24 * 3)
    watch.sees(NEW, first=24 * 300)
    assert len(alerted.received) == 1
    assert len(watch.desk.items()) == 2


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 23 Nov 2099 04:00:00 GMT", "0"])
def test_dates_missing_or_future_never_decide_what_is_new(
    watch: Watch, alerted: Hooks, date: str
) -> None:
    watch.sees(OLD)
    watch.sees(rss([{**TWO, "date": date}, ONE]), first=2)
    watch.sees(rss([{**TWO, "date": "Mon, 23 Nov 2020 04:00:00 GMT"}, ONE]), first=4)
    assert len(alerted.received) == 1
    assert watch.desk.items()[0].item.published_raw in (date, "Mon, 23 Nov 2020 04:00:00 GMT")


def test_relative_urls_lead_to_where_the_feed_really_was(watch: Watch) -> None:
    body = b"<rss><channel><item><guid>1</guid><link>../n/1</link></item></channel></rss>"
    watch.site.answer("/deep/er/b.xml", Answer(body=body))
    watch.sees(Answer.redirect("/deep/er/b.xml"))
    assert watch.desk.items()[0].item.url == watch.site.url("/deep/n/1")


def test_html_becomes_text_before_rules_see_it(watch: Watch, alerted: Hooks) -> None:
    watch.sees(OLD)
    text = "<p>in <b>al</b>ien&amp;nbsp;l\u00adan\u200bds</p><script>nothing()</script>"
    watch.sees(rss([{**TWO, "text": text}, ONE]), first=2)
    [post] = alerted.received
    assert "alien lands" in post.json()["message"]
    assert "nothing()" not in watch.desk.items()[0].item.text


def test_json_feed_is_known_by_its_content(watch: Watch) -> None:
    said = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "7", "title": "Rice"}]}
    plain = [("Content-Type", "text/plain")]
    watch.sees(Answer(body=json.dumps(said).encode(), headers=plain))
    assert watch.guids == {"7"}


def test_proxy_headers_cookies_and_auth_stay_where_they_belong(watch: Watch) -> None:
    url = watch.site.url("/a.xml").replace("//", "//anna:secret@")
    watch.desk.lines = [line.replace(watch.site.url("/a.xml"), url) for line in watch.desk.lines]
    watch.desk.write()
    other = watch.site.url("/b.xml", host="127.0.0.1").replace("127.0.0.1", "127.0.0.2")
    cookie = [("Set-Cookie", "id=42; Path=/")]
    watch.sees(Answer(body=OLD, headers=cookie))
    watch.sees(Answer.redirect(other), first=2)
    assert [bool(request.header("Authorization")) for request in watch.site.requests] == [True] * 2
    assert not any(request.header("Cookie") for request in watch.site.requests)
    assert not watch.site.asked("/b.xml")
    assert "secret" not in watch.state.error


def test_ssrf_a_feed_leads_to_no_private_address_but_its_own(watch: Watch) -> None:
    inside = watch.site.url("/b.xml", host="127.0.0.2")
    watch.sees(Answer.redirect(inside))
    assert (watch.site.asked("/b.xml"), watch.desk.items()) == ([], [])
    assert "127.0.0.2 is a private address" in watch.state.error


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=HTML),
        Answer(status=403, body=HTML, headers=[("cf-mitigated", "challenge")]),
    ],
    ids=["a page", "a challenge"],
)
def test_bot_walls_are_told_and_are_no_empty_feed(watch: Watch, answer: Answer) -> None:
    watch.sees(Answer(body=OLD, etag='"v1"'))
    watch.sees(replace(answer, etag='"wall"'), first=2)
    assert "bot" in watch.state.error
    assert watch.state.etag == b'"v1"'
    assert watch.state.failures == 1


def test_first_run_sends_nothing_and_keeps_everything(watch: Watch, alerted: Hooks) -> None:
    watch.sees(rss([{**TWO, "guid": str(n), "link": f"https://x.example/{n}"} for n in range(30)]))
    assert alerted.received == []
    assert len(watch.desk.items()) == 30
    assert {hit.status for hit in watch.desk.hits()} == {"baseline"}
