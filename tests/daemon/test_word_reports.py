"""Reports on words: when each comes, once for each moment, and what it says."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.archive.world import NOW as ARCHIVED
from tests.archive.world import archive_of
from tests.support.desk import DeskFolder
from tests.support.sinks import Answer, Hooks
from watchd import wordreports
from watchd.config.times import mode
from watchd.holding.when import last_due
from watchd.model import Item
from watchd.store import open_store, vocabularies

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # 07:30 in Seoul, after the newest item
WEEKLY = "weekly@mon 07:30 Asia/Seoul"
USUAL = "farm steel mill visit plan school river bridge party music".split()


def texts(lang: str = "en") -> Iterator[tuple[str, Item]]:
    """Five weeks of dispatches, four a day; some of the last days have a phrase that is new."""
    r = Random(7)
    for number in range(140):
        words = [r.choice(USUAL) for _ in range(8)]
        if number > 120 and number % 2 == 0:
            words.insert(4, "heroic martyrs")
        title = f"<b>{' '.join(words)}"
        url = f"https://example.org/{number}"
        at = ARCHIVED - 6 * HOUR * (139 - number)
        yield "wire", Item(key=url, url=url, title=title, text="", lang=lang, published=at)


class Readers:
    """A desk with such an archive, and a receiver that remembers."""

    def __init__(self, desk: DeskFolder, hooks: Hooks) -> None:
        self.desk, self.hooks = desk, hooks
        archive_of(desk.path, texts(), apart=6 * HOUR).close()
        desk.feed("wire", "http://127.0.0.1:9/")
        desk.receiver("desk", f"json://{hooks.address}/desk")

    def asks(self, **values: object) -> None:
        lines = ["[[words]]", 'receivers = "desk"']
        self.desk.lines += lines + [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        self.desk.write()

    def reports(self, path: str = "/desk") -> list[dict]:
        posts = [one.json() for one in self.hooks.at(path) if one.status == 200]
        return [one for one in posts if one["watchd"]["words"]]


@pytest.fixture
def readers(desk: DeskFolder, hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> Readers:
    monkeypatch.setenv("TZ", "UTC")
    return Readers(desk, hooks)


def test_a_report_comes_when_it_is_due_and_says_what_is_new(readers: Readers) -> None:
    readers.asks(mode=WEEKLY)
    readers.desk.once(MONDAY - DAY)
    readers.desk.once(MONDAY - timedelta(seconds=1))
    assert readers.reports() == []
    readers.desk.once(MONDAY)
    readers.desk.once(MONDAY + HOUR)
    [report] = readers.reports()
    assert report["title"] == "Weekly words: 1 new"
    said = report["message"]
    assert said.startswith("Weekly words: 1 new\n")
    assert "from 2026-02-22 22:30 UTC to 2026-03-01 22:30 UTC, held against" in said
    assert "\n[NEW] “heroic martyrs” (en): " in said
    assert said.count("heroic martyrs") == 4  # with three examples
    assert "https://example.org/138" in said
    assert "<b>" not in said
    [phrase] = report["watchd"]["words"]["phrases"]
    assert (phrase["kind"], phrase["before"], len(phrase["examples"])) == ("new", 0, 3)


def test_a_report_that_fell_in_a_pause_comes_once_and_says_that_it_is_late(
    readers: Readers,
) -> None:
    readers.asks(mode=WEEKLY)
    readers.desk.once(MONDAY - 20 * DAY)
    readers.desk.once(MONDAY + 6 * HOUR)  # of the three that were due, the last
    readers.desk.once(MONDAY + 7 * HOUR)
    [report] = readers.reports()
    assert report["message"].startswith("Delayed 6 h. Weekly words: 1 new\n")
    assert report["watchd"]["words"]["until"] == "2026-03-01T22:30:00Z"


@pytest.mark.slow
def test_it_waits_in_the_outbox_like_any_message_and_falls_back(
    readers: Readers, tmp_path: Path
) -> None:
    """And where nothing is to be told it says that, here since the term is left out."""
    (tmp_path / "ignore.txt").write_text("martyrs  # each summer\n", "utf-8")
    readers.desk.lines += ['fallback = "mail"']
    readers.desk.receiver("mail", f"json://{readers.hooks.address}/mail")
    readers.asks(mode=WEEKLY, name="kcna", sources=["wi*"], ignore="ignore.txt")
    readers.desk.once(MONDAY - DAY)
    readers.hooks.always(Answer(status=503), path="/desk")
    for minutes in (0, 12, 13):
        readers.desk.once(MONDAY + timedelta(minutes=minutes))
    [instead] = readers.reports("/mail")
    assert instead["title"] == "Weekly words (kcna): nothing changed"
    assert "Nothing rose or fell by more than chance." in instead["message"]
    assert "Sent here because desk/json:127.0.0.1" in instead["message"]
    readers.hooks.always(Answer(), path="/desk")
    readers.desk.once(MONDAY + 3 * HOUR)
    [report] = readers.reports()
    assert report["message"].startswith("Delayed 3 h.")


@pytest.mark.slow
def test_without_memory_nothing_is_lost_and_it_is_tried_again_later(
    readers: Readers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    readers.asks(mode=WEEKLY)
    readers.desk.once(MONDAY - DAY)
    with monkeypatch.context() as short:
        short.setattr(wordreports, "_MOST_BYTES", 2**20)
        short.setattr(wordreports, "_SHARES", (1,))
        readers.desk.once(MONDAY)
    assert "there is too little memory to count the words" in caplog.text
    assert readers.reports() == []
    readers.desk.once(MONDAY + 2 * HOUR)
    [report] = readers.reports()
    assert report["message"].startswith("Delayed 2 h. ")


@pytest.mark.slow
@pytest.mark.parametrize("death", ["SIGABRT", "SIGSEGV", "SIGKILL"])
def test_a_count_that_is_killed_for_its_memory_is_tried_with_fewer_texts(
    readers: Readers, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    """Where memory fails within Python it dies by a signal, and says nothing."""
    readers.asks(mode=WEEKLY)
    readers.desk.once(MONDAY - DAY)
    once = readers.desk.path / "died"
    dies = (
        f"import os, pathlib, signal; died = pathlib.Path({str(once)!r}); "
        f"died.exists() or (died.touch(), os.kill(os.getpid(), signal.{death})); "
    )
    monkeypatch.setattr(wordreports, "_START", dies + wordreports._START)
    readers.desk.once(MONDAY)
    [report] = readers.reports()
    assert once.exists()
    assert "Only one text in 2 was counted" in report["message"]


def test_each_moment_is_written_once_whoever_comes_first(readers: Readers) -> None:
    """Two that counted the same words: what the first wrote stands."""
    from watchd.model import Destination, Endpoint
    from watchd.model.words import Words

    store = open_store(readers.desk.database)
    store.write(vocabularies.follow, ["words"], MONDAY - DAY)
    words = Words(
        since=MONDAY - 7 * DAY, until=MONDAY, baseline=MONDAY - 35 * DAY, texts=0, texts_before=0,
        tried=0, phrases=(), name="words", mode=WEEKLY,
    )  # fmt: skip
    to = [Destination(endpoint=Endpoint(receiver="desk", name="desk/x", url=""))]
    wrote = [store.write(vocabularies.record, words, to, MONDAY + n * HOUR) for n in range(3)]
    assert wrote == [True, False, False]
    assert store.read(vocabularies.known) == {"words": MONDAY}
    assert store.read(vocabularies.of_alert, 1) == words
    store.close()
    assert len(readers.desk.deliveries()) == 1


def test_a_clock_that_was_ahead_takes_no_report_away(readers: Readers) -> None:
    store = open_store(readers.desk.database)
    store.write(vocabularies.follow, ["words", "old"], MONDAY + 900 * DAY)
    assert not vocabularies.is_strange({"words": MONDAY}, ["words"], MONDAY - timedelta(minutes=1))
    assert vocabularies.is_strange(store.read(vocabularies.known), ["words"], MONDAY)
    assert store.write(vocabularies.follow, ["words"], MONDAY - DAY) == {"words": MONDAY - DAY}
    assert store.read(vocabularies.known) == {"words": MONDAY - DAY}
    store.close()


@pytest.mark.parametrize(
    ("written", "after", "now", "due"),
    [
        (WEEKLY, "02-27 00:00", "03-01 22:29", None),
        (WEEKLY, "02-27 00:00", "03-01 22:30", "03-01 22:30"),
        (WEEKLY, "03-01 22:30", "03-08 22:29", None),
        (WEEKLY, "01-01 00:00", "03-03 12:00", "03-01 22:30"),  # the last of nine
        ("daily@07:30 Asia/Seoul", "01-01 00:00", "03-03 12:00", "03-02 22:30"),
        # Berlin puts its clocks on from 02:00 to 03:00 on 29 March, and back on 25 October.
        ("weekly@sun 02:30 Europe/Berlin", "03-25 00:00", "03-29 00:59", None),
        ("weekly@sun 02:30 Europe/Berlin", "03-25 00:00", "03-29 01:00", "03-29 01:00"),
        ("weekly@sun 02:30 Europe/Berlin", "03-29 01:00", "04-05 00:29", None),
        ("weekly@sun 02:30 Europe/Berlin", "03-29 01:00", "04-05 00:30", "04-05 00:30"),
        ("weekly@sun 02:30 Europe/Berlin", "10-20 00:00", "10-25 00:30", "10-25 00:30"),
        ("weekly@sun 02:30 Europe/Berlin", "10-25 00:30", "10-25 01:45", None),
        ("daily@07:30 Europe/Berlin", "03-28 06:30", "03-29 05:30", "03-29 05:30"),
    ],
)
def test_when_a_report_is_due(written: str, after: str, now: str, due: str | None) -> None:
    def at(text: str | None) -> datetime | None:
        return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC) if text else None

    assert last_due(mode(written), at(after), at(now), UTC) == at(due)


@pytest.mark.slow
def test_killed_while_it_counts_it_makes_the_report_at_the_next_start(readers: Readers) -> None:
    """On the real clock: due a moment ago, killed at once, and again; then it comes, once."""
    now = datetime.now(UTC)
    at = now - timedelta(minutes=2)
    readers.asks(mode=f"daily@{at:%H:%M} UTC")
    store = open_store(readers.desk.database)
    store.write(vocabularies.follow, ["words"], at - DAY)
    store.close()
    for _ in range(3):
        with readers.desk.running() as daemon:
            daemon.signal(signal.SIGKILL)
    with readers.desk.running() as daemon:
        daemon.says("words.made")
        daemon.says("delivery.sent")
    with readers.desk.running():
        pass
    assert len(readers.reports()) == 1
