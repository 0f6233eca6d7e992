"""By which route each delivery goes, as it was decided.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was decided before it is not known."""
    op.add_column("deliveries", sa.Column("route", sa.Text()))
