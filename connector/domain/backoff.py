"""When to try again: the schedule between attempts, and how often a quiet dossier is asked about."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

LONGEST_PATIENCE: Final = timedelta(hours=1)
SLOWEST_QUESTION: Final = timedelta(hours=6)
# A dossier that has been quiet for an hour is asked about every six minutes, one quiet for a day every two and a half
# hours.
QUIET_SHARE: Final = 10


def wait_before_next(
    failures: int, schedule: Sequence[timedelta], *, asked: timedelta | None = None, luck: float = 0.5
) -> timedelta | None:
    """The wait after this many counted attempts, or None when the schedule is spent.

    `luck` in [0, 1) spreads the wait over ±10 %, so that what failed together does not come back together. A partner
    may ask for more patience (Retry-After), but not hold a message for longer than an hour beyond the plan.
    """
    if failures > len(schedule):
        return None
    planned = schedule[failures - 1]
    spread = planned * (0.9 + 0.2 * luck)
    if asked is None:
        return spread
    return max(spread, min(asked, planned + LONGEST_PATIENCE))


def wait_before_question(quiet_for: timedelta, poll_interval: timedelta) -> timedelta:
    """The wait before a dossier is asked about again: a share of the time it has been quiet, never above six hours."""
    return max(min(quiet_for / QUIET_SHARE, SLOWEST_QUESTION), min(poll_interval, SLOWEST_QUESTION))
