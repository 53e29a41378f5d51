"""Where a clock was wrong: what was written in a future that is no more is brought into the present.

A clock that jumps forward needs nothing while it lasts: leases end early, and fences keep what comes late from
counting. One that comes back, or was wrong on one machine alone, leaves leases, waits and pauses that would last as
long as the jump; a worker that waits an hour for nobody is an outage, too.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from connector.adapters.ledger import pull_forward
from connector.domain.backoff import LONGEST_PATIENCE, QUIET_SHARE, SLOWEST_QUESTION
from connector.domain.breaker import TOLERANCE

# A register is read every so many poll intervals at the most, which is the longest wait of a feed.
LONGEST_POLLS: Final = 5


def is_trusted(db: Connection, system_time: datetime) -> bool:
    """Whether this machine's clock agrees with the database's."""
    theirs: datetime = db.execute(text("SELECT clock_timestamp()")).scalar_one()
    return abs(theirs - system_time) <= TOLERANCE


def mend(db: Connection, *, now: datetime, lease: timedelta, poll_interval: timedelta, patience: timedelta) -> int:
    """Brings instants from the future back; returns how many rows had one. Costs an index range of what waits.

    `patience`: for how long a dossier that is being asked about is not asked about again.
    """
    future = now + TOLERANCE
    rows = pull_forward(db, future=future, now=now, lease=lease)
    for statement, values in (
        (_FEEDS, {"latest": future + LONGEST_POLLS * poll_interval, "lease": future + lease, "future": future}),
        (_QUESTIONS, {"shortest": patience, "longest": SLOWEST_QUESTION, "share": QUIET_SHARE, "future": future}),
        (_PARTNERS, {"future": future, "lease": future + lease, "patience": future + LONGEST_PATIENCE}),
    ):
        rows += db.execute(statement, values | {"now": now}).rowcount
    return rows


_FEEDS: Final = text("""
    UPDATE feed SET next_at = least(next_at, :now), read_at = least(read_at, :now),
                    lease_until = CASE WHEN lease_until > :lease THEN :now ELSE lease_until END
    WHERE read_at > :future OR next_at > :latest OR lease_until > :lease
""")

# No question that was planned up to now is planned for later than this.
_QUESTIONS: Final = text("""
    UPDATE dossier SET ask_at = :now, changed_at = least(changed_at, :now)
    WHERE ask_at > :future
      AND ask_at > :future + least(greatest((CAST(:now AS timestamptz) - changed_at) / :share, :shortest), :longest)
""")

_PARTNERS: Final = text("""
    UPDATE partner SET closed_until = :now, probe_until = NULL, sampled_at = least(sampled_at, :now)
    WHERE sampled_at > :future OR closed_until > :patience OR probe_until > :lease
""")
