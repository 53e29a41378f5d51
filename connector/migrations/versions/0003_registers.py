"""Registers: the dossier that an entry was born of, and whose a register number is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("dossier", sa.Text(), nullable=True))
    op.create_index(
        "message_dossier",
        "message",
        ["dossier", "seq"],
        unique=False,
        postgresql_where=sa.text("dossier IS NOT NULL"),
    )
    op.create_table(
        "register_number",
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("office_since", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "register", "office", "office_since", "year", "number", name=op.f("register_number_pkey")
        ),
        sa.UniqueConstraint("entry", name=op.f("register_number_entry_key")),
    )


def downgrade() -> None:
    op.drop_table("register_number")
    op.drop_index("message_dossier", table_name="message")
    op.drop_column("message", "dossier")
