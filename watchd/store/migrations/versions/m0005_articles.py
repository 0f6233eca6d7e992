"""The articles behind the links of items, for feeds with `fulltext`.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "articles",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("next_at", UTCDateTime()),
        sa.Column("tried_at", UTCDateTime()),
        sa.Column("http_status", sa.Integer()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fetched_at", UTCDateTime()),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id"),
    )
    op.create_index("articles_due", "articles", ["state", "next_at"])
    op.create_index("articles_tried", "articles", ["tried_at"])
