"""Items whose feed gave them another key keep being themselves.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of later keys, and find items by their words."""
    op.create_table(
        "item_keys",
        sa.Column("feed", sa.Text(), nullable=False, comment="name of the feed of the item"),
        sa.Column("key", sa.Text(), nullable=False, comment="a later key than items.key"),
        sa.Column("item_id", sa.Integer(), nullable=False, comment="the item"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed", "key"),
    )
    op.create_index("item_keys_item", "item_keys", ["item_id"], unique=False)
    op.create_index("items_content", "items", ["content_hash"], unique=False)
