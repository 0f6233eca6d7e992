"""Who gets what, when: receivers, routes, and what may keep an alert back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Literal

from watchd.model.feeds import Severity
from watchd.values import Struct, field, without


class HeldFor(StrEnum):
    """Why a delivery was not sent at once. The list is closed; docs/config.md tells each."""

    NOTHING = ""
    GROUP = "group"  # its route gathers for a while
    DIGEST = "digest"  # its route sends once a day, or a week
    QUIET = "quiet"  # quiet hours
    THROTTLE = "throttle"  # its rule had its messages
    STORM = "storm"  # its receiver had its messages
    CATCH_UP = "catch_up"  # watchd had been away, and looks at everything first
    FALLBACK = "fallback"  # sent, because another receiver does not take it
    ESCALATED = "escalated"  # sent, because nobody acknowledged it where it went first


class Mode(Struct, frozen=True, kw_only=True):
    """How a route sends. `text` is as written, with the zone it is meant in."""

    kind: Literal["now", "group", "daily", "weekly"]
    text: str
    every: timedelta = timedelta(0)  # of a group: from its first alert on
    minutes: int = 0  # of a digest: of the day, on the clocks of its zone
    weekday: int = 0  # of a weekly digest: 0 is Monday
    zone: tzinfo | None = None  # of a digest; None: that of the config


class Quiet(Struct, frozen=True, kw_only=True):
    """Hours in which nothing is sent but what is critical. `end` <= `start`: on the next day."""

    days: frozenset[int]  # on which they begin; 0 is Monday
    start: int  # minutes of the day, on the clocks of the zone
    end: int
    zone: tzinfo | None  # None: that of the config
    text: str = ""  # as written

    def key(self, zone: tzinfo) -> str:
        """As stored: "0123456/1320-420/Europe/Berlin"; `zone` is that of the config."""
        days = "".join(map(str, sorted(self.days)))
        return f"{days}/{self.start}-{self.end}/{self.zone or zone}"

    @classmethod
    def read(cls, key: str) -> Quiet:
        """The reverse of `key`."""
        days, hours, name = key.split("/", 2)
        start, end = map(int, hours.split("-"))
        return cls(days=frozenset(map(int, days)), start=start, end=end, zone=_zone(name))


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # few desks have quiet hours

    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # written on a machine that knows more of them
        return UTC


class Rate(Struct, frozen=True, kw_only=True):
    """At most so many messages in any span of that length."""

    count: int
    per: timedelta

    @property
    def key(self) -> str:
        """As stored: "3/3600"."""
        return f"{self.count}/{round(self.per.total_seconds())}"

    @classmethod
    def read(cls, key: str) -> Rate:
        """The reverse of `key`."""
        count, seconds = key.split("/")
        return cls(count=int(count), per=timedelta(seconds=int(seconds)))


class Endpoint(Struct, frozen=True, kw_only=True):
    """One address of a receiver: one channel, one mailbox. `url` is secret and stays in memory."""

    receiver: str
    name: str  # stable and safe to show, e.g. "desk/slack:#intel"
    url: str
    # A hash of where it leads, salted for one database, by which it is known under another name;
    # "": not reckoned.
    mark: str = ""
    # The receiver's own form for its alerts: file name -> text, see render.templates.
    templates: Mapping[str, str] = field(default_factory=dict)
    # The clocks of its readers, which alerts tell beside UTC; None: UTC alone.
    zone: tzinfo | None = None
    # Whether a program reads it, which gets every hit of a digest.
    is_program: bool = False

    __repr__ = without("url", "templates")

    def __eq__(self, other: object) -> bool:
        """Whether both lead to the same place under the same name."""
        return isinstance(other, Endpoint) and self._leads() == other._leads()

    def __hash__(self) -> int:
        return hash(self._leads())

    def _leads(self) -> tuple[str, str, str]:
        return self.receiver, self.name, self.url


class Receiver(Struct, frozen=True, kw_only=True):
    """A named set of endpoints, as Alertmanager uses the word."""

    name: str
    endpoints: tuple[Endpoint, ...]
    storm: Rate | None = None  # what is more comes as one message; None: every alert by itself
    fallback: str = ""  # the receiver that gets what this one does not take; "": none


class Escalation(Struct, frozen=True, kw_only=True):
    """Who else is told when nobody acknowledges an alert, and how long after it was delivered."""

    after: timedelta
    to: tuple[str, ...]  # receivers


class Route(Struct, frozen=True, kw_only=True):
    """Which hits go to which receivers, and when. What is empty takes anything."""

    receivers: tuple[str, ...]
    rules: tuple[str, ...] = ()  # shell patterns over rule ids, e.g. "dprk/*"
    tags: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    sources: tuple[str, ...] = ()  # patterns over feed names; "tag:x"; "publisher:x"
    languages: tuple[str, ...] = ()  # codes: "zh" takes zh-tw, too
    mode: Mode | None = None  # None: by the level of the alert
    quiet: tuple[Quiet, ...] = ()
    throttle: Rate | None = None  # for each rule
    empty: bool = False  # digests are sent also when there is nothing in them
    board: bool = True  # digests begin with the board
    escalation: Escalation | None = None  # None: nobody else is told
    goes_on: bool = True  # what it takes is shown to the routes after it, too


class Hold(Struct, frozen=True, kw_only=True):
    """That a delivery waits: for what, and until when. `until` None: it does not wait.

    `before` is what would have kept it for a shorter time.
    """

    reason: HeldFor = HeldFor.NOTHING
    until: datetime | None = None
    before: Hold | None = None


HOLDS = 20
"""That many are kept of a delivery, the last ones."""


class Held(Struct, frozen=True, kw_only=True):
    """That a delivery was made to wait, as it is kept."""

    reason: HeldFor
    at: datetime | None  # when that was decided; None: it was not kept
    until: datetime  # as it was decided then


class Destination(Struct, frozen=True, kw_only=True):
    """An endpoint that an alert goes to, and when."""

    endpoint: Endpoint
    mode: str = "now"  # of its route
    hold: Hold = Hold()
    throttle: str = ""  # Rate.key of its route, or ""
    quiet: str = ""  # holding.when.key of the quiet hours that it keeps, or ""
    escalation: Escalation | None = None  # of its route
    route: str = ""  # which one that is, in words; "": none, it is of watchd itself

    @property
    def name(self) -> str:
        """Of the endpoint."""
        return self.endpoint.name
