"""Three sizes: full, card, line; each service gets the largest that it takes, with the link."""

from __future__ import annotations

import json

import pytest

from tests.send.services import lead_here
from tests.support.alerts import SEEN, an_alert, evidence, evil_alert, over_time
from tests.support.messages import MESSAGES, OVER_TIME
from tests.support.sinks import Hooks, Inbox
from watchd.model import Alert, Digest, History, OfRule, Outcome
from watchd.render import sizes
from watchd.render.bulletin import compose_digest
from watchd.render.excerpt import plain
from watchd.render.message import compose
from watchd.render.text import one_line, text
from watchd.send import deliver, endpoints
from watchd.values import replace

WORDS = "Fishermen saw the balloon *drift* north, and nobody_claimed it. " * 30
LONG = an_alert(
    title="Grey balloon over the harbour, " * 9,
    text=WORDS,
    why="a reason " * 40,
    author="a name " * 30,
    difference="new words: " + "heroic, " * 40,
    also=("Yonhap", "NK News"),
    history=History(today=1, month=2, last=SEEN),
    evidence=evidence("body", WORDS, "balloon"),
)


@pytest.mark.parametrize(
    "alert",
    [an_alert(), LONG, evil_alert(), OVER_TIME, over_time(evil_alert())],
    ids=["short", "long", "evil", "over time", "evil over time"],
)
def test_a_card_has_900_characters_and_a_line_280(alert) -> None:
    message = compose(alert)
    assert len(text(sizes.card(message))) <= sizes.CARD
    assert len(one_line(message)) <= 280
    for words in (text(sizes.card(message)), one_line(message)):
        assert message.url in words
    assert text(sizes.card(message)).startswith(message.lead[:30])
    assert one_line(message).startswith(f"[HIGH] {message.rule_title[:20]}")


def test_what_is_short_is_the_same_as_a_card() -> None:
    message = compose(an_alert())
    assert text(sizes.card(message)) == text(message)


def test_a_card_keeps_the_first_passage_with_its_marks_and_the_link() -> None:
    shown = text(sizes.card(compose(LONG)), "[", "]")
    assert "\n  Fishermen saw the [balloon]" in shown
    assert "also: Yonhap, NK News (2 more publishers)" in shown


def test_a_passage_that_is_cut_keeps_the_blank_behind_a_matched_word() -> None:
    message = compose(MESSAGES["fulltext"])
    assert "alien lands heroic and immortal" in text(sizes.card(message))
    for limit in range(120, 200):
        shown = plain(sizes._cut(message.snippets[0], limit))
        assert plain(message.snippets[0]).startswith(shown.removesuffix("…").rstrip())
        assert len(shown) <= limit + 1


def test_a_card_of_what_watchd_says_of_itself_has_as_many_lines_as_fit() -> None:
    notice = MESSAGES["notice"]
    shown = text(sizes.card(compose(notice)))
    assert all(line in shown for line in notice.lines)
    many = replace(
        notice, lines=tuple(f"feed-{number}: failing{' x' * 30}" for number in range(50))
    )
    shown = text(sizes.card(compose(many)))
    assert "feed-7" in shown
    assert "… and more" in shown
    assert 650 < len(shown) <= sizes.CARD
    *_, least = sizes.cards(compose(many))
    assert "failing" not in text(least)


def test_a_link_as_long_as_it_may_be_is_never_cut() -> None:
    url = "https://example.org/" + "x" * 1900
    assert url in text(sizes.card(compose(an_alert(url=url))))


KEPT = (
    "Delayed 2 h. Kept because so much came at once. This is the last of 20 messages: what else "
    "comes until 10:10 UTC is gathered into one. Sent here because desk does not take messages."
)


def test_a_line_without_a_link_ends_with_the_number_of_the_hit() -> None:
    said = "[HIGH] Balloons — Grey balloon over the harbour"
    assert one_line(compose(an_alert(url=""))) == f"{said} · hit 12"
    assert one_line(compose(an_alert(url="", hit=0))) == said


def test_an_empty_digest_says_in_a_line_too_how_the_feeds_are() -> None:
    digest = replace(MESSAGES["empty-digest"], trouble=(("rodong", "failing"),))
    assert compose_digest(digest).line == "Daily digest: no alerts · 42 of 43 feeds are well"
    assert "feeds are well" not in compose_digest(MESSAGES["storm"]).line


def test_a_line_says_what_is_special_in_short_words_behind_the_headline() -> None:
    message = compose(an_alert(update=True, may_repeat=True, kept=KEPT))
    assert one_line(message, 128) == (
        "[HIGH] Balloons — Grey balloon over the harbour · REPEAT?, Delayed 2 h, UPDATE "
        "https://example.org/balloon?a=1&b=2"
    )
    short = one_line(message, 80)
    assert len(short) <= 80
    assert short.startswith("[HIGH] Balloons — Grey balloon")


def test_a_line_says_how_much_silences_kept_back() -> None:
    told = {"aside": "Silence 3 kept back 12 hits.", "silenced": 12}
    mark = "silences kept back 12 hits"
    assert mark in one_line(compose(an_alert(**told)), 128)
    assert mark in one_line(compose(replace(MESSAGES["notice"], silenced=12)))
    digest = replace(MESSAGES["storm"], kept="long " * 90, **told)
    assert mark in compose_digest(digest).line
    assert "Silence 3 kept back 12 hits." in compose_digest(digest).lead


def test_a_line_never_loses_level_and_headline_to_a_long_rule() -> None:
    message = compose(an_alert(rule_title="Grey and white balloons over the coast " * 4))
    line = one_line(message, 128)
    assert line.startswith("[HIGH] Grey and white")
    assert "— Grey balloon over the harbour https" in line


def test_a_link_too_long_for_a_line_gives_the_number_of_its_hit() -> None:
    message = compose(an_alert(url="https://news.example.org/" + "CBMi" * 80))
    assert one_line(message) == (
        "[HIGH] Balloons — Grey balloon over the harbour (long link: hit 12)"
    )


def test_a_digest_in_a_line_begins_with_what_it_is() -> None:
    digest = replace(MESSAGES["storm"], may_repeat=True, kept=KEPT)
    assert compose_digest(digest).line == "[HIGH] 16 alerts of 2 rules · REPEAT?, Delayed 2 h"


@pytest.mark.parametrize(
    ("address", "room", "size"),
    [
        ("gotify://{}/tokentoken", 32_000, "full"),
        ("mmost://{}/3ccdd113474722377935511fc85d3dd4", 4000, "full"),
        ("gotify://{}/tokentoken", 600, "card"),
        ("gotify://{}/tokentoken", 300, "line"),
        ("gotify://{}/tokentoken", 160, "line"),
    ],
)
def test_each_service_gets_the_largest_size_that_it_takes(
    address: str, room: int, size: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.gotify import NotifyGotify

    monkeypatch.setattr(NotifyGotify, "body_maxlen", room)
    [endpoint] = endpoints("desk", [address.format(hooks.address)])
    rain = "It rained. " * 40
    words = f"{rain}The balloon drifted. {rain}A second one came. {rain}"
    found = evidence("body", words, "balloon drifted", "second one")
    alert = an_alert(text=words, evidence=found)
    assert deliver(endpoint, alert).outcome is Outcome.SENT
    body = hooks.received[0].json()
    sent = body.get("message") or body["text"]
    assert len(sent) <= room
    assert "https://example.org/balloon" in sent
    assert ("balloon drifted" in sent) == ("watchd explain" in sent) == (size != "line")
    assert ("second one came" in sent) == (size == "full")


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_very_long_link_arrives_where_there_is_room_for_it(
    form: str, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_here(hooks, monkeypatch)
    [endpoint] = endpoints("desk", [f"discord://{'1' * 24}/{'a' * 64}?format={form}"])
    url = "https://example.org/" + "x_y-" * 305
    assert deliver(endpoint, an_alert(url=url)).outcome is Outcome.SENT
    sent = hooks.received[-1].json()
    words = sent["embeds"][0]["description"] if form == "markdown" else sent["content"]
    assert len(words) <= 2000
    assert "Grey balloon over the harbour" in words.replace("**", "")
    assert ("long link: hit 12" if form == "markdown" else url) in words


def test_ntfy_counts_bytes_and_makes_a_file_of_what_is_longer(hooks: Hooks) -> None:
    [endpoint] = endpoints("desk", [f"ntfy://{hooks.address}/topic"])
    words = "평양에서 열린 회의 " * 200
    long = an_alert(
        title="제목" * 150,
        text=words,
        why="이유" * 200,
        author="이름" * 60,
        publisher="조선" * 60,
        difference="새" * 300,
        evidence=evidence("body", words, "회의"),
    )
    assert deliver(endpoint, long).outcome is Outcome.SENT
    assert len(hooks.received[0].json()["message"].encode()) <= 4000


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_ntfy_counts_a_long_link_as_often_as_it_is_written(form: str, hooks: Hooks) -> None:
    [endpoint] = endpoints("desk", [f"ntfy://{hooks.address}/topic?format={form}"])
    url = "https://example.org/" + "x" * 1970
    assert deliver(endpoint, an_alert(url=url)).outcome is Outcome.SENT
    sent = hooks.received[0].json()["message"]
    assert len(sent.encode()) <= 4000
    assert "Grey balloon" in sent.replace("**", "")


def _korean(number: int) -> Alert:
    return an_alert(
        title=f"{number} " + "평양에서 열린 회의에 대하여 " * 12,
        url=f"https://example.org/news/{number}/" + "%EC%A0%9C%EB%AA%A9" * 12,
        publisher="조선중앙통신",
    )


def _digest_of(rules: int, each: int) -> Digest:
    told = tuple(
        OfRule(
            rule=f"harbour/rule-{rule}",
            title=f"Rule {rule}",
            severity="high",
            count=each,
            since=SEEN,
            alerts=tuple(_korean(rule * 100 + number) for number in range(each)),
        )
        for rule in range(rules)
    )
    return replace(MESSAGES["storm"], rules=told)


def test_a_digest_of_many_korean_headlines_keeps_within_an_event_of_matrix(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_here(hooks, monkeypatch)
    [endpoint] = endpoints("desk", [f"matrix://user:pass@{hooks.address}/!room:local"])
    assert deliver(endpoint, _digest_of(20, 5)).outcome is Outcome.SENT
    [event] = [post.json() for post in hooks.received if "/send/" in post.path]
    assert 30_000 < len(json.dumps(event, ensure_ascii=False).encode()) < 65_536 * 3 / 4


def test_a_digest_that_is_too_long_gives_up_no_more_headlines_than_it_must(hooks: Hooks) -> None:
    [endpoint] = endpoints("desk", [f"ntfy://{hooks.address}/topic"])
    assert deliver(endpoint, _digest_of(20, 2)).outcome is Outcome.SENT
    sent = hooks.received[0].json()["message"]
    assert 2500 < len(sent.encode()) <= 4000
    assert "평양에서" in sent
    assert "Rule 19" in sent


def test_a_mail_keeps_within_100_kb_with_its_text_part_as_it_is_sent(inbox: Inbox) -> None:
    [endpoint] = endpoints(
        "desk", [f"mailto://u:p@{inbox.address}/?from=a@b.example&to=x@b.example"]
    )
    assert deliver(endpoint, _digest_of(20, 5)).outcome is Outcome.SENT
    [sent] = inbox.mails
    assert 80_000 < len(sent.raw) < 100_000
