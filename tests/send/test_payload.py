"""What a program gets at json://, held against the schema that we publish."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from jsonschema import Draft202012Validator

from tests.support.alerts import an_alert, evil_alert, over_time
from tests.support.desk import NOW, DeskFolder
from tests.support.messages import MESSAGES, OVER_TIME
from tests.support.sinks import Hooks
from tests.support.site import Site
from watchd.cli.schema import schema_text
from watchd.model import Alert, Digest, Evidence, HeldFor, Notice, OfRule, Outcome
from watchd.render.payload import payload
from watchd.send import deliver, endpoints

SCHEMA = json.loads(schema_text("alert"))
CHECK = Draft202012Validator(SCHEMA)
DOCS = Path(__file__).parents[2] / "docs" / "config.md"


def strict(schema: Any) -> Any:
    """The schema with no key beside those it describes: nothing is sent that is not told."""
    if isinstance(schema, dict):
        closed = {"additionalProperties": False} if "properties" in schema else {}
        return {**{key: strict(value) for key, value in schema.items()}, **closed}
    return [strict(one) for one in schema] if isinstance(schema, list) else schema


def facts(hooks: Hooks) -> Any:
    """What the last request had under `watchd`, which is as the schema says."""
    said = hooks.received[-1].json()["watchd"]
    CHECK.validate(said)
    Draft202012Validator(strict(SCHEMA)).validate(said)
    return said


def send(hooks: Hooks, about: Alert | Notice | Digest, address: str = "json://{}/x") -> None:
    (endpoint,) = endpoints("desk", [address.format(hooks.address)])
    assert deliver(endpoint, about).outcome is Outcome.SENT


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_example_in_the_docs_is_as_the_schema_says() -> None:
    (example,) = re.findall(r"^```json\n([\s\S]*?)^```", DOCS.read_text("utf-8"), re.MULTILINE)
    CHECK.validate(json.loads(example)["watchd"])
    Draft202012Validator(strict(SCHEMA)).validate(json.loads(example)["watchd"])


def test_a_program_is_told_why_a_story_comes_again_and_who_else_has_it(hooks: Hooks) -> None:
    told = {"difference": "now also “x”", "follow_up": "5 publishers have it now"}
    send(hooks, an_alert(**told, escalated="30 min", also=("The Wire", "NK News")))
    (hit,) = facts(hooks)["hits"]
    assert {key: hit[key] for key in told} == told
    assert (hit["escalated"], hit["also"]) == ("30 min", ["The Wire", "NK News"])
    send(hooks, an_alert())
    (hit,) = facts(hooks)["hits"]
    assert [hit[key] for key in ("difference", "follow_up", "escalated")] == [None] * 3


def test_a_program_gets_the_hit_with_its_item_and_where_the_words_stand(
    desk: DeskFolder, site: Site, hooks: Hooks
) -> None:
    desk.receiver("desk", f"json://{hooks.address}/x")
    desk.rule("lands", '"alien lands"', why="It came before deployments.")
    site.feed("/a.xml", [{"title": "Rain", "link": "https://e.org/0"}])
    desk.feed("wire", site.url("/a.xml"), publisher="The Wire")
    desk.once(NOW)
    text = "Soldiers <b>went</b> to @here alien lands."
    site.feed("/a.xml", [{"title": "A & B", "text": text, "link": "https://e.org/1"}])
    desk.once(NOW + timedelta(hours=1))
    said = facts(hooks)
    (hit,) = said["hits"]
    assert (said["kind"], said["may_repeat"], said["test"]) == ("alert", False, False)
    assert hit["hit"] == desk.hits()[0].id
    assert hit["rule"] == "lands"
    assert hit["why"] == "It came before deployments."
    assert hit["item"]["publisher"] == "The Wire"
    assert hit["item"]["seen"] == "2026-01-08T10:00:00Z"
    (found,) = hit["evidence"]
    assert hit["item"]["text"] == "Soldiers went to ＠here alien lands."
    text = desk.hits()[0].stored.item.text
    assert text[found["start"] : found["end"]] == found["quote"] == "alien lands"


def test_digests_and_notices_have_the_same_form(hooks: Hooks) -> None:
    at = datetime(2026, 1, 8, tzinfo=UTC)
    alert = an_alert()
    rule = OfRule(
        rule=alert.rule, title="R", severity="high", count=7, since=at, alerts=(alert, alert)
    )
    send(hooks, Digest(id=3, at=at, mode="daily@07:30", rules=(rule,), reasons={HeldFor.DIGEST: 7}))
    said = facts(hooks)
    assert (said["kind"], len(said["hits"]), said["rules"][0]["count"]) == ("digest", 2, 7)
    send(hooks, Digest(id=4, at=at, mode="daily@07:30"))
    assert facts(hooks)["hits"] == []
    for kind in ("digest", "board-digest", "words", "no-words"):
        send(hooks, MESSAGES[kind])
        assert facts(hooks)["kind"] == "digest"
    send(hooks, Notice(at=at, severity="medium", title="A feed fails", lines=("kcna",), why=""))
    assert facts(hooks)["notice"]["lines"] == ["kcna"]


def test_a_program_gets_every_hit_of_a_digest(desk: DeskFolder, site: Site, hooks: Hooks) -> None:
    desk.receiver("desk", f"json://{hooks.address}/x")
    desk.rule("lands", '"alien lands"')
    desk.rule("songs", "song", severity="medium")
    desk.route(receivers=["desk"], mode="daily@07:30 UTC")
    site.feed("/a.xml", [{"title": "Rain", "link": "https://e.org/0"}])
    desk.feed("wire", site.url("/a.xml"), publisher="The Wire")
    desk.once(NOW)
    entries = [
        {"title": f"Alien lands {'ABCDEFGHIJKL'[number % 12]}{number * 7919}: a song",
         "link": f"https://e.org/{number + 1}"}
        for number in range(12)
    ]  # fmt: skip
    site.feed("/a.xml", entries)
    desk.once(NOW + timedelta(hours=1))
    desk.once(NOW + timedelta(days=1))
    said = facts(hooks)
    assert (said["kind"], said["more"]) == ("digest", None)
    assert [one["count"] for one in said["rules"]] == [12, 12]
    assert {one["hit"] for one in said["hits"]} == {one.id for one in desk.hits()}
    rules = [one["rule"] for one in said["hits"]]
    assert rules == ["lands"] * 12 + ["songs"] * 12
    assert {one["item"]["publisher"] for one in said["hits"]} == {"The Wire"}


def of_many(count: int, text: str, *, left: int = 0) -> Digest:
    """A digest of two rules with so many hits each, the first of which people see."""
    at = datetime(2026, 1, 8, tzinfo=UTC)
    rules = []
    for rule in ("a/first", "b/second"):
        begin = 1 if rule == "a/first" else 50_001
        alerts = [an_alert(hit=begin + each, rule=rule, text=text) for each in range(count)]
        rules.append(
            OfRule(
                rule=rule, title="R", severity="high", count=count + left, since=at,
                alerts=tuple(alerts[:2]), others=tuple(alerts[2:]),
                left=tuple(range(begin + count, begin + count + left)),
            )
        )  # fmt: skip
    return Digest(id=3, at=at, rules=tuple(rules), reasons={HeldFor.STORM: 2 * count})


@pytest.mark.parametrize(
    ("service", "text"),
    [("json", "A launch was seen. " * 200), ("form", "미사일을 발사했다 " * 2000)],
    ids=["english", "korean"],
)
def test_where_there_is_little_room_texts_give_way_first(
    service: str, text: str, hooks: Hooks
) -> None:
    send(hooks, of_many(40, text), f"{service}://{{}}/x")
    body = hooks.received[-1].body
    said = json.loads(parse_qs(body)["watchd"][0]) if service == "form" else facts(hooks)
    CHECK.validate(said)
    assert len(body) < 1_000_000
    assert (len(said["hits"]), said["more"]) == (80, None)
    [length] = {len(one["item"]["text"]) for one in said["hits"]}
    assert 100 < length <= 4000
    assert all(one["item"]["text_cut"] is (length < len(text)) for one in said["hits"])


def test_hits_without_room_are_named_and_each_rule_keeps_its_first() -> None:
    said = payload(of_many(240, "미사일을 발사했다 " * 50, left=20))
    assert 500_000 < len(json.dumps(said)) < 800_000
    here = {one["hit"] for one in said["hits"]}
    assert {1, 2, 50_001, 50_002} <= here
    assert said["more"]["count"] == 520 - len(here) > 40
    named = set(said["more"]["hits"])
    assert len(named) == said["more"]["count"]
    assert not named & here
    assert {260, 50_260} <= named
    assert [one["rule"] for one in said["hits"]] == sorted(one["rule"] for one in said["hits"])
    said = payload(of_many(2, "x", left=90_000))
    CHECK.validate(said)
    assert (said["more"]["count"], len(said["more"]["hits"])) == (180_000, 10_000)


@pytest.mark.parametrize("words", ["\x00\x08\ud800\ufffe", "</script>\u202e", "𝒳" * 30_000])
def test_hostile_text_is_still_json_of_that_form(hooks: Hooks, words: str) -> None:
    found = Evidence(field="body", start=0, end=len(words), quote=words[:100])
    send(hooks, an_alert(title=words, text=words, author=words, evidence=(found,)))
    body = hooks.received[-1].body
    assert not re.search(r"(?i)\\ud[89ab]..(?!\\ud[c-f])", body)
    assert facts(hooks)["hits"][0]["item"]["text_cut"] is (len(words) > 20_000)
    send(hooks, evil_alert())
    assert facts(hooks)


def test_a_program_gets_the_numbers_of_a_rule_over_time_and_the_stories_behind(
    hooks: Hooks,
) -> None:
    send(hooks, over_time(evil_alert()))
    assert [one["item"] for one in facts(hooks)["hits"][0]["over_time"]["stories"]] == [3, 2, 2]
    send(hooks, OVER_TIME)
    (hit,) = facts(hooks)["hits"]
    found = hit["over_time"]
    assert (found["value"], found["count"], sum(found["series"])) == (13, 13, 58)
    assert (found["from"], found["to"]) == ("2025-11-06T06:20:00Z", "2026-01-08T06:12:00Z")
    assert found["stories"][1] == {
        "item": 807,
        "title": "러시아련방 대표단 도착",
        "url": "https://example.org/en/news/807",
        "publisher": "Rodong Sinmun",
        "published": "2026-01-07T23:12:00Z",
    }


def test_a_form_has_the_same_as_a_text_and_xml_has_only_apprises_own(hooks: Hooks) -> None:
    send(hooks, an_alert(), "form://{}/x")
    (text,) = parse_qs(hooks.received[-1].body)["watchd"]
    CHECK.validate(json.loads(text))
    send(hooks, an_alert(), "xml://{}/x")
    assert "watchd" not in hooks.received[-1].body.partition("<Message>")[0]


def test_a_key_of_the_users_own_stays_theirs(hooks: Hooks) -> None:
    send(hooks, an_alert(), "json://{}/x?:watchd=mine&:desk=asia")
    assert hooks.received[-1].json()["watchd"] == "mine"
    assert hooks.received[-1].json()["desk"] == "asia"
