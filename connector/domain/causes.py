"""Why messages stopped: what many of them have in common, so that one correction and one replay can help them all."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from connector.domain.message import Route, State

FAILURES = (State.INVALID, State.REFUSED, State.EXHAUSTED)


@dataclass(frozen=True, slots=True)
class CauseKey:
    """What messages of one cause have in common. `pointer` and `label` are empty where the code is all that is
    known."""

    route: Route
    code: str
    pointer: str = ""
    label: str = ""

    @property
    def cause_id(self) -> str:
        """A short name that stays: the same cause has it tomorrow, too."""
        parts = (self.route.value, self.code, self.pointer, self.label.lower())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause with how many messages it keeps, and since when. `states` are those that they are in."""

    key: CauseKey
    count: int
    states: dict[State, int]
    first_seen: datetime
    last_seen: datetime
