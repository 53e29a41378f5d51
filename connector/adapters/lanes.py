"""Questions about the messages of one subject: what came before, what waits, what a delivery made pointless."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from connector.adapters.arrays import array
from connector.domain.message import BLOCKS_ITS_LANE, Hold, LaneEntry, Route, State


def of_subjects(db: Connection, route: Route, subjects: Iterable[str]) -> dict[str, list[LaneEntry]]:
    """Every message of these lanes, in the order of their lanes."""
    wanted = sorted(set(subjects))
    found: dict[str, list[LaneEntry]] = {}
    if not wanted:
        return found
    for row in db.execute(_OF_SUBJECTS, {"route": route.value, "subjects": wanted}):
        entry = LaneEntry(
            row.id,
            row.subject,
            row.version,
            row.event,
            State(row.state),
            Hold(row.hold) if row.hold else None,
            row.attempts,
            None if row.content_key is None else bytes(row.content_key),
        )
        found.setdefault(row.subject, []).append(entry)
    return found


def hold_still(db: Connection, route: Route, subjects: Iterable[str]) -> None:
    """Until commit nobody claims a message of these lanes. One that is being claimed is waited for."""
    db.execute(_HOLD_STILL, {"route": route.value, "subjects": sorted(set(subjects))})


def on_their_way(db: Connection, route: Route, subjects: Iterable[str]) -> frozenset[str]:
    """Those of these subjects with a message on this route that is not at its end."""
    wanted = sorted(set(subjects))
    if not wanted:
        return frozenset()
    return frozenset(row.subject for row in db.execute(_ON_THEIR_WAY, {"route": route.value, "subjects": wanted}))


def outdated(db: Connection, delivered: Sequence[tuple[Route, str, int]]) -> list[UUID]:
    """What earlier versions of these deliveries left behind: invalid and refused ones, and of an application those that
    came so late that they are pointless now."""
    rows = db.execute(
        _OUTDATED,
        {
            "routes": array(route for route, _, _ in delivered),
            "subjects": array(subject for _, subject, _ in delivered),
            "versions": array(version for _, _, version in delivered),
        },
    )
    return list(rows.scalars().all())


@dataclass(frozen=True, slots=True)
class Unknown:
    """An attempt whose outcome nobody knows. `sent` is the fingerprint of what it sent; None where its worker died."""

    at: datetime
    sent: str | None


def unknown_attempts(db: Connection, ids: Sequence[UUID]) -> dict[UUID, list[Unknown]]:
    """Per message, its attempts of unknown outcome, oldest first."""
    found: dict[UUID, list[Unknown]] = {}
    if ids:
        for row in db.execute(
            text("SELECT message_id, at, sent FROM attempt WHERE maybe_done AND message_id = ANY(:ids) ORDER BY id"),
            {"ids": list(ids)},
        ):
            found.setdefault(row.message_id, []).append(Unknown(row.at, row.sent))
    return found


def bodies(db: Connection, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """Bodies as received; a purged one is missing."""
    if not ids:
        return {}
    rows = db.execute(text("SELECT message_id, content FROM body WHERE message_id = ANY(:ids)"), {"ids": list(ids)})
    return {row.message_id: bytes(row.content) for row in rows}


_OF_SUBJECTS: Final = text("""
    SELECT id, subject, version, event, state, hold, attempts, content_key FROM message
    WHERE subject = ANY(:subjects) AND route = :route ORDER BY subject, version, seq
""")

_HOLD_STILL: Final = text("""
    SELECT id FROM message WHERE subject = ANY(:subjects) AND route = :route ORDER BY id FOR UPDATE
""")

_ON_THEIR_WAY: Final = text(f"""
    SELECT DISTINCT subject FROM message
    WHERE route = :route AND subject = ANY(:subjects) AND state IN ({", ".join(f"'{s}'" for s in BLOCKS_ITS_LANE)})
""")

# A lookup for each delivered message: as a join the planner may read all that is ready, or was ever refused.
_OUTDATED: Final = text("""
    SELECT old.id
    FROM unnest(CAST(:routes AS text[]), CAST(:subjects AS text[]), CAST(:versions AS int[]))
        AS d (route, subject, version)
    CROSS JOIN LATERAL (
        SELECT m.id FROM message m
        WHERE m.route = d.route AND m.subject = d.subject AND m.version < d.version
          AND m.state IN ('invalid', 'refused')
        UNION ALL
        SELECT m.id FROM message m
        WHERE m.route = d.route AND m.subject = d.subject AND m.version < d.version
          AND m.state IN ('held', 'ready') AND d.route = 'application'
    ) AS old
""")
