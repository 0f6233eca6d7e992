"""Hits, the alerts made of them, and who gets them."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from watchd.model.feeds import Severity
from watchd.model.items import Item, Known, StoredItem
from watchd.model.overtime import Behind, Observed, OverTimeHit
from watchd.model.routes import Destination, Held, HeldFor
from watchd.values import Struct

if TYPE_CHECKING:
    from watchd.model.triage import Mark


class Evidence(Struct, frozen=True, kw_only=True, order=True):
    """Words that made a rule match: `quote` is `field[start:end]` of the item's original text."""

    field: str  # title | body | article | author | url | category
    start: int  # in characters (code points), from 0
    end: int
    quote: str


class HitStatus(StrEnum):
    """Why a hit was, or was not, sent on."""

    ALERTED = "alerted"  # an alert was made; how it fares is told by its deliveries
    BASELINE = "baseline"  # found in the first fetch of a feed: stored, not sent
    QUIET = "quiet"  # the rule is a draft or in test
    UNROUTED = "unrouted"  # no route leads to a receiver
    REPEATED = "repeated"  # an edited item; the rule had already hit it with these words
    SAME_STORY = "same-story"  # all whom it would go to know it from a copy
    SILENCED = "silenced"  # a silence kept it back
    ACKED = "acked"  # somebody has acknowledged the story, and there are no new words


class Hit(Struct, frozen=True, kw_only=True):
    """A rule matched an item's revision. A fact: written once, never changed."""

    rule: str
    rule_version: str
    title: str  # the rule's title at that time
    severity: Severity
    why: str
    evidence: tuple[Evidence, ...]
    status: HitStatus = HitStatus.ALERTED
    update: bool = False  # the item was edited, and matches only now or with new words
    follow_up: str = ""  # why it is sent though a copy was: "5 publishers have it now", or ""
    over_time: OverTimeHit | None = None  # None: it is about its item alone


class FollowUp(Struct, frozen=True, kw_only=True):
    """When a copy of a story that was told is told, too. By default it never is."""

    publishers: int = 0  # when so many have it; 0: however many have it
    new_words: bool = False  # when the rule finds words in it that were in no alert

    @classmethod
    def read(cls, text: str) -> FollowUp:
        """As a rule file has it: "publishers:5, new words". Raises ValueError."""
        publishers, new_words = 0, False
        for one in filter(None, (part.strip() for part in text.split(","))):
            name, _, number = one.partition(":")
            if one == "new words":
                new_words = True
            elif name == "publishers" and number.isascii() and number.isdigit() and int(number) > 1:
                publishers = int(number)
            else:
                raise ValueError(f"no follow-up: {one!r}")
        return cls(publishers=publishers, new_words=new_words)


class Due(Struct, frozen=True, kw_only=True):
    """A hit, and where its alert goes and when; nowhere when its status says why."""

    hit: Hit
    endpoints: tuple[Destination, ...] = ()
    follow_up: FollowUp = FollowUp()
    throttle: timedelta | None = None  # between two messages about one story; None: none
    was: str = ""  # the id the rule had before its file was renamed, or ""
    tags: tuple[str, ...] = ()  # of the rule
    silence: int = 0  # the number of the one that keeps it back; 0: none does
    kept_from: tuple[str, ...] = ()  # the endpoints it would have gone to


class Finding(Struct, frozen=True, kw_only=True):
    """A new or edited item of one check, with the hits on it: what `store.record` writes."""

    item: Item
    known: Known | None  # None: the item is new
    due: tuple[Due, ...] = ()
    baseline: bool = False  # came with the first look at its feed
    read_article: bool = False  # the article behind its link is to be fetched
    observed: tuple[Observed, ...] = ()  # by rules over time


class StoredHit(Struct, frozen=True, kw_only=True):
    """A hit as the archive tells it, with its item and how its deliveries fare."""

    id: int
    hit: Hit
    stored: StoredItem
    at: datetime
    states: tuple[DeliveryState, ...]  # one per endpoint; empty when nothing was to be sent
    dropped: str = ""  # why one of them was dropped, or the last answer before a person did it
    silence: int = 0  # the number of the silence that kept it back; 0: none did
    mark: Mark | None = None  # what somebody thinks of it

    @property
    def status(self) -> str:
        """One word: why it was not sent, or the state of its slowest delivery."""
        if self.hit.status is not HitStatus.ALERTED:
            return self.hit.status.value
        for state in _SLOWEST_FIRST:
            if state in self.states:
                return state.value
        return HitStatus.UNROUTED.value

    def alert(
        self,
        *,
        publisher: str,
        id: int = 0,
        may_repeat: bool = False,
        also: tuple[str, ...] = (),
        difference: str = "",
        story: str = "",
        behind: tuple[Behind, ...] = (),
    ) -> Alert:
        """The message of this hit; `id` is 0 when it is only shown, not sent."""
        return Alert(
            id=id,
            hit=self.id,
            rule=self.hit.rule,
            rule_title=self.hit.title,
            rule_version=self.hit.rule_version,
            severity=self.hit.severity,
            why=self.hit.why,
            item=self.stored.item,
            item_id=self.stored.id,
            source=self.stored.feed,
            publisher=publisher,
            seen_at=self.stored.seen_at,
            evidence=self.hit.evidence,
            update=self.hit.update,
            difference=difference,
            follow_up=self.hit.follow_up,
            also=also,
            story=story,
            may_repeat=may_repeat,
            over_time=self.hit.over_time,
            behind=behind,
        )


class DeliveryState(StrEnum):
    """The life of a delivery. `unknown` means: sent, but no clear answer came back."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DROPPED = "dropped"  # by a person: with `outbox drop`, or because the rule was deleted


_SLOWEST_FIRST = (
    DeliveryState.FAILED,
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.DROPPED,
    DeliveryState.SENT,
)


class Delivery(Struct, frozen=True, kw_only=True):
    """One alert to one endpoint: a row of the outbox."""

    id: int
    alert: int
    receiver: str
    endpoint: str  # e.g. "desk/slack:#intel"; never the address with its secret
    state: DeliveryState
    attempts: int
    ambiguous: int = 0  # attempts that ended without an answer
    created_at: datetime
    next_attempt_at: datetime | None  # None: finished, or it waits for a person
    may_repeat: bool = False  # an earlier attempt may have arrived
    error: str = ""
    held_for: HeldFor = HeldFor.NOTHING
    held_until: datetime | None = None  # None: it was not held
    holds: tuple[Held, ...] = ()  # all that is kept of what held it, the last one included
    mode: str = "now"  # of its route
    quiet: str = ""  # as of its Destination
    message: int | None = None  # the first delivery of its message; None: not yet tried
    finished_at: datetime | None = None  # None: not finished
    route: str | None = None  # as of its Destination; None: decided before that was kept
    retried_at: datetime | None = None  # when a person last said so; None: nobody did

    @property
    def due_at(self) -> datetime:
        """When it was first to be sent."""
        return max(self.created_at, self.held_until or self.created_at)

    @property
    def tried_since(self) -> datetime:
        """From when on it is counted how long it is tried."""
        return max(self.due_at, self.retried_at or self.due_at)

    @property
    def waited_for(self) -> HeldFor:
        """What held it last, but for quiet hours into which that led."""
        if self.held_for is not HeldFor.QUIET:
            return self.held_for
        others = (one.reason for one in reversed(self.holds) if one.reason is not HeldFor.QUIET)
        return next(others, HeldFor.QUIET)

    @property
    def is_instead(self) -> bool:
        """Whether no route brought it there: another does not take it, or did not acknowledge."""
        return self.mode.startswith(("fallback ", "escalated "))

    def is_held(self, now: datetime) -> bool:
        """Whether it waits for its time, and not for an answer."""
        until, open_ = self.held_until, self.state is DeliveryState.PENDING
        return open_ and self.message is None and until is not None and until > now


MANY = 1000


class History(Struct, frozen=True, kw_only=True):
    """How often a rule has matched, one message's hit included. Counted up to MANY."""

    today: int  # hits of this day, in UTC
    month: int  # hits of the last 30 days
    last: datetime | None = None  # the hit before this one; None: there was none


class Alert(Struct, frozen=True, kw_only=True):
    """One message worth of hits, as a reader gets it. Everything the renderers need."""

    id: int
    hit: int
    rule: str
    rule_title: str
    rule_version: str
    severity: Severity
    why: str
    item: Item
    item_id: int
    source: str  # the feed's name
    publisher: str
    seen_at: datetime
    evidence: tuple[Evidence, ...]
    update: bool = False
    difference: str = ""  # what an edit changed, in a few words
    follow_up: str = ""  # why it is told though a copy was, or ""
    also: tuple[str, ...] = ()  # other publishers of the story
    story: str = ""  # what messages about one story have in common; "": the item is its own story
    may_repeat: bool = False
    kept: str = ""  # what is to be said of its delivery: "kept back for …", or ""
    aside: str = ""  # what is to be said beside it: of silences that have ended, or ""
    silenced: int = 0  # hits that those kept back
    escalated: str = ""  # how long nobody acknowledged it: "30 min"; "": this is no escalation
    sample: bool = False  # made by `notify test`, not by a feed
    grade: str = ""  # of the source, as the config has it: "B2"; "": not graded
    history: History | None = None  # None: not looked up
    over_time: OverTimeHit | None = None  # None: it is about its item alone
    behind: tuple[Behind, ...] = ()  # stories of a rule over time, the newest first


class Notice(Struct, frozen=True, kw_only=True):
    """One message of watchd about itself: feeds in trouble, feeds that are well again."""

    id: int = 0  # of its alert
    at: datetime
    severity: Severity
    title: str
    lines: tuple[str, ...]  # one for each feed
    why: str
    see: str = ""  # the command that shows more; "": it is about feeds
    silenced: int = 0  # hits that silences kept back, of which it tells
    may_repeat: bool = False


class Outcome(StrEnum):
    """What came of one attempt to send."""

    SENT = "sent"
    RETRY = "retry"  # not delivered; the endpoint is in trouble (refused, 429, 5xx, no network)
    REFUSED = "refused"  # not delivered; the endpoint will not take this (4xx, mail 5xx)
    UNKNOWN = "unknown"  # it may have arrived: timed out after sending
    DROPPED = "dropped"  # it may have arrived: the connection broke before an answer


class SendResult(Struct, frozen=True, kw_only=True):
    """The outcome, the provider's own words (no secret in them), and when it asked us back."""

    outcome: Outcome
    detail: str = ""
    retry_after: timedelta | None = None
