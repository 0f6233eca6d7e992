"""Digests in each dress: what they say, that it is inert, and that it fits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.alerts import EVIL, SEEN, an_alert, evil_alert
from tests.support.messages import (
    BOARD,
    FIRST_BOARD,
    WORDS,
    WORDS_DIGEST,
    a_phrase,
    a_standing,
)
from watchd.model import Digest, HeldFor, OfRule
from watchd.model.board import Board, Standing
from watchd.model.words import Example
from watchd.render import slack
from watchd.render.bulletin import Bulletin, compose_digest, fewer
from watchd.render.email import headers_of_digest
from watchd.render.html import fragment_of_digest
from watchd.render.sizes import CARD
from watchd.render.text import text_of_digest
from watchd.values import replace


def a_digest(**changes) -> Digest:
    alerts = tuple(an_alert(hit=n, url=f"https://example.org/{n}") for n in range(3))
    rule = OfRule(
        rule="harbour/balloons", title="Balloons", severity="high", count=15, since=SEEN,
        alerts=alerts,
    )  # fmt: skip
    other = OfRule(
        rule="harbour/ships", title="Ships", severity="low", count=1, since=SEEN,
        alerts=(an_alert(hit=9, title="A grey ship"),),
    )  # fmt: skip
    usual = {
        "id": 4,
        "at": SEEN + timedelta(hours=9),
        "mode": "daily@07:30 Asia/Seoul",
        "rules": (rule, other),
        "reasons": {HeldFor.DIGEST: 16},
        "feeds": 43,
        "trouble": (("kcna", "failing"), ("tass", "stale")),
    }
    return Digest(**{**usual, **changes})


def test_a_digest_as_text() -> None:
    assert text_of_digest(compose_digest(a_digest(rules=a_digest().rules[:1]))) == (
        "[HIGH] Daily digest: Balloons: 15 alerts\n"
        "Since 2026-01-08 06:20 UTC.\n"
        "\n[HIGH] Balloons: 15\n"
        "- Grey balloon over the harbour\n"
        "  Harbour News · seen 2026-01-08 06:20 UTC, 8 min after it was published · hit 0\n"
        "  https://example.org/0\n"
        "- Grey balloon over the harbour\n"
        "  Harbour News · seen 2026-01-08 06:20 UTC, 8 min after it was published · hit 1\n"
        "  https://example.org/1\n"
        "- Grey balloon over the harbour\n"
        "  Harbour News · seen 2026-01-08 06:20 UTC, 8 min after it was published · hit 2\n"
        "  https://example.org/2\n"
        "+12 more: watchd hits --rule harbour/balloons --since 10h\n"
        "\n41 of 43 feeds are well; not well: kcna failing, tass stale · watchd status · message 4"
    )


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "[HIGH] Daily digest: 16 alerts of 2 rules"),
        ({"rules": ()}, "Daily digest: no alerts"),
        ({"mode": "weekly@mon 07:30 UTC", "rules": ()}, "Weekly digest: no alerts"),
        ({"mode": "now", "reasons": {HeldFor.QUIET: 16}}, "[HIGH] 16 alerts of 2 rules"),
        ({"may_repeat": True}, "REPEAT? [HIGH] Daily digest: 16 alerts of 2 rules"),
    ],
)
def test_the_subject_of_a_digest(changes, title: str) -> None:
    assert compose_digest(a_digest(**changes)).subject == title


def test_what_came_for_several_reasons_says_of_how_many_each() -> None:
    reasons = {HeldFor.QUIET: 3, HeldFor.NOTHING: 1, HeldFor.STORM: 12}
    said = compose_digest(a_digest(reasons=reasons)).intro
    assert "3 kept through the quiet hours; 1 just found; 12 kept because so much" in said


def evil_digest() -> Digest:
    rules = tuple(
        OfRule(
            rule=EVIL, title=EVIL, severity="critical", count=99, since=SEEN,
            alerts=tuple(evil_alert() for _ in range(5)),
        )
        for _ in range(60)
    )  # fmt: skip
    board = Board(since=SEEN, standings=tuple(evil_standings()))
    return a_digest(rules=rules, kept=EVIL, trouble=((EVIL, "failing"),) * 50, board=board)


def evil_standings() -> Iterator[Standing]:
    for number in range(400):
        yield a_standing(
            EVIL, EVIL, "active", "quiet", problem=f"{EVIL} {number // 20}", author=EVIL,
            reason=EVIL, per_day=tuple(range(30)), last=SEEN, texts=9**9,
        )  # fmt: skip


def test_hostile_words_are_inert_in_a_digest() -> None:
    example = Example(title=EVIL, url="javascript:alert(1)", source=EVIL, at=SEEN)
    phrases = tuple(a_phrase(EVIL, "new", lang=EVIL, examples=(example,)) for _ in range(40))
    words = replace(WORDS, name=EVIL, phrases=phrases, not_ready=(EVIL,))
    for digest in (evil_digest(), replace(WORDS_DIGEST, words=words, kept=EVIL)):
        is_inert(compose_digest(digest))


def is_inert(bulletin: Bulletin) -> None:
    for dressed in (text_of_digest(bulletin), slack.template_of_digest(bulletin)):
        assert not re.search(r"<!|<@|(?<!\w)@(?:everyone|here)|\{\{|\u202e|<script", dressed)
    html = fragment_of_digest(bulletin)
    assert set(re.findall(r"<(\w+)", html)) <= {"p", "b", "ul", "li", "br", "small", "a"}
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html))
    assert not any("\n" in value for value in headers_of_digest(bulletin).values())
    assert "\n" not in bulletin.subject
    assert len(bulletin.subject) <= 100


def test_a_digest_fits_into_slack() -> None:
    for rich in (True, False):
        content = slack.template_of_digest(compose_digest(evil_digest()), rich=rich)
        assert len(content) <= 35_000
        attachment = json.loads(content)
        assert len(attachment["blocks"]) <= 50
        if not rich:
            assert len(attachment["blocks"][0]["text"]["text"]) <= 3000


def test_a_digest_gets_smaller_step_by_step() -> None:
    bulletin, sizes = compose_digest(evil_digest()), []
    while bulletin is not None:
        sizes.append(len(text_of_digest(bulletin)))
        smallest, bulletin = bulletin, fewer(bulletin)
    assert sizes == sorted(sizes, reverse=True)
    assert smallest.sections == ()
    assert smallest.board.problems == ()
    assert smallest.board.title == "Board, changed since 2026-01-08 06:20 UTC: 400 active"
    assert len(text_of_digest(smallest)) < CARD * 2
    assert "more rules: watchd hits" in smallest.left_out


def test_a_report_on_words_keeps_the_surest_phrases_longest() -> None:
    bulletin, before = compose_digest(WORDS_DIGEST), 3
    while bulletin is not None:
        assert len(bulletin.sections) <= before
        before, smallest = len(bulletin.sections), bulletin
        assert [one.title for one in bulletin.sections[:1]] == [
            "[NEW] “적대적 두 국가” (ko): 6 of 22, before 0 of 77; chance under 0.01 %"
        ][:before]
        bulletin = fewer(bulletin)
    assert smallest.left_out == "and more phrases: watchd words"


def test_a_report_on_words_says_how_many_it_leaves_out() -> None:
    bulletin = compose_digest(replace(WORDS_DIGEST, words=replace(WORDS, more=12)))
    assert bulletin.title == "Weekly words: 1 new, 1 rose, 1 fell, and 12 more"
    assert bulletin.left_out == "and 12 more phrases: watchd words"


def test_the_board_keeps_two_indicators_of_a_problem_as_long_as_a_rule_has_a_headline() -> None:
    bulletin = compose_digest(a_digest(board=BOARD))
    while bulletin is not None:
        headlines = max((len(one.entries) for one in bulletin.sections), default=0)
        assert bulletin.board.most >= 2 or headlines <= 1
        assert bulletin.sections or not bulletin.board.most
        bulletin = fewer(bulletin)


def test_in_one_line_the_board_says_what_changed() -> None:
    changed, same = (compose_digest(a_digest(board=one)).line for one in (BOARD, FIRST_BOARD))
    assert changed.endswith("16 alerts of 2 rules · board: now 1 active, 1 unknown")
    assert same.endswith("board: 1 active, 1 seen, 1 unknown, 1 faded, 2 quiet")
    nothing = replace(FIRST_BOARD, since=SEEN)
    assert "board unchanged: 1 active" in compose_digest(a_digest(board=nothing)).line


def test_a_person_s_level_says_who_and_why_and_never_that_all_is_quiet_unseen() -> None:
    stale = a_standing("a", "A", "quiet", "quiet", reckoned="unknown", unwell=3, author="Kim",
                       reason="seen on site", lasts=timedelta(hours=36))  # fmt: skip
    by_hand = replace(stale, level="active")
    for one in (stale, by_hand):
        [problem] = compose_digest(a_digest(board=Board(standings=(one,)))).board.problems
        [row] = problem.rows
        assert row.about == (
            "its sources are stale (3 of 3) · moderate · no text in 36 h, never one · "
            "set by Kim: seen on site (reckoned: unknown)"
        )


def test_every_link_of_the_html_stands_in_its_words() -> None:
    html = fragment_of_digest(compose_digest(a_digest()))
    links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', html)
    assert len(links) == 4
    assert all(address == words for address, words in links)
