from __future__ import annotations

import json
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.alerts import SEEN, an_alert, evidence, evil_alert, over_time
from tests.support.desk import DeskFolder
from tests.support.messages import MESSAGES, OVER_TIME
from tests.support.sinks import Hooks
from watchd.config import load
from watchd.desk import receivers_of
from watchd.model import SEVERITIES, Evidence, History, Outcome, OverTimeHit
from watchd.render import email, mail, sizes, slack
from watchd.render.dresses import dresses
from watchd.render.html import fragment
from watchd.render.message import compose
from watchd.render.overtime import sparkline
from watchd.render.sample import sample_alert
from watchd.render.text import one_line, text
from watchd.send import deliver
from watchd.values import replace


def test_an_alert_reads_as_an_analyst_wants_it() -> None:
    assert text(compose(an_alert()), "*", "*") == "\n".join(
        [
            "[HIGH] Balloons — Grey *balloon* over the harbour",
            "Harbour News · feed harbour-news · language en",
            "published 2026-01-08 06:12 UTC · seen 2026-01-08 06:20 UTC, 8 min later",
            "",
            "  Fishermen saw it at dawn. The *balloon drifted* north, and nobody claimed it.",
            "",
            "Why: a balloon near the coast · matched ‘balloon’ in title; ‘balloon drifted’ in body",
            "https://example.org/balloon?a=1&b=2",
            "hit 12 · rule harbour/balloons@4f2a · watchd explain hit:12",
        ]
    )


def test_who_else_has_it_how_often_it_came_and_what_is_new() -> None:
    alert = an_alert(
        grade="B2",
        also=("Yonhap", "NK News"),
        difference="new words: heroic, immortal",
        history=History(today=3, month=11, last=SEEN - timedelta(days=6)),
        update=True,
    )
    lines = text(compose(alert)).splitlines()
    assert lines[1] == "Harbour News (grade B2) · feed harbour-news · language en"
    assert lines[3] == "new words: heroic, immortal"
    assert lines[-4:-1] == [
        "https://example.org/balloon?a=1&b=2",
        "also: Yonhap, NK News (2 more publishers)",
        "history: 3 today, 11 in 30 d, the one before 2026-01-02 06:20 UTC",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"also": ("Yonhap",)}, "also: Yonhap (1 more publisher)"),
        ({"also": tuple("ABCDEFG")}, "also: A, B, C, D, E and 2 others (7 more publishers)"),
        ({"history": History(today=1, month=1)}, "history: the first hit of this rule"),
        (
            {"history": History(today=7, month=1000, last=SEEN)},
            "history: 7 today, 1,000 or more in 30 d, the one before 2026-01-08 06:20 UTC",
        ),
    ],
)
def test_few_and_many(changes: dict[str, Any], said: str) -> None:
    assert f"\n{said}\n" in text(compose(an_alert(**changes)))


def test_a_match_in_the_full_text_says_so_and_shows_the_passage() -> None:
    article = (
        "Nobody knew why. " * 40 + "The harbour police shot it down at noon. " + "So it is. " * 40
    )
    body = " ".join(f"balloon {number} " + "word " * 90 for number in range(9))
    quotes = (
        *evidence("article", article, "shot it down"),
        *evidence("body", body, *(f"balloon {number}" for number in range(9))),
    )
    message = compose(an_alert(text=body, article=article, evidence=quotes[:1]))
    said = text(message, "*", "*")
    assert said.startswith("Matched in the full text. [HIGH] Balloons — Grey")
    assert "The harbour police *shot it down* at noon." in said
    assert "matched ‘shot it down’ in the full text" in said
    crowded = compose(an_alert(text=body, article=article, evidence=quotes))
    assert len(crowded.snippets) == 3
    assert "*shot it down*" in text(crowded, "*", "*")  # however much the body has


@pytest.mark.parametrize(
    ("changes", "first", "subject"),
    [
        ({}, "[HIGH] Balloons — Grey", "[HIGH] Balloons — Grey"),
        ({"update": True}, "UPDATE: this item was edited", "UPDATE: [HIGH] Balloons"),
        ({"may_repeat": True}, "REPEAT? An earlier attempt", "REPEAT? [HIGH] Balloons"),
        ({"may_repeat": True, "update": True}, "REPEAT? An earlier", "REPEAT? [HIGH]"),
        ({"sample": True}, "TEST: this is a trial message", "TEST: [HIGH] Balloons"),
    ],
)
def test_what_is_special_is_said_first(changes: dict[str, Any], first: str, subject: str) -> None:
    message = compose(an_alert(**changes))
    assert text(message).startswith(first)
    assert "[HIGH] Balloons — Grey balloon" in text(message).splitlines()[0]
    assert message.subject.startswith(subject)


@pytest.mark.parametrize(
    ("published", "said"),
    [
        (None, "published: not stated · seen 2026-01-08 06:20 UTC"),
        (SEEN, "seen 2026-01-08 06:20 UTC, 0 min later"),
        (
            SEEN - timedelta(hours=3),
            "published 2026-01-08 03:20 UTC · seen 2026-01-08 06:20 UTC, 3 h later",
        ),
        (SEEN - timedelta(days=9), ", 9 days later"),
        (SEEN + timedelta(hours=9), ", 9 h before its own date"),
    ],
)
def test_times_are_said_with_the_delay(published: Any, said: str) -> None:
    assert said in compose(an_alert(published=published)).times


def test_an_item_without_a_headline_shows_its_first_words() -> None:
    words = "Only a text, and a long one. " * 20
    message = compose(an_alert(title="", text=words, evidence=()))
    assert "— Only a text, and a long one." in message.first_line
    assert "no headline" in compose(an_alert(title="", text="", evidence=())).first_line


def test_a_link_that_is_none_is_not_offered() -> None:
    message = compose(an_alert(url="javascript:alert(1)"))
    assert "javascript" not in text(message) + fragment(message) + slack.template(message)
    assert "\nno link\n" in text(message)


def test_matched_words_are_named_once_and_not_without_end() -> None:
    body = " ".join(f"w{number}" for number in range(30))
    found = evidence("body", body, *body.split())
    why = compose(an_alert(text=body, evidence=(*found, *found))).why
    assert why.count("‘") == 8
    assert why.endswith("and 22 more")


def test_evidence_in_other_fields_is_in_the_reason() -> None:
    found = Evidence(field="author", start=0, end=3, quote="Kim")
    assert compose(an_alert(evidence=(found,))).why.endswith("matched ‘Kim’ in author")


@pytest.mark.parametrize("limit", [280, 160, 70])
def test_the_shortest_form_keeps_the_link(limit: int) -> None:
    line = one_line(compose(an_alert(title="long words " * 50)), limit)
    assert len(line) <= limit
    assert line.endswith(" https://example.org/balloon?a=1&b=2")


@pytest.mark.parametrize(
    ("zone", "there"),
    [
        (ZoneInfo("Asia/Seoul"), " (15:20 Asia/Seoul)"),
        (ZoneInfo("Pacific/Honolulu"), " (2026-01-07 20:20 Pacific/Honolulu)"),
        (ZoneInfo("Europe/London"), ""),
        (None, ""),
    ],
    ids=str,
)
def test_when_it_was_seen_is_told_on_the_clocks_of_its_readers_too(
    zone: ZoneInfo | None, there: str
) -> None:
    seen = f"seen 2026-01-08 06:20 UTC{there}, 8 min"
    assert compose(an_alert(), zone).times.endswith(f"{seen} later")
    for small in sizes.cards(compose(an_alert(), zone)):
        assert f"{seen} later" in text(small)
    for digest in (MESSAGES["seoul-digest"], MESSAGES["storm"]):
        files = dresses(digest, zone=zone)
        for name in ("message.txt", "message.html", "mail.html", "slack.json"):
            assert files[name].count(f"{seen} after it was published") == 3
        assert f"Since 2026-01-08 06:20 UTC{there}." in files["message.txt"]


def test_the_clocks_that_a_config_names_are_those_of_its_readers(
    desk: DeskFolder, hooks: Hooks
) -> None:
    desk.receiver("desk", f"json://{hooks.address}/desk")
    for lines in ([], ["[notify]", 'timezone = "Asia/Seoul"']):
        desk.lines += lines
        desk.write()
        [endpoint] = receivers_of(load(desk.config, environ={"TZ": "Asia/Tokyo"}))["desk"].endpoints
        for message in (an_alert(), MESSAGES["digest"]):
            assert deliver(endpoint, message).outcome is Outcome.SENT
    told = [post.json()["message"] for post in hooks.received]
    assert all("seen 2026-01-08 06:20 UTC, 8 min " in one for one in told[:2])
    assert all("seen 2026-01-08 06:20 UTC (15:20 Asia/Seoul), 8 min " in one for one in told[2:])


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else [])
        self.links += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("alert", [an_alert(), evil_alert()], ids=["everyday", "hostile"])
def test_html_has_our_tags_only_and_says_what_the_text_says(alert: Any) -> None:
    message = compose(alert)
    tags = _Tags()
    tags.feed(fragment(message))
    assert tags.seen == {"p", "b", "br", "blockquote", "mark", "a", "small"}
    assert tags.links == [message.url]
    plain = text(message).replace("\n  ", "\n")
    assert "".join(tags.words.split()) == "".join(plain.split())


def test_a_rule_over_time_says_its_numbers_first_then_the_picture_and_the_stories() -> None:
    lines = text(compose(OVER_TIME)).splitlines()
    assert lines[0].startswith("[HIGH] Russia is named more than usual — 13 of 58 stories in 7d;")
    assert lines[4] == (
        "▃▃▅▁▃▃▅▂▃▅▃▅▅▇ 2025-11-06 06:20 to 2026-01-08 06:12 UTC in 14 bars, the highest 8 stories"
    )
    assert lines[6:9] == [
        "- Envoy of Russia received",
        "  KCNA · 2026-01-08 06:12 UTC",
        "  https://example.org/en/news/812",
    ]
    assert lines[21:23] == ["and 8 more", ""]
    assert "\nWhy: Warmth towards Moscow comes before visits." in text(compose(OVER_TIME))
    assert text(compose(OVER_TIME)).count("https://example.org/en/news/812") == 1


def test_where_its_stories_are_not_looked_up_it_names_its_own_item() -> None:
    message = compose(replace(OVER_TIME, behind=()))
    assert [one.headline for one in message.stories] == ["Envoy of Russia received"]
    assert message.rest == ""


@pytest.mark.parametrize(
    ("series", "drawn"),
    [
        ((0, 1, 2, 3, 4), "▁▂▃▅▇"),
        ((1, 1000), "▂▇"),
        ((0, 0, 5), "▁▁▇"),
        ((0, 0), "▁▁"),
        ((), ""),
    ],
)
def test_a_picture_in_letters(series: tuple[int, ...], drawn: str) -> None:
    assert sparkline(series) == drawn


def test_a_mail_draws_a_bar_for_each_number_and_its_text_has_the_letters() -> None:
    from apprise import NotifyFormat
    from apprise.conversion import convert_between

    page = mail.page(compose(OVER_TIME))
    assert page.count("bgcolor=") == 13  # of 14 one is none
    assert 'height="48" bgcolor' in page
    words = convert_between(NotifyFormat.HTML, NotifyFormat.TEXT, page)
    assert "\n▃▃▅▁▃▃▅▂▃▅▃▅▅▇ 2025-11-06 06:20 to 2026-01-08 06:12 UTC in 14 bars" in words
    assert "Rodong Sinmun · 2026-01-07 23:12 UTC\nhttps://example.org/en/news/807\n" in words


def test_hostile_words_are_inert_in_the_numbers_and_the_stories() -> None:
    message = compose(over_time(evil_alert()))
    tags = _Tags()
    tags.feed(fragment(message))
    assert tags.seen == {"p", "b", "br", "blockquote", "mark", "a", "small", "ul", "li"}
    assert all(link.startswith("https://example.org/") for link in tags.links)
    shown = text(message)
    assert "javascript:alert(1)\n" not in shown
    for live in ("<", "@everyone", "{{", "\u202e", "\r"):
        assert live not in shown.replace(message.url, "")
    assert "</mark><img" not in mail.page(message)


def test_a_silence_has_no_picture() -> None:
    found = OverTimeHit(said="0 items of kcna", value=0, items=(3,), series=(), at=SEEN, key="kcna")
    message = compose(an_alert(over_time=found, why="0 items of kcna.", evidence=()))
    assert message.picture is None
    assert message.why == "the numbers above"


def test_stories_with_endless_addresses_are_left_out_of_slack() -> None:
    stories = tuple(
        replace(one, url=f"https://example.org/{'x' * 1900}") for one in OVER_TIME.behind
    )
    sent = json.loads(slack.template(compose(replace(OVER_TIME, behind=stories * 2))))
    assert sum(map(len, set(_strings(sent)))) < 12_000


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for inner in value.values() for each in _strings(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in _strings(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("severity", SEVERITIES)
def test_slack_gets_text_and_link_nodes_and_nothing_to_escape(severity: Any) -> None:
    sent = json.loads(slack.template(compose(an_alert(severity=severity))))
    assert set(sent) == {"color", "fallback", "blocks"}
    assert sent["color"] == slack.COLORS[severity]
    [block] = sent["blocks"]
    nodes = [node for part in block["elements"] for node in part["elements"]]
    assert {node["type"] for node in nodes} == {"text", "link"}
    assert all(node["text"] for node in nodes)
    bold = [node["text"] for node in nodes if node.get("style") == {"bold": True}]
    assert bold == [f"[{severity.upper()}] Balloons", "balloon", "balloon drifted", "Why: "]
    assert [node["url"] for node in nodes if node["type"] == "link"] == [
        "https://example.org/balloon?a=1&b=2"
    ]
    assert "&amp;b=2" in sent["fallback"]


@pytest.mark.parametrize("rich", [True, False])
def test_slack_messages_stay_within_slacks_limits(rich: bool) -> None:
    words = "😀 " * 5000
    spans = tuple(
        Evidence(field="body", start=at, end=at + 1, quote="😀") for at in range(0, 9000, 2)
    )
    alert = an_alert(
        title=words,
        text=words,
        evidence=spans,
        rule_title=words,
        why=words,
        source=words,
        publisher=words,
        author=words,
        url="https://example.org/" + "x" * 1900,
    )
    template = slack.template(compose(alert), rich=rich)
    assert template.isascii()
    assert len(template) < 35_000
    sent = json.loads(template)
    assert len(sent["blocks"]) <= 50
    for block in sent["blocks"]:
        if block["type"] == "section":
            assert len(block["text"]["text"]) <= 3000
    assert sum(map(len, _strings(sent))) < 12_000


def test_slacks_second_form_says_the_same_without_rich_text() -> None:
    message = compose(an_alert())
    first, second = slack.plain(message)["blocks"]
    assert first["text"]["type"] == "plain_text"
    assert "Grey balloon over the harbour" in first["text"]["text"]
    assert second["text"]["text"] == "<https://example.org/balloon?a=1&amp;b=2>"


def test_mails_can_be_filtered_and_threaded() -> None:
    first = email.headers(compose(an_alert()))
    assert first["List-Id"] == "<harbour.balloons.watchd.localhost>"
    assert first["X-Watchd-Hit"] == "12"
    assert first["X-Watchd-Level"] == "high"
    again = email.headers(compose(an_alert(hit=13, update=True, text="another text")))
    other = email.headers(compose(an_alert(key="k2")))
    assert again["References"] == first["References"] != other["References"]
    next_day = email.headers(compose(an_alert(seen_at=SEEN + timedelta(days=1))))
    assert next_day["References"] != first["References"]
    copies = [an_alert(story="s1", key=key, source=key) for key in ("k1", "k2")]
    assert len({email.headers(compose(copy))["References"] for copy in copies}) == 1


def test_rules_with_names_in_other_scripts_are_lists_of_their_own() -> None:
    names = ["규칙/당대회", "규칙/위성", "règles/x", "a/b"]
    lists = {email.headers(compose(an_alert(rule=name)))["List-Id"] for name in names}
    assert len(lists) == len(names)
    assert all(each.isascii() for each in lists)


def test_the_sample_says_that_it_is_one() -> None:
    message = compose(sample_alert(SEEN))
    assert text(message).startswith("TEST: ")
    assert "<mark>시험 메시지</mark>" in fragment(message)
