"""By which route each delivery goes, as it was decided; which WARC files are needed.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, which is not known of what was decided before, and the index."""
    op.add_column("deliveries", sa.Column("route", sa.Text()))
    op.create_index("evidence_warc_file", "evidence", ["warc_file"])
