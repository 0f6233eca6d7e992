"""The rules as they were last read, beside the texts of their files.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import UTCDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "packed_rules",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
    )
