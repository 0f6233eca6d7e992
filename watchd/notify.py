"""Sending what is due: claim, send, settle. A claim is committed before anything is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import datetime, timedelta
from typing import Any

from watchd import log
from watchd.errors import WatchdError
from watchd.model import (
    Alert,
    Delivery,
    DeliveryState,
    Endpoint,
    Notice,
    Outcome,
    Receiver,
    SendResult,
)
from watchd.routing import redirected
from watchd.store import Store, outbox
from watchd.store.outbox import Settled
from watchd.timing import retry_delivery

Send = Callable[[Endpoint, Alert | Notice], SendResult]

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
    if now - delivery.created_at >= give_up_after:
        return Settled(
            state=DeliveryState.FAILED,
            next_attempt_at=None,
            may_repeat=may_repeat,
            ambiguous=delivery.ambiguous,
            error=result.detail,
        )
    pause = retry_delivery(delivery.attempts, result.retry_after, jitter)
    return Settled(
        state=DeliveryState.PENDING,
        next_attempt_at=now + pause,
        in_line=result.outcome is not Outcome.REFUSED,
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
    now: datetime,
    jitter: float,
) -> Outcome | None:
    """Send the next delivery due to an endpoint; None when nothing was.

    `send` blocks, and runs in `threads`. Whatever it raises counts as a failed attempt.
    `jitter` is a number from 0 to 1.
    """
    delivery = await store.do_write(outbox.claim_next, endpoint.name, now)
    if delivery is None:
        return None
    alert = await store.do_read(outbox.alert_of, delivery, dict(publishers))
    if alert is None:
        gone = Settled(state=DeliveryState.FAILED, next_attempt_at=None, error=_GONE)
        await _settle(store, delivery, gone, now)
        return Outcome.REFUSED
    began = time.monotonic()
    loop = asyncio.get_running_loop()
    try:
        result = await loop.run_in_executor(threads, send, endpoint, alert)
    except Exception as error:  # a bug in a plug-in must not stop the outbox
        result = SendResult(outcome=Outcome.RETRY, detail=f"{type(error).__name__} while sending")
    took = timedelta(seconds=time.monotonic() - began)
    after = settled(delivery, result, now + took, give_up_after, jitter)
    await _settle(store, delivery, after, now + took)
    level = _log.info if result.outcome is Outcome.SENT else _log.warning
    level(
        f"delivery.{after.state.value}",
        delivery=delivery.id,
        **_about(alert),
        to=endpoint.name,
        attempt=delivery.attempts,
        outcome=result.outcome.value,
        **({"may_repeat": "yes"} if delivery.may_repeat else {}),
        **({"next": f"{after.next_attempt_at:%H:%M:%SZ}"} if after.next_attempt_at else {}),
        **({"said": result.detail} if result.detail else {}),
        ms=round(took.total_seconds() * 1000),
    )
    return result.outcome


def _about(alert: Alert | Notice) -> dict[str, Any]:
    if isinstance(alert, Notice):
        return {"notice": alert.title}
    return {"hit": alert.hit, "rule": alert.rule}


async def _settle(store: Store, delivery: Delivery, after: Settled, now: datetime) -> None:
    """Write down how it ended, however long the database is in trouble: it did happen."""
    while True:
        try:
            await store.do_write(outbox.settle, delivery.id, after, now)
        except WatchdError as error:
            _log.error("delivery.unrecorded", delivery=delivery.id, error=error)
            await asyncio.sleep(_REST)
        else:
            return


def follow_config(
    store: Store, receivers: Mapping[str, Receiver], now: datetime, give_up_after: timedelta
) -> int:
    """See to the deliveries whose endpoint has left the config. Returns how many go on waiting.

    They go to the receiver's new address where there is one; else they wait, in case the
    receiver comes back, and fail visibly after `give_up_after`.
    """
    names = [one.name for receiver in receivers.values() for one in receiver.endpoints]
    waiting = 0
    for delivery in store.read(outbox.without_endpoint, names):
        taken = store.read(outbox.endpoints_of, delivery.alert)
        other = redirected(delivery.endpoint, receivers.get(delivery.receiver), taken)
        if other is not None:
            store.write(outbox.redirect, delivery.id, other.name)
            _log.info("delivery.redirected", delivery=delivery.id, to=other.name)
        elif now - delivery.created_at >= give_up_after:
            reason = f"'{delivery.endpoint}' is no longer in config.toml"
            store.write(outbox.give_up, delivery.id, reason, now)
            _log.warning("delivery.failed", delivery=delivery.id, said=reason)
        else:
            waiting += 1
    return waiting


def follow_rules(store: Store, withdrawn: Callable[[str, str], str], now: datetime) -> None:
    """Take back what still waits of rules that are no more.

    `withdrawn` says of a rule and its version why its alerts are not sent any more, or "".
    """
    for rule, version in store.read(outbox.waiting_rules):
        if reason := withdrawn(rule, version):
            count = store.write(outbox.withdraw, rule, version, reason, now)
            _log.warning("delivery.withdrawn", rule=rule, count=count, said=reason)
