"""Which terms and phrases rose, fell, or are new: log-likelihood on numbers of texts.

For a phrase in x of n texts now and y of m before, G2 = 2 Σ O ln(O/E) over the two-by-two table
(Dunning 1993, "Accurate Methods for the Statistics of Surprise and Coincidence"). G2 of a phrase
that did not change is about chi-squared with one degree of freedom; as thousands of phrases are
tried at once, the chance is multiplied by their number (Bonferroni), and what is left has to be
under 1 %. Texts are counted, not words: one long speech is one text. Each distinct text counts
once, however many links and feeds it came by.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from math import erfc, log, log2, sqrt

from watchd.model.words import PhraseKind
from watchd.text import fold
from watchd.values import Struct
from watchd.words.grams import LONGEST, Corpus, Gram
from watchd.words.smallwords import dates, small_words

CHANCE = 0.01
FEWEST = 3  # distinct texts that have a phrase, on the side where it is more frequent
FEWEST_BEFORE = 20  # distinct texts of a language; with fewer there is no saying what is usual
_SAME = 0.75  # of the texts of a phrase: a longer one in so many of them stands for it
_EXAMPLES = 3


class Story(Struct, frozen=True, kw_only=True):
    """A distinct text, and one place where it was read."""

    text: str  # title and body
    title: str
    url: str
    source: str
    lang: str  # "" where it is not known
    at: datetime


class Shift(Struct, frozen=True, kw_only=True):
    """A phrase that is more or less frequent than it was."""

    words: str  # folded
    lang: str
    kind: PhraseKind
    now: int  # distinct texts with it
    of_now: int  # distinct texts in this language
    before: int
    of_before: int
    g2: float
    chance: float  # that one of all phrases looks like this by accident; at most 1
    examples: tuple[Story, ...]  # the latest first

    @property
    def change(self) -> float:
        """Its share now to its share before, as a power of two: 1 is twice as frequent."""
        now = (self.now + 0.5) / (self.of_now + 1)
        return log2(now / ((self.before + 0.5) / (self.of_before + 1)))


class Shifts(Struct, frozen=True, kw_only=True):
    """All of them, the surest first; and the languages with too little to compare."""

    found: tuple[Shift, ...]
    tried: int  # phrases
    not_ready: tuple[str, ...] = ()


def shifts(now: Sequence[Story], before: Sequence[Story], *, ignore: Iterable[str] = ()) -> Shifts:
    """What changed between two periods, each language by itself.

    `ignore` are terms; a phrase with one of them in it is left out.
    """
    by_lang: dict[str, tuple[list[Story], list[Story]]] = defaultdict(lambda: ([], []))
    for number, stories in enumerate((now, before)):
        for story in stories:
            by_lang[story.lang.partition("-")[0]][number].append(story)
    ignored = [f" {' '.join(fold(term).text.split())} " for term in ignore]
    ready = {lang: two for lang, two in by_lang.items() if len(two[1]) >= FEWEST_BEFORE and two[0]}
    languages = [_Language(lang, *two) for lang, two in sorted(ready.items())]
    tried = sum(len(one.counts) for one in languages)
    found = [shift for one in languages for shift in one.shifts(tried, ignored)]
    return Shifts(
        found=tuple(sorted(found, key=lambda shift: -shift.g2)),
        tried=tried,
        not_ready=tuple(
            sorted(lang for lang, two in by_lang.items() if two[0] and lang not in ready)
        ),
    )


def g2(x: int, n: int, y: int, m: int) -> float:
    """The log-likelihood ratio of x of n against y of m."""
    total, of_all = x + y, n + m
    told = 0.0
    for seen, size in ((x, n), (y, m)):
        for count, share in ((seen, total / of_all), (size - seen, 1 - total / of_all)):
            if count:
                told += count * log(count / (size * share))
    return max(0.0, 2 * told)


def chance(ratio: float, tried: int) -> float:
    """How likely it is, at most, that one of so many phrases comes to `ratio` by accident."""
    return min(1.0, tried * erfc(sqrt(ratio / 2)))


class _Language:
    """The texts of one language, and how many of each period have each phrase."""

    def __init__(self, lang: str, now: list[Story], before: list[Story]) -> None:
        self.lang, self.stories, self.size_now = lang, [*now, *before], len(now)
        self.corpus = Corpus(story.text for story in self.stories)
        self._small = frozenset(self._numbers(small_words(lang)))
        self._dates = frozenset(self._numbers(dates()))
        self._digits = frozenset(
            number for number, token in enumerate(self.corpus.tokens) if token.isdecimal()
        )
        self.counts: dict[Gram, tuple[int, int]] = {}
        frequent: Collection[Gram] = ()
        for length in range(1, LONGEST + 1):
            counted = self._count(length, frozenset(frequent))
            frequent = counted.keys()
            self.counts |= {gram: two for gram, two in counted.items() if self._is_term(gram)}

    def _numbers(self, words: Collection[str]) -> Iterable[int]:
        return (number for number, token in enumerate(self.corpus.tokens) if token in words)

    def _count(self, length: int, shorter: frozenset[Gram]) -> dict[Gram, tuple[int, int]]:
        """In how many texts of each period: of phrases in enough of one of them, as their parts."""
        sides = Counter[Gram](), Counter[Gram]()
        for number, text in enumerate(self.corpus.texts):
            grams = self.corpus.grams(text, length)
            if length > 1:
                grams = {one for one in grams if one[:-1] in shorter and one[1:] in shorter}
            sides[number >= self.size_now].update(grams)
        now, before = sides
        return {
            gram: (now[gram], before[gram])
            for gram in now.keys() | before.keys()
            if now[gram] >= FEWEST or before[gram] >= FEWEST
        }

    def _is_term(self, gram: Gram) -> bool:
        if gram[0] in self._small or gram[-1] in self._small or not self._dates.isdisjoint(gram):
            return False
        tokens = [self.corpus.tokens[number] for number in gram]
        if len(tokens) == 1:
            return len(tokens[0]) > 1 and gram[0] not in self._digits
        # A number counts only as part of a name: KN-23.
        for place, number in enumerate(gram):
            if number in self._digits and not (place and _is_name(tokens[place - 1])):
                return False
        return True

    def shifts(self, tried: int, ignored: Collection[str]) -> list[Shift]:
        before_size = len(self.stories) - self.size_now
        sure: dict[Gram, float] = {}
        for gram, (x, y) in self.counts.items():
            ratio = g2(x, self.size_now, y, before_size)
            more = x if x * before_size > y * self.size_now else y
            if more >= FEWEST and chance(ratio, tried) < CHANCE:
                sure[gram] = ratio
        found = []
        for gram, places in _collapsed(self._places(sure), self.size_now).items():
            words = self.corpus.words(gram)
            if any(term in f" {words} " for term in ignored):
                continue  # only now: the parts of a phrase go with it
            x = sum(place < self.size_now for place in places)
            y = len(places) - x
            ratio = g2(x, self.size_now, y, before_size)
            rose = x * before_size > y * self.size_now
            examples = [self.stories[p] for p in places if (p < self.size_now) == rose]
            found.append(
                Shift(
                    words=words,
                    lang=self.lang,
                    kind=("rose" if y else "new") if rose else "fell",
                    now=x,
                    of_now=self.size_now,
                    before=y,
                    of_before=before_size,
                    g2=ratio,
                    chance=chance(ratio, tried),
                    examples=tuple(sorted(examples, key=lambda one: one.at, reverse=True))[
                        :_EXAMPLES
                    ],
                )
            )
        return found

    def _places(self, wanted: Collection[Gram]) -> dict[Gram, frozenset[int]]:
        """The texts that each phrase is in."""
        places: dict[Gram, set[int]] = {gram: set() for gram in wanted}
        lengths = {len(gram) for gram in wanted}
        for number, text in enumerate(self.corpus.texts):
            for length in lengths:
                for gram in self.corpus.grams(text, length) & places.keys():
                    places[gram].add(number)
        return {gram: frozenset(found) for gram, found in places.items()}


def _is_name(token: str) -> bool:
    return token.isascii() and token.isalpha() and len(token) <= 4


def _collapsed(places: dict[Gram, frozenset[int]], size_now: int) -> dict[Gram, frozenset[int]]:
    """Without the phrases that a longer one stands for; those that overlap are made one."""
    joined = _joined(places)
    kept: dict[Gram, frozenset[int]] = {}
    for gram in sorted(joined, key=lambda gram: (-len(gram), gram)):
        swallowed = any(
            _is_within(gram, longer) and len(found) >= _SAME * len(joined[gram])
            for longer, found in kept.items()
        )
        if not swallowed:
            kept[gram] = joined[gram]
    return kept


def _joined(places: dict[Gram, frozenset[int]]) -> dict[Gram, frozenset[int]]:
    """A phrase longer than LONGEST is found in pieces, all in the same texts: put together."""
    groups: dict[frozenset[int], list[Gram]] = defaultdict(list)
    for gram, found in places.items():
        groups[found].append(gram)
    joined: dict[Gram, frozenset[int]] = {}
    for found, grams in groups.items():
        longest = [gram for gram in grams if len(gram) == LONGEST]
        joined |= dict.fromkeys(set(grams) - set(longest), found)
        follows = {gram[:-1]: gram for gram in longest}
        begun = set(longest) - {follows[g[1:]] for g in longest if g[1:] in follows}
        for gram in begun or longest:
            seen = {gram}
            while (step := follows.get(gram[1 - LONGEST :])) and step not in seen:
                seen.add(step)
                gram = (*gram, step[-1])
            joined[gram] = found
    return joined


def _is_within(gram: Gram, longer: Gram) -> bool:
    size = len(gram)
    return size < len(longer) and any(
        longer[start : start + size] == gram for start in range(len(longer) - size + 1)
    )
