"""When each rule has hit: for the history in each message.

Revision ID: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("hits_rule", "hits", ["rule", "at", "status"])
