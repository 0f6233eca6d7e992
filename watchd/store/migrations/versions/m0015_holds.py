"""All that held a delivery, and the quiet hours that it keeps.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. What waits gets its quiet hours when its routes are looked at again."""
    op.add_column("deliveries", sa.Column("holds", sa.JSON(none_as_null=True)))
    quiet = sa.Column("quiet", sa.Text(), nullable=False, server_default="")
    op.add_column("deliveries", quiet)
