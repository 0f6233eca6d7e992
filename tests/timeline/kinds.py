"""The script: 300 feeds, of every kind that makes trouble, over some days."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.timeline.press import (
    BREAKS,
    DAY,
    HOUR,
    MINUTE,
    Publisher,
    Spell,
    bursts,
    edit,
    poisson,
    regular,
    write,
)

FOR_EVER = 10_000 * DAY
BACKLOG = -12 * DAY  # a feed that is added has been there for a while …
LONG = -80 * DAY  # … one that publishes seldom, for long
Kind = Callable[[random.Random, str, float], Publisher]

OUTAGES = ("500", "502", "503", "dns", "timeout", "connect", "protocol")
WAITS = ("429-seconds", "429-date", "503-seconds", "429-reset", "503-date")


def _steady(chance: random.Random, name: str, end: float) -> Publisher:
    every = chance.uniform(HOUR, 6 * HOUR)
    return Publisher(
        name=name,
        kind="steady",
        host=f"{name}.example",
        window=chance.choice((20, 25, 30)),
        stories=write(chance, name, poisson(chance, every, BACKLOG, end)),
        validators=chance.choice(("both", "etag", "lm")),
    )


def _of(kind: str, **more: object) -> Kind:
    def make(chance: random.Random, name: str, end: float) -> Publisher:
        one = _steady(chance, name, end)
        one.kind = kind
        for key, value in more.items():
            setattr(one, key, value)
        return one

    return make


def _with_dates(
    kind: str,
    dates: Callable[..., list[float]],
    *how: object,
    window: int,
    since: float = BACKLOG,
) -> Kind:
    def make(chance: random.Random, name: str, end: float) -> Publisher:
        one = _of(kind, window=window)(chance, name, end)
        one.stories = write(chance, name, dates(chance, *how, since, end))
        return one

    return make


def _edited(chance: random.Random, name: str, end: float) -> Publisher:
    one = _of("edited")(chance, name, end)
    edit(chance, one.stories, 0.3, end)
    return one


def _renamed(chance: random.Random, name: str, end: float) -> Publisher:
    return _of("renamed", renamed_at=chance.uniform(0.2, 0.9) * end)(chance, name, end)


def _rolling(archive: str) -> Kind:
    """A small window, and now and then more stories between two looks than it holds."""

    def make(chance: random.Random, name: str, end: float) -> Publisher:
        one = _of("rolling", archive=archive, window=10)(chance, name, end)
        every, burst = poisson(chance, 3 * HOUR, BACKLOG, end), chance.uniform(2, 5) * DAY
        one.stories = write(chance, name, [*every, *bursts(chance, burst, (15, 28), 0, end)])
        return one

    return make


def _paced(chance: random.Random, name: str, end: float) -> Publisher:
    """As much in an hour as its window holds, at some hours: only a shorter interval helps."""
    one = _of("paced", window=12, pace=(10 * MINUTE, HOUR))(chance, name, end)
    busy = [at for at in poisson(chance, 5 * MINUTE, -2 * DAY, end) if at % DAY < 10 * HOUR]
    one.stories = write(chance, name, busy)
    return one


def _down(chance: random.Random, name: str, end: float) -> Publisher:
    one = _of("down")(chance, name, end)
    for _ in range(2):
        start = chance.uniform(0.05, 0.9) * end
        hours = chance.choice((1, 3, 8, 30, 96))
        one.spells.append(Spell(start, start + hours * HOUR, chance.choice(OUTAGES)))
    return one


def _ends_with(kind: str, what: str) -> Kind:
    def make(chance: random.Random, name: str, end: float) -> Publisher:
        start = chance.uniform(0.2, 0.6) * end
        return _of(kind, spells=[Spell(start, FOR_EVER, what)])(chance, name, end)

    return make


def _visited_by(kind: str, *whats: str, hours: tuple[float, float], times: int) -> Kind:
    def make(chance: random.Random, name: str, end: float) -> Publisher:
        one = _of(kind)(chance, name, end)
        for _ in range(times):
            start = chance.uniform(0.05, 0.9) * end
            long = chance.uniform(*hours) * HOUR
            one.spells.append(Spell(start, start + long, chance.choice(whats)))
        return one

    return make


def _waiting(chance: random.Random, name: str, end: float) -> Publisher:
    """Asks us to wait, in one way or another; four of them live on one host."""
    one = _visited_by("waiting", *WAITS, hours=(0.5, 30), times=5)(chance, name, end)
    if int(name[1:]) % 2:
        one.host = f"shared-{int(name[1:]) // 8}.example"
    return one


def _stopped(chance: random.Random, name: str, end: float) -> Publisher:
    one = _of("stopped")(chance, name, end)
    last = chance.uniform(0.3, 0.6) * end
    one.stories = [story for story in one.stories if story.at < last]
    return one


def _malformed(chance: random.Random, name: str, end: float) -> Publisher:
    days = range(int(end / DAY))
    spells = [Spell(d * DAY, (d + 1) * DAY, "malformed") for d in days if chance.random() < 0.5]
    more = {"bad_markup": chance.choice(BREAKS), "spells": spells}
    return _of("malformed", **more)(chance, name, end)


def _same_titles(chance: random.Random, name: str, end: float) -> Publisher:
    one = _of("same-titles", same_titles=True)(chance, name, end)
    dates = [story.at for story in one.stories]
    one.stories = write(chance, name, dates, same_titles=True)
    return one


_YEARS = (("Cache-Control", "public, max-age=504576000"),)

# Of 300 feeds so many are of each kind.
SHARES: tuple[tuple[int, Kind], ...] = (
    (50, _steady),
    (25, _with_dates("bursty", bursts, 0.8 * DAY, (4, 14), window=30)),
    (18, _with_dates("quiet", poisson, 3 * DAY, window=10, since=LONG)),
    (12, _with_dates("weekly", regular, 7 * DAY, window=10, since=LONG)),
    (10, _with_dates("daily", regular, DAY, window=10, since=LONG)),
    (15, _of("volatile", volatile=True, validators="none")),
    (20, _edited),
    (12, _renamed),
    (8, _rolling("rfc5005")),
    (8, _rolling("wordpress")),
    (8, _rolling("")),
    (6, _paced),
    (22, _down),
    (5, _ends_with("gone", "410")),
    (5, _ends_with("lost", "404")),
    (16, _waiting),
    (8, _ends_with("lying", "lying")),
    (5, _ends_with("moved", "301")),
    (3, _ends_with("elsewhere", "302")),
    (10, _stopped),
    (8, _of("cut", cut_share=0.1)),
    (14, _malformed),
    (4, _visited_by("page", "html", hours=(5, 60), times=2)),
    (4, _visited_by("empty", "empty", hours=(5, 60), times=2)),
    (6, _of("years", headers=_YEARS)),
    (5, _same_titles),
    (3, _of("stuck", validators="stuck")),
)


def script(feeds: int, days: float, seed: int = 1) -> list[Publisher]:
    """So many feeds, in the shares above; at least one of each kind."""
    whole = sum(share for share, _ in SHARES)
    made = []
    for share, kind in SHARES:
        for _ in range(max(1, round(share * feeds / whole))):
            name = f"f{len(made):03}"
            made.append(kind(random.Random(f"{seed} {name}"), name, days * DAY))
    return made
