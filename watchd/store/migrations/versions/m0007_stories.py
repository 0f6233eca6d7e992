"""Stories, and by what the copies of an item are found.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "stories",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("story", sa.Integer(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id"),
    )
    op.create_index("stories_story", "stories", ["story"])
    op.create_table(
        "sketches",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", "item_id"),
    )
    op.create_index("sketches_item", "sketches", ["item_id"])
    op.create_index("sketches_at", "sketches", ["at"])
    follow_up = sa.Column("follow_up", sa.Text(), nullable=False, server_default="")
    op.add_column("hits", follow_up)
