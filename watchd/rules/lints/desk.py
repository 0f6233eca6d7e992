"""What a query or a rule asks of the desk's feeds, and whether there is such a feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchd.model import Feed
from watchd.rules import facts
from watchd.rules.lints.report import Report
from watchd.rules.rule import Rule
from watchd.rules.termlist import TermList
from watchd.rules.tree import Any, Fact, Node, parts
from watchd.rules.written import Written
from watchd.tomlfile import Document, nearest


class Feeds:
    """The feeds of the config; their languages count only when each feed says its own."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds
        self._names = [feed.name for feed in feeds]
        self._tags = {f"tag:{tag}" for feed in feeds for tag in feed.tags}
        langs = {feed.lang.lower() for feed in feeds}
        self._langs = set[str]() if "" in langs else langs

    def look_at_query(self, query: Node, written: Written, report: Report) -> None:
        """Report the facts that are so of no feed."""
        for fact in _facts(query):
            if fact.field == "lang" and not self._has_lang(fact.value):
                message = f"no feed is in '{fact.value}': {', '.join(sorted(self._langs))} are"
                report.in_query("W107", written, fact, message, self._langs_hint(fact.value))
            elif fact.field == "source" and not self._has_source(fact):
                close = nearest(fact.value, self._names)
                message = f"there is no feed '{fact.value}' in the config"
                report.in_query("W108", written, fact, message, close and f"write source:{close}")

    def look_at_sources(self, rule: Rule, report: Report) -> None:
        """Report names and tags under [sources] that no feed has, and when they leave no feed."""
        if not rule.only and not rule.except_:
            return
        known = {*self._names, *self._tags}
        document = Document(rule.source, rule.path, {})
        missing = False
        for key, names in (("only", rule.only), ("except", rule.except_)):
            for number, name in enumerate(names):
                if name not in known:
                    missing = True
                    what = "feed has the tag" if name.startswith("tag:") else "feed has the name"
                    message = f"no {what} '{name.removeprefix('tag:')}'"
                    close = nearest(name, known)
                    hint = f'"{close}"' if close else ""
                    path = ("sources", key, number)
                    report.add(document.problem("W108", message, *path, hint=hint, level="warning"))
        if not missing and not any(rule.reads(feed.name, feed.tags) for feed in self._feeds):
            message = "this rule can never match: [sources] leaves out every feed"
            report.at_key("W101", rule, "only" if rule.only else "except", message)

    def look_at_list(self, held: TermList, report: Report) -> None:
        """Report a list all of whose terms are for languages that no feed has."""
        langs = {term.lang for term in held.terms}
        if "" not in langs and not any(map(self._has_lang, langs)):
            said = ", ".join(sorted(langs))
            message = f"all of this list is for items in {said}, and no feed is"
            report.in_list("W107", held, held.entries[0], message)

    def _has_lang(self, code: str) -> bool:
        return not self._langs or any(f"{lang}-".startswith(f"{code}-") for lang in self._langs)

    def _langs_hint(self, code: str) -> str:
        close = {lang for lang in self._langs if lang.partition("-")[0] == code.partition("-")[0]}
        return f"write lang:{min(close)}" if close else ""

    def _has_source(self, fact: Fact) -> bool:
        return any(facts.holds(fact, source=name, url="", lang="") for name in self._names)


def _facts(node: Node) -> Iterator[Fact]:
    if isinstance(node, Fact):
        yield node
    elif not (isinstance(node, Any) and node.name):
        for part in parts(node):
            yield from _facts(part)


def look_at_codes(held: TermList, report: Report) -> None:
    """Report lines such as [kr], which is Korea's code, where [ko] is meant, which is Korean's."""
    wrong = {lang: code for term in held.terms if (code := facts.code_of(lang := term.lang))}
    for lang, code in wrong.items():
        entry = next(entry for entry in held.entries if entry.term.lang == lang)
        message = f"no item's language is '{lang}', so this and what follows is never found"
        report.in_list("W107", held, entry, message, f"write [{code}] above it")
