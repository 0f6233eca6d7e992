"""Why something happened to an item, or did not: one closed list, told in docs/design.md."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A reason, as "step.word". Those of hits, holds and deliveries end in the words of
    HitStatus, HeldFor and DeliveryState; a test holds them together.
    """

    FETCHED_FIRST = "fetched.first"
    FETCHED_SCHEDULE = "fetched.schedule"
    FETCHED_WHOLE = "fetched.whole"
    FETCHED_UNKNOWN = "fetched.unknown"

    ITEM_NEW = "item.new"
    ITEM_BASELINE = "item.baseline"
    ITEM_BACKLOG = "item.backlog"
    ITEM_EDITED = "item.edited"

    ARTICLE_WAITING = "article.waiting"
    ARTICLE_READ = "article.read"
    ARTICLE_EMPTY = "article.empty"
    ARTICLE_FAILED = "article.failed"

    RULE_MATCHED = "rule.matched"
    RULE_NONE = "rule.none"
    RULE_NOT = "rule.not"
    RULE_LATER = "rule.later"

    OVER_TIME_COUNTED = "over-time.counted"
    OVER_TIME_NUMBERS = "over-time.numbers"
    OVER_TIME_BEHIND = "over-time.behind"
    OVER_TIME_STAND = "over-time.stand"

    HIT_ALERTED = "hit.alerted"
    HIT_BASELINE = "hit.baseline"
    HIT_QUIET = "hit.quiet"
    HIT_UNROUTED = "hit.unrouted"
    HIT_REPEATED = "hit.repeated"
    HIT_SAME_STORY = "hit.same-story"
    HIT_SILENCED = "hit.silenced"
    HIT_ACKED = "hit.acked"

    STORY_COPIES = "story.copies"
    PEOPLE_ACKED = "people.acked"
    PEOPLE_MARKED = "people.marked"

    ROUTE_TAKEN = "route.taken"
    ROUTE_USUAL = "route.usual"
    ROUTE_CHANGED = "route.changed"
    ROUTE_FALLBACK = "route.fallback"
    ROUTE_ESCALATED = "route.escalated"

    HELD_GROUP = "held.group"
    HELD_DIGEST = "held.digest"
    HELD_QUIET = "held.quiet"
    HELD_THROTTLE = "held.throttle"
    HELD_STORM = "held.storm"
    HELD_CATCH_UP = "held.catch_up"
    HELD_FALLBACK = "held.fallback"
    HELD_ESCALATED = "held.escalated"

    DELIVERY_PENDING = "delivery.pending"
    DELIVERY_SENDING = "delivery.sending"
    DELIVERY_SENT = "delivery.sent"
    DELIVERY_UNKNOWN = "delivery.unknown"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_DROPPED = "delivery.dropped"

    ESCALATION_OPEN = "escalation.open"
    ESCALATION_ESCALATED = "escalation.escalated"
    ESCALATION_ACKNOWLEDGED = "escalation.acknowledged"
    ESCALATION_NOBODY = "escalation.nobody"
