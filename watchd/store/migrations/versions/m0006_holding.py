"""Deliveries that wait for their time, and those that go out in one message.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from watchd.store.schema import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns; what was tried already was a message of its own."""
    with op.batch_alter_table("deliveries") as deliveries:
        for name, default in (("held_for", ""), ("mode", "now"), ("throttle", "")):
            deliveries.add_column(
                sa.Column(name, sa.Text(), nullable=False, server_default=default)
            )
        deliveries.add_column(sa.Column("held_until", UTCDateTime()))
        deliveries.add_column(sa.Column("message", sa.Integer()))
    op.create_index("deliveries_finished", "deliveries", ["endpoint", "finished_at"])
    op.execute("UPDATE deliveries SET message = id WHERE attempts > 0")
