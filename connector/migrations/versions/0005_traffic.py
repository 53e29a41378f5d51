"""Traffic: five-minute sums per route, from here on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "traffic",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("taken_in", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("at", "route", name=op.f("traffic_pkey")),
    )
    op.create_table(
        "traffic_mark",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("summed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seen", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("horizon", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("traffic_mark_pkey")),
    )
    # What passed before is not summed: it would hold up the migration of a large ledger.
    for source, number in (("message", "seq"), ("attempt", "id")):
        op.execute(
            f"INSERT INTO traffic_mark (source, summed, seen)"
            f" SELECT '{source}', coalesce(max({number}), 0), coalesce(max({number}), 0) FROM {source}"
        )


def downgrade() -> None:
    op.drop_table("traffic_mark")
    op.drop_table("traffic")
