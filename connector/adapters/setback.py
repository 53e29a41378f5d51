"""After the clock was set back: what was written in a future that is no more is brought into the present.

A clock that jumps forward needs nothing: leases end early, and fences keep what comes late from counting. One that
comes back leaves leases, waits and pauses that would last as long as the jump; a worker that waits an hour for nobody
is an outage, too.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from connector.adapters.ledger import pull_forward
from connector.domain.backoff import SLOWEST_QUESTION
from connector.domain.breaker import LONGEST_PAUSE

# Clocks of several machines differ a little; that is no setback.
TOLERANCE: Final = timedelta(seconds=5)


def mend(db: Connection, *, now: datetime, lease: timedelta, poll_interval: timedelta) -> int:
    """Brings instants from the future back; returns how many rows had one."""
    future = now + TOLERANCE
    rows = pull_forward(db, future=future, now=now, lease=lease)
    for statement, values in (
        (_FEEDS, {"latest": future + poll_interval, "lease": future + lease, "future": future, "now": now}),
        (_QUESTIONS, {"latest": future + SLOWEST_QUESTION, "future": future, "now": now}),
        (_PARTNERS, {"future": future, "latest": now + LONGEST_PAUSE, "now": now}),
    ):
        rows += db.execute(statement, values).rowcount
    return rows


_FEEDS: Final = text("""
    UPDATE feed SET next_at = least(next_at, :now), read_at = least(read_at, :now),
                    lease_until = CASE WHEN lease_until > :lease THEN :now ELSE lease_until END
    WHERE read_at > :future OR next_at > :latest OR lease_until > :lease
""")

_QUESTIONS: Final = text("""
    UPDATE dossier SET ask_at = :now, changed_at = least(changed_at, :now)
    WHERE ask_at IS NOT NULL AND (changed_at > :future OR ask_at > :latest)
""")

_PARTNERS: Final = text("""
    UPDATE partner SET closed_until = least(closed_until, :latest), probe_until = NULL, sampled_at = :now
    WHERE sampled_at > :future
""")
