"""The state of a feed after each kind of answer. Every check ends in one of these."""

from __future__ import annotations

from datetime import datetime, timedelta

from watchd import timing
from watchd.model import Feed, FeedState, ParsedFeed, fingerprint
from watchd.polling import moves, rhythm
from watchd.polling.health import with_health
from watchd.polling.outage import NO_NETWORK
from watchd.polling.pace import pace
from watchd.response import FetchError, Response
from watchd.values import replace


def unchanged(
    feed: Feed, state: FeedState, response: Response, now: datetime, jitter: float
) -> FeedState:
    """After a 304, or a body we have. Validators and cache hints are adopted all the same."""
    after = _answered(feed, state, response, now)
    return _scheduled(feed, after, response, now, jitter)


def read(
    feed: Feed,
    state: FeedState,
    response: Response,
    parsed: ParsedFeed,
    body_hash: bytes,
    now: datetime,
    jitter: float,
    *,
    news: tuple[datetime | None, ...] = (),
    baseline: bool = False,
) -> FeedState:
    """After a body that was read to its end; `news` are the dates of its new items.

    A new item without a date came out now, but for those of a first look.
    """
    published = news if baseline else tuple(moment or now for moment in news)
    habits = rhythm.after(rhythm.of(state.rhythm), published, parsed.entries, now)
    broken = parsed.status == "degraded"
    after = replace(
        _answered(feed, state, response, now),
        body_hash=body_hash,
        title=parsed.title or state.title,
        # An empty feed shows nothing to know its news by; some are empty now and then.
        baseline_at=state.baseline_at or (now if parsed.items else None),
        kind="degraded" if broken else "",
        error="; ".join(parsed.problems[:3]) if broken else "",
        rhythm=habits.as_json(),
        new_at=now if news and not baseline else state.new_at,
    )
    return _scheduled(feed, after, response, now, jitter)


def _answered(feed: Feed, state: FeedState, response: Response, now: datetime) -> FeedState:
    """After any good answer. What a 304 does not repeat stays as it was."""
    kept = response.not_modified
    broken = state.kind == "degraded"
    after = replace(
        state,
        address=feed.address,
        etag=response.etag if response.etag or not kept else state.etag,
        last_modified=(
            response.last_modified if response.last_modified or not kept else state.last_modified
        ),
        validators_for=fingerprint(response.url),
        checked_at=now,
        ok_at=now,
        failures=0,
        failing_since=None,
        error=state.error if broken else "",
        kind=state.kind if broken else "",
        http_status=response.status,
        audited_at=state.audited_at if response.conditional else now,
    )
    return moves.with_move(feed, after, response.moved_to, now)


def failed(
    feed: Feed,
    state: FeedState,
    error: str,
    now: datetime,
    jitter: float,
    *,
    kind: str,
    status: int | None = None,
    retry_after: timedelta | None = None,
) -> FeedState:
    """After a check that brought nothing: why, since when, and when the next one is.

    An empty or cut document is no reason to stay away longer: mostly the next one is whole.
    """
    failures, interval = state.failures + 1, state.pace or feed.interval
    if status == 410:
        next_check = timing.check_again_though_gone(interval, now, jitter, failures)
    else:
        in_a_row = 1 if kind in ("empty", "truncated") else failures
        next_check = timing.next_check(
            interval, now, jitter, failures=in_a_row, retry_after=retry_after
        )
    after = replace(
        state,
        next_check_at=next_check,
        not_before=timing.not_before(now, retry_after),
        checked_at=now,
        failures=failures,
        failing_since=state.failing_since or now,
        error=error,
        kind=kind,
        http_status=status,
    )
    return with_health(feed, after, now)


def refused(
    feed: Feed, state: FeedState, error: FetchError, now: datetime, jitter: float
) -> FeedState:
    """After a feed that could not be had."""
    return failed(
        feed,
        state,
        str(error),
        now,
        jitter,
        kind=error.kind,
        status=error.status,
        retry_after=error.retry_after,
    )


def spared(
    feed: Feed, state: FeedState, error: str, now: datetime, jitter: float, since: datetime
) -> FeedState:
    """After a check that failed for our own network's sake: nothing is held against the feed.

    Failures since the network went out are forgiven, and of trouble from before the time that
    we could not look does not count. It is asked again after its interval.
    """
    began = state.failing_since
    ours = began is not None and began >= since and state.kind in NO_NETWORK
    blind = now - max(since, state.checked_at or since)
    after = replace(
        state,
        next_check_at=timing.next_check(state.pace or feed.interval, now, jitter),
        checked_at=now,
        failures=0 if ours else state.failures,
        failing_since=None if ours or began is None else began + blind,
        error=error if ours or not state.failures else state.error,
        kind="" if ours else state.kind,
    )
    # How it was when it last answered: silence since then is no silence of its own.
    return with_health(feed, after, after.ok_at or now) if ours else after


def _scheduled(
    feed: Feed, state: FeedState, response: Response, now: datetime, jitter: float
) -> FeedState:
    """With the pace, the time of the next check, and the health that all this comes to."""
    interval = pace(feed, state, now)
    next_check = timing.next_check(
        interval, now, jitter, max_age=response.max_age, retry_after=response.retry_after
    )
    state = replace(
        state,
        pace=interval,
        next_check_at=next_check,
        not_before=timing.not_before(now, response.retry_after),
    )
    return with_health(feed, state, now)
