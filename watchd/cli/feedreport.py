"""What `watchd feeds check` shows of a feed it has looked at: as text, and as JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from watchd.cli.session import ago, console, iso
from watchd.errors import WatchdError

if TYPE_CHECKING:
    from watchd.adding.pace import Pace
    from watchd.cli.feedlook import Looked
    from watchd.fetch import Response
    from watchd.model import Item

# The headers that decide how a feed is polled, in the order they are shown.
_HEADERS = (
    "etag", "last-modified", "cache-control", "expires", "age", "retry-after",
    "x-ratelimit-remaining", "x-ratelimit-reset", "content-type", "content-encoding", "date",
)  # fmt: skip
_SKEW = timedelta(minutes=5)


def as_json(looked: Looked, now: datetime) -> dict[str, Any]:
    """The JSON of `feeds check --json`: docs/design.md names the fields that stay."""
    from watchd.adding import oddities

    parsed, response, rhythm = looked.parsed, looked.response, _rhythm(looked, now)
    shared = oddities.shared_guids(parsed.items)
    return {
        "status": parsed.status,
        "title": parsed.title,
        "entries": parsed.entries,
        "items": [
            {
                **_item(item),
                "odd": oddities.of_item(
                    item, now, shared=shared, relative=number in looked.relative
                ),
            }
            for number, item in enumerate(parsed.items)
        ],
        "problems": list(parsed.problems),
        "lang": parsed.lang or None,
        "encoding": _encoding(looked) or None,
        "bytes": len(looked.body),
        "odd": _odd(looked, now),
        "feeds": list(parsed.feeds),
        "feed_links": list(parsed.feed_links),
        "rhythm": {
            "dated": rhythm.dated,
            "span_seconds": _seconds(rhythm.span),
            "gap_seconds": _seconds(rhythm.gap),
            "at_least_every_seconds": _seconds(rhythm.at_least_every),
        },
        "answer": _answer(looked, response, now) if response is not None else None,
        "conditional": looked.conditional[0] if looked.conditional else None,
        "known": _known(looked) if looked.state else None,
    }


def of_error(error: WatchdError) -> dict[str, Any]:
    """The same of what could not be had at all."""
    wait = getattr(error, "retry_after", None)
    return {
        "status": "error",
        "title": "",
        "entries": 0,
        "items": [],
        "problems": [str(error)],
        "kind": getattr(error, "kind", None),
        "http_status": getattr(error, "status", None),
        "retry_after_seconds": _seconds(wait),
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "id": item.guid or item.key,
        "url": item.url,
        "title": item.title,
        "text": item.text,
        "published": iso(item.published),
        "published_raw": item.published_raw,
        "lang": item.lang,
        "author": item.author,
    }


def _answer(looked: Looked, response: Response, now: datetime) -> dict[str, Any]:
    return {
        "http_status": response.status,
        "url": response.url,
        "redirects": [
            {"status": status, "to": to, "permanent": status in (301, 308)}
            for status, to in response.hops
        ],
        "moved_to": response.moved_to or None,
        "headers": _headers(response),
        "max_age_seconds": _seconds(response.max_age),
        "retry_after_seconds": _seconds(response.retry_after),
        "next_check_seconds": _seconds(_next_check(looked, response, now)),
        "clock_skew_seconds": _seconds(_skew(response, now)),
    }


def _known(looked: Looked) -> dict[str, Any]:
    state = looked.state
    assert state is not None
    return {
        "health": state.health,
        "since": iso(state.health_since),
        "last_ok": iso(state.ok_at),
        "next_check": iso(state.next_check_at),
        "failures": state.failures,
        "failing_since": iso(state.failing_since),
        "error": state.error or None,
        "moved_to": state.moved_to or None,
        "gap": state.gap_note or None,
    }


def show(looked: Looked, now: datetime, items: int) -> None:
    """Print it for people. Everything a feed says is a stranger's word."""
    from watchd.render.inert import inert, link

    out, parsed, response = console(), looked.parsed, looked.response

    def line(name: str, text: str, limit: int = 300) -> None:
        out.print(f"{name:<18}{inert(text, limit)}")

    line("status", parsed.status)
    line("title", parsed.title, 160)
    line("entries", str(parsed.entries))
    if response is not None:
        for status, to in response.hops:
            how = "for good" if status in (301, 308) else "for now"
            out.print(f"{'redirected':<18}{status}, {how}, to {link(to)}")
        out.print(f"{'address':<18}{link(response.url)}" + _moved(response))
        for name, value in _headers(response).items():
            line(name, value, 160)
        for name, text in _of_time(looked, response, now):
            line(name, text)
    line("size", f"{len(looked.body):,} bytes, read as {_encoding(looked) or 'nothing'}")
    if looked.conditional:
        line("conditional", f"{looked.conditional[0]}: {looked.conditional[1]}")
    for problem in parsed.problems:
        line("problem", problem)
    for odd in _odd(looked, now):
        line("odd", odd)
    for url in parsed.feeds or parsed.feed_links[:10]:
        out.print(f"{'feed':<18}{link(url)}")
    if state := looked.state:
        last, following = ago(state.ok_at, now), ago(state.next_check_at, now)
        line("known", f"{state.health}; last good {last}; next check {following}")
        if state.error:
            line("", state.error)
    _show_items(looked, now, items)


def _show_items(looked: Looked, now: datetime, most: int) -> None:
    from watchd.adding import oddities
    from watchd.render.inert import inert, link

    out, items = console(), looked.parsed.items
    shared = oddities.shared_guids(items)
    for number, item in enumerate(items[:most]):
        when = f"{item.published:%Y-%m-%d %H:%M UTC}" if item.published else "no certain date"
        out.print(f"\n{inert(item.title, 160) or '(no title)'}")
        out.print(f"  {when}  {item.lang}  {link(item.url)}")
        odd = oddities.of_item(item, now, shared=shared, relative=number in looked.relative)
        if odd:
            out.print(f"  odd: {inert('; '.join(odd), 300)}")
        if item.text:
            out.print(f"  {inert(item.text, 240)}")
    if len(items) > most:
        out.print(f"\n… and {len(items) - most} more (--items {len(items)})")


def _moved(response: Response) -> str:
    return " (moved for good: change `url` to it)" if response.moved_to else ""


def _of_time(looked: Looked, response: Response, now: datetime) -> list[tuple[str, str]]:
    """What the server says of when to come back, and what comes of it."""
    from watchd.adding.pace import roughly

    said = []
    if response.retry_after is not None:
        said.append(f"it asks to be left alone for {roughly(response.retry_after)}")
    if response.max_age is not None:
        said.append(f"it calls this fresh for {roughly(response.max_age)}")
    if said:
        every = roughly(_next_check(looked, response, now))
        said.append(f"asked every {roughly(_interval(looked))}, it is asked again in {every}")
    lines = [("cache", "; ".join(said))] if said else []
    skew = _skew(response, now)
    if skew is not None and abs(skew) > _SKEW:
        how = "behind" if skew < timedelta() else "ahead of"
        lines.append(("clock", f"the server's clock is {roughly(abs(skew))} {how} ours"))
    return lines


def _interval(looked: Looked) -> timedelta:
    """How often it is asked: as in the config, or as its rhythm wants."""
    return (looked.state.pace if looked.state else None) or looked.feed.interval


def _next_check(looked: Looked, response: Response, now: datetime) -> timedelta:
    from watchd import timing

    when = timing.next_check(
        _interval(looked), now, 0.5, max_age=response.max_age, retry_after=response.retry_after
    )
    return when - now


def _headers(response: Response) -> dict[str, str]:
    found = ((name, response.fields.get(name.encode())) for name in _HEADERS)
    return {name: value.decode("utf-8", "backslashreplace") for name, value in found if value}


def _skew(response: Response, now: datetime) -> timedelta | None:
    """How far the server's clock is ahead of ours; None where it does not tell."""
    from watchd.headers import date

    said = date(response.fields)
    return said - now if said else None


def _encoding(looked: Looked) -> str:
    from watchd.parse.decode import decode

    if not looked.body:
        return ""
    encoding = looked.feed.encoding
    return decode(looked.body, content_type=looked.content_type, encoding=encoding).encoding


def _rhythm(looked: Looked, now: datetime) -> Pace:
    from watchd.adding.oddities import dates
    from watchd.adding.pace import pace

    return pace(dates(looked.parsed.items), now, cheap=looked.answers_304)


def _odd(looked: Looked, now: datetime) -> list[str]:
    """What is odd about the feed as a whole, a sentence each."""
    from watchd.adding import oddities
    from watchd.adding.pace import sentence, spelled

    feed, parsed, rhythm = looked.feed, looked.parsed, _rhythm(looked, now)
    odd = oddities.of_feed(parsed, now, relative=len(looked.relative))
    if words := sentence(rhythm):
        safe = rhythm.at_least_every
        too_slow = bool(feed.url) and safe is not None and safe < feed.interval
        odd.append(words + (f" (its interval is {spelled(feed.interval)})" if too_slow else ""))
    if looked.conditional and not looked.answers_304:
        odd.append(looked.conditional[1])
    mended = "" if feed.encoding else oddities.encoding(looked.body, looked.content_type)
    if mended:
        odd.append(f'its encoding had to be guessed: set `encoding = "{mended}"`')
    other_lang = oddities.spoken(parsed)[1]
    return [*odd, other_lang] if other_lang and not feed.lang else odd


def _seconds(length: timedelta | None) -> float | None:
    return round(length.total_seconds(), 1) if length is not None else None
