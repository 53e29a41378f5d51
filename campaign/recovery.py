"""How long it takes after an outage: to the first delivery to that partner, and to an empty backlog."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from connector.domain.message import DESTINATION


@dataclass(slots=True)
class Recovery:
    """Seconds from the end of one outage; None where it has not come yet. `backlog` messages waited at that moment."""

    partner: str
    began: float
    place: int | None = None
    backlog: int = 0
    newest: int = 0
    first_delivery: float | None = None
    empty: float | None = None


class Recoveries:
    """Watches the ledger after each outage. A database that is away is asked again at the next look."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.all: list[Recovery] = []

    def outage_ended(self, partner: str) -> None:
        self.all.append(Recovery(partner, time.monotonic()))

    def look(self) -> None:
        open_ones = [one for one in self.all if one.first_delivery is None or one.empty is None]
        if not open_ones:
            return
        try:
            with self._engine.begin() as db:
                for one in open_ones:
                    _look(db, one)
        except SQLAlchemyError:
            return

    def figures(self) -> dict[str, Any]:
        """Numbers, medians and maxima, in seconds."""
        return {
            "outages": len(self.all),
            "largest_backlog": max((one.backlog for one in self.all), default=0),
            "first_delivery": _spread([one.first_delivery for one in self.all]),
            "empty_backlog": _spread([one.empty for one in self.all]),
        }


def _look(db: Connection, one: Recovery) -> None:
    routes = [route.value for route, partner in DESTINATION.items() if partner.value == one.partner]
    if one.place is None:
        row = db.execute(
            text(
                "SELECT (SELECT coalesce(max(id), 0) FROM history) AS place, "
                "(SELECT coalesce(max(seq), 0) FROM message) AS newest"
            )
        ).one()
        one.place, one.newest = row.place, row.newest
        one.backlog = _waiting(db, routes, one.newest)
    elapsed = round(time.monotonic() - one.began, 2)
    if one.first_delivery is None:
        delivered = db.scalar(
            text(
                "SELECT EXISTS (SELECT 1 FROM history h JOIN message m ON m.id = h.message_id WHERE h.id > :place"
                " AND h.became = 'delivered' AND m.route = ANY(:routes))"
            ),
            {"place": one.place, "routes": routes},
        )
        one.first_delivery = elapsed if delivered else None
    if one.empty is None and not _waiting(db, routes, one.newest):
        one.empty = elapsed


def _waiting(db: Connection, routes: Sequence[str], newest: int) -> int:
    found = db.scalar(
        text(
            "SELECT count(*) FROM message WHERE state IN ('ready', 'sending') AND route = ANY(:routes)"
            " AND seq <= :newest"
        ),
        {"routes": list(routes), "newest": newest},
    )
    return int(found or 0)


def _spread(values: Sequence[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return {"median": round(statistics.median(known), 2), "max": round(max(known), 2), "measured": len(known)}
