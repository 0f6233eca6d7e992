"""Silences and what they keep back, acknowledgements, marks, escalations.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import Seconds, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "silences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("matchers", sa.JSON(), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "kept_back",
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("silence_id", sa.Integer(), nullable=False),
        sa.Column("told_in", sa.Integer()),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["silence_id"], ["silences.id"]),
        sa.PrimaryKeyConstraint("hit_id", "endpoint"),
    )
    op.create_index("kept_back_untold", "kept_back", ["told_in", "silence_id"])
    op.create_index("kept_back_silence", "kept_back", ["silence_id"])
    op.create_table(
        "acks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("story", sa.Integer(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("acks_story", "acks", ["story", "rule"])
    op.create_index("acks_hit", "acks", ["hit_id"])
    op.create_table(
        "marks",
        sa.Column("hit_id", sa.Integer(), nullable=False),
        sa.Column("useful", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hit_id"),
    )
    op.create_table(
        "escalations",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("after", Seconds(), nullable=False),
        sa.Column("receivers", sa.JSON(), nullable=False),
        sa.Column("done_at", UTCDateTime()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.create_index("escalations_open", "escalations", ["done_at"])
