"""What the items of a feed can be, and what they always are, by what config.toml says of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from watchd.model import Feed
from watchd.rules import facts
from watchd.rules.tree import All, Any, Except, Fact, Node, Not, Term, parts


def may(node: Node, feed: Feed) -> bool:
    """Whether an item of this feed could be one of which a clause is true."""
    match node:
        case Term(lang=lang):
            return not lang or not feed.lang or facts.is_language(feed.lang.lower(), lang)
        case Fact():
            return not _is_told(node, feed) or _holds(node, feed)
        case Any(name=name, parts=found) if name:
            return any(may(Term(text="", lang=lang), feed) for lang in _langs_of(_List(found)))
        case Any(parts=found):
            return any(may(part, feed) for part in found)
        case Not(part=part):
            return not must(part, feed)
        case Except(kept=kept):
            return may(kept, feed)
        case _:
            return all(may(part, feed) for part in parts(node))


def must(node: Node, feed: Feed) -> bool:
    """Whether a clause is true of every item of this feed, whatever its words."""
    match node:
        case Fact():
            return _is_told(node, feed) and _holds(node, feed)
        case Any(name=name, parts=found):
            return not name and any(must(part, feed) for part in found)
        case All(parts=found):
            return all(must(part, feed) for part in found)
        case Not(part=part):
            return not may(part, feed)
        case _:
            return False


class _List:
    """The terms of a list, which is one tuple in all rules: known by its identity."""

    __slots__ = ("terms",)

    def __init__(self, terms: Sequence[Node]) -> None:
        self.terms = terms

    def __hash__(self) -> int:
        return id(self.terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _List) and self.terms is other.terms


@lru_cache(maxsize=1_000)
def _langs_of(held: _List) -> frozenset[str]:
    return frozenset(term.lang for term in held.terms if isinstance(term, Term))


def _is_told(fact: Fact, feed: Feed) -> bool:
    """Whether the config tells what a fact asks of the feed's items."""
    return fact.field == "source" or (fact.field == "lang" and feed.lang != "")


def _holds(fact: Fact, feed: Feed) -> bool:
    return facts.holds(fact, source=feed.name, url="", lang=feed.lang)
