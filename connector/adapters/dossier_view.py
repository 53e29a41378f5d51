"""Everything about one dossier over all routes, and the search for a citizen's number among what is open."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from connector.adapters import dossiers, views
from connector.adapters.views import Filter, MessageView
from connector.domain.dossiers import Facts
from connector.domain.message import BLOCKS_ITS_LANE
from schemas.values import clean_code

MOST_MESSAGES: Final = 500
# Bodies that one search reads, newest first: a tenth of a second.
MOST_SEARCHED: Final = 5000
SHORTEST_NUMBER: Final = 8
_PLAIN: Final = re.compile(rb"[\s.]+")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A state that the ministry showed: when it happened there, when we saw it, and whether it was older than what was
    known."""

    state: int
    happened_at: datetime
    seen_at: datetime
    stale: bool


@dataclass(frozen=True, slots=True)
class DossierView:
    """`facts` is None for a dossier of which only broken messages are known, and for a register entry."""

    code: str
    facts: Facts | None
    sightings: tuple[Sighting, ...]
    messages: tuple[MessageView, ...]


def look(db: Connection, code: str, areas: tuple[str, ...] = ()) -> DossierView | None:
    """The dossier with this code, or the register entry; None when the ledger knows nothing of it, or nothing inside
    `areas` (none given: everywhere). Messages are in the order of intake."""
    wanted = clean_code(code)
    page = views.page(db, Filter(subject=wanted, areas=areas), limit=MOST_MESSAGES)
    facts = dossiers.load(db, [wanted]).get(wanted)
    if facts is not None and areas and facts.area not in areas:
        facts = None
    if facts is None and not page.messages:
        return None
    rows = db.execute(_SIGHTINGS, {"code": wanted}) if facts else ()
    seen = tuple(Sighting(row.state, row.happened_at, row.seen_at, row.verdict == "stale") for row in rows)
    return DossierView(wanted, facts, seen, tuple(reversed(page.messages)))


def with_number(db: Connection, number: str, areas: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Codes of open dossiers and register entries in whose body this personal or paper number stands, newest first.

    Bodies are bytes without an index, so only what is open, and was last taken in, is read. Spaces and dots do not
    count.
    """
    wanted = _PLAIN.sub(b"", number.encode())
    if len(wanted) < SHORTEST_NUMBER:
        return ()
    return tuple(dict.fromkeys(_holding(db, wanted, areas)))


def _holding(db: Connection, wanted: bytes, areas: tuple[str, ...]) -> Iterator[str]:
    rows = db.execution_options(yield_per=200).execute(_BODIES, {"most": MOST_SEARCHED, "areas": list(areas) or None})
    for row in rows:
        if wanted in _PLAIN.sub(b"", bytes(row.content)):
            yield row.subject


_SIGHTINGS: Final = text("""
    SELECT state, happened_at, seen_at, verdict FROM sighting WHERE dossier_code = :code ORDER BY happened_at, id
""")
# Results are left out: their signed documents make them a hundred times as long, and their applications are here.
_OPEN: Final = """
    (SELECT id, subject, seq FROM message
     WHERE state IN ({states}) AND route IN ('application', 'withdrawal', 'register')
       AND (CAST(:areas AS text[]) IS NULL OR area = ANY(:areas))
     ORDER BY seq DESC LIMIT :most)
"""
# One part for each partial index: the planner takes none that covers only some of the states asked for.
_BODIES: Final = text(f"""
    SELECT m.subject, b.content FROM (
        {_OPEN.format(states=", ".join(f"'{state}'" for state in BLOCKS_ITS_LANE))}
        UNION ALL {_OPEN.format(states="'invalid', 'refused'")}
        ORDER BY seq DESC LIMIT :most
    ) AS m JOIN body b ON b.message_id = m.id ORDER BY m.seq DESC
""")
