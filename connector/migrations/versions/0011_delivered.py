"""A list of what was delivered on one route, however many millions were delivered on others."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("message_delivered", "message", ["route", "seq"], postgresql_where=sa.text("state = 'delivered'"))


def downgrade() -> None:
    op.drop_index("message_delivered", table_name="message")
