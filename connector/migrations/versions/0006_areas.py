"""Areas: their modes, the changes of them, and the rule that decided about a message."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("rule", sa.Integer(), nullable=True))
    op.create_index(
        "message_closed_area",
        "message",
        ["seq"],
        unique=False,
        postgresql_where=sa.text("state = 'held' AND hold = 'area'"),
    )
    op.create_table(
        "area_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("procedure IN ('marriage', 'death')", name=op.f("area_change_procedure_known")),
        sa.CheckConstraint("mode IN ('off', 'shadow', 'live', 'frozen')", name=op.f("area_change_mode_known")),
        sa.CheckConstraint("by <> '' AND btrim(why) <> ''", name=op.f("area_change_reason_said")),
        sa.PrimaryKeyConstraint("id", name=op.f("area_change_pkey")),
    )
    op.create_table(
        "area_mode",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("then", sa.Text(), nullable=True),
        sa.CheckConstraint("procedure IN ('marriage', 'death')", name=op.f("area_mode_procedure_known")),
        sa.CheckConstraint("mode IN ('off', 'shadow', 'live', 'frozen')", name=op.f("area_mode_mode_known")),
        sa.CheckConstraint('(until IS NULL) = ("then" IS NULL)', name=op.f("area_mode_then_iff_until")),
        sa.ForeignKeyConstraint(["change"], ["area_change.id"], name=op.f("area_mode_change_fkey")),
        sa.PrimaryKeyConstraint("area", "procedure", name=op.f("area_mode_pkey")),
    )
    op.create_table(
        "rollout_state",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("drained_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("rollout_state_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("rollout_state_pkey")),
    )
    op.execute("INSERT INTO rollout_state (id, version, draining) VALUES (1, 0, false)")
    op.add_column("dossier", sa.Column("by_hand", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("dossier", "by_hand")
    op.drop_table("rollout_state")
    op.drop_table("area_mode")
    op.drop_table("area_change")
    op.drop_index("message_closed_area", table_name="message")
    op.drop_column("message", "rule")
