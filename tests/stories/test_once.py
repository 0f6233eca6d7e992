"""One alert for each rule and story, on a real SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from watchd.model import (
    Destination,
    Due,
    Endpoint,
    Evidence,
    Feed,
    Finding,
    FollowUp,
    HeldFor,
    Hit,
    HitStatus,
    Item,
    Known,
)
from watchd.store import Store, archive, feeds, open_store, outbox
from watchd.store.around import around, first_told, story_of
from watchd.store.record import record
from watchd.store.schema import deliveries, sketches
from watchd.store.stories import SHORT_WINDOW, WINDOW
from watchd.values import replace

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)
FEEDS = [
    Feed(name=name, url=f"http://{name}.example/feed", publisher=name)
    for name in ("kcna", "agency", "daily", "wire")
]
SLACK = Endpoint(receiver="desk", name="desk/slack:#intel", url="slack://secret")
MAIL = Endpoint(receiver="desk", name="desk/mailto:a@example.org", url="mailto://secret")
STORY = " ".join(f"word{n}" for n in range(120))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    opened.write(feeds.sync, FEEDS, NOW)
    yield opened
    opened.close()


def found(
    key: str,
    *to: Endpoint,
    text: str = STORY,
    url: str = "",
    title: str = "",
    rule: str = "heroes",
    words: str = "word1",
    status: HitStatus = HitStatus.ALERTED,
    follow_up: str = "",
    throttle: timedelta | None = None,
    known: Known | None = None,
) -> Finding:
    hit = Hit(
        rule=rule,
        rule_version="1",
        title="T",
        severity="high",
        why="",
        evidence=tuple(
            Evidence(field="body", start=0, end=len(one), quote=one) for one in words.split()
        ),
        status=status,
        update=known is not None,
    )
    due = Due(
        hit=hit,
        endpoints=tuple(Destination(endpoint=one) for one in to),
        follow_up=FollowUp.read(follow_up),
        throttle=throttle,
    )
    title = title or f"title {key}"
    item = Item(key=key, url=url, title=title, text=text, content_hash=key + text)
    return Finding(item=item, known=known, due=(due,))


def held(store: Store, feed: str, key: str) -> Known:
    """An item as the archive has it: a finding with it is an edit."""
    known: Known = store.read(archive.known, feed, [key])[key]
    return known


def look(store: Store, feed: str, *findings: Finding, now: datetime = NOW) -> list[str]:
    """A check of the feed brings these; the status of each new hit."""
    claimed = store.write(feeds.claim_due, now, claim="me", limit=10)
    [state] = [one for one in claimed if one.feed == feed]
    for one in claimed:
        done = replace(one, next_check_at=now, checked_at=now)
        mine = findings if one is state else ()
        recorded = store.write(
            record, claim="me", state=done, findings=mine, publisher=one.feed, now=now
        )
        if one is state:
            ids = [number for number, _ in recorded.hits]
    hits = {one.id: one for one in store.read(archive.list_hits, ids=ids)}
    return [hits[number].hit.status.value for number in ids]


def sent_to(store: Store) -> list[str]:
    query = select(deliveries.c.endpoint).order_by(deliveries.c.id)
    return list(store.read(lambda db: db.scalars(query).all()))


def test_a_copy_in_another_feed_is_not_sent_again(store: Store) -> None:
    assert look(store, "kcna", found("1", SLACK)) == ["alerted"]
    assert look(store, "agency", found("2", SLACK, text=f"Seoul -- {STORY}")) == ["same-story"]
    assert sent_to(store) == [SLACK.name]
    assert store.read(first_told, 2) == 1


def test_two_links_of_one_story_in_one_document_are_one_alert(store: Store) -> None:
    assert look(store, "kcna", found("1", SLACK), found("2", SLACK)) == ["alerted", "same-story"]


def test_another_rule_tells_of_it_once_too(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    assert look(store, "agency", found("2", SLACK, rule="lands")) == ["alerted"]


def test_who_was_not_told_is_told_by_the_copy(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    assert look(store, "agency", found("2", SLACK, MAIL)) == ["alerted"]
    assert sent_to(store) == [SLACK.name, MAIL.name]


@pytest.mark.parametrize("state", ["failed", "dropped", "unknown"])
def test_what_did_not_arrive_is_sent_with_the_copy(store: Store, state: str) -> None:
    look(store, "kcna", found("1", SLACK))
    lost = update(deliveries).values(state=state, next_attempt_at=None)
    store.write(lambda db: db.execute(lost))
    assert look(store, "agency", found("2", SLACK)) == ["alerted"]


@pytest.mark.parametrize("status", [HitStatus.BASELINE, HitStatus.QUIET])
def test_a_hit_that_was_not_sent_holds_nothing_back(store: Store, status: HitStatus) -> None:
    look(store, "kcna", found("1", status=status))
    assert look(store, "agency", found("2", SLACK)) == ["alerted"]


def test_an_item_with_nothing_to_send_costs_nothing(store: Store) -> None:
    look(store, "kcna", found("1", status=HitStatus.QUIET))
    assert store.read(lambda db: db.scalar(select(func.count()).select_from(sketches))) == 0


def test_an_edit_is_news_where_it_says_what_was_in_no_alert(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    look(store, "agency", found("2", SLACK))
    edited = found("2", SLACK, words="word1 word2", known=held(store, "agency", "2"))
    assert look(store, "agency", edited) == ["alerted"]
    follows = found("1", SLACK, words="word2 word1", known=held(store, "kcna", "1"))
    assert look(store, "kcna", follows) == ["same-story"]
    assert len(sent_to(store)) == 2


def test_one_link_in_two_feeds_is_one_story_but_not_in_one(store: Store) -> None:
    link = "https://news.example/live"
    first, next_ = (
        found(key, SLACK, text=key, url=link, title=f"Rocket launched: {key}") for key in "12"
    )
    assert look(store, "kcna", first, next_) == ["alerted", "alerted"]
    teaser = found("3", SLACK, text="short", url=f"{link}?utm_source=rss", title="Rocket launched")
    assert look(store, "agency", teaser) == ["same-story"]


def test_a_link_to_many_stories_makes_none_of_them_one(store: Store) -> None:
    front = "https://news.example/live"
    look(store, "kcna", found("1", SLACK, text="A rocket was launched.", url=front, title="Launch"))
    other = found("2", SLACK, text="A ferry came in.", url=front, title="Ferry in port")
    assert look(store, "agency", other) == ["alerted"]


def test_after_the_window_it_is_news_again(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    assert look(store, "agency", found("2", SLACK), now=NOW + WINDOW) == ["alerted"]


def test_a_few_words_are_said_again_of_the_next_one(store: Store) -> None:
    def launched(key: str) -> Finding:
        return found(key, SLACK, text="Rocket launched", title="Rocket launched")

    assert look(store, "kcna", launched("1")) == ["alerted"]
    day_after = NOW + timedelta(days=1)
    assert look(store, "agency", launched("2"), now=day_after) == ["same-story"]
    assert look(store, "kcna", launched("3"), now=day_after + SHORT_WINDOW) == ["alerted"]


def test_what_nobody_looks_for_any_more_is_not_kept(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    other = found("2", SLACK, text=STORY.replace("word", "said"))
    look(store, "kcna", other, now=NOW + WINDOW + timedelta(days=1))
    kept = select(sketches.c.item_id).distinct()
    assert store.read(lambda db: db.scalars(kept).all()) == [2]


def test_a_follow_up_comes_when_so_many_publishers_have_it_and_once(store: Store) -> None:
    found_by = [
        look(store, feed, found(str(number), SLACK, follow_up="publishers:3"))
        for number, feed in enumerate(("kcna", "agency", "daily", "wire"))
    ]
    assert found_by == [["alerted"], ["same-story"], ["alerted"], ["same-story"]]
    third = store.read(archive.list_hits, item=3)[0]
    assert third.hit.follow_up == "3 publishers have it now"
    assert len(sent_to(store)) == 2


def test_two_feeds_of_one_publisher_count_once(store: Store) -> None:
    look(store, "kcna", found("1", SLACK, follow_up="publishers:2"))
    again = found("2", SLACK, follow_up="publishers:2")
    assert look(store, "kcna", again) == ["same-story"]
    assert look(store, "agency", found("3", SLACK, follow_up="publishers:2")) == ["alerted"]


def test_new_words_in_a_copy_are_told_where_the_rule_asks_for_them(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    assert look(store, "agency", found("2", SLACK, words="word9")) == ["same-story"]
    asked = found("3", SLACK, words="word8 word1", follow_up="new words")
    assert look(store, "daily", asked) == ["alerted"]
    assert look(store, "wire", found("4", SLACK, words="word8", follow_up="new words")) == [
        "same-story"
    ]


def test_a_follow_up_waits_for_the_throttle_of_its_rule(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    day = timedelta(days=1)
    copy = found("2", SLACK, words="word9", follow_up="new words", throttle=day)
    assert look(store, "agency", copy) == ["alerted"]
    [_, waits] = store.read(outbox.list_deliveries)
    assert (waits.held_for, waits.held_until) == (HeldFor.THROTTLE, NOW + day)


def test_a_message_names_the_other_publishers(store: Store) -> None:
    look(store, "kcna", found("1", SLACK))
    look(store, "wire", found("2", SLACK))
    look(store, "agency", found("3", SLACK), found("4", SLACK))
    [first] = store.read(archive.list_hits, item=1)
    assert store.read(around, first, "kcna").also == ("wire", "agency")
    assert {store.read(story_of, number) for number in (1, 2, 3, 4)} == {1}


def test_an_update_says_what_the_edit_changed(store: Store) -> None:
    look(store, "kcna", found("1", SLACK, text="They came. They fought."))
    edited = found(
        "1",
        SLACK,
        text="They came. They fought heroically.",
        title="Heroes",
        words="word1 heroically",
        known=held(store, "kcna", "1"),
    )
    assert look(store, "kcna", edited) == ["alerted"]
    [update, _] = store.read(archive.list_hits, item=1)
    assert store.read(around, update, "kcna").difference == (
        "now also says ‘heroically’ · its title was “title 1” · "
        "added: “They fought heroically.” · gone: “They fought.”"
    )
