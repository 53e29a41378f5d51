"""Closed messages are kept count of: each statement that closes some adds a line, so that no count reads them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_CLOSED = "('delivered', 'cancelled', 'superseded')"
_EVENTS = {
    "insert": ("REFERENCING NEW TABLE AS fresh", "SELECT route, state, 1 AS one FROM fresh"),
    "update": (
        "REFERENCING NEW TABLE AS fresh OLD TABLE AS stale",
        "SELECT route, state, 1 AS one FROM fresh UNION ALL SELECT route, state, -1 FROM stale",
    ),
    "delete": ("REFERENCING OLD TABLE AS stale", "SELECT route, state, -1 AS one FROM stale"),
}


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("tally_pkey")),
    )
    for event, (tables, rows) in _EVENTS.items():
        op.execute(f"""
            CREATE FUNCTION tally_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO tally (route, state, number)
                SELECT route, state, sum(one) FROM ({rows}) AS changed
                WHERE state IN {_CLOSED} GROUP BY route, state HAVING sum(one) <> 0;
                RETURN NULL;
            END $$
        """)
        op.execute(
            f"CREATE TRIGGER message_tally_{event} AFTER {event} ON message {tables}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION tally_{event}()"
        )
    # Nobody closes a message between this count and the triggers: both come with the migration's transaction, and
    # making a trigger keeps writers out until then.
    op.execute(
        "INSERT INTO tally (route, state, number)"
        f" SELECT route, state, count(*) FROM message WHERE state IN {_CLOSED} GROUP BY route, state"
    )


def downgrade() -> None:
    for event in _EVENTS:
        op.execute(f"DROP TRIGGER message_tally_{event} ON message")
        op.execute(f"DROP FUNCTION tally_{event}()")
    op.drop_table("tally")
