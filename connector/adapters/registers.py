"""What the ledger knows of register entries: how far each came, and whose a register number is."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, text

from connector.domain.message import Route
from connector.domain.register_numbers import NumberKey


def newest_versions(db: Connection, entries: Iterable[str]) -> dict[str, int]:
    """Per entry (`KH-7`) the newest version that was taken in; what was never seen, or never in full, is missing."""
    wanted = sorted(set(entries))
    if not wanted:
        return {}
    rows = db.execute(_NEWEST, {"route": Route.REGISTER.value, "entries": wanted})
    return {row.subject: row.version for row in rows}


def known_keys(db: Connection, keys: Collection[bytes]) -> set[bytes]:
    """Which of these source keys the ledger has."""
    rows = db.execute(text("SELECT source_key FROM message WHERE source_key = ANY(:keys)"), {"keys": list(keys)})
    return {bytes(row.source_key) for row in rows}


def owners(db: Connection, keys: Collection[NumberKey], entries: Collection[str]) -> dict[NumberKey, str]:
    """To whom these numbers belong, and which numbers these entries have."""
    if not keys and not entries:
        return {}
    rows = db.execute(_OWNERS, _columns(keys) | {"entries": sorted(entries)})
    return {NumberKey(r.register, r.office, r.office_since, r.year, r.number): r.entry for r in rows}


def write_owners(db: Connection, freed: Collection[NumberKey], taken: Mapping[NumberKey, str]) -> None:
    """Gives numbers back, then away. A number that is not free stays whose it is."""
    if freed:
        db.execute(_FREE, _columns(freed))
    if taken:
        db.execute(_TAKE, _columns(taken) | {"entries": list(taken.values())})


def _columns(keys: Collection[NumberKey]) -> dict[str, object]:
    return {
        "registers": [key.register for key in keys],
        "offices": [key.office for key in keys],
        "since": [key.office_since for key in keys],
        "years": [key.year for key in keys],
        "numbers": [key.number for key in keys],
    }


_KEYS: Final = (
    "CAST(:registers AS text[]), CAST(:offices AS text[]), CAST(:since AS date[]), CAST(:years AS int[]),"
    " CAST(:numbers AS int[])"
)

# A version of 0 is what could not be read: it is no version, and is asked for again.
_NEWEST: Final = text("""
    SELECT subject, max(version) AS version FROM message
    WHERE subject = ANY(:entries) AND route = :route AND version > 0 GROUP BY subject
""")

_OWNERS: Final = text(f"""
    SELECT register, office, office_since, year, number, entry FROM register_number
    WHERE (register, office, office_since, year, number) IN (SELECT * FROM unnest({_KEYS}))
    UNION
    SELECT register, office, office_since, year, number, entry FROM register_number WHERE entry = ANY(:entries)
""")

_FREE: Final = text(f"""
    DELETE FROM register_number
    WHERE (register, office, office_since, year, number) IN (SELECT * FROM unnest({_KEYS}))
""")

_TAKE: Final = text(f"""
    INSERT INTO register_number (register, office, office_since, year, number, entry)
    SELECT * FROM unnest({_KEYS}, CAST(:entries AS text[])) ON CONFLICT DO NOTHING
""")
