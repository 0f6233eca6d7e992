"""Which hits a silence keeps back. Its words are the words of rules: they match as those do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from watchd.errors import FileProblems, WatchdError
from watchd.model import Item, Severity
from watchd.model.triage import Matcher, Silence
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.rules import RuleSet

KEYS = ("rule", "tag", "source", "words")
_QUERY = re.compile(r'"|\(|\b(?:AND|OR|NOT|NEAR|EXCEPT)\b')


class About(Struct, frozen=True, kw_only=True):
    """What a silence looks at: the rule of a hit, and the item it was found in."""

    rule: str
    tags: tuple[str, ...]  # of the rule
    severity: Severity
    source: str  # the feed's name
    item: Item


def keeps_back(silences: Sequence[Silence], about: About, now: datetime) -> Silence | None:
    """The first of these that keeps a hit back; None when it is to be sent."""
    return next((one for one in silences if _fits(one, about, now)), None)


def _fits(silence: Silence, about: About, now: datetime) -> bool:
    if not silence.created_at <= now < silence.ends_at:
        return False
    if about.severity == "critical" and not silence.critical:
        return False
    return all(_is_so(one, about, now) for one in silence.matchers)


def _is_so(matcher: Matcher, about: About, now: datetime) -> bool:
    value = matcher.value
    if matcher.key == "rule":
        return fnmatchcase(about.rule, value)
    if matcher.key == "tag":
        return any(fnmatchcase(tag, value) for tag in about.tags)
    if matcher.key == "source":
        return fnmatchcase(about.source, value)
    return bool(_says(value).match(about.item, source=about.source, now=now))


def matcher(written: str) -> Matcher:
    """ "rule=dprk/*" as a matcher. Raises WatchdError with what is wrong, and what to write."""
    key, equals, value = written.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or key not in KEYS:
        raise WatchdError(f"'{written}' is no matcher; write one of {_MEANT}")
    if not value:
        raise WatchdError(f"'{written}' says nothing behind the equals sign")
    if key == "words":
        try:
            _says(value)
        except FileProblems as error:
            said = error.problems[0].message
            raise WatchdError(f"words={value}: as a query this has a mistake: {said}") from None
    return Matcher(key=key, value=value)


_MEANT = 'rule=dprk/*, tag=missile, source=kcna*, words="some phrase"'


@lru_cache(maxsize=64)
def _says(words: str) -> RuleSet:
    """Words as a rule of their own. Several of them are a phrase, unless they are a query."""
    from watchd.rules import RuleSet, rule_from_query

    query = words if _QUERY.search(words) or " " not in words else f'"{words}"'
    return RuleSet([rule_from_query(query)])
