"""What a rule file may hold: its tables, and the file as a whole."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from watchd.model import FollowUp, Severity
from watchd.tables.marks import Above, Aware, Between, Check, Filled, Like, Shown, Table
from watchd.values import field

RuleType = Literal["match", "frequency", "spike", "ratio", "sequence", "new_term", "flatline"]
Text = Annotated[str, Filled()]
Duration = Annotated[str, Like(r"^[1-9]\d*(s|m|h|d|w)$")]
Time = Annotated[datetime, Aware()]
_Count = Annotated[int, Between(1)]


def _follow_up(text: str) -> str:
    FollowUp.read(text)
    return text


_FollowUp = Annotated[
    str,
    Check(_follow_up),
    Shown({"type": "string", "examples": ["publishers:5", "new words", "publishers:5, new words"]}),
]
_Share = Annotated[float, Above(0)]


def _empty() -> Any:
    """No values: a list for each file, which nobody shares."""
    return field(default_factory=list)


class Sources(Table, frozen=True, kw_only=True, rename={"except_": "except"}):
    """[sources]: feed names, or `tag:x` for the feeds of a tag."""

    only: list[Text] = _empty()
    """Look only at these feeds, by name, or by tag: `"tag:kcna"`."""
    except_: list[Text] = _empty()
    """Leave these out."""


class Indicator(Table, frozen=True, kw_only=True):
    """[indicator]: what a hit means on the board."""

    problem: Text
    """The question."""
    points_to: Text
    """What a hit makes more likely."""
    weight: Literal["weak", "moderate", "strong"] = "moderate"
    """How far one hit goes."""
    lasts: Duration = "30d"
    """How long a hit counts."""


class Frequency(Table, frozen=True, kw_only=True):
    """[frequency]: so many hits within a time."""

    at_least: _Count
    """How many hits there must be."""
    within: Duration
    """The time in which they must fall."""
    by: Literal["source", "publisher", "lang", "story"] | None = None
    """Count for each of these by itself."""
    distinct: Literal["source", "publisher", "story"] | None = None
    """Count only different ones of these."""


class Spike(Table, frozen=True, kw_only=True):
    """[spike]: more hits in a window than the time before it makes likely."""

    window: Duration
    """The time that is looked at."""
    baseline: Duration
    """The time before it, which it is compared with."""
    sensitivity: Literal["low", "normal", "high"] = "normal"
    """How unusual it must be before you hear of it; `high` hears of more."""
    at_least: _Count = 3
    """Never on fewer stories than this."""
    warm_up: Duration = "14d"
    """Say nothing before there is so much history."""


class Ratio(Table, frozen=True, kw_only=True):
    """[ratio]: how often one query is met against another, in the items of the rule's query."""

    count: str
    """A query: what is counted."""
    against: str
    """A query: what it is measured against."""
    unit: Literal["mentions", "items"] = "mentions"
    """Whether each mention counts, or each item once."""
    within: Duration
    """The time in which they are counted."""
    above: _Share | None = None
    """3.0: alert when `count` is three times `against` or more. This or `below` is needed."""
    below: _Share | None = None
    """0.5: alert when `count` is half of `against` or less. This or `above` is needed."""
    at_least: _Count = 1
    """Never on fewer of the two together."""


class Step(Table, frozen=True, kw_only=True):
    """[[sequence.step]]: a query or another rule that has to be met, or must not be."""

    name: Text
    """What this step is called in the alert."""
    query: str | None = None
    """What an item must say. This or `rule` is needed."""
    rule: Text | None = None
    """The id of another rule, a hit of which is this step."""
    absent: bool = False
    """Whether it must not have happened."""


class Sequence(Table, frozen=True, kw_only=True):
    """[sequence]: several things within a time."""

    within: Duration
    """The time in which all steps must fall."""
    order: Literal["any", "as listed"] = "any"
    """Whether the steps must come in the order in which they are listed."""
    step: list[Step]
    """The steps: two or more [[sequence.step]]."""


class NewTerm(Table, frozen=True, kw_only=True):
    """[new_term]: words of the query that were not used before."""

    history: Duration
    """How far back a wording is looked for; what is older is new again."""
    known: list[Text] = _empty()
    """Wordings that are never new."""


class Flatline(Table, frozen=True, kw_only=True):
    """[flatline]: feeds that have gone quiet."""

    sources: Annotated[list[Text], Filled()]
    """The feeds that are watched, by name, or by tag: `"tag:kcna"`."""
    fewer_than: _Count = 1
    """With fewer items than this a feed has gone quiet, until it has had so many again."""
    within: Duration
    """The time that is looked at."""


class _Item(Table, frozen=True, kw_only=True):
    title: str = ""
    """The item's title."""
    text: str = ""
    """The item's text. One of the two is needed."""
    source: str = ""
    """The feed it comes from."""
    lang: str = ""
    """The item's language."""
    author: str = ""
    """Who wrote it."""
    url: str = ""
    """Its address."""
    category: list[str] = _empty()
    """Its categories."""


class TestItem(_Item, frozen=True, kw_only=True):
    """One of the `items` of a [[test]] of a rule over time."""

    published: Time
    """When it was published."""


class Test(_Item, frozen=True, kw_only=True):
    """[[test]]: an item, or items over time, and what the rule has to make of them."""

    name: Text
    """What this test shows."""
    expect: Literal["match", "no match", "alert", "no alert", "not ready"]
    """What the rule must do."""
    spans: list[Text] = _empty()
    """Words that must be among those found, as they stand in the item."""
    at: Time | None = None
    """Of a rule over time: when it is looked at."""
    history_from: Time | None = None
    """Of a rule over time: since when items have been collected."""
    value: float | None = None
    """Of a rule over time: the figure it must come to."""
    items: list[TestItem] = _empty()
    """Of a rule over time: the items, each in { }, with the keys of an item above and
    `published`."""


class RuleFile(Table, frozen=True, kw_only=True):
    """A rule file."""

    title: Text
    """What the rule finds. It is the first line of the alert."""
    severity: Severity
    """How much it matters. Routes in config.toml can go by it."""
    type: RuleType = "match"
    """The kind of rule: `match` looks at one item, the others at several over time."""
    status: Literal["draft", "test", "stable", "off"] = "stable"
    """With `draft` and `test` hits are kept and not sent; with `off` nothing is looked for."""
    tags: list[Text] = _empty()
    """Words of yours, for routes in config.toml."""
    why: str = ""
    """Why a hit matters. It is printed on every alert."""
    references: list[str] = _empty()
    """Where this is explained."""
    false_positives: list[str] = _empty()
    """What it is known to find wrongly."""
    owner: str = ""
    """Who looks after the rule."""
    throttle: Duration | None = None
    """Between two messages about the same story: an update or a follow-up waits for so long."""
    follow_up: _FollowUp | None = None
    """When a later copy of a story that was told is told as well: `"publishers:5"`, when so many
    have it; `"new words"`, when the rule finds words in it that were in no alert; or both."""
    expires: date | None = None
    """The last day on which it is looked for."""
    was: Text | None = None
    """The id it had before its file was renamed: what was found then is not sent again."""
    query: str | None = None
    """What an item must say. Every type but `sequence` and `flatline` needs it."""
    frequency: Frequency | None = None
    spike: Spike | None = None
    ratio: Ratio | None = None
    sequence: Sequence | None = None
    new_term: NewTerm | None = None
    flatline: Flatline | None = None
    sources: Sources = Sources()
    indicator: Indicator | None = None
    test: list[Test] = _empty()


TABLES: dict[tuple[str, ...], type[Table]] = {
    (): RuleFile,
    ("sources",): Sources,
    ("indicator",): Indicator,
    ("frequency",): Frequency,
    ("spike",): Spike,
    ("ratio",): Ratio,
    ("sequence",): Sequence,
    ("sequence", "step"): Step,
    ("new_term",): NewTerm,
    ("flatline",): Flatline,
    ("test",): Test,
    ("test", "items"): TestItem,
}
"""Every table of a rule file, by the keys that lead to it."""
