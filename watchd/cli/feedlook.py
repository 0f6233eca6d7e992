"""A look at a feed, as the daemon would take it, or closer: for `feeds check` and `try`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from watchd.cli.session import Session, now
from watchd.errors import ConfigError, WatchdError
from watchd.values import Struct, replace

if TYPE_CHECKING:
    from watchd.adding.probe import Conditional
    from watchd.fetch import Limits, Response
    from watchd.model import Feed, FeedState, ParsedFeed
    from watchd.parser import Parser

_ELSEWHERE = "https://elsewhere.invalid/"
_QUICK = 1.0  # seconds: what takes longer is not read a second time


class Looked(Struct, frozen=True, kw_only=True):
    """What a feed said when it was looked at."""

    parsed: ParsedFeed
    body: bytes
    feed: Feed
    response: Response | None = None  # None: it came from a file
    relative: frozenset[int] = frozenset()  # numbers, from 0, of items whose links name no host
    conditional: tuple[Conditional, str] | None = None  # None: it was not asked twice
    state: FeedState | None = None  # what the database knows; None: nothing, or no feed of ours

    @property
    def content_type(self) -> str:
        """As its header says; "" for none."""
        return self.response.content_type if self.response else ""

    @property
    def answers_304(self) -> bool:
        """Whether asking often costs its server little."""
        return self.conditional is not None and self.conditional[0] == "yes"


async def look(here: Session, what: str, *, closely: bool = False) -> Looked:
    """Fetch and parse a file, an address, or a feed of the config, as the daemon would.

    `closely` also tells whether it answers 304, and which links name no host. Raises FetchError
    when it cannot be had, WatchdError when there is no such thing.
    """
    from functools import partial

    from watchd import fetch, sources
    from watchd.adding import probe
    from watchd.check import parse_response
    from watchd.model import Feed
    from watchd.parser import Parser
    from watchd.robots import Polite, Robots

    if Path(what).is_file():
        body = Path(what).read_bytes()
        feed = Feed(name=what, url="", publisher="")
        async with Parser() as parser:
            began = time.monotonic()
            looked = Looked(parsed=await parser.parse(body), body=body, feed=feed)
            return await _closer(looked, parser, began) if closely else looked
    feed, limits, agent = _asked(here, what)
    async with fetch.Client(limits, agent) as client, Parser() as parser:
        polite, moment = Polite(client, Robots(agent)), now()
        response = await polite.fetch(feed, None, now=moment)
        began = time.monotonic()
        read = partial(parse_response, parser=parser)
        shown = await sources.show(
            feed, None, await read(response, feed), None, fetcher=polite, read=read, now=moment
        )
        parsed = shown.parsed
        looked = Looked(parsed=parsed, body=response.body, feed=feed, response=response)
        if closely and parsed.status in ("ok", "degraded", "empty"):
            looked = await _closer(looked, parser, began)
            asked = await probe.conditional(client, feed, response, now())
            looked = replace(looked, conditional=asked)
    return replace(looked, state=_known(here, feed)) if closely and "://" not in what else looked


def _asked(here: Session, what: str) -> tuple[Feed, Limits, str]:
    from watchd import fetch
    from watchd.adding.addresses import without_login
    from watchd.model import Feed

    if "://" in what:
        from watchd.config.secrets import hide_password

        hide_password(what)
        # Whoever types an address means it, a private one too.
        feed = Feed(name=without_login(what), url=what, publisher="", private=True)
        return feed, fetch.Limits(), fetch.user_agent()
    config = here.config()
    feed = _named(what, {one.name: one for one in config.feeds})
    return feed, config.fetch.limits, config.fetch.user_agent


def _named(name: str, feeds: dict[str, Feed]) -> Feed:
    from watchd.tomlfile import nearest

    if name not in feeds:
        guess = nearest(name, feeds)
        hint = f"; did you mean '{guess}'?" if guess else ""
        raise WatchdError(f"'{name}' is no feed in config.toml, no file and no address{hint}")
    return feeds[name]


async def _closer(looked: Looked, parser: Parser, began: float) -> Looked:
    """With the items whose links name no host: read from elsewhere, they lead elsewhere."""
    items, feed = looked.parsed.items, looked.feed
    if not items or feed.type != "feed" or time.monotonic() - began > _QUICK:
        return looked
    other = await parser.parse(
        looked.body, url=_ELSEWHERE, content_type=looked.content_type, encoding=feed.encoding
    )
    if len(other.items) != len(items):
        return looked
    led = (number for number, item in enumerate(other.items) if item.url.startswith(_ELSEWHERE))
    return replace(looked, relative=frozenset(led))


def _known(here: Session, feed: Feed) -> FeedState | None:
    from watchd.store import feeds

    try:
        with here.store() as store:
            return {state.feed: state for state in store.read(feeds.states)}.get(feed.name)
    except ConfigError:
        raise
    except WatchdError:  # no database yet: nothing has been checked
        return None
