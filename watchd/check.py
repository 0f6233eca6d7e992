"""A check of one feed, from the request to the one transaction that keeps what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeAlias

from watchd import log, timing
from watchd.fetch import FetchError, Response
from watchd.model import (
    Due,
    Endpoint,
    Feed,
    FeedState,
    Finding,
    Hit,
    HitStatus,
    Item,
    Known,
    ParsedFeed,
    fingerprint,
)
from watchd.parser import Parser
from watchd.store import Store, archive
from watchd.store.record import Recorded, record

if TYPE_CHECKING:
    from watchd.rules import Match, Rule

_log = log.Log("watchd.check")
_YIELD_EVERY = 25  # items matched before other work gets a turn of the loop

RouteOf: TypeAlias = "Callable[[Rule], tuple[Endpoint, ...]]"


class Fetcher(Protocol):
    """What a check needs of a `fetch.Client`."""

    async def fetch(
        self, feed: Feed, state: FeedState | None, *, now: datetime | None
    ) -> Response: ...


class Matcher(Protocol):
    """What a check needs of the rules in force."""

    def match(
        self, item: Item, *, source: str, tags: tuple[str, ...] = (), now: datetime
    ) -> list[Match]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check came to."""

    feed: str
    status: str  # ok, same, empty, degraded, truncated, html, error, or the kind of FetchError
    items: int = 0
    new: int = 0
    edited: int = 0
    hits: int = 0
    deliveries: int = 0
    baseline: bool = False
    error: str = ""
    found: tuple[tuple[int, Due], ...] = field(default=(), repr=False)


async def check_feed(
    feed: Feed,
    state: FeedState,
    *,
    claim: str,
    fetcher: Fetcher,
    parser: Parser,
    rules: Matcher,
    route: RouteOf,
    store: Store,
    unchanged: Callable[[FeedState], Awaitable[None]],
    now: datetime,
    jitter: float,
) -> Checked:
    """Fetch, parse, match and record one feed. `jitter` is a number from 0 to 1.

    Where nothing changed but the schedule, the new state goes to `unchanged`, which may write
    many of them together: should it be lost, the feed is only asked again. Expected trouble of
    the feed is part of the result. Trouble of the database is raised: then nothing was recorded,
    and the same check is due again.
    """
    began = time.monotonic()
    try:
        response = await fetcher.fetch(feed, state, now=now)
    except FetchError as error:
        after = failed(feed, state, str(error), now, jitter, error.retry_after)
        await store.do_write(record, claim=claim, state=after, now=now)
        checked = Checked(feed=feed.name, status=error.kind, error=str(error))
        return _logged(checked, began)
    body_hash = hashlib.blake2b(response.body, digest_size=16).digest()
    same_body = body_hash == state.body_hash and not response.truncated
    if response.not_modified or same_body:
        await unchanged(_well(feed, state, response, now, jitter))
        return _logged(Checked(feed=feed.name, status="same"), began)
    parsed = await parse_response(response, feed, parser)
    if parsed.status in ("html", "error"):
        text = f"feed '{feed.name}': " + ("; ".join(parsed.problems) or "not a feed")
        after = failed(feed, state, text, now, jitter, None)
        await store.do_write(record, claim=claim, state=after, now=now)
        return _logged(Checked(feed=feed.name, status=parsed.status, error=text), began)

    known: dict[str, Known] = {}
    if state.checked_at is not None:
        keys = [item.key for item in parsed.items]
        known = await store.do_read(archive.known, feed.name, keys)
    baseline = is_baseline(feed, state, known)
    fresh = [(item, known.get(item.key)) for item in parsed.items]
    fresh = [(i, k) for i, k in fresh if k is None or i.content_hash not in k.hashes]
    edited = [held.id for _, held in fresh if held]
    before = await store.do_read(archive.words_before, edited) if edited else {}
    findings = []
    for number, (item, held) in enumerate(fresh, 1):
        matches = rules.match(item, source=feed.name, tags=feed.tags, now=now)
        old = baseline and not is_news(item, state)
        due = tuple(judge(match, held, before, old, route) for match in matches)
        findings.append(Finding(item=item, known=held, due=due, baseline=old))
        if number % _YIELD_EVERY == 0:
            await asyncio.sleep(0)

    after = _read(feed, state, response, parsed, body_hash, now, jitter)
    if parsed.status == "truncated" and known:  # it never was whole: do not wait for that
        after = replace(after, baseline_at=state.baseline_at or now)
    recorded: Recorded = await store.do_write(
        record, claim=claim, state=after, findings=findings, now=now
    )
    checked = Checked(
        feed=feed.name,
        status=parsed.status,
        items=len(parsed.items),
        new=recorded.new,
        edited=recorded.edited,
        hits=len(recorded.hits),
        deliveries=recorded.deliveries,
        baseline=baseline,
        error=after.error,
        found=recorded.hits,
    )
    return _logged(checked, began)


async def parse_response(response: Response, feed: Feed, parser: Parser) -> ParsedFeed:
    """What a good answer turns out to be, read as the config says of this feed."""
    parsed = await parser.parse(
        response.body,
        url=response.url,
        content_type=response.content_type,
        encoding=feed.encoding,
        lang=feed.lang,
        timezone=feed.timezone,
    )
    if response.truncated and parsed.status in ("ok", "degraded", "empty"):
        return replace(parsed, status="truncated")
    return parsed


def is_baseline(feed: Feed, state: FeedState, known: Mapping[str, Known]) -> bool:
    """Whether this is the first look at a feed: kept and matched, but not sent.

    So is a feed whose address was changed in the config to something with nothing in common.
    """
    return state.baseline_at is None or (state.address != fingerprint(feed.url) and not known)


def is_news(item: Item, state: FeedState) -> bool:
    """Whether an item of a first look is news all the same.

    It is where the feed had been looked at before, and was empty: then what is published since
    is new, and the rest is a backlog that had been away.
    """
    if state.baseline_at is not None or state.ok_at is None:
        return False
    return item.published is not None and item.published > state.ok_at


def judge(
    match: Match,
    known: Known | None,
    before: Mapping[tuple[int, str], set[str]],
    baseline: bool,
    route: RouteOf,
) -> Due:
    """Whether a match is sent on, and to whom; else the reason why not.

    `before` holds, for an edited item, the words each rule had found in it earlier: the edit
    matters when a rule matches that did not, or finds words that were not there.
    """
    rule = match.rule
    earlier = set[str]()
    if known:  # a rule that was renamed keeps its history
        earlier = earlier.union(*(before.get((known.id, name), ()) for name in (rule.id, rule.was)))
    words = {evidence.quote.casefold() for evidence in match.evidence}
    endpoints: tuple[Endpoint, ...] = ()
    if rule.status != "stable":
        status = HitStatus.QUIET
    elif earlier and words <= earlier:
        status = HitStatus.REPEATED
    elif baseline:
        status = HitStatus.BASELINE
    else:
        endpoints = route(rule)
        status = HitStatus.ALERTED if endpoints else HitStatus.UNROUTED
    hit = Hit(
        rule=rule.id,
        rule_version=rule.version,
        title=rule.title,
        severity=rule.severity,
        why=rule.why,
        evidence=tuple(match.evidence),
        status=status,
        update=known is not None,
    )
    return Due(hit=hit, endpoints=endpoints)


def _well(
    feed: Feed, state: FeedState, response: Response, now: datetime, jitter: float
) -> FeedState:
    """After an answer that brought nothing new. Validators are adopted all the same."""
    return replace(
        state,
        address=fingerprint(feed.url),
        etag=response.etag if response.etag or not response.not_modified else state.etag,
        last_modified=(
            response.last_modified
            if response.last_modified or not response.not_modified
            else state.last_modified
        ),
        validators_for=fingerprint(response.url),
        next_check_at=timing.next_check(
            feed, now, jitter, max_age=response.max_age, retry_after=response.retry_after
        ),
        checked_at=now,
        ok_at=now,
        failures=0,
        failing_since=None,
        error=state.error if state.health == "degraded" else "",
        health="degraded" if state.health == "degraded" else "ok",
    )


def _read(
    feed: Feed,
    state: FeedState,
    response: Response,
    parsed: ParsedFeed,
    body_hash: bytes,
    now: datetime,
    jitter: float,
) -> FeedState:
    """After a body that was read. One that was cut short vouches for nothing: no validators."""
    if parsed.status == "truncated":
        whole = len(parsed.items)
        error = f"feed '{feed.name}': the answer was cut short; {whole} whole items kept"
        return replace(
            failed(feed, state, error, now, jitter, None), title=parsed.title or state.title
        )
    return replace(
        _well(feed, state, response, now, jitter),
        etag=response.etag,
        last_modified=response.last_modified,
        body_hash=body_hash,
        title=parsed.title or state.title,
        # An empty feed shows nothing to know its news by; some are empty now and then.
        baseline_at=state.baseline_at or (now if parsed.items else None),
        health="degraded" if parsed.status == "degraded" else "ok",
        error="; ".join(parsed.problems[:3]) if parsed.status == "degraded" else "",
    )


def failed(
    feed: Feed,
    state: FeedState,
    error: str,
    now: datetime,
    jitter: float,
    retry_after: timedelta | None,
) -> FeedState:
    """After a check that brought nothing: why, since when, and when the next one is."""
    failures = state.failures + 1
    return replace(
        state,
        next_check_at=timing.next_check(
            feed, now, jitter, failures=failures, retry_after=retry_after
        ),
        checked_at=now,
        failures=failures,
        failing_since=state.failing_since or now,
        error=error,
        health="failing",
    )


def _logged(checked: Checked, began: float) -> Checked:
    took = round((time.monotonic() - began) * 1000)
    if checked.error and checked.status not in ("ok", "degraded"):
        _log.warning(
            "feed.failed", feed=checked.feed, status=checked.status, error=checked.error, ms=took
        )
        return checked
    _log.info(
        "feed.checked",
        feed=checked.feed,
        status=checked.status,
        items=checked.items,
        new=checked.new,
        edited=checked.edited,
        hits=checked.hits,
        ms=took,
    )
    if checked.baseline and checked.new:
        _log.info(
            "feed.baseline",
            feed=checked.feed,
            items=checked.new,
            hits=checked.hits,
            note="first look at this feed: kept and matched, not sent",
        )
    for hit_id, due in checked.found:
        _log.info(
            "hit.found",
            hit=hit_id,
            rule=due.hit.rule,
            severity=due.hit.severity,
            feed=checked.feed,
            status=due.hit.status.value,
            to=",".join(endpoint.name for endpoint in due.endpoints) or "-",
        )
    return checked
