"""What was lost, what came twice: the world's own logs against the database and the rules.

Nothing here asks the outbox what was due. The rules are run over every stored item again, so
an alert that was never written down is missed like any other. Only of rules over time the hits
that were found are taken as they stand.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from watchd import rules
from watchd.model import Item
from watchd.stories.canonical import canonical_url
from watchd.stories.sketch import alike, one_page

SINKS = {"/hook/a": "hook-a", "/hook/b": "hook-b", "mail": "mail"}  # to the names in the config
_ACCEPTED = (200, 250)
_HIT = re.compile(r"^hit (\d+) · rule ", re.M)
_LINE = re.compile(r"\d{4}-\d\d-\d\dT\S+Z (\w+) +(\S+)")
_LATE = re.compile(r"delivery\.\S+ .*?\bhit=(\d+) .*?\bto=([^/\s]+)/.*?\boutcome=unknown")
_OPEN = "(state in ('pending', 'sending') or state = 'unknown' and next_attempt_at is not null)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """What one receiver should have got and got. A repeat is a further copy of the same hit."""

    due: int
    received: int
    lost: int
    waiting: int  # of items that came in after the last kill, when nobody waited any more
    unasked: int  # received, though no rule finds it or it is of a feed's first fetch
    repeats: int
    marked: int  # repeats that say they may be one
    late: int  # repeats where the receiver had answered too late to be heard
    unexplained: int  # neither marked nor late


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The result of a run. `sound` is what decides about the exit code."""

    items: dict[str, int]
    hits: dict[str, int]
    alerts: dict[str, Alerts]
    daemon: dict[str, Any]
    integrity: str
    log: dict[str, int]  # its warnings and errors, by name
    trouble: list[str]  # lines of it that speak of a bug or of a database in trouble
    machine: dict[str, Any] = field(default_factory=dict)

    @property
    def wrongs(self) -> list[str]:
        """What is not as it should be; empty when all is well."""
        daemon = self.daemon
        found = {
            "items lost": self.items["lost"],
            "items counted as a first fetch that were none": self.items["baseline_wrong"],
            "hits missing": self.hits["missing"],
            "hits that no rule explains": self.hits["extra"],
            "lines of trouble in the log": len(self.trouble),
            "ends of the daemon that nobody asked for": len(daemon["ended_early"]),
            "parser processes left behind": daemon["left_behind"],
            "outbox not drained": not daemon["drained"],
            "SIGTERM not obeyed in 10 s with exit code 0": daemon["exit_code"] != 0
            or daemon["exit_seconds"] > 10,
            f"integrity check: {self.integrity}": self.integrity != "ok",
        }
        for name, one in self.alerts.items():
            found[f"{name}: alerts lost"] = one.lost
            found[f"{name}: alerts nobody asked for"] = one.unasked
            found[f"{name}: repeats neither marked nor explained"] = one.unexplained
        return [f"{words} ({int(count)})" for words, count in found.items() if count]

    @property
    def sound(self) -> bool:
        return not self.wrongs

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {**asdict(self), "wrongs": self.wrongs, "sound": self.sound}

    def as_text(self) -> str:
        """For people."""
        rows = {"items": self.items, "hits": self.hits}
        rows |= {name: asdict(one) for name, one in self.alerts.items()}
        rows |= {"daemon": self.daemon, "machine": self.machine, "log": self.log}
        lines = [f"{name:10} {_spelled(row)}" for name, row in rows.items()]
        lines += [f"integrity  {self.integrity}", *(f"trouble    {line}" for line in self.trouble)]
        return "\n".join([*lines, *(f"WRONG      {words}" for words in self.wrongs)])


def outstanding(folder: Path, log: Path, cut: datetime) -> tuple[int, int]:
    """Items shown before `cut` that are not stored yet, and deliveries of that time still open."""
    with _database(folder) as db:
        stored = set(db.execute("select feed, guid from items"))
        query = f"select count(*) from deliveries where {_OPEN} and created_at <= ?"
        open_ones = db.execute(query, (_stamp(cut),)).fetchone()[0]
    return len(_exposed(log, cut)[0] - stored), open_ones


def count(
    folder: Path, log: Path, cut: datetime, daemon: dict[str, Any], machine: dict[str, Any]
) -> Figures:
    """Compare everything. `cut` is when the killing ended: what came later need not be settled."""
    before, after = _exposed(log, cut)
    with _database(folder) as db:
        stored = set(db.execute("select feed, guid from items"))
        query = "select id, rule, item_id, revision, status from hits where over_time is {} null"
        hits_rows = list(db.execute(query.format("")))
        over_time = list(db.execute(query.format("not")))
        hits = {tuple(row[1:]): row[0] for row in hits_rows}
        seen = dict(db.execute("select id, first_seen_at from items"))
        integrity = db.execute("pragma integrity_check").fetchone()[0]
        revisions = db.execute("select count(*) from item_revisions").fetchone()[0]
        found = {tuple(row[1:4]): row[0] for row in hits_rows}
        expected = told_once(dict(_expected(db, folder / "rules")), found)
        wrong = db.execute(
            "select count(*) from items i join feeds f on f.name = i.feed "
            "where i.baseline and i.first_seen_at > f.baseline_at"
        ).fetchone()[0]
    ids = {key[:3]: hit for key, hit in hits.items()}
    # A hit that was never written has no number to be received under: it gets one of its own.
    due: dict[Any, str] = {ids.get(key, (key,)): one.seen for key, one in expected.items()
           if one.status == "alerted"}  # fmt: skip
    due |= {hit: seen[item] for hit, _, item, _, status in over_time if status == "alerted"}
    logged, trouble, late = _daemon_log(folder / "daemon.log")
    wanted = {(*key, one.status) for key, one in expected.items()}
    return Figures(
        items={
            "exposed": len(before | after),
            "stored": len(stored & (before | after)),
            "lost": len(before - stored),
            "on_the_way": len(after - stored),  # shown after the cut, as the daemon was stopped
            "edited": revisions,
            "baseline_wrong": wrong,
        },
        hits={
            "expected": len(wanted),
            "found": len(hits),
            "over_time": len(over_time),
            "missing": len(wanted - set(hits)),
            "extra": len(set(hits) - wanted),
        },
        alerts={
            name: _alerts(due, received, late[name], _stamp(cut))
            for name, received in _received(log, late).items()
        },
        daemon=daemon,
        integrity=integrity,
        log=dict(logged.most_common()),
        trouble=trouble,
        machine=machine,
    )


def _alerts(
    due: dict[Any, str], received: dict[int, list[bool]], late: set[int], cut: str
) -> Alerts:
    """`due`: when the item came in, by hit; `received`: whether each copy is marked, by hit."""
    absent = [seen for hit, seen in due.items() if hit not in received]
    further = {hit: len(copies) - 1 for hit, copies in received.items()}
    unmarked = {hit: max(copies.count(False) - 1, 0) for hit, copies in received.items()}
    return Alerts(
        due=len(due),
        received=len(received),
        lost=sum(seen <= cut for seen in absent),
        waiting=sum(seen > cut for seen in absent),
        unasked=len(set(received) - set(due)),
        repeats=sum(further.values()),
        marked=sum(further.values()) - sum(unmarked.values()),
        late=sum(extra for hit, extra in further.items() if hit in late),
        unexplained=sum(extra for hit, extra in unmarked.items() if hit not in late),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A hit there should be."""

    status: str
    seen: str  # when its item came in, as the database writes it
    feed: str
    link: str
    text: tuple[str, str]  # title and text
    words: frozenset[str]
    update: bool


Key = tuple[str, int, int]  # rule, item, revision


def told_once(expected: dict[Key, Expected], numbers: dict[Key, int]) -> dict[Key, Expected]:
    """The same, where of one rule and story only the first is alerted, and edits that say more.

    Every text is compared with every other: nothing here asks the sketches, or the table of
    stories. `numbers` are those of the hits that were written, in the order of which they count.
    """
    last = max(numbers.values(), default=0) + 1
    order = sorted(expected, key=lambda key: (numbers.get(key, last), key))
    stories: list[list[Expected]] = []
    of_item: dict[int, int] = {}
    told: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    begun = set[tuple[str, int]]()
    settled = {}
    for key in order:
        one = expected[key]
        settled[key] = one
        if one.status != "alerted":
            continue
        rule, item, _ = key
        if item not in of_item:
            same = (n for n, copies in enumerate(stories) if any(_same(one, c) for c in copies))
            of_item[item] = next(same, len(stories))
            if of_item[item] == len(stories):
                stories.append([])
            stories[of_item[item]].append(one)
        place = rule, of_item[item]
        known = place in begun and (not one.update or one.words <= told[place])
        if known:
            settled[key] = replace(one, status="same-story")
        else:
            begun.add(place)
            told[place] |= one.words
    return settled


def _same(one: Expected, other: Expected) -> bool:
    if one.text == other.text:
        return True
    link = canonical_url(one.link)
    if link and link == canonical_url(other.link) and one.feed != other.feed:
        return one_page(one.text, other.text)
    return alike(one.text[1], other.text[1])


def _expected(db: sqlite3.Connection, folder: Path) -> Iterator[tuple[Key, Expected]]:
    """Every hit there should be, were each item a story of its own."""
    ruleset = rules.RuleSet(rules.load(folder).rules)
    columns = "item_id, revision, title, text, author, url, categories, lang, seen_at"
    current = f"select {columns.replace('item_id', 'id as item_id')} from items"
    query = (
        f"select r.*, i.feed, i.key, i.baseline, i.first_seen_at from "
        f"({current} union all select {columns} from item_revisions) r "
        f"join items i on i.id = r.item_id order by r.item_id, r.revision"
    )
    words: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for row in db.execute(query):
        number, revision, title, text, author, url, categories, lang, seen = row[:9]
        feed, key, baseline, first_seen = row[9:]
        item = Item(
            key=key, title=title, text=text, author=author, url=url, lang=lang,
            categories=tuple(json.loads(categories)),
        )  # fmt: skip
        moment = datetime.fromisoformat(seen).replace(tzinfo=UTC)
        for match in ruleset.match(item, source=feed, now=moment):
            quotes = {evidence.quote.casefold() for evidence in match.evidence}
            earlier = words[match.rule.id, number]
            if match.rule.status != "stable":
                status = "quiet"
            elif earlier and quotes <= earlier:
                status = "repeated"
            else:
                status = "baseline" if baseline and revision == 1 else "alerted"
            earlier |= quotes
            told = Expected(
                status=status, seen=first_seen, feed=feed, link=url, text=(title, text),
                words=frozenset(quotes), update=revision > 1,
            )  # fmt: skip
            yield (match.rule.id, number, revision), told


def _exposed(log: Path, cut: datetime) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """What the world showed in complete answers: up to `cut`, and after it."""
    before: set[tuple[str, str]] = set()
    after: set[tuple[str, str]] = set()
    for row in _rows(log / "exposed.jsonl"):
        (before if row["at"] <= cut.timestamp() else after).add((row["feed"], row["guid"]))
    return before, after


def _received(log: Path, late: dict[str, set[int]]) -> dict[str, dict[int, list[bool]]]:
    """What each receiver took, by hit: for each copy whether it says it may be a repeat.

    Where the world itself says that it answered late, that is added to `late`.
    """
    found: dict[str, dict[int, list[bool]]] = {name: {} for name in SINKS.values()}
    for row in _rows(log / "received.jsonl"):
        if row["status"] not in _ACCEPTED:
            continue
        name = SINKS[row["sink"].partition(":")[0].rstrip("/")]
        hit, marked = _mail(row["body"]) if name == "mail" else _hook(row["body"])
        if hit is None:
            continue  # a word of watchd on itself, or the daemon died in the middle of one
        found[name].setdefault(hit, []).append(marked)
        if row.get("late"):
            late[name].add(hit)
    return found


def _hook(body: str) -> tuple[int | None, bool]:
    try:
        message = json.loads(body)["message"]
    except ValueError:
        return None, False
    hit = _HIT.findall(message)
    return (int(hit[-1]) if hit else None), message.startswith("REPEAT?")


def _mail(body: str) -> tuple[int | None, bool]:
    mail = email.message_from_string(body, policy=email.policy.default)
    hit = mail["X-Watchd-Hit"]
    return (int(hit or 0) or None), str(mail["Subject"]).startswith("REPEAT?")


def _daemon_log(path: Path) -> tuple[Counter[str], list[str], dict[str, set[int]]]:
    """Its warnings and errors by name, the lines of trouble, and by receiver the hits that were
    not answered in time."""
    names: Counter[str] = Counter()
    trouble: list[str] = []
    late: dict[str, set[int]] = {name: set() for name in SINKS.values()}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        found = _LINE.match(line)
        if found is None:
            trouble.append(line)  # not written by our log: a traceback, a library's own words
        elif found[1] in ("ERROR", "CRITICAL"):
            trouble.append(line)
            names[found[2]] += 1
        elif found[1] == "WARNING":
            names[found[2]] += 1
        if unheard := _LATE.search(line):
            late[unheard[2]].add(int(unheard[1]))
    return names, trouble, late


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):  # else it is being written just now
                    yield json.loads(line)


def _database(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"file:{folder / 'watchd.db'}?mode=ro", uri=True, timeout=30))


def _stamp(moment: datetime) -> str:
    """As the database writes a time."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def _spelled(row: dict[str, Any]) -> str:
    return "  ".join(f"{name} {value}" for name, value in row.items())
