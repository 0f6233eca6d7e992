"""Three sizes: full, card, line; each service gets the largest that it takes, with the link."""

from __future__ import annotations

import pytest

from tests.support.alerts import SEEN, an_alert, evidence, evil_alert, over_time
from tests.support.messages import OVER_TIME
from tests.support.sinks import Hooks
from watchd.model import History, Outcome
from watchd.render import sizes
from watchd.render.message import compose
from watchd.render.text import one_line, text
from watchd.send import deliver, endpoints

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
    for words, lead in (
        (text(sizes.card(message)), message.lead),
        (one_line(message), message.brief),
    ):
        assert message.url in words
        assert words.startswith(lead[:30])


def test_what_is_short_is_the_same_as_a_card() -> None:
    message = compose(an_alert())
    assert text(sizes.card(message)) == text(message)


def test_a_card_keeps_the_first_passage_with_its_marks_and_the_link() -> None:
    shown = text(sizes.card(compose(LONG)), "[", "]")
    assert "\n  Fishermen saw the [balloon]" in shown
    assert "also: Yonhap, NK News (2 more publishers)" in shown


def test_a_link_as_long_as_it_may_be_is_never_cut() -> None:
    url = "https://example.org/" + "x" * 1900
    assert url in text(sizes.card(compose(an_alert(url=url))))


@pytest.mark.parametrize(
    ("address", "room", "size"),
    [
        ("gotify://{}/tokentoken", 32_000, "full"),
        ("mmost://{}/3ccdd113474722377935511fc85d3dd4", 4000, "full"),
        ("gotify://{}/tokentoken", 1024, "card"),
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
