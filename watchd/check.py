"""A check of one feed, from the request to the one transaction that keeps what came of it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from watchd import log, lookback, sources
from watchd.fetch import FetchError, Response
from watchd.judging import Matcher, Router, apart, judge, log_hits
from watchd.model import (
    Due,
    Feed,
    FeedState,
    Finding,
    Item,
    Keeping,
    KeepMode,
    Kept,
    Known,
    ParsedFeed,
)
from watchd.parse.renamed import renamed
from watchd.parse.window import unpack
from watchd.parser import Parser
from watchd.polling import after, audits, gaps
from watchd.response import NotYet
from watchd.sitemaps import Fetcher
from watchd.store import Store, archive, feeds
from watchd.store.record import Recorded, record
from watchd.values import Struct, replace, without

_log = log.Log("watchd.check")
_YIELD_EVERY = 25  # items matched before other work gets a turn of the loop
_OLD = timedelta(days=3)  # what a feed brings up again after so long needs no full text
_LARGE = 100_000  # bytes of an answer: to look through more takes a thread of its own
_ASKED_TO_WAIT = (403, 429, 503)  # a wish to be left alone that goes for all feeds there


class Checked(Struct, frozen=True, kw_only=True):
    """What a check came to."""

    feed: str
    status: str  # ok, same, later, a ParsedFeed's status, or the kind of FetchError
    items: int = 0
    new: int = 0
    edited: int = 0
    hits: int = 0
    deliveries: int = 0
    baseline: bool = False
    error: str = ""
    found: tuple[tuple[int, Due], ...] = ()
    wait_until: datetime | None = None  # the server asks to be left alone until then

    __repr__ = without("found")


async def check_feed(
    feed: Feed,
    state: FeedState,
    *,
    claim: str,
    fetcher: Fetcher,
    parser: Parser,
    rules: Matcher,
    route: Router,
    store: Store,
    unchanged: Callable[[FeedState], Awaitable[None]],
    window_of: Callable[[Feed], Awaitable[bytes]],
    turn: Callable[[], Awaitable[None]],
    out_since: Callable[[str], datetime | None] = lambda kind: None,
    keeping: Callable[[], Keeping] = Keeping,
    now: datetime,
    jitter: float,
) -> Checked:
    """Fetch, parse, match and record one feed. `jitter` is a number from 0 to 1.

    Where nothing changed but the schedule, the new state goes to `unchanged`, which may write
    many of them together: should it be lost, the feed is only asked again. `window_of` gives what
    stood in its last document. `turn` is awaited before news are written, for others to join in.
    `out_since` tells of a kind of failure since when our own network
    is out, None that it is not; `keeping` says what is kept as evidence of hits. Expected trouble
    of the feed is part of the result. Trouble of the database is raised: then nothing was
    recorded, and the same check is due again.
    """
    began = time.monotonic()
    try:
        response = await fetcher.fetch(feed, audits.asked_with(feed, state, now), now=now)
    except NotYet as error:
        await store.do_write(feeds.put_off, claim, feed.name, now + error.wait)
        return _logged(Checked(feed=feed.name, status="later"), began)
    except FetchError as error:
        if since := out_since(error.kind):
            text = f"this machine's network is out since {since:%Y-%m-%d %H:%M} UTC"
            state = after.spared(feed, state, text, now, jitter, since)
        else:
            state = after.refused(feed, state, error, now, jitter)
        await store.do_write(record, claim=claim, state=state, now=now)
        wait = state.not_before if error.status in _ASKED_TO_WAIT else None
        checked = Checked(feed=feed.name, status=error.kind, error=str(error), wait_until=wait)
        return _logged(checked, began)
    body_hash = hashlib.blake2b(response.body, digest_size=16).digest()
    as_before = state.address == feed.address and body_hash == state.body_hash
    same_body = as_before and not response.truncated
    same = response.not_modified or same_body
    memory = await sources.remembered(feed, store)
    if same and not sources.has_unread(feed, memory, now):
        await unchanged(after.unchanged(feed, state, response, now, jitter))
        return _logged(Checked(feed=feed.name, status="same"), began)
    window = b""
    if state.checked_at is not None and not response.truncated:
        window = await window_of(feed)
    read = partial(parse_response, parser=parser)
    parsed = sources.UNCHANGED if same else await read(response, feed, window=window)
    shown = await sources.show(
        feed, state.checked_at, parsed, memory, fetcher=fetcher, read=read, now=now
    )
    parsed = shown.parsed
    if trouble := _trouble(parsed, state):
        kind, text = trouble
        state = after.failed(
            feed, state, f"feed '{feed.name}': {text}", now, jitter,
            kind=kind, status=response.status,
        )  # fmt: skip
        await store.do_write(record, claim=claim, state=state, now=now)
        return _logged(Checked(feed=feed.name, status=parsed.status, error=state.error), began)

    known = await _known(store, feed, state, parsed.items)
    again = await _renamed(feed, parsed, known, window, store) if window else {}
    known |= again
    baseline = is_baseline(feed, state, known)
    items = list(parsed.items)
    if not baseline and sources.has_window(feed):
        stood = [*gaps.vouched_for(known, state, window), *again]
        fetched, met = list[Item](), False
        if gaps.is_apart(parsed, stood):
            known_of = partial(_known, store, feed, state)
            fetched, met = await lookback.earlier(
                feed, state, parsed,
                fetcher=fetcher, read=read, known_of=known_of, window=window, now=now,
            )  # fmt: skip
            items += fetched
        state = gaps.with_gap(state, parsed, stood, now, fetched=len(fetched), met=met)
    fresh = [(item, known.get(item.key)) for item in items]
    fresh = [(i, k) for i, k in fresh if k is None or i.content_hash not in k.hashes]
    hidden = bool(fresh) and not response.conditional and not same
    if audits.wants_proof(feed, state, now, news=hidden):
        lies = await lookback.lies(feed, state, fetcher, now)
        state = replace(state, lying_at=now if lies else None)
    findings = await _match(feed, state, fresh, baseline, shown.backlog, rules, route, store, now)
    news = tuple(item.published for item, held in fresh if held is None)
    if parsed.status == "truncated":
        state = _cut(feed, state, parsed, bool(known), now, jitter)
    elif same:  # what is new stood in the sitemaps that it names
        state = after.unchanged(feed, state, response, now, jitter)
        state = replace(state, new_at=now if news else state.new_at)
    else:
        # What shows only what is new has no window that items could roll out of.
        shows = parsed if sources.has_window(feed) else replace(parsed, entries=0)
        state = after.read(
            feed, state, response, shows, body_hash, now, jitter, news=news, baseline=baseline
        )
    recorded = Recorded()
    if findings or again or shown.memory or parsed.window != window:
        left = parsed.window if parsed.window != window else b""
        kept = await _kept(keeping, feed, response, findings, now)
        await turn()
        recorded = await store.do_write(
            record, claim=claim, state=state, findings=findings,
            window=left, renamed=again, memory=shown.memory, publisher=feed.publisher,
            kept=kept, now=now,
        )  # fmt: skip
    else:
        await unchanged(state)
    checked = Checked(
        feed=feed.name,
        status=parsed.status,
        items=len(items) + parsed.kept,
        new=recorded.new,
        edited=recorded.edited,
        hits=len(recorded.hits),
        deliveries=recorded.deliveries,
        baseline=baseline,
        error=state.error,
        found=recorded.hits,
    )
    return _logged(checked, began)


def _trouble(parsed: ParsedFeed, state: FeedState) -> tuple[str, str] | None:
    """The kind of trouble with a document that brings no items, and what it is; None: it is well.

    A feed that never had items may be empty; one that had some, and has none, is in trouble.
    """
    if parsed.status in ("html", "error"):
        kind = "wall" if parsed.wall else parsed.status
        return kind, "; ".join(parsed.problems) or "not a feed"
    if parsed.status == "empty" and state.baseline_at is not None:
        return "empty", "a feed without a single item, though it had some"
    return None


async def _known(
    store: Store, feed: Feed, state: FeedState, items: Sequence[Item]
) -> dict[str, Known]:
    if state.checked_at is None or not items:
        return {}
    keys = [item.key for item in items]
    known: dict[str, Known] = await store.do_read(archive.known, feed.name, keys)
    return known


async def _match(
    feed: Feed,
    state: FeedState,
    fresh: Sequence[tuple[Item, Known | None]],
    baseline: bool,
    backlog: Container[str],
    rules: Matcher,
    route: Router,
    store: Store,
    now: datetime,
) -> list[Finding]:
    """New and edited items with what the rules find in them; `backlog`: keys of old news."""
    edited = [held.id for _, held in fresh if held]
    before = await store.do_read(archive.words_before, edited) if edited else {}
    texts = (
        await store.do_read(archive.texts_of_articles, edited) if edited and feed.fulltext else {}
    )
    findings = []
    for number, (item, held) in enumerate(fresh, 1):
        seen = replace(item, article=texts[held.id]) if held and held.id in texts else item
        found = rules.match(seen, source=feed.name, tags=feed.tags, now=now)
        matches, observed = apart(found, seen)
        old = (baseline and not is_news(item, state)) or item.key in backlog
        due = tuple(judge(match, held, before, old, route(feed, item, now)) for match in matches)
        wanted = not held and not old and wants_article(feed, item, now)
        findings.append(
            Finding(
                item=item,
                known=held,
                due=due,
                baseline=old,
                read_article=wanted,
                observed=observed,
            )
        )
        if number % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
    return findings


async def _kept(
    wanted: Callable[[], Keeping],
    feed: Feed,
    response: Response,
    findings: Sequence[Finding],
    now: datetime,
) -> Mapping[str, Kept] | None:
    """What is kept of the answer for the items with hits in it."""
    found = [finding.item for finding in findings if finding.due]
    if not found or (keeping := wanted()).mode is KeepMode.OFF:
        return None
    from watchd import evidence  # most checks find nothing

    of_feed = partial(evidence.of_feed, keeping, feed, response, found, now)
    if keeping.mode is KeepMode.WARC or len(response.body) > _LARGE:
        return await asyncio.to_thread(of_feed)
    return of_feed()


def _cut(
    feed: Feed, state: FeedState, parsed: ParsedFeed, known: bool, now: datetime, jitter: float
) -> FeedState:
    """After a body that was cut short: its whole items are kept, and it vouches for nothing."""
    whole = len(parsed.items)
    error = f"feed '{feed.name}': the answer was cut short; {whole} whole items kept"
    state = after.failed(feed, state, error, now, jitter, kind="truncated")
    state = replace(state, title=parsed.title or state.title)
    # Where it never was whole: do not wait for that.
    return replace(state, baseline_at=state.baseline_at or now) if known else state


async def _renamed(
    feed: Feed, parsed: ParsedFeed, known: Mapping[str, Known], window: bytes, store: Store
) -> dict[str, Known]:
    """The items whose keys are new though they are not."""
    strange = [item for item in parsed.items if item.key not in known]
    if not strange:
        return {}
    hashes = list({item.content_hash for item in strange})
    namesakes = await store.do_read(archive.namesakes, feed.name, hashes)
    if not namesakes:
        return {}
    return renamed(
        strange,
        namesakes,
        stood=unpack(window),
        stands=unpack(parsed.window),
        only_together=feed.identity != "auto",
    )


async def parse_response(
    response: Response, feed: Feed, parser: Parser, window: bytes = b""
) -> ParsedFeed:
    """What a good answer turns out to be, read as the config says of this feed.

    With the window of its last document, only what did not stand there is among the items.
    """
    parsed = await parser.parse(
        response.body,
        url=response.url,
        content_type=response.content_type,
        encoding=feed.encoding,
        lang=feed.lang,
        timezone=feed.timezone,
        identity=feed.identity,
        source=feed.type,
        page=feed.page,
        cut_short=response.truncated,
        window=window,
    )
    if response.truncated and parsed.status in ("ok", "degraded", "empty"):
        return replace(parsed, status="truncated", window=b"")
    return parsed


def is_baseline(feed: Feed, state: FeedState, known: Mapping[str, Known]) -> bool:
    """Whether this is the first look at a feed: kept and matched, but not sent.

    So is a feed whose address was changed in the config to something with nothing in common.
    """
    return state.baseline_at is None or (state.address != feed.address and not known)


def is_news(item: Item, state: FeedState) -> bool:
    """Whether an item of a first look is news all the same.

    It is where the feed had been looked at before, and was empty: then what is published since
    is new, and the rest is a backlog that had been away.
    """
    if state.baseline_at is not None or state.ok_at is None:
        return False
    return item.published is not None and item.published > state.ok_at


def wants_article(feed: Feed, item: Item, now: datetime) -> bool:
    """Whether the article behind the link of a new item is to be fetched."""
    if not feed.fulltext or not item.url:
        return False
    return item.published is None or now - item.published < _OLD


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
    log_hits(_log, checked.feed, checked.found)
    return checked
