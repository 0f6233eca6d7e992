"""What polling needs to know: health, rhythm, audits, gaps, and what stood in a document.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import Seconds, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    with op.batch_alter_table("feeds") as feeds:
        for name in ("kind", "moved_to", "gap_note", "told"):
            feeds.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        for name in (
            "health_since",
            "not_before",
            "audited_at",
            "lying_at",
            "moved_since",
            "gap_at",
            "new_at",
            "told_at",
        ):
            feeds.add_column(sa.Column(name, UTCDateTime()))
        feeds.add_column(sa.Column("http_status", sa.Integer()))
        feeds.add_column(sa.Column("moved_polls", sa.Integer(), nullable=False, server_default="0"))
        feeds.add_column(sa.Column("pace", Seconds()))
        feeds.add_column(sa.Column("rhythm", sa.JSON()))
    op.create_table(
        "windows",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("feed"),
    )
    with op.batch_alter_table("alerts") as alerts:
        alerts.add_column(sa.Column("notice", sa.JSON()))
