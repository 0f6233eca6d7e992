"""Digests in each dress: what they say, that it is inert, and that it fits."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from tests.support.alerts import EVIL, SEEN, an_alert, evil_alert
from watchd.model import Digest, HeldFor, OfRule
from watchd.render import slack
from watchd.render.bulletin import compose_digest, fewer
from watchd.render.email import headers_of_digest
from watchd.render.html import fragment_of_digest
from watchd.render.text import text_of_digest


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
        "Since 2026-01-08 06:20 UTC. Kept for the digest.\n"
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
        ({"rules": ()}, "Daily digest: nothing matched"),
        ({"mode": "weekly@mon 07:30 UTC", "rules": ()}, "Weekly digest: nothing matched"),
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
    return a_digest(rules=rules, kept=EVIL, trouble=((EVIL, "failing"),) * 50)


def test_hostile_words_are_inert_in_a_digest() -> None:
    bulletin = compose_digest(evil_digest())
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
    assert "more rules: watchd hits" in smallest.left_out


def test_every_link_of_the_html_stands_in_its_words() -> None:
    html = fragment_of_digest(compose_digest(a_digest()))
    links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', html)
    assert len(links) == 4
    assert all(address == words for address, words in links)
