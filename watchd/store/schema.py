"""The tables. Every column says what it means, and what null means where null may stand.

A change here needs a migration at the end of `migrations/versions` and a new SCHEMA_VERSION.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from watchd.store.columns import Seconds as Seconds
from watchd.store.columns import UTCDateTime as UTCDateTime
from watchd.store.columns import metadata as metadata
from watchd.store.overtimes import observations as observations
from watchd.store.overtimes import watches as watches
from watchd.store.sayings import acks as acks
from watchd.store.sayings import escalations as escalations
from watchd.store.sayings import kept_back as kept_back
from watchd.store.sayings import marks as marks
from watchd.store.sayings import silences as silences

SCHEMA_VERSION = "0016"


feeds = Table(
    "feeds",
    metadata,
    Column("name", Text, primary_key=True, comment="as in config.toml"),
    Column("active", Boolean, nullable=False, server_default=true(), comment="in config now"),
    Column("address", Text, nullable=False, comment="fingerprint of that last read to the end"),
    Column("etag", LargeBinary, comment="byte-exact; null: the server sent none"),
    Column("last_modified", LargeBinary, comment="byte-exact; null: the server sent none"),
    Column("validators_for", Text, nullable=False, comment="fingerprint of their address, or ''"),
    Column("body_hash", LargeBinary, comment="of the last complete parsed body; null: none yet"),
    Column("title", Text, nullable=False, comment="the feed's own title, or ''"),
    Column("next_check_at", UTCDateTime, nullable=False, comment="the schedule"),
    Column("checked_at", UTCDateTime, comment="last check; null: never"),
    Column("ok_at", UTCDateTime, comment="last complete answer or 304; null: never"),
    Column("baseline_at", UTCDateTime, comment="first complete parse; null: still to come"),
    Column("failures", Integer, nullable=False, comment="failed checks in a row"),
    Column("failing_since", UTCDateTime, comment="first of these failures; null: it is well"),
    Column("error", Text, nullable=False, comment="one sentence, or '' when the check was good"),
    Column("kind", Text, nullable=False, server_default="", comment="of the last failure, or ''"),
    Column("http_status", Integer, comment="of the last answer; null: there was none"),
    Column("health", Text, nullable=False, comment="polling.health.HEALTH"),
    Column("health_since", UTCDateTime, comment="null: never checked"),
    Column("not_before", UTCDateTime, comment="the server's wish; null: it has none"),
    Column("audited_at", UTCDateTime, comment="last complete unconditional answer; null: none"),
    Column("lying_at", UTCDateTime, comment="its 304s were found to hide items; null: they do not"),
    Column("moved_to", Text, nullable=False, server_default="", comment="no secrets; '': it stays"),
    Column("moved_since", UTCDateTime, comment="null: it stays"),
    Column("moved_polls", Integer, nullable=False, server_default="0", comment="in a row"),
    Column("gap_at", UTCDateTime, comment="items may have rolled off; null: never"),
    Column("gap_note", Text, nullable=False, server_default="", comment="one sentence, or ''"),
    Column("new_at", UTCDateTime, comment="last new item after the first look; null: none yet"),
    Column("pace", Seconds, comment="interval in use; null: as in the config"),
    Column("rhythm", JSON(none_as_null=True), comment="polling.rhythm; null: nothing known"),
    Column("told", Text, nullable=False, server_default="", comment="health people know of, or ''"),
    Column("told_at", UTCDateTime, comment="null: never"),
    Column("claim", Text, comment="token of the check under way; null: none"),
    Column("claimed_until", UTCDateTime, comment="when that claim ends by itself; null: no claim"),
    Index("feeds_due", "next_check_at"),
)

windows = Table(
    "windows",
    metadata,
    Column("feed", Text, primary_key=True, comment="name of the feed"),
    Column("address", Text, nullable=False, comment="fingerprint of the address it was read from"),
    Column("entries", LargeBinary, nullable=False, comment="model.ParsedFeed.window"),
)
"""What stood in the last complete document of a feed; read only when a body has changed."""

memories = Table(
    "memories",
    metadata,
    Column("feed", Text, primary_key=True, comment="name of the feed"),
    Column("address", Text, nullable=False, comment="fingerprint of the address it was read from"),
    Column("at", UTCDateTime, nullable=False, comment="of the check that wrote it"),
    Column("data", JSON, nullable=False, comment="model.Memory.data"),
)
"""What a watched page or a sitemap index has shown before; other feeds have no row."""

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True, comment="ours"),
    Column("feed", Text, nullable=False, comment="name of the feed it came from"),
    Column("key", Text, nullable=False, comment="identity within the feed"),
    Column("revision", Integer, nullable=False, comment="number of the text below, from 1"),
    Column("guid", Text, nullable=False, comment="the feed's own id for it, or ''"),
    Column("url", Text, nullable=False, comment="http(s) link, or ''"),
    Column("title", Text, nullable=False, comment="plain text, or ''"),
    Column("text", Text, nullable=False, comment="plain text, or ''"),
    Column("author", Text, nullable=False, comment="plain text, or ''"),
    Column("categories", JSON, nullable=False, comment="list of strings"),
    Column("lang", Text, nullable=False, comment="language code, or '' when nobody says"),
    Column("published_at", UTCDateTime, comment="null: not stated, or not for certain"),
    Column("published_raw", Text, nullable=False, comment="the date as the feed wrote it, or ''"),
    Column("content_hash", Text, nullable=False, comment="of the normalised title and text"),
    Column("first_seen_at", UTCDateTime, nullable=False, comment="first revision came in"),
    Column("seen_at", UTCDateTime, nullable=False, comment="this revision came in"),
    Column("baseline", Boolean, nullable=False, comment="came with the feed's first fetch"),
    UniqueConstraint("feed", "key", name="items_identity"),
    Index("items_first_seen", "first_seen_at"),
    Index("items_content", "content_hash"),
)

item_keys = Table(
    "item_keys",
    metadata,
    Column("feed", Text, primary_key=True, comment="name of the feed of the item"),
    Column("key", Text, primary_key=True, comment="a later key than items.key"),
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), nullable=False, comment="the item"
    ),
    Index("item_keys_item", "item_id"),
)
"""Keys that a feed gave to an item later: its guids changed, and the item is still the same."""

item_revisions = Table(
    "item_revisions",
    metadata,
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, comment="the item"
    ),
    Column("revision", Integer, primary_key=True, comment="an earlier one than items.revision"),
    Column("url", Text, nullable=False, comment="as in items"),
    Column("title", Text, nullable=False, comment="as in items"),
    Column("text", Text, nullable=False, comment="as in items"),
    Column("author", Text, nullable=False, comment="as in items"),
    Column("categories", JSON, nullable=False, comment="as in items"),
    Column("lang", Text, nullable=False, comment="as in items"),
    Column("published_at", UTCDateTime, comment="null: not stated, or not for certain"),
    Column("published_raw", Text, nullable=False, comment="as in items"),
    Column("content_hash", Text, nullable=False, comment="as in items"),
    Column("seen_at", UTCDateTime, nullable=False, comment="when this revision came in"),
)

articles = Table(
    "articles",
    metadata,
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, comment="the item"
    ),
    Column("feed", Text, nullable=False, comment="as in items"),
    Column("host", Text, nullable=False, comment="who is asked for it: name and port"),
    Column("state", Text, nullable=False, comment="model.ReadingState"),
    Column("attempts", Integer, nullable=False, comment="begun"),
    Column("created_at", UTCDateTime, nullable=False, comment="with its item"),
    Column("next_at", UTCDateTime, comment="not before; null: finished"),
    Column("tried_at", UTCDateTime, comment="last attempt; null: none yet"),
    Column("http_status", Integer, comment="of the last answer; null: there was none"),
    Column("error", Text, nullable=False, comment="why not, or not yet: one sentence, or ''"),
    Column("text", Text, nullable=False, comment="plain text; '': not read, or nothing gained"),
    Column("fetched_at", UTCDateTime, comment="when it was read; null: it was not"),
    Index("articles_due", "state", "next_at"),
    Index("articles_tried", "tried_at"),
)
"""The full text behind the links of items, of feeds with `fulltext`; one row from the first on."""

rule_versions = Table(
    "rule_versions",
    metadata,
    Column("rule", Text, primary_key=True, comment="id: path under the rules folder"),
    Column("version", Text, primary_key=True, comment="hash of what the rule means"),
    Column("path", Text, nullable=False, comment="file it was read from"),
    Column("source", Text, nullable=False, comment="the file's text, good at that time"),
    Column("lists", JSON, nullable=False, comment="name -> text of each list it uses"),
    Column("loaded_at", UTCDateTime, nullable=False, comment="last time it was put in force"),
)

packed_rules = Table(
    "packed_rules",
    metadata,
    Column("id", Integer, primary_key=True, comment="1: there is one row at most"),
    Column("packed", LargeBinary, nullable=False, comment="see rules/packed.py"),
    Column("at", UTCDateTime, nullable=False, comment="when they were read"),
)
"""The rules of one item as they were last read, for a start with the same files."""

hits = Table(
    "hits",
    metadata,
    Column("id", Integer, primary_key=True, comment="ours"),
    Column("rule", Text, nullable=False, comment="id of the rule"),
    Column("rule_version", Text, nullable=False, comment="see rule_versions"),
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), nullable=False, comment="the item"
    ),
    Column("revision", Integer, nullable=False, comment="of the item"),
    Column("title", Text, nullable=False, comment="the rule's title at that time"),
    Column("severity", Text, nullable=False, comment="model.SEVERITIES"),
    Column("why", Text, nullable=False, comment="the rule's reason at that time, or ''"),
    Column("evidence", JSON, nullable=False, comment="list of [field, start, end, quote]"),
    Column("status", Text, nullable=False, comment="alerted, or why not: model.HitStatus"),
    Column("update", Boolean, nullable=False, comment="the item was edited"),
    Column("follow_up", Text, nullable=False, server_default="", comment="why, or '': it is none"),
    Column("at", UTCDateTime, nullable=False, comment="when it was found"),
    Column("over_time", JSON(none_as_null=True), comment="model.OverTimeHit; null: of its item"),
    UniqueConstraint("rule", "item_id", "revision", name="hits_once"),
    Index("hits_at", "at"),
    Index("hits_item", "item_id"),
    Index("hits_rule", "rule", "at", "status"),
)

evidence = Table(
    "evidence",
    metadata,
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, comment="the item"
    ),
    Column("revision", Integer, primary_key=True, comment="of the item"),
    Column("part", Text, primary_key=True, comment="model.Part"),
    Column("url", Text, nullable=False, comment="where the answer came from; no secrets"),
    Column("http_status", Integer, nullable=False, comment="of the answer"),
    Column("headers", JSON, nullable=False, comment="list of [name, value]"),
    Column("fetched_at", UTCDateTime, nullable=False, comment="when it was asked for"),
    Column("body_sha256", Text, nullable=False, comment="of the whole answer, unpacked"),
    Column("body_bytes", Integer, nullable=False, comment="its size, unpacked"),
    Column("entry", LargeBinary, comment="as it came, large ones zlib; null: not told"),
    Column("entry_sha256", Text, nullable=False, comment="of the entry, unpacked, or ''"),
    Column("note", Text, nullable=False, comment="what is missing, or how it was told, or ''"),
    Column("warc_file", Text, nullable=False, comment="its name, or '': no record was written"),
    Column("warc_offset", BigInteger, comment="in bytes; null: no record"),
    Column("warc_length", BigInteger, comment="in bytes; null: no record"),
    Column("warc_sha256", Text, nullable=False, comment="of the record, or ''"),
    Index("evidence_warc_file", "warc_file"),
)
"""What is kept of the answers that brought items with hits; others have no row."""

stories = Table(
    "stories",
    metadata,
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, comment="the item"
    ),
    Column("story", Integer, nullable=False, comment="number of the first item of its story"),
    Column("publisher", Text, nullable=False, comment="of its feed, as it was then"),
    Index("stories_story", "story"),
)
"""Which items tell the same; only of items with a hit that was to be sent."""

sketches = Table(
    "sketches",
    metadata,
    Column(
        "hash", BigInteger, primary_key=True, autoincrement=False, comment="stories.sketch.Sketch"
    ),
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, comment="the item"
    ),
    Column("at", UTCDateTime, nullable=False, comment="when its story was looked for"),
    Index("sketches_item", "item_id"),
    Index("sketches_at", "at"),
)
"""By what the copies of an item are found."""

alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True, comment="ours"),
    Column("severity", Text, nullable=False, comment="the highest of its hits"),
    Column("created_at", UTCDateTime, nullable=False, comment="with its hit"),
    Column("notice", JSON(none_as_null=True), comment="of watchd itself; null: it is about a hit"),
)

alert_hits = Table(
    "alert_hits",
    metadata,
    Column(
        "alert_id",
        ForeignKey("alerts.id", ondelete="CASCADE"),
        primary_key=True,
        comment="the alert",
    ),
    Column(
        "hit_id", ForeignKey("hits.id", ondelete="CASCADE"), primary_key=True, comment="the hit"
    ),
    Index("alert_hits_hit", "hit_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, comment="ours"),
    Column(
        "alert_id", ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False, comment="the alert"
    ),
    Column("receiver", Text, nullable=False, comment="as in config.toml"),
    Column("endpoint", Text, nullable=False, comment="safe name; the address stays in config"),
    Column("state", Text, nullable=False, comment="model.DeliveryState"),
    Column("attempts", Integer, nullable=False, comment="begun, but for those a stop cut off"),
    Column("ambiguous", Integer, nullable=False, comment="attempts that ended without an answer"),
    Column("in_line", Boolean, nullable=False, server_default=true(), comment="keeps its place"),
    Column("may_repeat", Boolean, nullable=False, server_default=false(), comment="say so"),
    Column("created_at", UTCDateTime, nullable=False, comment="with its hit"),
    Column("next_attempt_at", UTCDateTime, comment="null: finished, or waits for a person"),
    Column("finished_at", UTCDateTime, comment="null: not finished"),
    Column("error", Text, nullable=False, comment="the provider's words, or ''"),
    Column("held_for", Text, nullable=False, server_default="", comment="model.HeldFor"),
    Column("held_until", UTCDateTime, comment="null: it was not held"),
    Column("holds", JSON(none_as_null=True), comment="store.holdlist; null: no hold, or not kept"),
    Column("mode", Text, nullable=False, server_default="now", comment="of its route"),
    Column("quiet", Text, nullable=False, server_default="", comment="holding.when.key, or ''"),
    Column("throttle", Text, nullable=False, server_default="", comment="model.Rate.key, or ''"),
    Column("message", Integer, comment="first delivery of its message; null: not yet tried"),
    Column("route", Text, comment="in words; '': by none; null: decided before this was kept"),
    Column("retried_at", UTCDateTime, comment="when a person last said so; null: nobody did"),
    UniqueConstraint("alert_id", "endpoint", name="deliveries_once"),
    Index("deliveries_due", "state", "endpoint", "next_attempt_at"),
    Index("deliveries_finished", "endpoint", "finished_at"),
)

board_levels = Table(
    "board_levels",
    metadata,
    Column("id", Integer, primary_key=True, comment="ours; the highest of a rule is in force"),
    Column("rule", Text, nullable=False, comment="id of the rule"),
    Column("level", Text, comment="indicators.Level; null: back to the reckoned one"),
    Column("reason", Text, nullable=False, comment="in a person's words"),
    Column("author", Text, nullable=False, comment="who judged"),
    Column("at", UTCDateTime, nullable=False, comment="when"),
    Index("board_levels_rule", "rule"),
)
"""Judgements of people on indicators: rows are added, never changed."""

service = Table(
    "service",
    metadata,
    Column("name", Text, primary_key=True, comment="e.g. daemon, last_cycle, rules"),
    Column("value", JSON, nullable=False, comment="as the name wants it"),
    Column("at", UTCDateTime, nullable=False, comment="when it was written"),
)

version = Table(
    "alembic_version",
    MetaData(),  # Alembic makes this one itself; here it is for databases that need no migration
    Column("version_num", String(32), nullable=False, comment="the format: see SCHEMA_VERSION"),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
