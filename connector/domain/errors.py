"""Errors of a delivery, named by what happens next.

    DeliveryError
    ├── Unreachable    again later, after the next wait            → ready, or exhausted
    │   └── NotYet           the partner is well, what is needed is not there
    ├── Throttled      again when they say; all workers slow down  → ready, no attempt counted
    ├── Unauthorised   the partner is paused, a person called      → ready, no attempt counted
    ├── Refused        never again as it is                        → refused
    │   ├── NotExpectedNow   a supplement waits until it is asked for  → held
    │   └── OutOfStep        progress goes by the steps that lack, else    → refused
    ├── Conflict       the partner holds something else: a person  → refused
    │   └── SilentlyThere    ours, if an earlier try of ours explains it  → delivered
    ├── AreaClosed     its area was closed since it was claimed    → held
    └── Invalid        the source or our mapping must be corrected → invalid

That the partner has it already is no error: clients answer with a receipt that says so.
"""

import re
from datetime import timedelta
from typing import Final

from schemas.findings import Finding

TOO_LARGE: Final = "TOO_LARGE"
LONGEST_CODE: Final = 40
# A partner may send anything as its code; what is kept of it can be stored, and read on one line.
_NOT_PLAIN: Final = re.compile("[^ -~]+")


class DeliveryError(Exception):
    """What a partner or the way to it did to a call.

    `code` is the partner's own word or the transport's; `text` is our sentence. Neither ever holds a citizen's data.
    """

    outcome = "failed"
    partner: str | None = None  # whose call it was, where that is not the message's destination

    def __init__(self, code: str, text: str, *, http_status: int | None = None, asked: timedelta | None = None) -> None:
        self.code = _NOT_PLAIN.sub("?", code)[:LONGEST_CODE]
        self.text = _NOT_PLAIN.sub("?", text)
        super().__init__(f"{self.code}: {self.text}")
        self.http_status = http_status
        self.asked = asked


class Unreachable(DeliveryError):
    """The partner is away, busy, or its answer was lost.

    `maybe_done` says that the call may have taken effect: the repeat will tell.
    """

    outcome = "unreachable"

    def __init__(
        self,
        code: str,
        text: str,
        *,
        http_status: int | None = None,
        asked: timedelta | None = None,
        maybe_done: bool = False,
    ) -> None:
        super().__init__(code, text, http_status=http_status, asked=asked)
        self.maybe_done = maybe_done


class Garbled(Unreachable):
    """The answer came, and it is not what the contract says: no JSON, not the agreed shape, or too large."""

    outcome = "garbled"

    def __init__(self, code: str, text: str, *, http_status: int | None = None, body: bytes = b"") -> None:
        super().__init__(code, text, http_status=http_status, maybe_done=True)
        self.body = body  # as received, or its beginning and end; goes to the ledger only, never into a text


class NotYet(Unreachable):
    """The partner answered, and what the call needs is not there, or not yet. It says nothing against its health."""

    outcome = "not-yet"


class Throttled(DeliveryError):
    """429: the partner is slowed down for all workers until `asked` has passed."""

    outcome = "throttled"


class Unauthorised(DeliveryError):
    """A fresh token was refused as well, or the address is not allowed."""

    outcome = "unauthorised"


class Refused(DeliveryError):
    """The partner will never take it as it is."""

    outcome = "refused"


class Conflict(DeliveryError):
    """The partner holds another content under the same key."""

    outcome = "conflict"


class NotExpectedNow(Refused):
    """The dossier's state at the partner does not allow it now."""


class OutOfStep(Refused):
    """The dossier has another status at the partner than we thought, and from that one there is no such move."""


class SilentlyThere(Conflict):
    """The partner has something under this key and does not say what: only our own earlier try can tell whether it is
    ours."""


class Invalid(DeliveryError):
    """Found at delivery: nothing was sent. `finding` says what is wrong, and where in the source's body."""

    outcome = "invalid"

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code.value, finding.en)
        self.finding = finding


class AreaClosed(DeliveryError):
    """No call was made: its area is not live any more."""

    outcome = "area-closed"


class CursorLost(Exception):
    """410: the feed does not know our cursor any more; it starts over from its oldest event."""
