"""The tables of what people say: silences, acknowledgements, marks, and who is told without them.

They are part of `store.schema`, where all others are, and are imported from there.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from watchd.store.columns import Seconds, UTCDateTime, metadata

silences = Table(
    "silences",
    metadata,
    Column("id", Integer, primary_key=True, comment="ours"),
    Column("matchers", JSON, nullable=False, comment="list of [key, value]; all have to fit"),
    Column("critical", Boolean, nullable=False, comment="keeps back what is critical, too"),
    Column("reason", Text, nullable=False, comment="as its author gave it"),
    Column("by", Text, nullable=False, comment="who made it"),
    Column("created_at", UTCDateTime, nullable=False, comment="from when on it holds"),
    Column("ends_at", UTCDateTime, nullable=False, comment="it always ends"),
)

kept_back = Table(
    "kept_back",
    metadata,
    Column(
        "hit_id", ForeignKey("hits.id", ondelete="CASCADE"), primary_key=True, comment="the hit"
    ),
    Column("endpoint", Text, primary_key=True, comment="where it would have gone: its safe name"),
    Column("silence_id", ForeignKey("silences.id"), nullable=False, comment="what kept it back"),
    Column("told_in", Integer, comment="deliveries.message that said so; null: none has"),
    Index("kept_back_untold", "told_in", "silence_id"),
    Index("kept_back_silence", "silence_id"),
)
"""What silences have swallowed, and whether those it was kept from know."""

acks = Table(
    "acks",
    metadata,
    Column("id", Integer, primary_key=True, comment="ours"),
    Column("hit_id", ForeignKey("hits.id", ondelete="CASCADE"), nullable=False, comment="as named"),
    Column("rule", Text, nullable=False, comment="of the hit"),
    Column(
        "story", Integer, nullable=False, comment="of its item: stories.story, or the item itself"
    ),
    Column("words", JSON, nullable=False, comment="found by the rule till then, case folded"),
    Column("note", Text, nullable=False, comment="or ''"),
    Column("by", Text, nullable=False, comment="who did it"),
    Column("at", UTCDateTime, nullable=False, comment="when"),
    Index("acks_story", "story", "rule"),
    Index("acks_hit", "hit_id"),
)

marks = Table(
    "marks",
    metadata,
    Column(
        "hit_id", ForeignKey("hits.id", ondelete="CASCADE"), primary_key=True, comment="the hit"
    ),
    Column("useful", Boolean, nullable=False, comment="false: noise"),
    Column("note", Text, nullable=False, comment="or ''"),
    Column("by", Text, nullable=False, comment="who thinks so"),
    Column("at", UTCDateTime, nullable=False, comment="when"),
)
"""What people think of hits; the last word counts."""

escalations = Table(
    "escalations",
    metadata,
    Column(
        "delivery_id",
        ForeignKey("deliveries.id", ondelete="CASCADE"),
        primary_key=True,
        comment="that somebody has to acknowledge",
    ),
    Column("after", Seconds, nullable=False, comment="it was delivered"),
    Column("receivers", JSON, nullable=False, comment="list of who is told then"),
    Column("done_at", UTCDateTime, comment="when it was decided; null: it is open"),
    Column("outcome", Text, nullable=False, comment="escalated, acknowledged, …; '': open"),
    Index("escalations_open", "done_at"),
)
