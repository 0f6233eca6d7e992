"""Whole rounds of the daemon's work, from a feed to what the receivers got, at times we choose."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.support.desk import NOW, DeskFolder
from tests.support.sinks import Answer as Reply
from tests.support.sinks import Hooks, Inbox
from tests.support.site import Answer, Site, rss
from watchd import gathering
from watchd.gathering import Gathering
from watchd.values import replace

HOUR = timedelta(hours=1)
OLD = {"title": "Rice planting", "text": "All is well.", "link": "https://x.example/1", "guid": "1"}
NEWS = {
    "title": "Honours for soldiers",
    "text": "They fought bravely in alien lands, the paper says.",
    "link": "https://x.example/2",
    "guid": "2",
}


@pytest.fixture
def watched(desk: DeskFolder, site: Site, hooks: Hooks) -> DeskFolder:
    """A desk with one feed, one rule and one webhook, which has had its first look."""
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"), publisher="KCNA")
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    return desk


def test_a_new_item_reaches_webhook_and_mail_with_words_link_and_number(
    desk: DeskFolder, site: Site, hooks: Hooks, inbox: Inbox
) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"))
    desk.receiver("chat", f"json://{hooks.address}/one")
    desk.receiver("mail", f"mailto://{inbox.address}?from=w@example.org&to=anna@example.org")
    desk.rule("alien-lands", '"alien lands"', why="It came before deployments.")
    desk.once(NOW)
    site.feed("/a.xml", [NEWS, OLD])
    tally = desk.once(NOW + HOUR)
    assert (tally.new, tally.hits) == (1, 1)
    [post], [mail] = hooks.received, inbox.mails
    for text in (post.json()["message"], mail.part("plain"), mail.part("html")):
        assert "alien lands" in text
        assert "https://x.example/2" in text
        assert "hit 1" in text
        assert "It came before deployments." in text
    assert "[HIGH]" in mail.parsed["Subject"]
    assert [d.state for d in desk.deliveries()] == ["sent", "sent"]


def test_the_first_look_at_a_feed_is_kept_and_not_sent(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed(
        "/a.xml", [{**NEWS, "guid": str(n), "link": f"https://x.example/{n}"} for n in range(50)]
    )
    desk.feed("kcna", site.url("/a.xml"))
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    tally = desk.once(NOW)
    assert (tally.new, tally.hits, tally.baseline) == (50, 50, 50)
    assert hooks.received == []
    assert {hit.status for hit in desk.hits()} == {"baseline"}


def test_nothing_is_sent_twice_when_nothing_is_new(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [NEWS, OLD])
    for hours in range(1, 5):
        watched.once(NOW + hours * HOUR)
    assert len(hooks.received) == 1
    assert [bool(r.header("If-None-Match")) for r in site.asked("/a.xml")] == [
        False, True, True, True, True,
    ]  # fmt: skip


def test_a_changed_body_with_the_same_items_brings_nothing(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [OLD], title="Another title", etag=b"", last_modified=b"")
    tally = watched.once(NOW + HOUR)
    assert (tally.new, hooks.received) == (0, [])


def test_an_edit_alerts_as_an_update_when_new_words_come_in(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [{**OLD, "text": "They fought in alien lands."}])
    watched.once(NOW + HOUR)
    [post] = hooks.received
    assert "UPDATE" in post.json()["title"] + post.json()["message"]


def test_an_edit_with_the_same_words_is_kept_and_not_sent_again(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    site.feed("/a.xml", [{**NEWS, "text": NEWS["text"] + " More follows."}, OLD])
    watched.once(NOW + 2 * HOUR)
    assert len(hooks.received) == 1
    assert [hit.status for hit in watched.hits()] == ["repeated", "sent"]


def test_a_text_that_flips_back_and_forth_is_no_edit(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    for hours, text in enumerate(("B alien lands", "All is well.", "B alien lands"), 1):
        site.feed("/a.xml", [{**OLD, "text": text}])
        watched.once(NOW + hours * HOUR)
    assert len(hooks.received) == 1


def test_an_answer_cut_short_keeps_whole_items_and_no_validators(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    body = rss([NEWS, OLD, {**OLD, "guid": "3"}])
    cut = body.index(b"<item>", body.index(b"</item>")) + 30
    site.answer(
        "/a.xml", Answer(body=body, etag=b'"new"', cut=cut), Answer(body=body, etag=b'"new"')
    )
    watched.once(NOW + HOUR)
    assert len(hooks.received) == 1  # the whole item of the cut answer is news all the same
    watched.once(NOW + 2 * HOUR)
    assert [r.header("If-None-Match") for r in site.asked("/a.xml")][2] != b'"new"'
    assert {item.item.guid for item in watched.items()} == {"1", "2", "3"}
    assert len(hooks.received) == 1


def test_a_feed_in_trouble_is_asked_again_and_loses_nothing(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.answer("/a.xml", Answer(status=500))
    tally = watched.once(NOW + HOUR)
    assert tally.failed == 1
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + 3 * HOUR)
    assert len(hooks.received) == 1


def test_a_server_that_names_a_time_is_left_alone_until_then(
    watched: DeskFolder, site: Site
) -> None:
    site.answer("/a.xml", Answer(status=429, headers=[("Retry-After", "7200")]))
    watched.once(NOW + HOUR)
    watched.once(NOW + 2 * HOUR)
    assert len(site.asked("/a.xml")) == 2
    watched.once(NOW + 4 * HOUR)
    assert len(site.asked("/a.xml")) == 3


def test_a_page_in_place_of_a_feed_is_a_failure_not_an_empty_feed(
    watched: DeskFolder, site: Site
) -> None:
    page = (
        b"<!doctype html><html><title>Just a moment...</title><p>Checking your browser</p></html>"
    )
    site.answer("/a.xml", Answer(body=page, headers=[("Content-Type", "text/html")]))
    assert watched.once(NOW + HOUR).failed == 1
    status = watched.watchd("status")
    assert status.returncode == 1
    assert "blocked" in status.stdout


def test_a_receiver_that_is_down_gets_everything_later_and_in_order(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Reply(status=503))
    for number in (2, 3, 4):
        more = [{**NEWS, "guid": str(n), "title": f"News {n}"} for n in range(2, number + 1)]
        site.feed("/a.xml", [*reversed(more), OLD])
        watched.once(NOW + number * HOUR)
    hooks.received.clear()
    hooks.always(Reply())
    watched.once(NOW + 30 * HOUR)
    titles = [post.json()["title"] for post in hooks.received]
    assert [title[-6:] for title in titles] == ["News 2", "News 3", "News 4"]


def test_the_wait_a_receiver_asks_for_is_kept(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.answer(Reply(status=429, headers={"Retry-After": "3000"}), Reply())
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    watched.once(NOW + HOUR + timedelta(seconds=2900))
    assert len(hooks.received) == 1
    watched.once(NOW + HOUR + timedelta(seconds=3100))
    assert len(hooks.received) == 2


def test_after_two_days_a_delivery_fails_and_stays_visible(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Reply(status=503))
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    watched.once(NOW + 60 * HOUR)
    [delivery] = watched.deliveries()
    assert delivery.state == "failed"
    assert "503" in delivery.error
    assert "failed" in watched.watchd("outbox", "list").stdout
    hooks.always(Reply())
    assert watched.watchd("outbox", "retry").returncode == 0


def test_one_dead_receiver_does_not_hold_up_another(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"))
    desk.receiver("dead", f"json://{hooks.address}/dead")
    desk.receiver("alive", f"json://{hooks.address}/alive")
    desk.rule("alien-lands", '"alien lands"')
    hooks.always(Reply(status=500), path="/dead")
    desk.once(NOW)
    site.feed("/a.xml", [NEWS, OLD])
    for hours in (1, 2, 3):
        desk.once(NOW + hours * HOUR)
    assert len(hooks.at("/alive")) == 1
    assert len(hooks.at("/dead")) == 3


def test_a_mended_address_gets_what_the_mistyped_one_could_not(
    watched: DeskFolder, site: Site, hooks: Hooks, inbox: Inbox
) -> None:
    watched.lines = [
        line.replace(f"json://{hooks.address}/one", "json://127.0.0.9:9/") for line in watched.lines
    ]
    watched.write()
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    watched.lines = [
        line.replace("json://127.0.0.9:9/", f"json://{hooks.address}/one") for line in watched.lines
    ]
    watched.write()
    watched.once(NOW + 2 * HOUR)
    assert len(hooks.received) == 1


def test_routes_send_by_rule_tag_and_severity(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"))
    for name in ("space", "war", "night"):
        desk.receiver(name, f"json://{hooks.address}/{name}")
    desk.rule("satellite", "satellite", severity="high", tags=["space"])
    desk.rule("alien-lands", '"alien lands"', severity="critical")
    desk.rule("rice", "rice", severity="low")
    desk.route(tags=["space"], receivers=["space"])
    desk.route(rules=["alien-*"], receivers=["war"])
    desk.route(severity=["critical"], receivers=["night", "war"])
    desk.once(NOW)
    site.feed("/a.xml", [{**NEWS, "text": "satellite, rice, alien lands"}, OLD])
    desk.once(NOW + HOUR)
    assert len(hooks.at("/space")) == 1
    assert len(hooks.at("/war")) == 1
    assert len(hooks.at("/night")) == 1
    assert [hit.status for hit in desk.hits() if hit.hit.rule == "rice"] == ["unrouted", "baseline"]


def test_a_draft_rule_is_kept_and_not_sent(watched: DeskFolder, site: Site, hooks: Hooks) -> None:
    watched.rule("draft", "paper", status="draft")
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    assert {hit.hit.rule: hit.status for hit in watched.hits()} == {
        "alien-lands": "sent", "draft": "quiet",
    }  # fmt: skip


def test_a_new_rule_looks_at_new_items_only(watched: DeskFolder, site: Site, hooks: Hooks) -> None:
    watched.rule("rice", "rice")
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    assert [hit.hit.rule for hit in watched.hits()] == ["alien-lands"]


def test_a_rule_broken_by_an_edit_goes_on_in_its_last_good_version_also_after_a_restart(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    watched.rule("alien-lands", '"alien lands" AN other OR')
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    assert len(hooks.received) == 1
    status = watched.watchd("status")
    assert status.returncode == 1
    assert "alien-lands.toml:4" in status.stdout
    assert "running the version of 08 Jan 2026" in status.stdout


def test_a_feed_moved_to_another_address_does_not_flood(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/b.xml", [{**NEWS, "guid": f"b{n}"} for n in range(30)])
    watched.lines = [line.replace("/a.xml", "/b.xml") for line in watched.lines]
    watched.write()
    watched.once(NOW + HOUR)
    assert hooks.received == []
    site.feed("/b.xml", [{**NEWS, "guid": "b99", "title": "Fresh"}])
    watched.once(NOW + 2 * HOUR)
    assert len(hooks.received) == 1


def test_private_addresses_need_a_word_in_the_config(desk: DeskFolder, site: Site) -> None:
    site.feed("/a.xml", [OLD])
    desk.feed("kcna", site.url("/a.xml"))
    desk.lines = [line for line in desk.lines if line != "private = true"]
    desk.write()
    checked = desk.watchd("check")
    assert checked.returncode == 78
    assert "private = true" in checked.stdout


def test_one_slow_feed_does_not_hold_up_the_others(desk: DeskFolder, site: Site) -> None:
    site.answer("/slow.xml", Answer(body=rss([OLD]), delay=1.0))
    site.feed("/a.xml", [OLD])
    desk.feed("slow", site.url("/slow.xml", host="127.0.0.2"))
    desk.feed("quick", site.url("/a.xml"))
    desk.once(NOW)
    at = {request.path: request.at for request in site.requests}
    assert abs(at["/a.xml"] - at["/slow.xml"]) < 0.5


def test_one_request_at_a_time_goes_to_a_host(desk: DeskFolder, site: Site) -> None:
    for number in range(6):
        site.answer(f"/{number}.xml", Answer(body=rss([OLD]), delay=0.05))
        desk.feed(f"f{number}", site.url(f"/{number}.xml"))
    desk.once(NOW)
    assert site.busiest["127.0.0.1"] == 1


def test_a_crash_while_sending_repeats_and_says_so(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.answer(Reply(status=503))
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    from watchd.store import claiming, open_store

    store = open_store(watched.database)
    store.write(claiming.claim_next, watched.deliveries()[0].endpoint, NOW + 2 * HOUR)
    store.close()  # as after a kill: claimed, and nobody knows whether it was sent
    watched.once(NOW + 3 * HOUR)
    assert "REPEAT" in hooks.received[-1].body.upper()


def test_a_late_answer_is_asked_for_once_more_and_marked(watched: DeskFolder) -> None:
    from watchd.model import DeliveryState, Outcome, SendResult
    from watchd.notify import settled

    delivery = watched_delivery()
    late = SendResult(outcome=Outcome.UNKNOWN, detail="no answer in 30 s")
    once = settled(delivery, late, NOW, timedelta(hours=48), 0.5)
    assert (once.state, once.may_repeat) == (DeliveryState.UNKNOWN, True)
    assert once.next_attempt_at is not None
    again = settled(replace(delivery, ambiguous=1), late, NOW, timedelta(hours=48), 0.5)
    assert (again.state, again.next_attempt_at) == (DeliveryState.UNKNOWN, None)


def watched_delivery():
    from watchd.model import Delivery, DeliveryState

    return Delivery(
        id=1, alert=1, receiver="desk", endpoint="desk/json:x", state=DeliveryState.SENDING,
        attempts=1, created_at=NOW, next_attempt_at=NOW,
    )  # fmt: skip


def test_a_feed_that_is_always_cut_short_alerts_all_the_same(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    watched.feed("cut", site.url("/cut.xml"))
    for hours in range(1, 4):
        items = [{**NEWS, "guid": f"c{n}", "title": f"Cut {n}"} for n in range(hours, 0, -1)]
        body = rss([*items, OLD])
        site.answer("/cut.xml", Answer(body=body, cut=len(body) - 10))
        watched.once(NOW + 10 * hours * HOUR)
    trouble, alert = (post.json()["title"] for post in hooks.received)
    assert "feed cut wants a look" in trouble  # after more than six hours
    assert "Cut 3" in alert


def test_an_empty_first_answer_is_no_first_look(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    site.feed("/a.xml", [])
    desk.feed("mirror", site.url("/a.xml"))
    desk.receiver("desk", f"json://{hooks.address}/one")
    desk.rule("alien-lands", '"alien lands"')
    desk.once(NOW)
    backlog = [{**NEWS, "guid": str(n), "date": NOW - n * HOUR} for n in range(1, 20)]
    fresh = {**NEWS, "guid": "fresh", "title": "Fresh", "date": NOW + HOUR / 2}
    site.feed("/a.xml", [fresh, *backlog])
    desk.once(NOW + HOUR)
    assert ["Fresh" in post.json()["title"] for post in hooks.received] == [True]


def test_an_address_that_changed_without_news_is_noted_at_once(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/b.xml", [OLD])
    watched.lines = [line.replace("/a.xml", "/b.xml") for line in watched.lines]
    watched.write()
    watched.once(NOW + HOUR)
    site.feed("/b.xml", [NEWS])  # all that was there has rolled off meanwhile
    watched.once(NOW + 2 * HOUR)
    assert len(hooks.received) == 1


def test_a_rules_folder_that_went_away_is_no_desk_without_rules(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    (watched.path / "rules").rename(watched.path / "away")
    site.feed("/a.xml", [NEWS, OLD])
    for verb in (("run", "--once"), ("check",)):
        ended = watched.watchd(*verb)
        assert ended.returncode == 78, verb
        assert "rules" in ended.stdout + ended.stderr
    (watched.path / "away").rename(watched.path / "rules")
    watched.once(NOW + HOUR)
    assert len(hooks.received) == 1


def test_deliveries_to_a_receiver_that_left_fail_visibly_in_time(
    watched: DeskFolder, site: Site, hooks: Hooks
) -> None:
    hooks.always(Reply(status=503))
    site.feed("/a.xml", [NEWS, OLD])
    watched.once(NOW + HOUR)
    start = next(n for n, line in enumerate(watched.lines) if line == "[[receiver]]")
    del watched.lines[start : start + 3]
    watched.write()
    watched.once(NOW + 2 * HOUR)
    assert [delivery.state for delivery in watched.deliveries()] == ["pending"]
    watched.once(NOW + 60 * HOUR)
    [delivery] = watched.deliveries()
    assert delivery.state == "failed"
    assert "no longer in config.toml" in delivery.error


def test_a_message_says_how_far_its_source_is_trusted_and_how_often_the_rule_matched(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    site.feed("/a.xml", [])
    desk.feed("kcna", site.url("/a.xml"), publisher="KCNA", grade="C3")
    desk.rule("war", "war")
    desk.receiver("desk", f"json://{hooks.address}/desk")
    site.feed("/a.xml", [{"title": "Old news", "link": "https://x.example/0", "guid": "0"}])
    desk.once()
    said = []
    for hours in (24, 72, 80, 960):
        number = str(len(said) + 1)
        entry = {"title": f"War {number}", "link": f"https://x.example/{number}", "guid": number}
        site.feed("/a.xml", [entry])
        desk.once(NOW + hours * HOUR)
        said.append(hooks.received[-1].json()["message"])
    assert all("\nKCNA (grade C3) · feed kcna" in one for one in said)
    first, second, third, late = (re.findall(r"^history: (.*)$", one, re.M)[0] for one in said)
    assert first == "the first hit of this rule"
    assert second.startswith("1 today, 2 in 30 d, the one before 2026-01-09")
    assert third.startswith("2 today, 3 in 30 d, the one before 2026-01-11")
    assert late.startswith("1 today, 1 in 30 d, the one before 2026-01-11")


def test_checks_with_news_wait_for_one_another_and_all_is_written(
    desk: DeskFolder, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_MOMENT", 30.0)  # none is waited for so long: all are ready
    desk.lines += ["[fetch]", "per_host = 16"]
    for number in range(16):
        site.feed(f"/{number}.xml", [{**NEWS, "guid": f"{number}-{n}"} for n in range(3)])
        desk.feed(f"f{number}", site.url(f"/{number}.xml"))
    desk.rule("alien-lands", '"alien lands"')
    together, let_go = list[int](), Gathering._let_go

    def counted(self: Gathering) -> None:
        together.append(len(self._ready))
        let_go(self)

    monkeypatch.setattr(Gathering, "_let_go", counted)
    desk.once(NOW)
    assert len(desk.items()) == len(desk.hits()) == 48
    assert together == [16]
