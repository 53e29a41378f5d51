"""The facts of dossiers, as rows. Whoever changes several locks them in the order of their codes, so none waits for
another."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Dialect, text
from sqlalchemy.dialects import postgresql

from connector.adapters.arrays import array
from connector.adapters.tables import dossier
from connector.domain.dossiers import Facts
from schemas.values import Procedure

_COLUMNS: Final = Facts._fields
_POSTGRESQL: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]
_TYPES: Final = {name: dossier.c[name].type.compile(_POSTGRESQL) for name in _COLUMNS}


def load(db: Connection, codes: Iterable[str], *, lock: bool = False) -> dict[str, Facts]:
    """What is known of these dossiers; those never seen are missing. With `lock`, nobody else changes them until
    commit."""
    wanted = sorted(set(codes))
    if not wanted:
        return {}
    rows = db.execute(_LOCK if lock else _LOOK, {"codes": array(wanted)}).all()
    return {row[0]: Facts._make(row) for row in rows}


def save(db: Connection, facts: Iterable[Facts]) -> None:
    """Writes the facts of dossiers, new or known."""
    rows = list(facts)
    if rows:
        db.execute(_SAVE, {name: array(column) for name, column in zip(_COLUMNS, zip(*rows, strict=True), strict=True)})


def due_for_question(
    db: Connection, procedure: Procedure, *, limit: int, now: datetime, patience: timedelta
) -> list[str]:
    """Dossiers to ask the ministry about now. They are not handed out again before `patience` has passed."""
    rows = db.execute(_DUE, {"procedure": procedure, "limit": limit, "now": now, "until": now + patience})
    return [row.code for row in rows]


def ask_again(db: Connection, codes: Sequence[str], *, at: datetime) -> None:
    """Their question failed: they are due again then. One that is not asked about any more stays so."""
    db.execute(
        text("UPDATE dossier SET ask_at = :at WHERE code = ANY(:codes) AND ask_at IS NOT NULL"),
        {"at": at, "codes": list(codes)},
    )


def sight(db: Connection, sightings: Sequence[tuple[str, int, datetime, str]], seen_at: datetime) -> None:
    """Keeps states that the ministry showed: (code, state, its instant, `applied` or `stale`). One seen before is
    kept once."""
    if not sightings:
        return
    db.execute(
        _SIGHT,
        {
            "codes": [s[0] for s in sightings],
            "states": [s[1] for s in sightings],
            "instants": [s[2] for s in sightings],
            "verdicts": [s[3] for s in sightings],
            "now": seen_at,
        },
    )


# A lookup for each code, whatever the table's size when the statement was planned: a plan that was made for a few rows
# is kept while they become many. In the order of the codes, so nobody waits for somebody who waits for him.
_LOAD: Final = f"""
    SELECT {", ".join(_COLUMNS)} FROM unnest(CAST(:codes AS text[])) AS wanted (one)
    CROSS JOIN LATERAL (SELECT * FROM dossier WHERE code = one %s) AS known
"""
_LOOK: Final = text(_LOAD % "OFFSET 0")
_LOCK: Final = text(_LOAD % "FOR UPDATE")

# Each column as an array of its own type, in one statement: a statement a row took six times as long.
_SAVE: Final = text(f"""
    INSERT INTO dossier ({", ".join(_COLUMNS)})
    SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {_TYPES[name]}[])" for name in _COLUMNS)})
    ON CONFLICT (code) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "code")}
""")

_DUE: Final = text("""
    WITH due AS (
        SELECT code FROM dossier WHERE ask_at <= :now AND procedure = :procedure
        ORDER BY ask_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE dossier d SET ask_at = :until FROM due WHERE d.code = due.code RETURNING d.code
""")

_SIGHT: Final = text("""
    INSERT INTO sighting (dossier_code, state, happened_at, seen_at, verdict)
    SELECT t.code, t.state, t.at, :now, t.verdict
    FROM unnest(CAST(:codes AS text[]), CAST(:states AS smallint[]), CAST(:instants AS timestamptz[]),
                CAST(:verdicts AS text[])) AS t (code, state, at, verdict)
    ON CONFLICT DO NOTHING
""")
