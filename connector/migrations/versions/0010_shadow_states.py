"""Shadow: the states of dossiers that clerks brought to the ministry by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadow_state",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("shadow_state_message_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("shadow_state_pkey")),
    )
    op.create_index(op.f("shadow_state_message_id"), "shadow_state", ["message_id"], unique=False)
    op.create_index(
        "shadow_state_to_ask", "shadow_state", ["ask_at"], unique=False, postgresql_where=sa.text("ask_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_table("shadow_state")
