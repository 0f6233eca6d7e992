"""Documents are read in a child that can be killed: a hostile one costs its own status only."""

from __future__ import annotations

import asyncio
import gzip
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watchd.model import ParsedFeed
from watchd.parse.document import parse_document
from watchd.parser import Parser

FEEDS = Path(__file__).parent.parent / "data" / "feeds"
GOOD = (
    b'<rss version="2.0"><channel><title>Port</title><item><guid>1</guid><title>Ship</title>'
    b"<category>a</category><pubDate>Mon, 23 Nov 2026 04:00:00 GMT</pubDate></item></channel></rss>"
)
# Far more items than can be read in a second, in 60 kB.
ENDLESS = gzip.compress(b"<rss><channel>" + b"<item><title>a</title></item>" * 900_000)
# Ten million lists want more memory than the child may have.
HUGE = gzip.compress(b'{"items":[' + b"[]," * 9_000_000 + b"[]]}")
# More elements than there is room for in a tree; without one there is room enough.
OPEN = gzip.compress(b'<rss version="2.0"><channel>' + b"<a>" * 1_800_000)

DAEMON = """
import asyncio, os, pathlib
from watchd.parser import Parser

async def main():
    async with Parser() as parser:
        await parser.parse(b"<rss><channel/></rss>")
        print(pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text(), flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def run(
    story: Callable[[Parser], Awaitable[None]],
    *,
    deadline: timedelta = timedelta(seconds=20),
    workers: int = 1,
) -> None:
    async def told() -> None:
        async with Parser(deadline=deadline, workers=workers) as parser:
            await story(parser)

    asyncio.run(told())


def children() -> set[int]:
    """The processes we started and have not buried."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == os.getpid() and after_name[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def test_the_child_reads_as_we_would() -> None:
    async def story(parser: Parser) -> None:
        for name in ("dates.xml", "koi8r.xml", "truncated_in_item7.xml", "html_challenge.html"):
            body = (FEEDS / name).read_bytes()
            assert await parser.parse(body, url="https://a.example/") == parse_document(
                body, url="https://a.example/"
            )

    run(story)


def test_every_argument_reaches_the_child() -> None:
    body = GOOD.replace(b"GMT", b"").replace(b"Ship", "Корабль".encode("koi8-r"))

    async def story(parser: Parser) -> None:
        parsed = await parser.parse(
            body.replace(b"<guid>1</guid>", b"<link>/1</link>"),
            url="https://a.example/feed",
            content_type="text/xml; charset=iso-8859-7",
            encoding="koi8-r",
            lang="ru",
            timezone="Europe/Moscow",
        )
        (item,) = parsed.items
        assert (item.title, item.url, item.lang) == ("Корабль", "https://a.example/1", "ru")
        assert item.published == datetime(2026, 11, 23, 1, tzinfo=UTC)
        by_words = await parser.parse(GOOD, url="https://a.example/", identity="text")
        assert by_words.items[0].key.startswith("text:")
        first = await parser.parse(GOOD, url="https://a.example/")
        again = await parser.parse(GOOD + b" ", url="https://a.example/", window=first.window)
        assert (again.kept, again.items, again.window) == (1, (), first.window)

    run(story)


def test_one_child_serves_many_documents_and_ends_with_the_parser() -> None:
    before = children()

    async def story(parser: Parser) -> None:
        seen = set()
        for _ in range(3):
            assert (await parser.parse(GOOD)).status == "ok"
            seen |= children() - before
        assert len(seen) == 1

    run(story)
    assert children() <= before


def test_a_document_that_takes_too_long_is_stopped_and_the_next_is_read() -> None:
    async def story(parser: Parser) -> None:
        await parser.parse(GOOD)
        started = time.monotonic()
        parsed = await parser.parse(ENDLESS)
        assert time.monotonic() - started < 5
        assert parsed.status == "error"
        assert "could not be read within 1.5 s" in parsed.problems[0]
        assert (await parser.parse(GOOD)).status == "ok"

    run(story, deadline=timedelta(seconds=1.5))


def test_a_document_that_needs_too_much_memory_is_an_error_and_the_next_is_read() -> None:
    async def story(parser: Parser) -> None:
        parsed = await parser.parse(HUGE)
        assert parsed.status == "error"
        assert "memory" in parsed.problems[0]
        assert (await parser.parse(GOOD)).status == "ok"

    run(story)


def test_a_document_whose_tree_would_need_too_much_memory_is_told_of_without_one() -> None:
    async def story(parser: Parser) -> None:
        assert (await parser.parse(OPEN)).status == "truncated"

    run(story)


def test_a_child_that_was_killed_is_replaced_unseen() -> None:
    before = children()

    async def story(parser: Parser) -> None:
        await parser.parse(GOOD)
        (child,) = children() - before
        os.kill(child, signal.SIGKILL)
        assert (await parser.parse(GOOD)).status == "ok"

    run(story)


def test_a_cancelled_document_leaves_no_answer_for_the_next() -> None:
    async def story(parser: Parser) -> None:
        await parser.parse(GOOD)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await parser.parse(ENDLESS)
        parsed = await parser.parse(GOOD)
        assert (parsed.status, parsed.title) == ("ok", "Port")

    run(story)


@pytest.mark.parametrize("workers", [1, 2])
def test_many_at_once_wait_for_a_free_child(workers: int) -> None:
    before = children()

    async def story(parser: Parser) -> None:
        bodies = [GOOD.replace(b"Ship", b"Ship %d" % number) for number in range(12)]
        answers: list[ParsedFeed] = await asyncio.gather(*map(parser.parse, bodies))
        assert [answer.items[0].title for answer in answers] == [f"Ship {n}" for n in range(12)]
        assert 1 <= len(children() - before) <= workers

    run(story, workers=workers)


def test_a_stop_signal_to_the_whole_service_does_not_stop_a_reading() -> None:
    before = children()

    async def story(parser: Parser) -> None:
        await parser.parse(GOOD)
        (child,) = children() - before
        os.kill(child, signal.SIGTERM)
        os.kill(child, signal.SIGINT)
        assert (await parser.parse(GOOD)).status == "ok"
        assert children() - before == {child}

    run(story)


def test_the_child_ends_when_the_daemon_is_killed() -> None:
    daemon = subprocess.Popen([sys.executable, "-c", DAEMON], stdout=subprocess.PIPE, text=True)
    assert daemon.stdout is not None
    child = os.pidfd_open(int(daemon.stdout.readline()))
    daemon.kill()
    daemon.wait()
    daemon.stdout.close()
    ended, _, _ = select.select([child], [], [], 10)
    os.close(child)
    assert ended


def hostile(item: str) -> bytes:
    return (
        f"<rss><channel>{item}<item><guid>last</guid><title>Ship</title></item></channel></rss>"
    ).encode()


@pytest.mark.parametrize(
    "body",
    [
        hostile(f"<item><author>{'a' * 80_000}</author></item>"),
        hostile(f"<item><author>{'a.' * 40_000}@</author></item>"),
        hostile("<item " + " ".join(f'a{n}="1"' for n in range(10_000)) + "/>"),
        hostile("<item><title>a&#xD800;b</title></item>"),
        hostile("<a>" * 20_000 + "</a>" * 20_000),
        hostile(f"<item><description>{'<a>' * 20_000}</description></item>"),
        hostile(f"<item><description>{'&lt;div&gt;' * 10_000}</description></item>"),
        hostile(f"<item><description><![CDATA[{'<!--' * 16_000}]]></description></item>"),
        hostile(f"<item><description>{'&' * 64_000}</description></item>"),
        hostile(f"<item><pubDate>{'1 ' * 30_000}</pubDate></item>"),
        b"<!DOCTYPE x [" * 8000 + hostile(""),
        b"<!DOCTYPE x [" + b'<!ENTITY a "' * 8000 + b"]>" + hostile(""),
        (FEEDS / "billion_laughs.xml").read_bytes(),
        b"[" * 100_000,
    ],
    ids=lambda body: body[:40].decode(),
)
def test_a_hostile_document_ends_in_time(body: bytes) -> None:
    async def story(parser: Parser) -> None:
        parsed = await parser.parse(body)
        assert "within" not in " ".join(parsed.problems)

    run(story, deadline=timedelta(seconds=8))


def test_the_child_has_none_of_our_secrets_and_cannot_do_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLACK_URL", "s3cretT0ken")

    async def confined(parser: Parser) -> None:
        await parser.parse(GOOD)
        pid = parser._idle[0].pid
        assert b"s3cretT0ken" not in Path(f"/proc/{pid}/environ").read_bytes()
        lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
        limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
        for what in ("Max file size", "Max core file size", "Max processes"):
            assert limits[what] == ["0", "0"], what
        assert limits["Max open files"] == ["32", "32"]
        assert limits["Max address space"][0] == limits["Max address space"][1] != "unlimited"

    run(confined)
