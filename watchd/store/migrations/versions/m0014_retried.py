"""When a person asked for a delivery to be sent again, beside when it was made.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("deliveries", sa.Column("retried_at", UTCDateTime()))
