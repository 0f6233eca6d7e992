"""Sending what is due: claim, send, settle. A claim is committed before anything is sent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from watchd import log
from watchd.errors import WatchdError
from watchd.model import (
    Alert,
    Delivery,
    DeliveryState,
    Digest,
    Endpoint,
    Notice,
    Outcome,
    SendResult,
    graded,
    graded_digest,
)
from watchd.store import Store, digests, outbox
from watchd.store.claiming import Batch
from watchd.store.endpoints import Heard
from watchd.store.engine import Query
from watchd.store.limits import Limits
from watchd.store.outbox import Settled
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
