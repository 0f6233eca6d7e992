"""What the report shows, in safe words: nothing here is markup, and no link leads astray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from watchd.indicators import Indicator
from watchd.model import Evidence, Severity, StoredHit
from watchd.render.excerpt import Line, excerpts, marked
from watchd.render.inert import inert, link
from watchd.report.chart import Chart, chart
from watchd.values import Struct


class FeedLine(Struct, frozen=True, kw_only=True):
    """How a feed is, and how many new items it brought on each of the last days."""

    name: str
    publisher: str
    health: str
    meaning: str  # of that word
    ok_at: datetime | None  # None: never read
    new_at: datetime | None  # None: nothing new since the first look
    error: str
    advice: str
    per_day: tuple[int, ...]


class Report(Struct, frozen=True, kw_only=True):
    """All that the pages tell. `hits` are the newest, the newest first."""

    at: datetime
    version: str
    indicators: Sequence[Indicator]
    hits: Sequence[StoredHit]
    feeds: Sequence[FeedLine]
    hits_per_day: tuple[int, ...]
    items_per_day: tuple[int, ...]
    publishers: Mapping[str, str]


class SeenIndicator(Struct, frozen=True, kw_only=True):
    """An indicator as it is shown."""

    level: str
    rule: str
    title: str
    points_to: str
    weight: str
    texts: int
    last_at: datetime | None
    last_title: str
    last_url: str
    sources: str
    unwell: str
    chart: Chart
    judged: str  # "" or by whom, why and when


class Problem(Struct, frozen=True, kw_only=True):
    """A question, and the indicators that bear on it."""

    name: str
    indicators: tuple[SeenIndicator, ...]


class SeenHit(Struct, frozen=True, kw_only=True):
    """A hit as it is shown: headline and snippets with the words that matched."""

    id: int
    severity: Severity
    rule: str
    title: str
    why: str
    headline: Line
    snippets: tuple[Line, ...]
    lang: str
    url: str
    source: str
    published: datetime | None
    at: datetime
    status: str


class SeenFeed(Struct, frozen=True, kw_only=True):
    """A feed as it is shown."""

    name: str
    publisher: str
    health: str
    meaning: str
    ok_at: datetime | None
    new_at: datetime | None
    error: str  # "" when it is well
    advice: str  # what to do, or ""
    chart: Chart


def problems(indicators: Sequence[Indicator]) -> list[Problem]:
    """The board, by problem, in the order it has."""
    return [
        Problem(name=inert(name, 200), indicators=tuple(map(_indicator, of_it)))
        for name, of_it in groupby(indicators, key=lambda one: one.problem)
    ]


def _indicator(one: Indicator) -> SeenIndicator:
    last, judged = one.last, ""
    if one.judgement:
        by, day = inert(one.judgement.author, 80), f"{one.judgement.at:%Y-%m-%d}"
        judged = f"Set by {by} on {day}: {inert(one.judgement.reason, 300)}"
        judged += f" (reckoned: {one.reckoned})"
    return SeenIndicator(
        level=one.level.value,
        rule=inert(one.rule, 120),
        title=inert(one.title, 160),
        points_to=inert(one.points_to, 300),
        weight=one.weight,
        texts=one.texts,
        last_at=last.at if last else None,
        last_title=inert(last.title, 160) if last else "",
        last_url=link(last.url) if last else "",
        sources=f"{len(one.sources) - len(one.unwell)} of {len(one.sources)} well",
        unwell=", ".join(inert(name, 60) for name in one.unwell[:8]),
        chart=chart(one.per_day, "texts"),
        judged=judged,
    )


def hit(found: StoredHit, publishers: Mapping[str, str]) -> SeenHit:
    """A hit, with the words that made it marked in their surroundings."""
    item, of = found.stored.item, dict[str, list[Evidence]]()
    for one in found.hit.evidence:
        of.setdefault(one.field, []).append(one)
    title = item.title or item.text[:200] or "(no headline)"
    snippets = excerpts(item.text, of.get("body", ())) if item.title else ()
    feed = found.stored.feed
    publisher = publishers.get(feed, "")
    return SeenHit(
        id=found.id,
        severity=found.hit.severity,
        rule=inert(found.hit.rule, 120),
        title=inert(found.hit.title, 160),
        why=inert(found.hit.why, 400),
        headline=marked(title, of.get("title", ()) if item.title else of.get("body", ()), 300),
        snippets=(*snippets, *excerpts(item.article, of.get("article", ()))),
        lang=item.lang if item.lang.replace("-", "").isalnum() else "",
        url=link(item.url),
        source=inert(publisher if publisher in ("", feed) else f"{publisher} ({feed})", 120)
        or inert(feed, 120),
        published=item.published,
        at=found.at,
        status=found.status,
    )


def feed(line: FeedLine) -> SeenFeed:
    """A feed, with what is wrong with it or what to do."""
    return SeenFeed(
        name=inert(line.name, 80),
        publisher=inert(line.publisher, 80),
        health=line.health,
        meaning=line.meaning,
        ok_at=line.ok_at,
        new_at=line.new_at,
        error=inert(line.error, 300),
        advice=inert(line.advice, 300),
        chart=chart(line.per_day, "new items"),
    )
