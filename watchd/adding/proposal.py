"""A feed that was found, as it is proposed for config.toml. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from watchd.adding import addresses, block, oddities
from watchd.adding.discover import Found
from watchd.adding.pace import Pace, pace, roughly, sentence, spelled
from watchd.parse.decode import decode
from watchd.render.inert import inert
from watchd.values import Struct

_SILENT = timedelta(days=30)  # without news for so long and four windows: perhaps given up


class Proposal(Struct, frozen=True, kw_only=True):
    """The keys of a [[feed]], and what is to be known of it, a sentence each."""

    values: dict[str, Any]
    title: str
    status: str
    entries: int
    rhythm: Pace
    remarks: tuple[str, ...]
    off: str = ""  # a line for a person to switch on

    @property
    def toml(self) -> str:
        """The block to paste."""
        return block.block(self.values, remarks=self.remarks, off=self.off)


def propose(
    found: Found,
    *,
    taken: Collection[str],
    now: datetime,
    name: str = "",
    tags: Collection[str] = (),
) -> Proposal:
    """What to write into config.toml for a feed. `taken` are names in use, in small letters."""
    feed, parsed, response = found.feed, found.parsed, found.response
    host = addresses.host_of(feed.url)
    cheap = bool(response.etag or response.last_modified)
    rhythm = pace(oddities.dates(parsed.items), now, cheap=cheap)
    lang, other = oddities.spoken(parsed)
    zone, certain = oddities.timezone(parsed, host, lang, now)
    encoding = oddities.encoding(response.body, response.content_type)
    title = inert(parsed.title, 120)
    values = {
        "name": name or block.name(parsed.title, feed.url, taken),
        "url": feed.url,
        "publisher": block.publisher(parsed.title, feed.url),
        "lang": lang,
        "interval": spelled(rhythm.interval),
        "tags": list(tags),
        "timezone": zone if certain else "",
        "encoding": encoding,
        "private": feed.private or None,
    }
    remarks = [f"{title or host}: {_held(found, rhythm, now)}", other]
    if not cheap:
        remarks.append("no validators (ETag, Last-Modified): every check costs the whole body")
    mended = decode(response.body, content_type=response.content_type).problems if encoding else ()
    remarks += [problem for problem in parsed.problems if problem not in mended]
    if encoding:
        remarks.append(f"it does not name its encoding rightly: it is {encoding}")
    for odd in oddities.of_feed(parsed, now):
        if not (certain and "no time zone" in odd):
            remarks.append(odd)
    if certain:
        remarks.append("its dates name no time zone; they are taken for those of its country")
    return Proposal(
        values=values,
        title=title,
        status=parsed.status,
        entries=parsed.entries,
        rhythm=rhythm,
        remarks=tuple(remark for remark in remarks if remark),
        off=f'timezone = "{zone}"' if zone and not certain else "",
    )


def _held(found: Found, rhythm: Pace, now: datetime) -> str:
    """What it holds now, in one line."""
    parsed = found.parsed
    if not parsed.items:
        return "empty when it was looked at"
    held = sentence(rhythm) or f"{len(parsed.items)} items, too few of them dated for a rhythm"
    quiet = now - rhythm.newest if rhythm.newest else timedelta()
    if rhythm.span is not None and quiet > max(_SILENT, 4 * rhythm.span):
        held += f"; the newest is {roughly(quiet)} old: perhaps it was given up"
    return held
