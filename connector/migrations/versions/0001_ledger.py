"""The ledger: messages, bodies, attempts, history; dossiers, feeds, partners."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock",
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("starts_at", name=op.f("clock_pkey")),
    )
    op.create_table(
        "dossier",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("planned", sa.SmallInteger(), nullable=False),
        sa.Column("submissions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("ministry_code", sa.Text(), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=True),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state_ordinal", sa.Integer(), nullable=True),
        sa.Column("state_item", sa.LargeBinary(), nullable=True),
        sa.Column("asked_for", sa.Integer(), nullable=True),
        sa.Column("awaits_document", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("steps", sa.Integer(), server_default="0", nullable=False),
        sa.Column("results", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result_key", sa.LargeBinary(), nullable=True),
        sa.Column("result_entry", sa.Text(), nullable=True),
        sa.Column("result_day", sa.Date(), nullable=True),
        sa.Column("result_stored", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ask_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("garbled", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("procedure IN ('marriage', 'death')", name=op.f("dossier_procedure_known")),
        sa.CheckConstraint("submissions >= 0 AND steps >= 0 AND results >= 0", name=op.f("dossier_counts_positive")),
        sa.PrimaryKeyConstraint("code", name=op.f("dossier_pkey")),
    )
    op.create_index(
        "dossier_awaits_document", "dossier", ["state_at"], unique=False, postgresql_where=sa.text("awaits_document")
    )
    op.create_index(
        "dossier_to_ask", "dossier", ["ask_at"], unique=False, postgresql_where=sa.text("ask_at IS NOT NULL")
    )
    op.create_table(
        "feed",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("garbled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("feed_pkey")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event", sa.Text(), server_default="", nullable=False),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("findings", postgresql.JSONB(astext_type=Text()), server_default="[]", nullable=False),
        sa.Column("last_code", sa.Text(), nullable=True),
        sa.Column("last_text", sa.Text(), nullable=True),
        sa.Column("source_key", sa.LargeBinary(), nullable=False),
        sa.Column("content_key", sa.LargeBinary(), nullable=True),
        sa.Column("duplicates", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'delivered') = (delivered_at IS NOT NULL)", name=op.f("message_instant_iff_delivered")
        ),
        sa.CheckConstraint("(state = 'held') = (hold IS NOT NULL)", name=op.f("message_hold_iff_held")),
        sa.CheckConstraint("(state = 'ready') = (due_at IS NOT NULL)", name=op.f("message_due_iff_ready")),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("message_lease_iff_sending")),
        sa.CheckConstraint("hold IN ('area', 'request', 'document', 'application')", name=op.f("message_hold_known")),
        sa.CheckConstraint("procedure IN ('marriage', 'death')", name=op.f("message_procedure_known")),
        sa.CheckConstraint(
            "route IN ('application', 'withdrawal', 'progress', 'result', 'register')", name=op.f("message_route_known")
        ),
        sa.CheckConstraint(
            "state IN ('held', 'invalid', 'ready', 'sending', 'delivered', 'refused', 'exhausted', 'cancelled', 'superseded')",
            name=op.f("message_state_known"),
        ),
        sa.CheckConstraint("attempts >= 0 AND fence >= 0 AND version >= 0", name=op.f("message_counts_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("message_pkey")),
        sa.UniqueConstraint("seq", name=op.f("message_seq_key")),
        sa.UniqueConstraint("source_key", name=op.f("message_source_key_key")),
    )
    op.create_index("message_area", "message", ["area", "seq"], unique=False)
    op.create_index(
        "message_due", "message", ["route", "due_at", "seq"], unique=False, postgresql_where=sa.text("state = 'ready'")
    )
    op.create_index(
        "message_lane",
        "message",
        ["route", "subject", "version", "seq"],
        unique=False,
        postgresql_where=sa.text("state IN ('held', 'ready', 'sending', 'exhausted')"),
    )
    op.create_index(
        "message_leased", "message", ["lease_until"], unique=False, postgresql_where=sa.text("state = 'sending'")
    )
    op.create_index(
        "message_needs_person",
        "message",
        ["state", "seq"],
        unique=False,
        postgresql_where=sa.text("state IN ('held', 'invalid', 'refused', 'exhausted')"),
    )
    op.create_index(
        "message_outdated",
        "message",
        ["route", "subject", "version"],
        unique=False,
        postgresql_where=sa.text("state IN ('invalid', 'refused')"),
    )
    op.create_index(
        "message_ended",
        "message",
        ["state", "seq"],
        unique=False,
        postgresql_where=sa.text("state IN ('cancelled', 'superseded')"),
    )
    op.create_index(
        "message_suspect",
        "message",
        ["route", "due_at", "seq"],
        unique=False,
        postgresql_where=sa.text("state = 'ready' AND last_code = 'LEASE_ENDED'"),
    )
    op.create_index("message_subject", "message", ["subject", "seq"], unique=False)
    op.create_table(
        "partner",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("tripped", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("trips", sa.Integer(), server_default="0", nullable=False),
        sa.Column("good", sa.Float(precision=53), server_default="0", nullable=False),
        sa.Column("bad", sa.Float(precision=53), server_default="0", nullable=False),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("partner_pkey")),
    )
    op.create_table(
        "sighting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dossier_code", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict IN ('applied', 'stale')", name=op.f("sighting_verdict_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("sighting_pkey")),
        sa.UniqueConstraint(
            "dossier_code", "state", "happened_at", name=op.f("sighting_dossier_code_state_happened_at_key")
        ),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("maybe_done", sa.Boolean(), nullable=False),
        sa.Column("http_status", sa.SmallInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("sent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("attempt_message_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("attempt_pkey")),
    )
    op.create_index(op.f("attempt_message_id"), "attempt", ["message_id"], unique=False)
    op.create_table(
        "body",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("body_message_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("body_pkey")),
    )
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("was", sa.Text(), nullable=True),
        sa.Column("move", sa.Text(), nullable=False),
        sa.Column("became", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "became IN ('held', 'invalid', 'ready', 'sending', 'delivered', 'refused', 'exhausted', 'cancelled', 'superseded')",
            name=op.f("history_became_known"),
        ),
        sa.CheckConstraint(
            "move IN ('take_in', 'claim', 'deliver', 'postpone', 'expire', 'exhaust', 'refuse', 'quarantine', 'hold', 'release', 'supersede', 'cancel', 'restore', 'replay', 'override')",
            name=op.f("history_move_known"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("history_message_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("history_pkey")),
    )
    op.create_index(op.f("history_message_id"), "history", ["message_id"], unique=False)


def downgrade() -> None:
    for table in ("clock", "partner", "feed", "sighting", "dossier", "history", "attempt", "body", "message"):
        op.drop_table(table)
