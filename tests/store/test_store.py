"""The archive and the outbox on a real SQLite file."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, select, text, update

from watchd.errors import TemporaryError, WatchdError
from watchd.model import (
    IN_TROUBLE,
    Delivery,
    DeliveryState,
    Destination,
    Due,
    Endpoint,
    Evidence,
    Feed,
    Finding,
    Hit,
    HitStatus,
    Item,
    Outcome,
    SendResult,
)
from watchd.store import (
    NewerDatabase,
    Store,
    archive,
    claiming,
    feeds,
    open_store,
    outbox,
    rulebook,
)
from watchd.store.columns import UTCDateTime
from watchd.store.endpoints import Heard
from watchd.store.migrate import migrate, newest
from watchd.store.outbox import Settled
from watchd.store.record import LostClaim, record
from watchd.store.schema import SCHEMA_VERSION, metadata, service, version
from watchd.values import replace

NOW = datetime(2026, 1, 8, 9, tzinfo=UTC)
FEED = Feed(name="kcna", url="http://kcna.example/feed", publisher="KCNA")
SLACK = Endpoint(receiver="desk", name="desk/slack:#intel", url="slack://secret")
MAIL = Endpoint(receiver="desk", name="desk/mailto:a@example.org", url="mailto://secret")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    yield opened
    opened.close()


def item(key: str, text: str = "fought in alien lands") -> Item:
    return Item(key=key, title=f"title {key}", text=text, content_hash=f"{key}:{text}")


def due(rule: str = "dprk/alien-lands", *endpoints: Endpoint) -> Due:
    evidence = (Evidence(field="body", start=10, end=21, quote="alien lands"),)
    hit = Hit(
        rule=rule, rule_version="1", title="T", severity="high", why="because", evidence=evidence
    )
    return Due(hit=hit, endpoints=tuple(Destination(endpoint=one) for one in endpoints))


def check(store: Store, *findings: Finding, now: datetime = NOW, claim: str = "me") -> list[int]:
    store.write(feeds.sync, [FEED], now)
    [state] = store.write(feeds.claim_due, now, claim=claim, limit=10)
    done = replace(state, next_check_at=now + timedelta(minutes=5), etag=b'"v1"', checked_at=now)
    recorded = store.write(record, claim=claim, state=done, findings=findings, now=now)
    return [hit_id for hit_id, _ in recorded.hits]


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Engine]:
    """A database that went through every format there was."""
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def test_the_migrations_lead_to_the_tables_the_code_uses(migrated: Engine) -> None:
    assert newest() == SCHEMA_VERSION
    with migrated.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_new_database_is_what_an_old_one_becomes(store: Store, migrated: Engine) -> None:
    """A new one is made at once, without the migrations."""

    def made(connection: Connection) -> object:
        tables = inspect(connection)
        version = connection.exec_driver_sql("SELECT * FROM alembic_version").all()
        return version, {
            name: (
                sorted(connection.exec_driver_sql(columns.format(name)).all()),
                tables.get_pk_constraint(name),
                sorted(tables.get_indexes(name), key=str),
                sorted(tables.get_unique_constraints(name), key=str),
                sorted(tables.get_foreign_keys(name), key=str),
            )
            for name in tables.get_table_names()
        }

    columns = (
        "SELECT name, type, \"notnull\", coalesce(dflt_value, '') FROM pragma_table_info('{}')"
    )
    with store.engine.connect() as new, migrated.connect() as old:
        assert made(new) == made(old)


def test_a_database_that_is_new_to_two_processes_is_made_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'watchd.db'}"
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda _: open_store(url), range(8)))
    assert opened[0].read(lambda db: db.scalars(select(version.c.version_num)).all()) == [
        SCHEMA_VERSION
    ]
    for one in opened:
        one.close()


def test_an_older_database_is_brought_up_to_date_and_a_copy_is_kept(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'watchd.db'}")
    migrate(engine, "0001")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO service VALUES ('n', '1', '2026-01-08 09:00:00')"))
    engine.dispose()
    store = open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert store.read(lambda db: db.scalar(select(service.c.value))) == 1
    store.close()
    copy = sqlite3.connect(tmp_path / f"watchd.db.before-{SCHEMA_VERSION}")
    assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    assert copy.execute("SELECT name FROM service").fetchall() == [("n",)]
    copy.close()


def test_every_column_says_what_it_means_and_what_null_does() -> None:
    for table in metadata.sorted_tables:
        for column in table.columns:
            assert column.comment, f"{table.name}.{column.name}"
            if column.nullable:
                assert "null" in (column.comment or ""), f"{table.name}.{column.name}"


def test_the_database_file_is_for_its_owner_only(store: Store, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "watchd.db").stat().st_mode) == 0o600


def test_a_database_of_a_newer_watchd_is_refused(store: Store, tmp_path: Path) -> None:
    store.write(lambda db: db.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(NewerDatabase, match="newer watchd") as refused:
        open_store(f"sqlite:///{tmp_path / 'watchd.db'}")
    assert refused.value.exit_code == 78


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("these are my notes, not a database at all" * 10)
    with pytest.raises(WatchdError, match="not a database"):
        open_store(f"sqlite:///{tmp_path / 'notes.db'}")


def test_reading_verbs_do_not_make_a_database(tmp_path: Path) -> None:
    with pytest.raises(WatchdError, match="no database yet"):
        open_store(f"sqlite:///{tmp_path / 'none.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_its_driver_is_said_in_a_sentence() -> None:
    with pytest.raises(WatchdError, match="a driver that is not installed") as refused:
        open_store("mysql://somebody@127.0.0.1/x")
    assert refused.value.exit_code == 78


def test_a_second_daemon_on_one_database_is_refused(store: Store, tmp_path: Path) -> None:
    store.lock()
    code = (
        "from watchd.store import open_store; "
        f"open_store('sqlite:///{tmp_path / 'watchd.db'}').lock()"
    )
    second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "another watchd (process" in second.stderr
    assert second.returncode != 0


def test_no_update_is_lost_between_writers(store: Store) -> None:
    store.write(lambda db: db.execute(service.insert().values(name="n", value=0, at=NOW)))

    def add_one(db):
        value = db.scalar(select(service.c.value).where(service.c.name == "n"))
        db.execute(update(service).where(service.c.name == "n").values(value=value + 1))

    other = open_store(str(store.engine.url))
    workers = [
        threading.Thread(target=lambda s=s: [s.write(add_one) for _ in range(100)])
        for s in (store, other)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    other.close()
    assert store.read(lambda db: db.scalar(select(service.c.value))) == 200


def test_durable_settings_are_on(store: Store) -> None:
    def pragma(name: str) -> object:
        return store.read(lambda db: db.exec_driver_sql(f"PRAGMA {name}").scalar())

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("foreign_keys") == 1


def test_a_check_writes_all_or_nothing(store: Store) -> None:
    class Boom(Exception):
        pass

    def broken(db):
        [state] = feeds.claim_due(db, NOW, claim="me", limit=1)
        finding = Finding(item=item("a"), known=None, due=(due("r", SLACK),))
        record(db, claim="me", state=replace(state, etag=b"x"), findings=[finding], now=NOW)
        raise Boom

    store.write(feeds.sync, [FEED], NOW)
    with pytest.raises(Boom):
        store.write(broken)
    assert store.read(feeds.states)[0].etag is None
    assert store.read(archive.count_items) == 0
    assert store.read(outbox.list_deliveries) == []


def test_an_item_that_is_there_though_nobody_knew_gets_its_hits_all_the_same(store: Store) -> None:
    check(store, Finding(item=item("a"), known=None))
    found = [Finding(item=item(key), known=None, due=(due("r", SLACK),)) for key in "ab"]
    assert len(check(store, *found, now=NOW + timedelta(hours=1))) == 2
    assert {one.stored.item.key for one in store.read(archive.list_hits)} == {"a", "b"}
    assert store.read(archive.count_items) == 2


def test_a_check_that_lost_its_claim_writes_nothing(store: Store) -> None:
    store.write(feeds.sync, [FEED], NOW)
    [state] = store.write(feeds.claim_due, NOW, claim="me", limit=1)
    late = NOW + timedelta(hours=2)
    assert store.write(feeds.claim_due, late, claim="other", limit=1)
    with pytest.raises(LostClaim):
        store.write(
            record,
            claim="me",
            state=state,
            findings=[Finding(item=item("a"), known=None)],
            now=late,
        )
    assert store.read(archive.count_items) == 0


def test_a_claimed_feed_is_not_claimed_twice(store: Store) -> None:
    store.write(feeds.sync, [FEED], NOW)
    assert len(store.write(feeds.claim_due, NOW, claim="a", limit=5)) == 1
    assert store.write(feeds.claim_due, NOW, claim="b", limit=5) == []
    store.write(feeds.release, "a", ["kcna"])
    assert len(store.write(feeds.claim_due, NOW, claim="b", limit=5)) == 1


def test_many_new_feeds_are_spread(store: Store) -> None:
    many = [replace(FEED, name=f"f{n}") for n in range(100)]
    store.write(feeds.sync, many, NOW)
    assert len(store.write(feeds.claim_due, NOW, claim="a", limit=100)) == 5
    later = NOW + timedelta(seconds=20)
    assert len(store.write(feeds.claim_due, later, claim="a", limit=100)) == 95


def test_a_feed_left_out_of_the_config_rests_and_comes_back_known(store: Store) -> None:
    check(store, Finding(item=item("a"), known=None))
    store.write(feeds.sync, [], NOW)
    assert store.write(feeds.claim_due, NOW + timedelta(days=1), claim="x", limit=1) == []
    store.write(feeds.sync, [FEED], NOW)
    [state] = store.read(feeds.states)
    assert state.etag == b'"v1"'


def test_an_edited_item_keeps_its_earlier_revision_and_its_hits_keep_their_text(
    store: Store,
) -> None:
    [first] = check(store, Finding(item=item("a", "one alien lands"), known=None, due=(due(),)))
    known = store.read(archive.known, "kcna", ["a"])["a"]
    edited = Finding(item=item("a", "two alien lands"), known=known, due=(due(),))
    [second] = check(store, edited, now=NOW + timedelta(hours=1))
    texts = {hit.id: hit.stored.item.text for hit in store.read(archive.list_hits)}
    assert texts == {first: "one alien lands", second: "two alien lands"}
    known = store.read(archive.known, "kcna", ["a"])["a"]
    assert known.revision == 2
    assert known.hashes == {"a:one alien lands", "a:two alien lands"}


def test_a_rule_hits_a_revision_once(store: Store) -> None:
    hits = check(store, Finding(item=item("a"), known=None, due=(due("r", SLACK), due("r", SLACK))))
    assert len(hits) == 1
    assert len(store.read(outbox.list_deliveries)) == 1


def test_one_delivery_a_row_for_each_endpoint(store: Store) -> None:
    check(store, Finding(item=item("a"), known=None, due=(due("r", SLACK, MAIL),)))
    rows = store.read(outbox.list_deliveries)
    assert [row.endpoint for row in rows] == [SLACK.name, MAIL.name]
    assert store.read(archive.list_hits)[0].status == "pending"


def queue(store: Store, count: int) -> None:
    findings = [
        Finding(item=item(f"k{n}"), known=None, due=(due("r", SLACK),)) for n in range(count)
    ]
    check(store, *findings)


def settle(store: Store, delivery, state: DeliveryState, wait: timedelta | None, **more) -> None:
    when = None if wait is None else NOW + wait
    after = Settled(state=state, next_attempt_at=when, **more)
    store.write(outbox.settle, [delivery.id], after, NOW)


def claim(store: Store, now: datetime) -> Delivery | None:
    batch = store.write(claiming.claim_next, SLACK.name, now)
    if batch is None:
        return None
    (delivery,) = batch.deliveries
    return delivery


def test_only_one_message_to_an_endpoint_is_under_way(store: Store) -> None:
    queue(store, 2)
    assert claim(store, NOW) is not None
    assert claim(store, NOW) is None


def not_taken(store: Store, now: datetime, wait: timedelta, **more: timedelta) -> Delivery | None:
    """One attempt that the receiver answers with trouble of its own."""
    delivery = claim(store, now)
    if delivery is not None:
        result = SendResult(outcome=Outcome.RETRY, detail="503", **more)
        after = Settled(state=DeliveryState.PENDING, next_attempt_at=now + wait, error="503")
        heard = Heard(endpoint=SLACK.name, result=result, jitter=0.5)
        store.write(outbox.settle, [delivery.id], after, now, heard)
    return delivery


MINUTE = timedelta(minutes=1)


def test_a_message_that_was_not_taken_once_holds_up_no_other(store: Store) -> None:
    queue(store, 2)
    first = not_taken(store, NOW, MINUTE)
    second = claim(store, NOW)
    assert second.id != first.id


def test_a_receiver_in_trouble_is_left_alone_and_gets_all_in_order(store: Store) -> None:
    queue(store, IN_TROUBLE + 2)
    tried = [not_taken(store, NOW, MINUTE).id for _ in range(IN_TROUBLE)]
    assert tried == sorted(set(tried))  # so many messages: it is the receiver
    assert claim(store, NOW) is None
    assert store.read(claiming.due_endpoints, NOW) == []
    soon = NOW + timedelta(seconds=3)
    assert store.read(claiming.due_endpoints, soon) == [SLACK.name]
    assert not_taken(store, soon, MINUTE).id == tried[0]  # once, with the oldest
    assert claim(store, soon) is None
    later = NOW + MINUTE
    got = []
    while (delivery := claim(store, later)) is not None:
        taken = Heard(endpoint=SLACK.name, result=SendResult(outcome=Outcome.SENT), jitter=0.5)
        sent = Settled(state=DeliveryState.SENT, next_attempt_at=None)
        store.write(outbox.settle, [delivery.id], sent, later, taken)
        got.append(delivery.id)
    assert got == sorted(got)
    assert len(got) == IN_TROUBLE + 2


def test_the_rest_that_a_receiver_asks_for_is_kept_by_all_of_its_messages(store: Store) -> None:
    queue(store, 2)
    not_taken(store, NOW, MINUTE, retry_after=timedelta(minutes=10))
    assert claim(store, NOW + 9 * MINUTE) is None
    assert store.read(claiming.due_endpoints, NOW + 9 * MINUTE) == []
    assert claim(store, NOW + 11 * MINUTE) is not None


def test_what_waits_says_when_it_is_due(store: Store) -> None:
    def rest(now: datetime) -> timedelta | None:
        return store.read(claiming.under_way, now).rest

    assert rest(NOW) is None
    queue(store, IN_TROUBLE)
    assert rest(NOW) == claiming.AGAIN, "to be seen again, should nothing come of it"
    not_taken(store, NOW, MINUTE, retry_after=timedelta(minutes=10))
    assert rest(NOW) == timedelta(minutes=10)
    for _ in range(IN_TROUBLE - 1):
        assert store.read(claiming.due_endpoints, NOW + 11 * MINUTE) == [SLACK.name]
        not_taken(store, NOW + 11 * MINUTE, timedelta(hours=1))
    assert rest(NOW + 11 * MINUTE) == timedelta(seconds=2), "in trouble, it is tried so soon"
    assert rest(NOW + 11 * MINUTE + timedelta(seconds=3)) == claiming.AGAIN


def test_a_person_who_says_retry_ends_the_rest(store: Store) -> None:
    queue(store, 1)
    not_taken(store, NOW, MINUTE, retry_after=timedelta(hours=1))
    store.write(outbox.retry, None, NOW)
    assert claim(store, NOW) is not None


def test_an_update_waits_for_what_it_updates_and_nothing_else_does(store: Store) -> None:
    check(store, Finding(item=item("a"), known=None, due=(due("r", SLACK),)))
    first = not_taken(store, NOW, MINUTE)
    known = store.read(archive.known, FEED.name, ["a"])["a"]
    words = (Evidence(field="body", start=0, end=5, quote="other"),)
    hit = replace(due("r", SLACK), hit=replace(due("r").hit, update=True, evidence=words))
    again = Finding(item=item("a", "other words"), known=known, due=(hit,))
    other = Finding(item=item("b"), known=None, due=(due("r", SLACK),))
    at = NOW + 10 * MINUTE
    store.write(outbox.settle, [first.id], _waits(at + MINUTE), NOW)
    check(store, again, other, now=at)
    settle(store, claim(store, at), DeliveryState.SENT, None)
    assert claim(store, at) is None  # the update is due, and stands behind
    later = claim(store, at + 2 * MINUTE)
    assert later.id == first.id
    settle(store, later, DeliveryState.SENT, None)
    assert claim(store, at + 2 * MINUTE) is not None


def _waits(until: datetime) -> Settled:
    return Settled(state=DeliveryState.PENDING, next_attempt_at=until, error="503")


def test_a_message_the_receiver_refuses_lets_the_others_pass(store: Store) -> None:
    queue(store, 2)
    first = claim(store, NOW)
    settle(store, first, DeliveryState.PENDING, timedelta(minutes=1), in_line=False)
    second = claim(store, NOW)
    assert second.id != first.id


def test_what_was_refused_has_its_turn_however_many_wait(store: Store) -> None:
    queue(store, 5)
    first = claim(store, NOW)
    settle(store, first, DeliveryState.PENDING, MINUTE, in_line=False)
    settle(store, claim(store, NOW), DeliveryState.SENT, None)
    assert claim(store, NOW + 2 * MINUTE).id == first.id


def test_what_was_being_sent_at_a_crash_goes_again_and_says_so(store: Store) -> None:
    queue(store, 1)
    claim(store, NOW)
    assert store.write(outbox.recover, NOW) == 1
    again = claim(store, NOW)
    assert again.may_repeat
    assert store.read(outbox.alert_of, again, {"kcna": "KCNA"}).may_repeat


def test_a_receipt_says_of_what_was_being_sent_at_a_crash_that_it_was_taken(store: Store) -> None:
    queue(store, 2)
    sent = claim(store, NOW)
    store.receipts.keep([sent], NOW + MINUTE)
    assert store.write(outbox.know_taken, store.receipts.read()) == 1
    assert store.write(outbox.recover, NOW) == 0
    [one, two] = store.read(outbox.list_deliveries)
    assert (one.state, one.finished_at, one.may_repeat) == ("sent", NOW + MINUTE, False)
    assert two.state == "pending", "a receipt is about one delivery"


@pytest.mark.parametrize(
    "receipts",
    [
        "{id} {made} {at}",  # cut off, perhaps in the middle of a number
        "{id} {made}\n",
        "{id} 2020-01-01T00:00:00+00:00 {at}\n",  # of another database that stood here
        "\0\0\0\n\xff 1\n",
        "",
    ],
)
def test_what_no_whole_receipt_is_about_goes_again(
    store: Store, tmp_path: Path, receipts: str
) -> None:
    queue(store, 1)
    sent = claim(store, NOW)
    told = {"id": sent.id, "made": sent.created_at.isoformat(), "at": NOW.isoformat()}
    (tmp_path / "watchd.db.receipts").write_text(receipts.format(**told), encoding="latin-1")
    assert store.write(outbox.know_taken, store.receipts.read()) == 0
    assert store.write(outbox.recover, NOW) == 1


def test_receipts_stay_few(store: Store, tmp_path: Path) -> None:
    queue(store, 1)
    sent = claim(store, NOW)
    for _ in range(2000):
        store.receipts.keep([sent], NOW)
    assert (tmp_path / "watchd.db.receipts").stat().st_size < 70_000
    assert store.receipts.read() == {(sent.id, sent.created_at): NOW}


def test_a_person_can_retry_and_drop(store: Store) -> None:
    queue(store, 2)
    first, second = store.read(outbox.list_deliveries)
    settle(store, first, DeliveryState.FAILED, None)
    assert store.read(outbox.counts, NOW).failed == 1
    assert store.write(outbox.retry, [first.id], NOW) == 1
    assert store.write(outbox.drop, [second.id], NOW) == 1
    assert [row.state for row in store.read(outbox.list_deliveries)] == ["pending", "dropped"]


def test_the_last_good_version_of_a_rule_is_remembered(store: Store) -> None:
    good = rulebook.RuleText(rule="a", version="1", path="a.toml", source="x", lists={})
    store.write(rulebook.remember, [good], NOW)
    newer = replace(good, version="2", source="y")
    store.write(rulebook.remember, [newer], NOW + timedelta(days=1))
    held = store.read(rulebook.last_good, ["a", "b"])
    assert held == {"a": (newer, NOW + timedelta(days=1))}
    store.write(rulebook.remember, [good], NOW + timedelta(days=2))  # edited back
    assert store.read(rulebook.last_good, ["a"])["a"][0] == good


def test_a_full_disk_is_said_in_words_and_loses_nothing(store: Store, tmp_path: Path) -> None:
    queue(store, 1)
    pages = store.read(lambda db: db.exec_driver_sql("PRAGMA page_count").scalar())
    store.write(lambda db: db.exec_driver_sql(f"PRAGMA max_page_count={pages}"))
    big = Finding(item=item("big", "x" * 500_000), known=None)
    with pytest.raises(TemporaryError, match="disk is full"):
        check(store, big, now=NOW + timedelta(hours=1))
    store.write(lambda db: db.exec_driver_sql("PRAGMA max_page_count=1000000"))
    assert len(store.read(outbox.list_deliveries)) == 1
    with sqlite3.connect(tmp_path / "watchd.db") as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


def test_hit_states_tell_why_nothing_was_sent(store: Store) -> None:
    quiet = replace(due().hit, status=HitStatus.BASELINE)
    check(store, Finding(item=item("a"), known=None, due=(Due(hit=quiet),)))
    assert store.read(archive.list_hits)[0].status == "baseline"


def test_the_hour_that_a_clock_shows_twice_is_kept_as_two(store: Store) -> None:
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    kind = UTCDateTime()
    written = [
        kind.bind_processor(store.engine.dialect)(at) for at in (twice, twice.replace(fold=1))
    ]
    assert [text[11:16] for text in written] == ["00:30", "01:30"]
