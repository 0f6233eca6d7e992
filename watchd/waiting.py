"""What waits to be sent, when the config, the rules or the receivers are not as they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from watchd import log
from watchd.holding.addresses import left as left_notice
from watchd.holding.again import held_again
from watchd.holding.receivers import FAILS_AFTER, due
from watchd.model import (
    Delivery,
    Destination,
    EndpointState,
    HeldFor,
    Receiver,
)
from watchd.routing import OPERATORS, for_operators, instead, redirected
from watchd.store import Store, addresses, endpoints, holds, limits, replans
from watchd.store import receivers as of_receivers
from watchd.store.replans import Replan, Waiting

_log = log.Log("watchd.notify")


def follow_config(
    store: Store, receivers: Mapping[str, Receiver], now: datetime, give_up_after: timedelta
) -> int:
    """See to the deliveries whose endpoint has left the config. Returns how many go on waiting.

    They go to the receiver's new address where there is one; else they wait, in case the
    address comes back, and fail visibly after `give_up_after`. People are told of both.
    """
    here = [one for receiver in receivers.values() for one in receiver.endpoints]
    names = [one.name for one in here]
    if over := store.read(addresses.over):
        store.write(addresses.forget, over, now)
    left = store.read(addresses.left)
    if gone := set(store.read(endpoints.states)).difference(names, left):
        store.write(endpoints.forget, gone)
    stranded = [
        delivery
        for delivery in store.read(addresses.without_endpoint, names)
        if not _redirected(store, delivery, receivers.get(delivery.receiver))
    ]
    waiting = [one for one in stranded if now - one.tried_since < give_up_after]
    # Without a mark it is a terminal, in the place of all others for this once.
    is_config = not here or any(one.mark for one in here)
    if is_config and (new := {one.endpoint for one in stranded}.difference(left)):
        wait = Counter(one.endpoint for one in waiting if one.endpoint in new)
        notice = left_notice(wait, give_up_after, now) if wait else None
        store.write(addresses.leave, sorted(new), notice, for_operators(receivers), now)
    for delivery in stranded:
        if now - delivery.tried_since >= give_up_after:
            reason = f"'{delivery.endpoint}' is no longer in config.toml"
            store.write(addresses.give_up, delivery.id, reason, now)
            _log.warning("delivery.failed", delivery=delivery.id, said=reason)
    return len(waiting)


def _redirected(store: Store, delivery: Delivery, receiver: Receiver | None) -> bool:
    """Send it to another address of its receiver instead, where there is one."""
    taken = store.read(addresses.taken, delivery.alert)
    other = redirected(delivery.endpoint, receiver, taken)
    if other is None:
        return False
    store.write(addresses.redirect, delivery.id, other.name)
    _log.info("delivery.redirected", delivery=delivery.id, to=other.name)
    return True


def follow_routes(
    store: Store,
    plan: Callable[[Waiting], Sequence[Destination]],
    receivers: Mapping[str, Receiver],
    now: datetime,
    *,
    escalates: bool,
) -> None:
    """Let what waits wait as the config has it now: its time, its limits, who else is told.

    `plan` says where the routes would bring it. What they would no longer bring to its endpoint
    keeps its time: it was promised there. `escalates`: whether any route does.
    """
    rooms = dict[str, datetime | None]()
    plans = list[Replan]()
    for one in store.read(replans.waiting, now, escalates=escalates):
        before = one.delivery
        if before.waited_for is HeldFor.STORM and before.endpoint not in rooms:
            receiver = receivers.get(before.receiver)
            rate = receiver.storm if receiver else None
            room = now if rate is None else store.read(limits.room, before.endpoint, rate, now)
            rooms[before.endpoint] = room if receiver else None
        planned = None if before.is_instead else _there(plan(one), before.endpoint)
        escalation = planned.escalation if planned and not one.escalated else one.escalation
        if not before.is_held(now):
            planned = None  # it is under way, but for who else is told
        again = Replan(
            delivery=before,
            hold=held_again(before, one.throttle, planned, rooms.get(before.endpoint), now),
            mode=planned.mode if planned else before.mode,
            throttle=planned.throttle if planned else one.throttle,
            quiet=planned.quiet if planned else before.quiet,
            escalation=escalation,
            escalated=one.escalated,
            route=planned.route if planned else before.route,
        )
        is_new = (again.hold.until, again.mode, again.throttle, again.quiet, again.escalation) != (
            before.held_until,
            before.mode,
            one.throttle,
            before.quiet,
            one.escalation,
        )
        if is_new:
            plans.append(again)
    if plans:
        changed = store.write(replans.replan, plans, now)
        _log.info("delivery.replanned", count=changed, note="routes have changed")


def _there(planned: Sequence[Destination], endpoint: str) -> Destination | None:
    return next((one for one in planned if one.name == endpoint), None)


def use_fallbacks(store: Store, receivers: Mapping[str, Receiver], now: datetime) -> int:
    """Send what a failing receiver does not take to its fallback, too. Returns how much."""
    if not any(one.fallback for one in receivers.values()):
        return 0
    added = Counter[str]()
    for delivery in store.read(holds.failing, now - FAILS_AFTER, now):
        receiver = receivers.get(delivery.receiver)
        if receiver is None or not (others := instead(receiver, receivers, delivery, now)):
            continue
        added[delivery.endpoint] += store.write(holds.add_instead, delivery.alert, others, now)
    for endpoint, count in added.items():
        if count:
            _log.warning("delivery.fallback", endpoint=endpoint, count=count)
    return added.total()


def tell_of_receivers(store: Store, receivers: Mapping[str, Receiver], now: datetime) -> int:
    """Tell people of receivers that take nothing, of messages given up, and when all is well.

    `ops` is told; where that is missing, or fails itself, all others that do not. Without `ops`
    nothing is said of receivers with a fallback: what comes there says it. Returns how many
    endpoints are told.
    """
    everybody = [one for each in receivers.values() for one in each.endpoints]
    watched = [
        one.name
        for one in everybody
        if OPERATORS in receivers or not receivers[one.receiver].fallback
    ]
    noted = store.read(endpoints.states)
    watched += store.read(addresses.left)
    states = {name: noted.get(name) or EndpointState(endpoint=name) for name in watched}
    given_up = store.read(of_receivers.given_up, states)
    if not given_up and not any(one.is_failing or one.told for one in states.values()):
        return 0
    waiting = {name: one.waiting for name, one in store.read(of_receivers.counted, now).items()}
    telling = due(states, given_up, waiting, now)
    if telling is None:
        return 0
    well = [one for one in everybody if one.name not in telling.failing]
    to = [one for one in for_operators(receivers) if one in well] or well
    title, names = telling.notice.title, ",".join(one.name for one in to)
    if to:
        store.write(of_receivers.tell, telling, to, now)
        _log.warning("receivers.told", notice=title, to=names)
    else:
        _log.warning("receivers.untold", notice=title)
    return len(to)


def follow_rules(store: Store, withdrawn: Callable[[str, str], str], now: datetime) -> None:
    """Take back what still waits of rules that are no more.

    `withdrawn` says of a rule and its version why its alerts are not sent any more, or "".
    """
    for rule, version in store.read(replans.waiting_rules):
        if reason := withdrawn(rule, version):
            count = store.write(replans.withdraw, rule, version, reason, now)
            _log.warning("delivery.withdrawn", rule=rule, count=count, said=reason)
