"""What the archive says about its words: which phrases rose, fell or are new in a period.

It reads all texts of the period and of the baseline into memory and counts their phrases: twenty
thousand of 300 words take half a minute and 330 MiB. So the daemon has it done by a child, with
bounds, see `main`: the limit on the memory of a service holds for all its processes together, and
who goes beyond it ends them all.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from watchd.language import told
from watchd.model import StoredItem
from watchd.model.overtime import time_of
from watchd.model.words import Example, Phrase, Words
from watchd.store import Store, archive, open_store
from watchd.store.troubles import DatabaseError
from watchd.store.vocabularies import as_json
from watchd.text import fold
from watchd.words.shift import Shift, Story, shifts

_PAGE = 200  # items read at a time: with their articles they may be large


def survey(
    store: Store,
    *,
    baseline: datetime,
    since: datetime,
    until: datetime,
    feeds: Collection[str] | None = None,
    languages: Collection[str] = (),
    ignore: Iterable[str] = (),
    share: int = 1,
) -> Words:
    """What changed from the time between `baseline` and `since` to that from there to `until`.

    Only in items of these feeds (None: of all) and of these languages (none given: of all; "zh"
    takes zh-tw, too). Phrases with a term of `ignore` in them are left out. `share`:
    of so many texts one is counted, chosen by its words and so at random, copies together.
    """
    items = _items(store, baseline, until, feeds)
    recent, older = _stories(items, since, baseline, languages, share)
    found = shifts(recent, older, ignore=ignore)
    return Words(
        since=since,
        until=until,
        baseline=baseline,
        texts=len(recent),
        texts_before=len(older),
        tried=found.tried,
        share=share,
        phrases=tuple(map(_phrase, found.found)),
        not_ready=found.not_ready,
    )


def main() -> None:
    """Answer one question on standard input, as JSON; the answer is JSON, too.

    Ends with the exit code `no_room` of the question where memory is too little. The address of
    the database may hold a password: it comes this way and not as an argument.
    """
    with suppress(OSError):  # the unit of the service refuses it
        os.nice(10)  # feeds and alerts go before
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_DATA, (asked["bytes"], asked["bytes"]))
    try:
        said = json.dumps(as_json(_answer(asked)))
    except (MemoryError, DatabaseError) as error:
        if isinstance(error, DatabaseError) and "out of memory" not in str(error):
            raise
        sys.exit(asked["no_room"])
    sys.stdout.write(said)


def _answer(asked: dict[str, Any]) -> Words:
    times = {name: datetime.fromisoformat(asked[name]) for name in ("baseline", "since", "until")}
    store = open_store(asked["database"], create=False)
    try:
        return survey(
            store,
            **times,
            feeds=asked["feeds"],
            languages=asked["languages"],
            ignore=asked["ignore"],
            share=asked["share"],
        )
    finally:
        store.close()


def _items(
    store: Store, baseline: datetime, until: datetime, feeds: Collection[str] | None
) -> Iterable[StoredItem]:
    only = next(iter(feeds)) if feeds is not None and len(feeds) == 1 else ""
    at: int | None = 1
    while at is not None:
        page = store.read(
            archive.next_items, at, feed=only, since=baseline, until=until, limit=_PAGE
        )
        yield from (stored for stored in page if feeds is None or stored.feed in feeds)
        at = page[-1].id + 1 if page else None


def _stories(
    items: Iterable[StoredItem],
    since: datetime,
    baseline: datetime,
    languages: Collection[str],
    share: int,
) -> tuple[Sequence[Story], Sequence[Story]]:
    """The distinct texts of the period and of the baseline; one that is in both is old."""
    recent: dict[bytes, Story] = {}
    older: dict[bytes, Story] = {}
    for stored in items:
        item = stored.item
        at = time_of(item, stored.first_seen_at)
        spoken = told(item.lang, f"{item.title}\n{item.text}", item.article)
        meant = not languages or any(f"{spoken}-".startswith(f"{one}-") for one in languages)
        if at < baseline or not meant:
            continue
        text = f"{item.title}\n\n{item.article or item.text}"
        key = hashlib.blake2b(fold(text).text.encode(errors="replace"), digest_size=16).digest()
        if int.from_bytes(key) % share:
            continue
        period = recent if at >= since else older
        story = Story(
            text=text, title=item.title, url=item.url, source=stored.feed, lang=spoken, at=at
        )
        period.setdefault(key, story)
    return [one for key, one in recent.items() if key not in older], list(older.values())


def _phrase(shift: Shift) -> Phrase:
    return Phrase(
        words=shift.words,
        lang=shift.lang,
        kind=shift.kind,
        now=shift.now,
        of_now=shift.of_now,
        before=shift.before,
        of_before=shift.of_before,
        change=shift.change,
        g2=shift.g2,
        chance=shift.chance,
        examples=tuple(
            Example(title=one.title, url=one.url, source=one.source, at=one.at)
            for one in shift.examples
        ),
    )
