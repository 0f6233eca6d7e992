"""The tables of rules over time: what their queries have found, and how far they have looked."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from watchd.store.columns import UTCDateTime, metadata

observations = Table(
    "observations",
    metadata,
    Column("rule", Text, primary_key=True, comment="id of a rule over time"),
    Column(
        "item_id", ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, comment="the item"
    ),
    Column("version", Text, nullable=False, comment="of the rule, that found it"),
    Column("at", UTCDateTime, nullable=False, comment="published, but not after it was seen"),
    Column("story", Text, nullable=False, comment="the same for copies of one text"),
    Column("feed", Text, nullable=False, comment="as in items"),
    Column("lang", Text, nullable=False, comment="as in items"),
    Column("steps", JSON, nullable=False, comment="key of the query -> mentions"),
    Column("words", JSON, nullable=False, comment="list of wordings, folded"),
    Column("wakes", Boolean, nullable=False, comment="false: old news, which only counts"),
    Column("waiting", Boolean, nullable=False, comment="its rule has not been looked at since"),
    Index("observations_at", "rule", "at"),
    Index("observations_waiting", "waiting", "rule"),
    Index("observations_item", "item_id"),
)
"""The items that a query of a rule over time has found; written in the check that found them."""

watches = Table(
    "watches",
    metadata,
    Column("rule", Text, primary_key=True, comment="id of a rule over time"),
    Column("version", Text, nullable=False, comment="that is in force"),
    Column("since", UTCDateTime, nullable=False, comment="it was put in force"),
    Column("next_item", Integer, comment="of the archive, to be looked through; null: all was"),
)
"""How far the archive has been looked through for a rule over time that is new or was edited."""
