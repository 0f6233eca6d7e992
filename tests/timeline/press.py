"""What publishers write, planned beforehand: which stories stand in a feed depends on time alone.

Times are seconds since the beginning; what was published before it is negative.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from itertools import pairwise
from xml.sax.saxutils import escape

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
_WORDS = (
    "harbour pilot ferry strike minister orchard fence museum clock swan river mill bridge weather "
    "tide wager choir baker garden school anniversary rule lantern market winter coal rail border "
    "letter medal exercise launch vessel grain summit envoy talks quarry dam paper court tariff "
    "항구 장관 다리 날씨 편지 훈련 위성 곡물 회담 법원 "
    "порт министр мост погода письмо учения хлеб суд"
).split()


@dataclass(slots=True)
class Story:
    """One thing published. `texts` are its versions, each with the time it came to be."""

    number: int
    at: float
    title: str
    texts: list[tuple[float, str]]

    def text(self, now: float) -> str:
        return next(text for at, text in reversed(self.texts) if at <= now)


@dataclass(slots=True)
class Spell:
    """From `start` until `end` the server behaves as `what` says."""

    start: float
    end: float
    what: str


@dataclass
class Publisher:
    """A feed: its stories, and how its server behaves. `kind` is what it is here for."""

    name: str
    kind: str
    host: str
    window: int
    stories: list[Story]
    validators: str = "both"  # both, etag, lm, none, stuck (one ETag for ever)
    volatile: bool = False  # every answer differs in some byte
    archive: str = ""  # rfc5005, wordpress
    headers: tuple[tuple[str, str], ...] = ()
    spells: list[Spell] = field(default_factory=list)
    renamed_at: float | None = None  # from then on every guid and link is another
    cut_share: float = 0.0  # of the answers that break off
    bad_markup: str = ""  # how the document is broken in a spell "malformed"
    same_titles: bool = False
    interval: float = HOUR
    pace: tuple[float, float] | None = None  # bounds of the interval, where the user gives some

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.name}/feed.xml"

    @cached_property
    def _dates(self) -> list[float]:
        return [story.at for story in self.stories]

    @cached_property
    def _changes(self) -> list[float]:
        times = [at for story in self.stories for at, _ in story.texts]
        return sorted([*times, *([self.renamed_at] if self.renamed_at else [])])

    def told(self, now: float) -> int:
        """How many stories are out by now."""
        return bisect_right(self._dates, now)

    def version(self, now: float) -> int:
        """A number that grows with every change of what is shown."""
        return bisect_right(self._changes, now)

    def changed_at(self, now: float) -> float:
        at = self.version(now)
        return self._changes[at - 1] if at else -30 * DAY

    def shown(self, now: float) -> list[Story]:
        """The window, the newest first."""
        told = self.told(now)
        return self.stories[max(0, told - self.window) : told][::-1]

    def gaps(self) -> list[float]:
        """The pauses between its stories, as a reader of all of them would count them."""
        return [later - earlier for earlier, later in pairwise(self._dates)]

    def spell(self, now: float) -> str:
        """How the server behaves now; the latest spell counts."""
        return next((s.what for s in reversed(self.spells) if s.start <= now < s.end), "")

    def document(self, stories: Sequence[Story], now: float, began: datetime, link: str) -> bytes:
        """RSS of these stories; `link` goes into the channel."""
        broken = self.bad_markup if self.spell(now) == "malformed" else ""
        renamed = "/v2" if self.renamed_at is not None and now >= self.renamed_at else ""
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">',
            f"<channel><title>{self.name}</title><link>https://{self.host}/</link>{link}",
        ]
        if self.volatile:
            lines.append(f"<!-- made for you in {now % 997:.3f} s -->")
        for story in stories:
            address = f"https://{self.host}/story{renamed}?n={story.number}&amp;from=feed"
            date = format_datetime(began + timedelta(seconds=story.at))
            lines += [
                f"<item><title>{escape(story.title)}</title><link>{address}</link>",
                f'<guid isPermaLink="false">{address}</guid><pubDate>{date}</pubDate>',
                f"<description>{escape(escape(story.text(now)))}</description></item>",
            ]
        text = "\n".join([*lines, "</channel></rss>", ""])
        return _BREAKS[broken](text).encode()


def _unescaped(text: str) -> str:
    return text.replace("&amp;from", "&from")


def _unclosed(text: str) -> str:
    return text.replace("<item>", "<item><b>", 1)


_BREAKS: dict[str, Callable[[str], str]] = {
    "": lambda text: text,
    "ampersand": _unescaped,
    "unclosed": lambda text: _unclosed(_unescaped(text)),
    "entity": lambda text: text.replace("</title><link>", "&nbsp;</title><link>", 3),
    "newline": lambda text: "\n\n" + text,
    "control": lambda text: text.replace("<description>", "<description>\x0b", 2),
    "prefix": lambda text: text.replace("<item>", "<item><media:x>1</media:x>", 4),
    "attribute": lambda text: text.replace("<item>", '<item a="1" a="2">', 1),
    "warning": lambda text: "<b>Warning</b>: foo() in /srv/x.php on line 3<br />\n" + text,
}
BREAKS = tuple(name for name in _BREAKS if name)


def write(
    chance: random.Random, name: str, dates: Sequence[float], *, same_titles: bool = False
) -> list[Story]:
    """Stories for these dates; each carries its own name, so that the archive can be searched."""
    stories = []
    for number, at in enumerate(sorted(dates)):
        words = chance.choices(_WORDS, k=30)
        mark = f"[{name}:{number}]"
        title = "Greetings are received" if same_titles else f"{' '.join(words[:6])} {mark}"
        text = f"{' '.join(words)} & more, it is said. {mark}"
        stories.append(Story(number=number, at=at, title=title, texts=[(at, text)]))
    return stories


def edit(chance: random.Random, stories: Sequence[Story], share: float, end: float) -> None:
    """Some stories are edited once to three times within a day; some edits are taken back."""
    for story in stories:
        if story.at < 0 or chance.random() > share:
            continue
        at, first = story.texts[0]
        for turn in range(chance.randint(1, 3)):
            at += chance.uniform(10 * MINUTE, 8 * HOUR)
            if at >= end:
                break
            back = turn == 1 and chance.random() < 0.5
            text = first if back else f"{first} Update {turn + 1}: {chance.choice(_WORDS)}."
            story.texts.append((at, text))


def poisson(chance: random.Random, every: float, start: float, end: float) -> list[float]:
    """Dates at random, one in `every` seconds on average."""
    dates, at = [], start
    while (at := at + chance.expovariate(1 / every)) < end:
        dates.append(at)
    return dates


def bursts(
    chance: random.Random, every: float, size: tuple[int, int], start: float, end: float
) -> list[float]:
    """Some stories within twenty minutes, then nothing for long."""
    return [
        at + chance.uniform(0, 20 * MINUTE)
        for at in poisson(chance, every, start, end - 20 * MINUTE)
        for _ in range(chance.randint(*size))
    ]


def regular(chance: random.Random, every: float, start: float, end: float) -> list[float]:
    """By the clock, some minutes earlier or later."""
    dates, at = [], start + chance.uniform(0, every)
    while at < end:
        dates.append(at + chance.uniform(0, min(every / 10, 2 * HOUR)))
        at += every
    return [at for at in dates if at < end]
