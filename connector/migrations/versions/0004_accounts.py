"""The console's accounts and sessions; the audit becomes a chain that refuses to be changed."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _accounts()
    _sessions()
    op.drop_constraint(op.f("audit_reason_said"), "audit")
    op.execute("ALTER TABLE audit ALTER COLUMN id DROP IDENTITY")
    op.add_column("audit", sa.Column("target", sa.Text(), server_default="", nullable=False))
    op.add_column("audit", sa.Column("allowed", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("audit", sa.Column("details", sa.Text(), server_default="{}", nullable=False))
    op.add_column("audit", sa.Column("hash", sa.LargeBinary(), nullable=True))
    op.create_table(
        "audit_head",
        sa.Column("one", sa.SmallInteger(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("audit_head_only_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("audit_head_pkey")),
    )
    _chain()
    op.alter_column("audit", "hash", nullable=False)
    op.create_check_constraint(op.f("audit_action_said"), "audit", "action <> ''")
    op.create_check_constraint(
        op.f("audit_reason_said"), "audit", "NOT allowed OR action <> 'reveal' OR btrim(reason) <> ''"
    )
    op.create_check_constraint(op.f("audit_hash_whole"), "audit", "octet_length(hash) = 32")
    for statement in GUARDS:
        op.execute(statement)


# The head only ever goes on by one; the rows not at all.
GUARDS = (
    """
    CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_TABLE_NAME = 'audit_head' AND TG_OP = 'UPDATE' THEN
            IF NEW.count = OLD.count + 1 THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION 'the audit only grows' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_grows()",
    "CREATE TRIGGER audit_kept BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
    "CREATE TRIGGER audit_head_goes_on BEFORE UPDATE OR DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_only_grows()",
    "CREATE TRIGGER audit_head_kept BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
)


def _chain() -> None:
    """Numbers the rows that are there without gaps, and seals them as `connector.adapters.audit` did on this day."""
    db = op.get_bind()
    last, count = bytes(32), 0
    for row in db.execute(sa.text("SELECT id, at, who, action, message_id, reason FROM audit ORDER BY id")).all():
        count += 1
        covered = {
            "id": count,
            "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "who": row.who,
            "action": row.action,
            "message_id": None if row.message_id is None else str(row.message_id),
            "reason": row.reason,
            "target": "",
            "allowed": True,
            "details": "{}",
        }
        canonical = json.dumps(covered, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        last = hashlib.sha256(last + canonical.encode()).digest()
        db.execute(
            sa.text("UPDATE audit SET id = :new, hash = :hash WHERE id = :old"),
            {"new": count, "hash": last, "old": row.id},
        )
    db.execute(sa.text("INSERT INTO audit_head (count, hash) VALUES (:count, :hash)"), {"count": count, "hash": last})


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("areas", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("external", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'", name=op.f("account_name_plain")),
        sa.CheckConstraint(
            "roles <@ ARRAY['viewer', 'operator', 'rollout', 'auditor', 'admin']::text[]",
            name=op.f("account_roles_known"),
        ),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("account_language_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("name", name=op.f("account_name_key")),
        sa.UniqueConstraint("external", name=op.f("account_external_key")),
    )
    op.create_table(
        "account_link",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("account_link_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("account_link_pkey")),
    )
    op.create_index("account_link_account_id", "account_link", ["account_id"], unique=False)


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("session_account_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("session_pkey")),
    )
    op.create_index(op.f("session_account_id"), "session", ["account_id"], unique=False)
    op.create_index(op.f("session_ends_at"), "session", ["ends_at"], unique=False)
    op.create_table(
        "login_attempt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("login_attempt_pkey")),
    )
    op.create_index("login_attempt_last_at", "login_attempt", ["last_at"], unique=False)
    op.create_table(
        "oidc_journey",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("oidc_journey_pkey")),
    )


def downgrade() -> None:
    """The chain and the accounts go; the lines stay."""
    for table in ("audit_head", "account_link", "session", "login_attempt", "oidc_journey", "account"):
        op.drop_table(table)
    op.execute("DROP TRIGGER audit_unchanged ON audit")
    op.execute("DROP TRIGGER audit_kept ON audit")
    op.execute("DROP FUNCTION audit_only_grows()")
    for name in ("audit_action_said", "audit_reason_said", "audit_hash_whole"):
        op.drop_constraint(op.f(name), "audit")
    for column in ("target", "allowed", "details", "hash"):
        op.drop_column("audit", column)
    op.execute("UPDATE audit SET reason = '-' WHERE btrim(reason) = ''")
    op.execute("ALTER TABLE audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY")
    op.execute("SELECT setval(pg_get_serial_sequence('audit', 'id'), (SELECT coalesce(max(id), 1) FROM audit))")
    op.create_check_constraint(op.f("audit_reason_said"), "audit", "btrim(reason) <> ''")
