"""What rules over time have found, and hits of theirs.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two tables, and a column; the hits there are each about one item."""
    op.create_table(
        "observations",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column(
            "item_id", sa.Integer(), sa.ForeignKey("items.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("wakes", sa.Boolean(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "item_id"),
    )
    op.create_index("observations_at", "observations", ["rule", "at"])
    op.create_index("observations_waiting", "observations", ["waiting", "rule"])
    op.create_index("observations_item", "observations", ["item_id"])
    op.create_table(
        "watches",
        sa.Column("rule", sa.Text(), primary_key=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("next_item", sa.Integer()),
    )
    with op.batch_alter_table("hits") as hits:
        hits.add_column(sa.Column("over_time", sa.JSON()))
