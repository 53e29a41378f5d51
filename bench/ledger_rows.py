"""A ledger full of finished messages, made in the database from a few hundred real ones.

Every row has the width of a real one: message, body, history, attempt and dossier are copies under other ids and codes.
Indexes and constraints go before and come back after, so that five million messages take minutes.
"""

from typing import Final

import psycopg

_TABLES: Final = ("message", "body", "history", "attempt", "dossier")
# What a copy has instead of the original's value. `g` is its number; ids are spread as random ones are.
_ID: Final = "CAST(md5('copy ' || g) AS uuid)"
# Each set of copies stands under another day, long before those that the feed uses.
_CODE: Final = (
    "regexp_replace({column}, '-[0-9]{{6}}-',"
    " '-' || to_char(DATE '2019-12-31' - CAST(g / {count} AS int), 'YYMMDD') || '-')"
)
_AGO: Final = "now() - interval '7 days' - (CAST(:rows AS int) - g) * interval '15 seconds'"


def fill(db: psycopg.Connection, rows: int) -> None:
    """Replaces what the ledger has by `rows` finished messages that are copies of it. The connection autocommits."""
    db.execute("SET maintenance_work_mem = '512MB'")
    with db.transaction():
        for table in _TABLES:
            db.execute(f"CREATE TEMP TABLE old_{table} ON COMMIT DROP AS SELECT * FROM {table}")
        db.execute(
            "CREATE TEMP TABLE place ON COMMIT DROP AS SELECT id, row_number() OVER (ORDER BY seq) - 1 AS place"
            " FROM message WHERE state = 'delivered'"
        )
        # A table that was emptied in the same transaction is filled without a write-ahead log (wal_level = minimal).
        db.execute(f"TRUNCATE {', '.join(_TABLES)} CASCADE")
        furniture = _taken_down(db)
        db.execute("ALTER TABLE message DISABLE TRIGGER USER")
        count = _number(db, "SELECT count(*) FROM place")
        for statement in _copies(db, count):
            db.execute(statement.replace(":rows", str(rows)))
        for statement in reversed(furniture):
            db.execute(statement)
        db.execute("ALTER TABLE message ENABLE TRIGGER USER")
        db.execute("TRUNCATE tally")
        db.execute("INSERT INTO tally (route, state, number) SELECT route, state, count(*) FROM message GROUP BY 1, 2")
    db.execute("VACUUM (ANALYZE, FREEZE)")
    db.execute("CHECKPOINT")


def _copies(db: psycopg.Connection, count: int) -> list[str]:
    series = f"generate_series(0, :rows - 1) AS g JOIN place ON place.place = g % {count}"
    other = {
        "message": {
            "id": _ID,
            "subject": _CODE.format(column="o.subject", count=count),
            "source_key": "sha256(int8send(g))",
            "content_key": "sha256(int8send(-g))",
            **dict.fromkeys(("created_at", "updated_at", "delivered_at"), _AGO),
        },
        "body": {"message_id": _ID},
        "history": {"message_id": _ID, "at": _AGO},
        "attempt": {"message_id": _ID, "at": _AGO},
        "dossier": {
            "code": _CODE.format(column="o.code", count=count),
            "application_id": _ID,
            "ask_at": "NULL",
            "changed_at": _AGO,
        },
    }
    statements = []
    for table in _TABLES:
        names = _columns(db, table)
        values = ", ".join(other[table].get(name, f"o.{name}") for name in names)
        to_original = {"message": "o.id = place.id", "dossier": "o.application_id = place.id"}
        joined = f"{series} JOIN old_{table} AS o ON {to_original.get(table, 'o.message_id = place.id')}"
        statements.append(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {joined} ORDER BY g")
    return statements


def _columns(db: psycopg.Connection, table: str) -> list[str]:
    """All but those that the database numbers itself."""
    found = db.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_identity = 'NO'"
        " AND table_schema = 'public' ORDER BY ordinal_position",
        [table],
    )
    return [str(name) for (name,) in found]


def _taken_down(db: psycopg.Connection) -> list[str]:
    """Drops indexes and keys; returns what puts them up again, to be done from the last to the first."""
    tables = list(_TABLES)
    keys = db.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE (conrelid = ANY(%s::text[]::regclass[]) AND contype IN ('f', 'u', 'p'))"
        " OR (confrelid = ANY(%s::text[]::regclass[]) AND contype = 'f') ORDER BY contype",
        [tables, tables],
    ).fetchall()
    indexes = db.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i"
        " WHERE indrelid = ANY(%s::text[]::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)",
        [tables],
    ).fetchall()
    put_up = []
    for table, name, definition in keys:  # foreign keys first
        db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        put_up.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for name, definition in indexes:
        db.execute(f"DROP INDEX {name}")
        put_up.append(definition)
    return put_up


def _number(db: psycopg.Connection, question: str) -> int:
    row = db.execute(question).fetchone()
    assert row
    return int(row[0])
