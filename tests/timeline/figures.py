"""What was lost, what was made up, what was asked too soon, and what was told how late.

The script is the oracle: nothing here is taken from what watchd says of itself, but for the
states in which a reader of `status` would have seen a feed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from statistics import quantiles

from sqlalchemy import Connection, select

from tests.timeline.driver import BEGAN, Run
from tests.timeline.press import DAY, HOUR, MINUTE, Publisher
from tests.timeline.servers import Asked, Books
from watchd.store import Store
from watchd.store.schema import item_revisions, items

_MARK = re.compile(r"\[(f\d+):(\d+)\]")
_WELL = ("ok", "new")
AUDIT = 7 * DAY


@dataclass
class Found:
    """The figures, each with what it is made of."""

    polls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    stories: int = 0
    stored: int = 0
    lost: list[str] = field(default_factory=list)  # was in a complete answer, is not stored
    rolled_off: Counter[str] = field(default_factory=Counter)  # never seen, though all was well
    made_up: list[str] = field(default_factory=list)  # stored twice or more
    made_up_edits: list[str] = field(default_factory=list)
    missed_edits: list[str] = field(default_factory=list)
    too_soon: list[str] = field(default_factory=list)  # before a time that the server named
    early_on_host: int = 0
    below_floor: list[str] = field(default_factory=list)
    unconditional: list[str] = field(default_factory=list)  # beyond one, and audits
    audits: int = 0
    could_304: int = 0
    did_304: int = 0
    gaps: int = 0
    gaps_found: int = 0
    gaps_filled: int = 0
    gaps_missed: list[str] = field(default_factory=list)
    gaps_false: list[str] = field(default_factory=list)
    told_late: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    told_after: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    stale_false: list[str] = field(default_factory=list)
    accused: list[str] = field(default_factory=list)  # of lying, or of having moved, and did not
    messages: int = 0  # to those who look after the desk
    punished: list[str] = field(default_factory=list)  # told of for our own outage
    recovered_after: float = 0.0  # the slowest feed's first good answer after our own outage
    feed_years: float = 0.0

    def as_text(self) -> str:
        """A table for people; of lists the first few are shown."""
        lines = []
        for name, value in vars(self).items():
            if isinstance(value, list):
                lines.append(f"{name:18} {len(value):>8}  {'; '.join(map(str, value[:4]))}")
            elif name == "told_after":
                lines += [
                    f"told of {kind:10} {len(hours):>8}  hours: median {_middle(hours):.1f}, "
                    f"longest {max(hours):.1f}"
                    for kind, hours in value.items()
                ]
            elif name == "told_late":
                lines += [f"late: {kind:12} {len(v):>8}  {'; '.join(v[:4])}"
                          for kind, v in value.items()]  # fmt: skip
            elif isinstance(value, Counter):
                lines.append(f"{name:18} {sum(value.values()):>8}  {dict(value.most_common())}")
            else:
                lines.append(f"{name:18} {value:>8.6g}")
        return "\n".join(lines)


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def count(run: Run, store: Store) -> Found:
    """The figures of a run that has ended."""
    found = Found(early_on_host=run.network.early_on_host)
    found.feed_years = len(run.script) * run.days / 365
    stored = store.read(_stored)
    for one in run.script:
        books = run.network.books[one.name]
        _items(found, run, one, books, stored[one.name])
        _requests(found, run, one, books)
        _gaps(found, run, one, books)
        _health(found, run, one, books)
    _outage(found, run)
    found.messages = len(run.told_at)
    return found


def _stored(db: Connection) -> dict[str, dict[int, tuple[int, set[str]]]]:
    """By feed and story: how many items it was stored as, and in which texts."""
    found: dict[str, dict[int, tuple[int, set[str]]]] = defaultdict(dict)
    rows = select(items.c.id, items.c.feed, items.c.title, items.c.text, items.c.content_hash)
    by_id = {}
    for row in db.execute(rows):
        mark = _MARK.search(f"{row.title} {row.text}")
        assert mark, f"an item of no story: {row.title!r}"
        number = int(mark[2])
        count, hashes = found[row.feed].get(number, (0, set()))
        found[row.feed][number] = count + 1, hashes | {row.content_hash}
        by_id[row.id] = row.feed, number
    earlier = select(item_revisions.c.item_id, item_revisions.c.content_hash)
    for row in db.execute(earlier):
        feed, number = by_id[row.item_id]
        found[feed][number][1].add(row.content_hash)
    return found


def _items(
    found: Found,
    run: Run,
    one: Publisher,
    books: Books,
    stored: dict[int, tuple[int, set[str]]],
) -> None:
    told = one.stories[: one.told(run.days * DAY)]
    found.stories += sum(story.at >= 0 for story in told)
    found.stored += len(stored)
    found.lost += [f"{one.kind} {one.name}:{n}" for n in sorted(books.exposed - set(stored))]
    found.rolled_off[one.kind] += sum(
        story.at >= 0
        and story.number not in books.exposed
        and one.spell(story.at) in ("", "malformed")
        and not _overlaps(run, story.at, story.at + HOUR)
        for story in told
    )
    for number, (copies, hashes) in stored.items():
        if copies > 1:
            found.made_up.append(f"{one.kind} {one.name}:{number} {copies} times")
        shown = len(books.texts[number]) if number in books.texts else 1
        if len(hashes) > max(shown, 1):
            found.made_up_edits.append(f"{one.kind} {one.name}:{number}")
        elif len(hashes) < shown:
            found.missed_edits.append(f"{one.kind} {one.name}:{number}")


def _requests(found: Found, run: Run, one: Publisher, books: Books) -> None:
    checks = list(_checks(books))
    found.polls += len(checks)
    found.statuses.update(last.status for _, last in checks)
    if books.too_soon:
        found.too_soon.append(f"{one.kind} {one.name} {books.too_soon} times")
    floor = 0.9 * (one.pace[0] if one.pace else max(one.interval / 4, 5 * MINUTE)) - 1
    for (earlier, _), (later, _) in pairwise(checks):
        if later.at - earlier.at < floor:
            pause = later.at - earlier.at
            found.below_floor.append(f"{one.name} after {pause / 60:.0f} min, day {later.at / DAY}")
    answers = [last for _, last in checks if last.could_304]
    found.could_304 += len(answers)
    found.did_304 += sum(answer.status == 304 for answer in answers)
    if one.validators == "none":
        return
    whole: dict[str, int] = Counter()
    for _, last in checks:
        if last.status == 200 and last.version > 0 and not last.conditional:
            whole[last.place] += 1
    lying = next((seen.at for seen in run.seen[one.name] if seen.lying_at), None)
    if lying is None:
        extra = sum(number - 1 for number in whole.values())
        found.audits += extra
        allowed = int(run.days * DAY // AUDIT) + 1
        if extra > allowed:
            found.unconditional.append(f"{one.kind} {one.name} {extra} times")


def _checks(books: Books) -> Iterator[tuple[Asked, Asked]]:
    """The first request of each check, and the one that was answered: redirects lie between.

    A second look within a check, as a server gets that is thought to lie, is no check.
    """
    for _, together in groupby(books.asked, key=lambda asked: asked.at):
        asked = [one for one in together if not one.page]
        if asked:
            yield asked[0], next((one for one in asked if one.status not in (301, 302)), asked[-1])


def _gaps(found: Found, run: Run, one: Publisher, books: Books) -> None:
    """A gap: between two complete documents stories came and went. One that just touches is
    neither here nor there: nothing was lost, and nobody can know."""
    marks = {
        round((seen.gap_at - BEGAN).total_seconds()) for seen in run.seen[one.name] if seen.gap_at
    }
    touching = set()
    for earlier, later in pairwise(books.windows):
        if later.oldest <= earlier.newest:
            continue
        at = round(later.at)
        touching.add(at)
        if missing := set(range(earlier.newest + 1, later.oldest)):
            found.gaps += 1
            filled = missing <= books.exposed  # from its archive: there is no gap any more
            found.gaps_filled += filled
            found.gaps_found += filled or at in marks
            if not filled and at not in marks:
                found.gaps_missed.append(f"{one.kind} {one.name} day {later.at / DAY:.2f}")
    found.gaps_false += [
        f"{one.kind} {one.name} day {at / DAY:.2f}" for at in sorted(marks - touching)
    ]


# What a spell should make of a feed's health.
_HEALTH = {
    "410": ("gone",),
    "lying": ("lying-304",),
    "301": ("moved",),
    "html": ("blocked", "failing", "degraded"),
    "empty": ("failing", "degraded", "stale"),
    "malformed": ("degraded",),
}
_BROKEN = ("failing", "blocked", "gone", "degraded")


def _health(found: Found, run: Run, one: Publisher, books: Books) -> None:
    seen, end = run.seen[one.name], run.days * DAY
    asked = [last for _, last in _checks(books)]
    for spell in one.spells:
        if "-" in spell.what or spell.what in ("302", "malformed", "lying", "301"):
            continue
        inside = [a for a in asked if spell.start <= a.at < spell.end]
        if len(inside) < 3 or _overlaps(run, spell.start, spell.end):
            continue
        words = _HEALTH.get(spell.what, _BROKEN)
        limit = max(inside[2].at, spell.start + HOUR) + 300
        told = _first(run, one, spell.start, words)
        _late(found, one, spell.what, told, spell.start, limit, min(spell.end, end))
        if spell.end - spell.start > 15 * HOUR and (spell.end < end or end - spell.start > DAY):
            of_it = _first(run, one, spell.start, (*words, *_BROKEN), people=True)
            _late(found, one, "ops", of_it, spell.start, spell.start + 15 * HOUR, end)
    if books.hidden_at is not None and books.hidden_at < end - AUDIT - 2 * HOUR:
        told = next((s.at for s in seen if s.lying_at), None)
        limit = books.hidden_at + AUDIT + 2 * HOUR
        _late(found, one, "lying", told, books.hidden_at, limit, end)
    if one.kind == "moved" and end - one.spells[0].start > 8 * DAY:
        start = one.spells[0].start
        told = _first(run, one, start, ("moved",))
        # A gap is told of first, for a week, and so is silence.
        other = any(s.health in ("gap", "stale") for s in seen if s.at > start)
        limit = start + (15 if other else 8) * DAY
        if _overlaps(run, start, limit):
            limit += sum(until - since for since, until in run.network.down)
        _late(found, one, "moved", told, start, limit, end)
    for word in ("moved", "lying-304"):
        if word.partition("-")[0] != one.kind and any(s.health == word for s in seen):
            found.accused.append(f"{one.kind} {one.name} {word}")
    gaps = one.gaps()
    if one.kind == "stopped":
        last = one.stories[-1].at
        limit = last + 4 * quantiles(gaps, n=20)[-1] + 2 * HOUR
        if _overlaps(run, last, limit):  # nobody could be heard meanwhile
            limit += sum(until - since for since, until in run.network.down)
        told = _first(run, one, last, ("stale",))
        if limit < end:
            _late(found, one, "stopped", told, last, limit, end)
    else:
        stale = [s for s in seen if "stale" in (s.health, s.told)]
        quiet = [spell for spell in one.spells if spell.what in ("lying", "empty", "404", "410")]
        if stale and not quiet:
            found.stale_false.append(f"{one.kind} {one.name} day {stale[0].at / DAY:.1f}")


def _late(
    found: Found,
    one: Publisher,
    what: str,
    told: float | None,
    start: float,
    limit: float,
    end: float,
) -> None:
    if told is not None:
        found.told_after[what].append((told - start) / HOUR)
    if limit < end and (told is None or told > limit):
        late = "never" if told is None else f"{(told - start) / HOUR:.1f} h"
        found.told_late[what].append(f"{one.name} {late}, limit {(limit - start) / HOUR:.1f} h")


def _first(
    run: Run, one: Publisher, start: float, words: tuple[str, ...], *, people: bool = False
) -> float | None:
    """When its health was first one of these, at `start` or later; or what `people` were told."""
    before = "new"
    for seen in run.seen[one.name]:
        word = seen.told if people else seen.health
        if seen.at >= start:
            if before in words:
                return start
            if word in words:
                return seen.at
        before = word
    return start if before in words else None


def _overlaps(run: Run, start: float, end: float) -> bool:
    return any(start < until and since < end for since, until in run.network.down)


def _outage(found: Found, run: Run) -> None:
    """Our own network was away: nobody is to blame, and all are asked again at once."""
    for start, end in run.network.down:
        for one in run.script:
            # Nor is it ours what befalls a feed right after.
            if any(s.start < end + 2 * HOUR and start < s.end for s in one.spells):
                continue
            seen = [s for s in run.seen[one.name] if start + HOUR <= s.at < end]
            if any(s.told in ("failing", "blocked") for s in seen):
                found.punished.append(f"{one.kind} {one.name}")
            books = run.network.books[one.name]
            again = next((a.at for a in books.asked if a.at >= end and a.status), None)
            may = max([end, *(until for told, until in books.waits if told < end)])
            late = (again if again is not None else run.days * DAY) - may
            found.recovered_after = max(found.recovered_after, late / HOUR)
