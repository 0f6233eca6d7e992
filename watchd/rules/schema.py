"""What a rule file may hold: one model for each table, one for the file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from watchd.model import Severity

RuleType = Literal["match", "frequency", "spike", "ratio", "sequence", "new_term", "flatline"]
Text = Annotated[str, StringConstraints(min_length=1)]
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9]\d*(s|m|h|d|w)$")]
_Count = Annotated[int, Field(ge=1)]
_Share = Annotated[float, Field(gt=0)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Sources(_Table):
    """[sources]: feed names, or `tag:x` for the feeds of a tag."""

    only: list[Text] = []
    except_: list[Text] = Field(default=[], alias="except")


class Indicator(_Table):
    """[indicator]: what a hit means on the board."""

    problem: Text
    points_to: Text
    weight: Literal["weak", "moderate", "strong"] = "moderate"
    lasts: Duration = "30d"


class Frequency(_Table):
    """[frequency]: so many hits within a time."""

    at_least: _Count
    within: Duration
    by: Literal["source", "publisher", "lang", "story"] | None = None
    distinct: Literal["source", "publisher", "story"] | None = None


class Spike(_Table):
    """[spike]: more hits in a window than the time before it makes likely."""

    window: Duration
    baseline: Duration
    sensitivity: Literal["low", "normal", "high"] = "normal"
    at_least: _Count = 3
    warm_up: Duration = "14d"


class Ratio(_Table):
    """[ratio]: how often one query is met against another, in the items of the rule's query."""

    count: str
    against: str
    unit: Literal["mentions", "items"] = "mentions"
    within: Duration
    above: _Share | None = None
    below: _Share | None = None
    at_least: _Count = 1


class Step(_Table):
    """[[sequence.step]]: a query or another rule that has to be met, or must not be."""

    name: Text
    query: str | None = None
    rule: Text | None = None
    absent: bool = False


class Sequence(_Table):
    """[sequence]: several things within a time."""

    within: Duration
    order: Literal["any", "as listed"] = "any"
    step: list[Step]


class NewTerm(_Table):
    """[new_term]: words of the query that were not used before."""

    history: Duration
    known: list[Text] = []


class Flatline(_Table):
    """[flatline]: feeds that have gone quiet."""

    sources: Annotated[list[Text], Field(min_length=1)]
    fewer_than: _Count = 1
    within: Duration


class _Item(_Table):
    title: str = ""
    text: str = ""
    source: str = ""
    lang: str = ""
    author: str = ""
    url: str = ""
    category: list[str] = []


class TestItem(_Item):
    """One of the `items` of a [[test]] of a rule over time."""

    published: AwareDatetime


class Test(_Item):
    """[[test]]: an item, or items over time, and what the rule has to make of them."""

    name: Text
    expect: Literal["match", "no match", "alert", "no alert", "not ready"]
    spans: list[Text] = []
    items: list[TestItem] = []
    at: AwareDatetime | None = None
    history_from: AwareDatetime | None = None
    value: float | None = None


class RuleFile(_Table):
    """A rule file."""

    title: Text
    severity: Severity
    type: RuleType = "match"
    status: Literal["draft", "test", "stable", "off"] = "stable"
    tags: list[Text] = []
    why: str = ""
    references: list[str] = []
    false_positives: list[str] = []
    owner: str = ""
    throttle: Duration | None = None
    expires: date | None = None
    was: Text | None = None
    query: str | None = None
    frequency: Frequency | None = None
    spike: Spike | None = None
    ratio: Ratio | None = None
    sequence: Sequence | None = None
    new_term: NewTerm | None = None
    flatline: Flatline | None = None
    sources: Sources = Sources()
    indicator: Indicator | None = None
    test: list[Test] = []


TABLES: dict[tuple[str, ...], type[BaseModel]] = {
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


def keys(model: type[BaseModel]) -> list[str]:
    """The keys of a table as they are typed."""
    return [field.alias or name for name, field in model.model_fields.items()]
