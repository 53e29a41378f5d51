"""Shadow: what would have been sent, what clerks entered by hand, and whom to call in an area."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadow_application",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("shadow_application_message_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("shadow_application_pkey")),
    )
    op.create_table(
        "shadow_entry",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("found_by", sa.Text(), nullable=True),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text(), none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["message.id"], name=op.f("shadow_entry_application_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("shadow_entry_message_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("shadow_entry_pkey")),
    )
    op.create_index(op.f("shadow_entry_application_id"), "shadow_entry", ["application_id"], unique=False)
    op.create_table(
        "area_contact",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("area", name=op.f("area_contact_pkey")),
    )


def downgrade() -> None:
    op.drop_table("area_contact")
    op.drop_table("shadow_entry")
    op.drop_table("shadow_application")
