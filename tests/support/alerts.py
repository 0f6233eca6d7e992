"""Alerts for tests: an everyday one, and one in which every word was written by an enemy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from watchd.model import Alert, Behind, Evidence, Item, OverTimeHit
from watchd.values import replace

SEEN = datetime(2026, 1, 8, 6, 20, tzinfo=UTC)

EVIL = (
    "<!channel> <@U1> @everyone @here <script>alert(1)</script> {{app_body}} </mark><img src=x>"
    "\r\nBcc: spy@evil.example\r\n\r\n.\r\n [click](javascript:alert(1)) "
    "\u202egpj.exe\u202c zero\u200bwidth & \"quoted\" 'single' *bold* _it_ `code` "
    "\x1b[31m\x00 \ud800"
)


def evidence(field: str, text: str, *quotes: str) -> tuple[Evidence, ...]:
    """Evidence for the first place of each quote in a text."""
    found = [(text.index(quote), quote) for quote in quotes]
    return tuple(
        Evidence(field=field, start=start, end=start + len(quote), quote=quote)
        for start, quote in found
    )


def an_alert(**changes: Any) -> Alert:
    """A balloon over a harbour; item fields go by their own names: `an_alert(url="…")`."""
    title = "Grey balloon over the harbour"
    text = "Fishermen saw it at dawn. The balloon drifted north, and nobody claimed it."
    item = Item(
        key="k1",
        url="https://example.org/balloon?a=1&b=2",
        title=title,
        text=text,
        lang="en",
        published=SEEN - timedelta(minutes=8),
    )
    of_item = {name: changes.pop(name) for name in list(changes) if hasattr(item, name)}
    alert = Alert(
        id=7,
        hit=12,
        rule="harbour/balloons",
        rule_title="Balloons",
        rule_version="4f2a",
        severity="high",
        why="a balloon near the coast",
        item=replace(item, **of_item),
        item_id=3,
        source="harbour-news",
        publisher="Harbour News",
        seen_at=SEEN,
        evidence=(*evidence("title", title, "balloon"), *evidence("body", text, "balloon drifted")),
    )
    return replace(alert, **changes)


def evil_alert(**changes: Any) -> Alert:
    """Hostile words in every field that a feed, or a careless rule, can fill."""
    hostile: dict[str, Any] = {
        "title": EVIL,
        "text": f"{EVIL} balloon {EVIL}",
        "article": f"{EVIL} ferry {EVIL}",
        "author": EVIL,
        "lang": EVIL,
        "url": 'https://example.org/<!channel>?q="onmouseover=x&w={{app_body}}&u=@everyone|x',
        "rule_title": EVIL,
        "rule_version": EVIL,
        "why": EVIL,
        "source": EVIL,
        "publisher": EVIL,
        "grade": EVIL,
        "also": (EVIL, EVIL),
        "difference": EVIL,
        "evidence": (
            Evidence(field="title", start=0, end=30, quote=EVIL),
            *evidence("body", f"{EVIL} balloon {EVIL}", "<!channel>", "app_body", "balloon"),
            *evidence("article", f"{EVIL} ferry {EVIL}", "<@U1>", "app_body", "ferry"),
        ),
    }
    return an_alert(**{**hostile, **changes})


def over_time(alert: Alert, words: str = EVIL) -> Alert:
    """The alert as one of a rule over time, with these words wherever a feed can say something."""
    found = OverTimeHit(
        said=f"‘{words}’: not used in the 365d before",
        value=1,
        items=(3, 2),
        series=(0, 1, 3),
        at=SEEN,
        key=words,
        since=SEEN - timedelta(days=3),
        stories=4,
    )
    story = Behind(
        item=2,
        title=words,
        url=f"https://example.org/{words[:80]}",
        publisher=words,
        at=SEEN,
    )
    behind = (replace(story, item=3), story, replace(story, url="javascript:alert(1)"))
    return replace(alert, over_time=found, behind=behind)
