"""What the console's first page adds to the overview: how old the queues are, and how well the partners answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, text

from connector.domain.message import DESTINATION, Partner, Route

# Rows of a queue that are looked at for its oldest message: it lies among the first that are due unless it was put off.
_LOOKED_AT: Final = 2000
# Attempts that a partner's health is told from.
_LATEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Health:
    """A partner's last calls: how many, how many of them failed, how long the middle one took (ms), when one went
    well."""

    calls: int
    failed: int
    typical_ms: int | None
    good_at: datetime | None


def oldest(db: Connection) -> dict[Route, datetime]:
    """Per route, since when its oldest waiting message has been here; a route with an empty queue is missing.

    Of a queue with more than two thousand due messages only the first of those are looked at.
    """
    rows = db.execute(_OLDEST, {"looked_at": _LOOKED_AT})
    return {Route(row.route): row.since for row in rows if row.since is not None}


def health(db: Connection, since: datetime) -> dict[Partner, Health]:
    """How each partner answered the last calls, none of them from before `since`."""
    found = dict.fromkeys(Partner, Health(0, 0, None, None))
    for row in db.execute(_HEALTH, {"latest": _LATEST, "since": since}):
        found[Partner(row.partner)] = Health(
            row.calls, row.failed, None if row.typical is None else round(row.typical), row.good_at
        )
    return found


def _of_route(route: Route) -> str:
    return f"""
        SELECT '{route}' AS route, min(created_at) AS since FROM (
            (SELECT created_at FROM message WHERE state = 'ready' AND route = '{route}'
             ORDER BY due_at, seq LIMIT :looked_at)
            UNION ALL (SELECT created_at FROM message WHERE state = 'sending' AND route = '{route}')
        ) AS waiting
    """


_OLDEST: Final = text(" UNION ALL ".join(_of_route(route) for route in Route))

# The route comes by one index probe a row: as a join the planner may read every message first.
_HEALTH: Final = text(f"""
    WITH latest AS (
        SELECT a.at, a.outcome, a.duration_ms, (SELECT m.route FROM message m WHERE m.id = a.message_id) AS route
        FROM (SELECT * FROM attempt ORDER BY id DESC LIMIT :latest) AS a WHERE a.at > :since
    )
    SELECT CASE WHEN route IN ({", ".join(f"'{r}'" for r, p in DESTINATION.items() if p is Partner.MINISTRY)})
                THEN 'ministry' ELSE 'province' END AS partner,
           count(*) AS calls,
           count(*) FILTER (WHERE outcome IN ('unreachable', 'garbled', 'throttled', 'unauthorised', 'lost')) AS failed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS typical,
           max(at) FILTER (WHERE outcome IN ('delivered', 'already-there')) AS good_at
    FROM latest GROUP BY 1
""")
