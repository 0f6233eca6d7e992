"""The first format: feeds, items and their revisions, rules, hits, alerts, the outbox.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False, comment="ours"),
        sa.Column("severity", sa.Text(), nullable=False, comment="the highest of its hits"),
        sa.Column("created_at", UTCDateTime(), nullable=False, comment="with its hit"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "feeds",
        sa.Column("name", sa.Text(), nullable=False, comment="as in config.toml"),
        sa.Column(
            "active",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="in config now",
        ),
        sa.Column(
            "address", sa.Text(), nullable=False, comment="fingerprint of that last read to the end"
        ),
        sa.Column(
            "etag",
            sa.LargeBinary(),
            nullable=True,
            comment="byte-exact; null: the server sent none",
        ),
        sa.Column(
            "last_modified",
            sa.LargeBinary(),
            nullable=True,
            comment="byte-exact; null: the server sent none",
        ),
        sa.Column(
            "validators_for",
            sa.Text(),
            nullable=False,
            comment="fingerprint of their address, or ''",
        ),
        sa.Column(
            "body_hash",
            sa.LargeBinary(),
            nullable=True,
            comment="of the last complete parsed body; null: none yet",
        ),
        sa.Column("title", sa.Text(), nullable=False, comment="the feed's own title, or ''"),
        sa.Column("next_check_at", UTCDateTime(), nullable=False, comment="the schedule"),
        sa.Column("checked_at", UTCDateTime(), nullable=True, comment="last check; null: never"),
        sa.Column(
            "ok_at",
            UTCDateTime(),
            nullable=True,
            comment="last complete answer or 304; null: never",
        ),
        sa.Column(
            "baseline_at",
            UTCDateTime(),
            nullable=True,
            comment="first complete parse; null: still to come",
        ),
        sa.Column("failures", sa.Integer(), nullable=False, comment="failed checks in a row"),
        sa.Column(
            "failing_since",
            UTCDateTime(),
            nullable=True,
            comment="first of these failures; null: it is well",
        ),
        sa.Column(
            "error",
            sa.Text(),
            nullable=False,
            comment="one sentence, or '' when the check was good",
        ),
        sa.Column("health", sa.Text(), nullable=False, comment="new, ok, degraded or failing"),
        sa.Column(
            "claim", sa.Text(), nullable=True, comment="token of the check under way; null: none"
        ),
        sa.Column(
            "claimed_until",
            UTCDateTime(),
            nullable=True,
            comment="when that claim ends by itself; null: no claim",
        ),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("feeds_due", "feeds", ["next_check_at"], unique=False)
    op.create_table(
        "items",
        sa.Column("id", sa.Integer(), nullable=False, comment="ours"),
        sa.Column("feed", sa.Text(), nullable=False, comment="name of the feed it came from"),
        sa.Column("key", sa.Text(), nullable=False, comment="identity within the feed"),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="number of the text below, from 1"
        ),
        sa.Column("guid", sa.Text(), nullable=False, comment="the feed's own id for it, or ''"),
        sa.Column("url", sa.Text(), nullable=False, comment="http(s) link, or ''"),
        sa.Column("title", sa.Text(), nullable=False, comment="plain text, or ''"),
        sa.Column("text", sa.Text(), nullable=False, comment="plain text, or ''"),
        sa.Column("author", sa.Text(), nullable=False, comment="plain text, or ''"),
        sa.Column("categories", sa.JSON(), nullable=False, comment="list of strings"),
        sa.Column(
            "lang", sa.Text(), nullable=False, comment="language code, or '' when nobody says"
        ),
        sa.Column(
            "published_at",
            UTCDateTime(),
            nullable=True,
            comment="null: not stated, or not for certain",
        ),
        sa.Column(
            "published_raw",
            sa.Text(),
            nullable=False,
            comment="the date as the feed wrote it, or ''",
        ),
        sa.Column(
            "content_hash", sa.Text(), nullable=False, comment="of the normalised title and text"
        ),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False, comment="first revision came in"),
        sa.Column("seen_at", UTCDateTime(), nullable=False, comment="this revision came in"),
        sa.Column(
            "baseline", sa.Boolean(), nullable=False, comment="came with the feed's first fetch"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("feed", "key", name="items_identity"),
    )
    op.create_index("items_first_seen", "items", ["first_seen_at"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("rule", sa.Text(), nullable=False, comment="id: path under the rules folder"),
        sa.Column("version", sa.Text(), nullable=False, comment="hash of what the rule means"),
        sa.Column("path", sa.Text(), nullable=False, comment="file it was read from"),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="the file's text, good at that time"
        ),
        sa.Column("lists", sa.JSON(), nullable=False, comment="name -> text of each list it uses"),
        sa.Column(
            "loaded_at", UTCDateTime(), nullable=False, comment="last time it was put in force"
        ),
        sa.PrimaryKeyConstraint("rule", "version"),
    )
    op.create_table(
        "service",
        sa.Column("name", sa.Text(), nullable=False, comment="e.g. daemon, last_cycle, rules"),
        sa.Column("value", sa.JSON(), nullable=False, comment="as the name wants it"),
        sa.Column("at", UTCDateTime(), nullable=False, comment="when it was written"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False, comment="ours"),
        sa.Column("alert_id", sa.Integer(), nullable=False, comment="the alert"),
        sa.Column("receiver", sa.Text(), nullable=False, comment="as in config.toml"),
        sa.Column(
            "endpoint", sa.Text(), nullable=False, comment="safe name; the address stays in config"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="model.DeliveryState"),
        sa.Column(
            "attempts", sa.Integer(), nullable=False, comment="begun, but for those a stop cut off"
        ),
        sa.Column(
            "ambiguous",
            sa.Integer(),
            nullable=False,
            comment="attempts that ended without an answer",
        ),
        sa.Column(
            "in_line",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="keeps its place",
        ),
        sa.Column(
            "may_repeat", sa.Boolean(), server_default=sa.false(), nullable=False, comment="say so"
        ),
        sa.Column("created_at", UTCDateTime(), nullable=False, comment="with its hit"),
        sa.Column(
            "next_attempt_at",
            UTCDateTime(),
            nullable=True,
            comment="null: finished, or waits for a person",
        ),
        sa.Column("finished_at", UTCDateTime(), nullable=True, comment="null: not finished"),
        sa.Column("error", sa.Text(), nullable=False, comment="the provider's words, or ''"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alert_id", "endpoint", name="deliveries_once"),
    )
    op.create_index(
        "deliveries_due", "deliveries", ["state", "endpoint", "next_attempt_at"], unique=False
    )
    op.create_table(
        "hits",
        sa.Column("id", sa.Integer(), nullable=False, comment="ours"),
        sa.Column("rule", sa.Text(), nullable=False, comment="id of the rule"),
        sa.Column("rule_version", sa.Text(), nullable=False, comment="see rule_versions"),
        sa.Column("item_id", sa.Integer(), nullable=False, comment="the item"),
        sa.Column("revision", sa.Integer(), nullable=False, comment="of the item"),
        sa.Column("title", sa.Text(), nullable=False, comment="the rule's title at that time"),
        sa.Column("severity", sa.Text(), nullable=False, comment="model.SEVERITIES"),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="the rule's reason at that time, or ''"
        ),
        sa.Column(
            "evidence", sa.JSON(), nullable=False, comment="list of [field, start, end, quote]"
        ),
        sa.Column(
            "status", sa.Text(), nullable=False, comment="alerted, or why not: model.HitStatus"
        ),
        sa.Column("update", sa.Boolean(), nullable=False, comment="the item was edited"),
        sa.Column("at", UTCDateTime(), nullable=False, comment="when it was found"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("rule", "item_id", "revision", name="hits_once"),
    )
    op.create_index("hits_at", "hits", ["at"], unique=False)
    op.create_index("hits_item", "hits", ["item_id"], unique=False)
    op.create_table(
        "item_revisions",
        sa.Column("item_id", sa.Integer(), nullable=False, comment="the item"),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="an earlier one than items.revision"
        ),
        sa.Column("url", sa.Text(), nullable=False, comment="as in items"),
        sa.Column("title", sa.Text(), nullable=False, comment="as in items"),
        sa.Column("text", sa.Text(), nullable=False, comment="as in items"),
        sa.Column("author", sa.Text(), nullable=False, comment="as in items"),
        sa.Column("categories", sa.JSON(), nullable=False, comment="as in items"),
        sa.Column("lang", sa.Text(), nullable=False, comment="as in items"),
        sa.Column(
            "published_at",
            UTCDateTime(),
            nullable=True,
            comment="null: not stated, or not for certain",
        ),
        sa.Column("published_raw", sa.Text(), nullable=False, comment="as in items"),
        sa.Column("content_hash", sa.Text(), nullable=False, comment="as in items"),
        sa.Column("seen_at", UTCDateTime(), nullable=False, comment="when this revision came in"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "revision"),
    )
    op.create_table(
        "alert_hits",
        sa.Column("alert_id", sa.Integer(), nullable=False, comment="the alert"),
        sa.Column("hit_id", sa.Integer(), nullable=False, comment="the hit"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "hit_id"),
    )
    op.create_index("alert_hits_hit", "alert_hits", ["hit_id"], unique=False)
