"""The keys of config.toml, as pydantic models. docs/config.md describes each; a test holds both.

Strict: no key beside these, no number for a text. Errors never repeat what was written.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from watchd.config import values
from watchd.model import Severity


def _one_or_many(value: Any) -> Any:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _not_empty(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not all(one.strip() for one in value):
        raise values.Wrong("C104", "nothing is given here; leave the key out, or fill it in")
    return value


Duration = Annotated[timedelta, BeforeValidator(values.duration)]
Size = Annotated[int, BeforeValidator(values.size)]
Name = Annotated[str, AfterValidator(values.name)]
Header = Annotated[str, AfterValidator(values.header)]
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), AfterValidator(_not_empty)]
Tags = Annotated[
    tuple[Annotated[str, AfterValidator(values.tag)], ...], BeforeValidator(_one_or_many)
]
Severities = Annotated[
    tuple[Annotated[Severity, BeforeValidator(values.severity)], ...],
    BeforeValidator(_one_or_many),
]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Defaults(_Strict):
    interval: Duration = timedelta(hours=1)


class Fetch(_Strict):
    concurrency: Annotated[int, Field(ge=1, le=256)] = 16
    per_host: Annotated[int, Field(ge=1, le=16)] = 1
    timeout: Duration = timedelta(seconds=30)
    max_bytes: Size = 10 * 2**20
    min_interval: Duration = timedelta(minutes=5)
    user_agent: Header = ""


class Notify(_Strict):
    give_up_after: Duration = timedelta(hours=48)


class FeedEntry(_Strict):
    name: Name
    url: Annotated[str, AfterValidator(values.feed_url)]
    publisher: str = ""
    lang: Annotated[str, AfterValidator(values.language)] = ""
    interval: Duration | None = None
    tags: Tags = ()
    encoding: Annotated[str, AfterValidator(values.encoding)] = ""
    timezone: Annotated[str, AfterValidator(values.timezone)] = ""
    private: bool = False


class ReceiverEntry(_Strict):
    name: Name
    url: Texts | None = None
    url_file: Text | None = None
    url_env: Text | None = None
    url_credential: Text | None = None


class RouteEntry(_Strict):
    receivers: Texts
    rules: Texts | None = None
    tags: Tags = ()
    severity: Severities = ()


class File(_Strict):
    database: Text = "watchd.db"
    rules: Text = "rules"
    contact: Header = ""
    defaults: Defaults = Defaults()
    fetch: Fetch = Fetch()
    notify: Notify = Notify()
    feed: Annotated[tuple[FeedEntry, ...], BeforeValidator(_one_or_many)] = ()
    receiver: Annotated[tuple[ReceiverEntry, ...], BeforeValidator(_one_or_many)] = ()
    route: Annotated[tuple[RouteEntry, ...], BeforeValidator(_one_or_many)] = ()


SECTIONS: dict[str, type[BaseModel]] = {
    "": File,
    "defaults": Defaults,
    "fetch": Fetch,
    "notify": Notify,
    "feed": FeedEntry,
    "receiver": ReceiverEntry,
    "route": RouteEntry,
}
MANY = ("feed", "receiver", "route")  # written with two brackets
