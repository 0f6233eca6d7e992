"""Sending what is due: claim, send, settle. A claim is committed before anything is sent."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from watchd import log
from watchd.errors import WatchdError
from watchd.holding.addresses import left as left_notice
from watchd.holding.again import held_again
from watchd.holding.receivers import FAILS_AFTER, due
from watchd.model import (
    Alert,
    Delivery,
    DeliveryState,
    Destination,
    Digest,
    Endpoint,
    EndpointState,
    HeldFor,
    Notice,
    Outcome,
    Receiver,
    SendResult,
    graded,
    graded_digest,
)
from watchd.routing import OPERATORS, for_operators, instead, redirected
from watchd.store import Store, addresses, digests, endpoints, holds, limits, outbox, replans
from watchd.store import receivers as of_receivers
from watchd.store.claiming import Batch
from watchd.store.endpoints import Heard
from watchd.store.engine import Query
from watchd.store.limits import Limits
from watchd.store.outbox import Settled
from watchd.store.replans import Replan, Waiting
from watchd.timing import retry_delivery
from watchd.values import replace

Send = Callable[[Endpoint, Alert | Notice | Digest], SendResult]
Brief = Callable[[Digest, Endpoint, datetime], Awaitable[Digest]]
"""Puts the board on top of a daily or weekly digest to an endpoint."""
Tried = Callable[[Sequence[Delivery], Outcome, datetime], None]
"""Hears of each message that was tried: its deliveries, what came of it, and when."""

# A receiver that answers late has mostly got the message: ask again once, and not at once.
ASK_AGAIN = timedelta(seconds=60)
_REST = 10.0  # seconds, while the database is in trouble
_GONE = "its hit is no longer in the archive"

_log = log.Log("watchd.notify")


def settled(
    delivery: Delivery, result: SendResult, now: datetime, give_up_after: timedelta, jitter: float
) -> Settled:
    """How an attempt leaves a delivery. `jitter` is a number from 0 to 1.

    No answer in time: asked again once, marked as a possible repeat, then left for a person
    to decide (it is listed, not lost). A broken connection: as any failure, but marked.
    """
    if result.outcome is Outcome.SENT:
        return Settled(
            state=DeliveryState.SENT,
            next_attempt_at=None,
            may_repeat=delivery.may_repeat,
            ambiguous=delivery.ambiguous,
        )
    if result.outcome is Outcome.UNKNOWN:
        again = now + ASK_AGAIN if delivery.ambiguous == 0 else None
        return Settled(
            state=DeliveryState.UNKNOWN,
            next_attempt_at=again,
            in_line=False,
            may_repeat=True,
            ambiguous=delivery.ambiguous + 1,
            error=result.detail,
        )
    may_repeat = delivery.may_repeat or result.outcome is Outcome.DROPPED
    if now - delivery.tried_since >= give_up_after:
        return Settled(
            state=DeliveryState.FAILED,
            next_attempt_at=None,
            may_repeat=may_repeat,
            ambiguous=delivery.ambiguous,
            error=result.detail,
        )
    refused = result.outcome is Outcome.REFUSED
    pause = retry_delivery(delivery.attempts, result.retry_after, jitter, refused=refused)
    return Settled(
        state=DeliveryState.PENDING,
        next_attempt_at=now + pause,
        in_line=not refused,
        may_repeat=may_repeat,
        ambiguous=delivery.ambiguous,
        error=result.detail,
    )


async def send_next(
    store: Store,
    endpoint: Endpoint,
    send: Send,
    *,
    publishers: Mapping[str, str],
    give_up_after: timedelta,
    threads: Executor | None,
    grades: Mapping[str, str] | None = None,
    brief: Brief | None = None,
    limits: Limits,
    tried: Tried | None = None,
    now: datetime,
    jitter: float,
) -> Outcome | None:
    """Send the next message due to an endpoint, of one delivery or of many; None: nothing was.

    `publishers` and `grades` are those of the feeds, by name. `send` blocks, and runs in
    `threads`. Whatever it raises counts as a failed attempt. `jitter` is a number from 0 to 1.
    """
    claimed = await store.do_write(digests.next_message, endpoint.name, now, limits, publishers)
    if claimed is None:
        return None
    batch, alert = claimed
    if alert is None:
        gone = Settled(state=DeliveryState.FAILED, next_attempt_at=None, error=_GONE)
        await _keep(store, batch, _ending(batch, gone, now))
        return Outcome.REFUSED
    if grades and isinstance(alert, Alert):
        alert = graded(alert, grades)
    elif grades and isinstance(alert, Digest):
        alert = graded_digest(alert, grades)
    if brief is not None and isinstance(alert, Digest) and alert.scheduled:
        alert = await brief(alert, endpoint, now)
    if endpoint.is_program and isinstance(alert, Digest) and alert.rules:
        alert = await store.do_read(digests.whole, batch, alert, publishers)
    delivery = _speaking(batch)

    def attempt() -> tuple[SendResult, Settled, datetime, Query[None] | None]:
        """Send, and write down at once how it ended: killed in between, it would be repeated."""
        began = time.monotonic()
        try:
            result = send(endpoint, alert)
        except Exception as error:  # a bug in a plug-in must not stop the outbox
            said = f"{type(error).__name__} while sending"
            result = SendResult(outcome=Outcome.RETRY, detail=said)
        then = now + timedelta(seconds=time.monotonic() - began)
        moves_board = isinstance(alert, Digest) and alert.board  # of that, more is to be written
        if result.outcome is Outcome.SENT and not moves_board:
            store.receipts.keep(batch.deliveries, then)
        # It goes into the database, and a server may repeat more than what it was sent.
        result = replace(result, detail=log.masked(result.detail))
        after = settled(delivery, result, then, give_up_after, jitter)
        heard = Heard(
            endpoint=endpoint.name,
            result=result,
            jitter=jitter,
            last=after.state is DeliveryState.FAILED,
        )
        ending = _ending(batch, after, then, heard, alert)
        try:
            store.write(ending)
        except WatchdError:
            return result, after, then, ending
        return result, after, then, None

    loop = asyncio.get_running_loop()
    result, after, then, unkept = await loop.run_in_executor(threads, attempt)
    if unkept is not None:
        await _keep(store, batch, unkept)
    if tried is not None:
        tried(batch.deliveries, result.outcome, then)
    level = _log.info if result.outcome is Outcome.SENT else _log.warning
    level(
        f"delivery.{after.state.value}",
        delivery=delivery.id,
        **_about(alert),
        **({"together": len(batch.deliveries)} if len(batch.deliveries) > 1 else {}),
        to=endpoint.name,
        attempt=delivery.attempts,
        outcome=result.outcome.value,
        **({"may_repeat": "yes"} if delivery.may_repeat else {}),
        **({"next": f"{after.next_attempt_at:%H:%M:%SZ}"} if after.next_attempt_at else {}),
        **({"said": result.detail} if result.detail else {}),
        ms=round((then - now).total_seconds() * 1000),
    )
    return result.outcome


def _speaking(batch: Batch) -> Delivery:
    """The delivery that the others of its message go with: none may be given up too soon."""
    youngest = max(batch.deliveries, key=lambda one: one.tried_since)
    return replace(
        youngest,
        id=batch.deliveries[0].id,
        attempts=max(one.attempts for one in batch.deliveries),
        ambiguous=max(one.ambiguous for one in batch.deliveries),
        may_repeat=any(one.may_repeat for one in batch.deliveries),
    )


def _about(alert: Alert | Notice | Digest) -> dict[str, Any]:
    if isinstance(alert, Notice):
        return {"notice": alert.title}
    if isinstance(alert, Digest):
        return {"digest": alert.count}
    return {"hit": alert.hit, "rule": alert.rule}


def _ending(
    batch: Batch,
    after: Settled,
    now: datetime,
    heard: Heard | None = None,
    said: Alert | Notice | Digest | None = None,
) -> Query[None]:
    """What is to be written when an attempt has ended, and had said this."""
    if isinstance(said, Digest) and said.board and after.state is DeliveryState.SENT:
        from watchd.store import boards  # only a digest needs it

        its_board = partial(boards.settle, digest=said)
        return partial(its_board, ids=batch.ids, settled=after, now=now, heard=heard)
    return partial(outbox.settle, ids=batch.ids, settled=after, now=now, heard=heard)


async def _keep(store: Store, batch: Batch, ending: Query[None]) -> None:
    """Write down how it ended, however long the database is in trouble: it did happen."""
    while True:
        try:
            await store.do_write(ending)
        except WatchdError as error:
            _log.error("delivery.unrecorded", delivery=batch.ids[0], error=error)
            await asyncio.sleep(_REST)
        else:
            return


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
