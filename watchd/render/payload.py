"""What a program is told: the facts of a message as JSON, in the form of `watchd schema alert`.

Programs pass on what they get, so that here, too, feed text is harmless: no markup, no mention,
no hidden character. `evidence` counts characters in the item as it was read (`watchd items`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from watchd.model import Alert, Digest, Notice
from watchd.model.board import Board
from watchd.model.words import Words
from watchd.render.everyhit import TEXT, Size, fitted
from watchd.render.inert import inert, link

SCHEMA = 1
"""Grows when something that was there changes or goes; what is only added does not count."""

FACTS = ("json", "form")
"""The services that get them: a form has texts only, so that there it is one text. XML gets none:
its elements are flat, with names that are known."""

_MOST = 800_000
"""Bytes of the facts as they are sent. With Apprise's own keys that is under 1 MB, which web
servers take unless told otherwise: https://nginx.org/en/docs/http/ngx_http_core_module.html
(`client_max_body_size`)."""


def beside(service: str, about: Alert | Notice | Digest) -> dict[str, Any] | str | None:
    """What a webhook of Apprise gets beside the words; None: nothing."""
    if service not in FACTS:
        return None
    if service == "json":
        return payload(about)
    return json.dumps(payload(about, lambda facts: len(quote_plus(json.dumps(facts)))))


def payload(
    about: Alert | Notice | Digest, size: Size = lambda facts: len(json.dumps(facts))
) -> dict[str, Any]:
    """The facts of a message; `size` tells how many bytes some of them have when they are sent."""
    said: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": "alert",
        "id": about.id or None,
        "may_repeat": about.may_repeat,
        "test": False,
        "kept": None,
        "hits": [],
        "more": None,
        "rules": [],
        "board": None,
        "words": None,
        "notice": None,
    }
    if isinstance(about, Notice):
        notice = {
            "severity": about.severity,
            "title": inert(about.title),
            "lines": [inert(line) for line in about.lines],
            "at": moment(about.at),
        }
        return {**said, "kind": "notice", "notice": notice}
    said["kept"] = inert(" ".join(filter(None, (about.kept, about.aside)))) or None
    if isinstance(about, Alert):
        return {**said, "test": about.sample, "hits": [of_hit(about)]}
    rules = [
        {
            "rule": inert(one.rule),
            "title": inert(one.title),
            "severity": one.severity,
            "count": one.count,
        }
        for one in about.rules
    ]
    board = _board(about.board) if about.board else None
    said |= {"kind": "digest", "rules": rules, "board": board, "words": _words(about.words)}
    hits, more = fitted(about.rules, of_hit, size, _MOST - size(said))
    return {**said, "hits": hits, "more": more}


def _words(words: Words | None) -> dict[str, Any] | None:
    """A report on words; None: it is none."""
    if words is None:
        return None
    return {
        "name": inert(words.name),
        "baseline": moment(words.baseline),
        "since": moment(words.since),
        "until": moment(words.until),
        "texts": words.texts,
        "texts_before": words.texts_before,
        "share": words.share,
        "tried": words.tried,
        "not_ready": [inert(one) for one in words.not_ready],
        "more": words.more,
        "phrases": [
            {
                "words": inert(one.words),
                "lang": inert(one.lang) or None,
                "kind": one.kind,
                "now": one.now,
                "of": one.of_now,
                "before": one.before,
                "of_before": one.of_before,
                "change": round(one.change, 2),
                "chance": one.chance,
                "examples": [
                    {
                        "title": inert(each.title),
                        "url": link(each.url) or None,
                        "source": inert(each.source),
                        "at": moment(each.at),
                    }
                    for each in one.examples
                ],
            }
            for one in words.phrases
        ],
    }


def _board(board: Board) -> dict[str, Any]:
    return {
        "since": moment(board.since),
        "indicators": [
            {
                "rule": inert(one.rule),
                "title": inert(one.title),
                "problem": inert(one.problem),
                "level": one.level,
                "was": one.was or None,
                "reckoned": one.reckoned,
                "set_by": inert(one.author) or None,
                "reason": inert(one.reason) or None,
                "weight": one.weight,
                "texts": one.texts,
                "last": moment(one.last),
                "hit": one.hit or None,
                "sources": one.sources,
                "unwell": one.unwell,
                "per_day": list(one.per_day),
            }
            for one in board.standings
        ],
    }


def of_hit(alert: Alert, most: int = TEXT) -> dict[str, Any]:
    """A hit with its item, and up to `most` characters of its text."""
    item = alert.item
    text = inert(item.text[: 2 * most])
    return {
        "hit": alert.hit or None,
        "rule": inert(alert.rule),
        "rule_title": inert(alert.rule_title),
        "rule_version": inert(alert.rule_version),
        "severity": alert.severity,
        "why": inert(alert.why) or None,
        "update": alert.update,
        "difference": inert(alert.difference) or None,
        "follow_up": inert(alert.follow_up) or None,
        "escalated": inert(alert.escalated) or None,
        "also": [inert(one) for one in alert.also],
        "over_time": _over_time(alert),
        "item": {
            "id": alert.item_id or None,
            "url": link(item.url) or None,
            "title": inert(item.title),
            "text": text[:most],
            "text_cut": len(text) > most or len(item.text) > 2 * most,
            "author": inert(item.author) or None,
            "lang": inert(item.lang) or None,
            "published": moment(item.published),
            "seen": moment(alert.seen_at),
            "source": inert(alert.source),
            "publisher": inert(alert.publisher),
        },
        "evidence": [
            {"field": one.field, "start": one.start, "end": one.end, "quote": inert(one.quote)}
            for one in alert.evidence
        ],
    }


def _over_time(alert: Alert) -> dict[str, Any] | None:
    """The numbers of a rule over time, and the stories behind them; None: a rule of one item."""
    found = alert.over_time
    if found is None:
        return None
    return {
        "said": inert(found.said),
        "value": found.value,
        "for": inert(found.key) or None,
        "from": moment(found.since),
        "to": moment(found.until or found.at),
        "series": list(found.series),
        "count": found.stories,
        "stories": [
            {
                "item": one.item,
                "title": inert(one.title),
                "url": link(one.url) or None,
                "publisher": inert(one.publisher),
                "published": moment(one.at),
            }
            for one in alert.behind
        ],
    }


def moment(when: datetime | None) -> str | None:
    """A time as RFC 3339 has it, in UTC."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z") if when else None
