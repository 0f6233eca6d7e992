"""What a query or a rule asks of the desk's feeds, and whether there is such a feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from watchd.model import Feed
from watchd.rules import facts
from watchd.rules.lints.brought import may, must
from watchd.rules.lints.logic import Logic
from watchd.rules.lints.report import Report
from watchd.rules.rule import OverTime, Rule
from watchd.rules.termlist import TermList
from watchd.rules.tree import All, Any, Fact, Node, Term, parts
from watchd.rules.written import Written
from watchd.tomlfile import Document, nearest


class Feeds:
    """The feeds of the config; their languages count only when each feed says its own."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self._feeds = feeds
        self._names = [feed.name for feed in feeds]
        self._tags = {f"tag:{tag}" for feed in feeds for tag in feed.tags}
        self._known_names: dict[str, list[Feed]] = {}
        self._of_lang: dict[str, list[Feed]] = defaultdict(list)
        for feed in feeds:
            self._of_lang[feed.lang.lower()].append(feed)
        langs = set(self._of_lang)
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

    def look_at_what_they_bring(self, rule: Rule, written: Written, report: Report) -> None:
        """Report what no item of these feeds can match, and what every item of theirs does."""
        facts_of = list(_facts(rule.query))
        if not facts_of or not all(map(self._is_known, facts_of)):
            return
        feeds = read = self._unlike(facts_of)
        if rule.only or rule.except_:
            read = [feed for feed in self._feeds if rule.reads(feed.name, feed.tags)]
        if read and not any(may(rule.query, feed) for feed in read):
            which = "no feed" if read is feeds else "of the feeds it reads, none"
            message = f"this rule can never match: {which} brings what this asks for"
            report.in_query("W101", written, rule.query, message)
        else:
            self._look_in(rule.query, feeds, written, report, whole=True)

    def _unlike(self, facts_of: list[Fact]) -> list[Feed]:
        """Of the feeds that these facts do not tell apart, one each."""
        named = {feed.name for fact in facts_of for feed in self._named(fact)}
        found = [feed for feed in self._feeds if feed.name in named] if named else []
        for of_lang in self._of_lang.values():
            found += [feed for feed in of_lang if feed.name not in named][:1]
        return found

    def _named(self, fact: Fact) -> list[Feed]:
        if fact.field != "source":
            return []
        if fact.value not in self._known_names:
            self._known_names[fact.value] = [
                feed for feed in self._feeds if facts.holds(fact, source=feed.name, url="", lang="")
            ]
        return self._known_names[fact.value]

    def _look_in(
        self, node: Node, feeds: list[Feed], written: Written, report: Report, *, whole: bool
    ) -> None:
        if isinstance(node, Term) or (isinstance(node, Any) and node.name):
            return
        if isinstance(node, All) and not any(may(node, feed) for feed in feeds):
            message = "this part can never match: no feed brings what this asks for"
            report.in_query("W101", written, node, message)
        elif (whole or _is_of_facts(node)) and all(must(node, feed) for feed in feeds):
            if not Logic().always(node):  # else it is told of already
                message = "this is true of every item of your feeds, so it says nothing"
                report.in_query("W105", written, node, message, "take it out")
        else:
            for part in parts(node):
                self._look_in(part, feeds, written, report, whole=False)

    def _is_known(self, fact: Fact) -> bool:
        """Whether a fact is not told of as one that no feed has."""
        return {"lang": self._has_lang(fact.value), "source": self._has_source(fact)}.get(
            fact.field, True
        )

    def look_at_sources(self, rule: Rule | OverTime, report: Report) -> None:
        """Report names and tags under [sources] that no feed has, and when they leave no feed.

        So too those that a `flatline` watches.
        """
        table = rule.table if isinstance(rule, OverTime) else None
        listens: Sequence[str] = getattr(table, "sources", ())
        if not rule.only and not rule.except_ and not listens:
            return
        known = {*self._names, *self._tags}
        document = Document(rule.source, rule.path, {})
        missing = False
        places = (
            ("sources", "only", rule.only),
            ("sources", "except", rule.except_),
            ("flatline", "sources", listens),
        )
        for section, key, names in places:
            for number, name in enumerate(names):
                if name not in known:
                    missing = True
                    what = "feed has the tag" if name.startswith("tag:") else "feed has the name"
                    message = f"no {what} '{name.removeprefix('tag:')}'"
                    close = nearest(name, known)
                    hint = f"write {close}" if close else ""
                    path = (section, key, number)
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
        return bool(self._named(fact))


def _facts(node: Node) -> Iterator[Fact]:
    if isinstance(node, Fact):
        yield node
    elif not (isinstance(node, Any) and node.name):
        for part in parts(node):
            yield from _facts(part)


def _is_of_facts(node: Node) -> bool:
    """Whether a node is an OR of facts alone."""
    return isinstance(node, Any) and all(isinstance(part, Fact) for part in node.parts)
