"""What would become of a stored message if it went again now: today's checks, today's mapping, and all it may wait for.

Pure: whoever asks brings what the ledger knows around the message, and does with the answer what it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from connector.domain import withdrawals
from connector.domain.dossiers import may_go
from connector.domain.message import BLOCKS_ITS_LANE, Hold, LaneEntry, Move, Route, State, allowed
from connector.domain.rechecks import Unusable, recheck, trial
from connector.domain.replay import Prospect
from connector.domain.stored import Around, Stored
from schemas.findings import Code, Finding

SUPPLEMENT: Final = "supplement"

# Why there is nothing to do, as people read it.
ON_ITS_WAY = "đang trên đường gửi / it is on its way already"
GIVEN_UP = "đã hủy: khôi phục trước / it was cancelled: restore it first"
REPLACED = "đã có bản mới thay thế / something newer took its place"
DELIVERED = "đã giao; chỉ gửi lại khi có người yêu cầu rõ / delivered; sent again only when a person insists"
LATER_GONE = "một phiên bản sau đã đi / a later version has gone already"
TAKEN_BACK = "công dân đã rút hồ sơ / the citizen took the dossier back"
PURGED = "nội dung đã xóa: hỏi lại nguồn / its content was purged: ask the source again"
UNUSABLE = "không đọc được khi tiếp nhận: hỏi lại nguồn / it could not be read when it came: ask the source again"
AREA_CLOSED = "địa bàn chưa mở / its area is not live"
NOT_DUE = "chờ việc khác xảy ra / it waits for something that has to happen first"
NOT_IN_THIS_STATE = "trạng thái này không có thao tác đó / this state has no such move"
BEHIND = "chờ thông điệp trước trong luồng / it waits behind an earlier message of its lane"

_NOTES: Final = {
    State.READY: ON_ITS_WAY,
    State.SENDING: ON_ITS_WAY,
    State.CANCELLED: GIVEN_UP,
    State.SUPERSEDED: REPLACED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What would happen. `findings` are today's, None where nothing was checked; `waits_for` is the message that it
    would wait behind."""

    prospect: Prospect
    note: str = ""
    findings: tuple[Finding, ...] | None = None
    hold: Hold | None = None
    waits_for: UUID | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that keep it from being sent."""
        return tuple(dict.fromkeys(one.code.value for one in self.findings or () if one.blocks))


def rehearse(stored: Stored, around: Around, *, insist: bool = False, move: Move = Move.REPLAY) -> Rehearsal:
    """What `move` (replay, override or restore) would make of the message. `insist`: a delivered one goes again."""
    cannot = _cannot(stored, around, insist=insist, move=move)
    if cannot is not None:
        return cannot
    if stored.body is None:
        return Rehearsal(prospect=Prospect.ASK, note=PURGED)
    try:
        findings = recheck(stored, around)
    except Unusable:
        return Rehearsal(prospect=Prospect.ASK, note=UNUSABLE)
    if move is Move.OVERRIDE:
        # Found on the way out, and not looked for here: it still keeps the message.
        findings += tuple(one for one in stored.findings if one.code is Code.FILE_MISMATCH)
    blocked = any(one.blocks for one in findings)
    if not blocked and any(one.code is Code.RESULT_WITHOUT_FILE for one in findings):
        return Rehearsal(prospect=Prospect.HELD, note=NOT_DUE, hold=Hold.DOCUMENT, findings=findings)
    if not blocked:
        findings += trial(stored, around)
    if any(one.blocks for one in findings):
        return Rehearsal(prospect=Prospect.INVALID, findings=findings)
    return _way(stored, around, findings)


def _cannot(stored: Stored, around: Around, *, insist: bool, move: Move) -> Rehearsal | None:
    """Why the move is not for a message in this state, in this lane."""
    state = stored.state
    if state is State.HELD:
        return Rehearsal(
            prospect=Prospect.HELD, note=AREA_CLOSED if stored.hold is Hold.AREA else NOT_DUE, hold=stored.hold
        )
    if state is State.DELIVERED and move is Move.REPLAY and not insist:
        return Rehearsal(prospect=Prospect.DELIVERED, note=DELIVERED)
    if not allowed(state, move, State.READY):
        return Rehearsal(prospect=Prospect.CANNOT, note=_NOTES.get(state, NOT_IN_THIS_STATE))
    if any(entry.state in (State.SENDING, State.DELIVERED) for entry in _after(stored, around.lane)):
        return Rehearsal(prospect=Prospect.CANNOT, note=LATER_GONE)
    if stored.route is Route.APPLICATION and around.facts is not None and around.facts.withdrawn:
        return Rehearsal(prospect=Prospect.CANNOT, note=TAKEN_BACK)
    return None


def _way(stored: Stored, around: Around, findings: tuple[Finding, ...]) -> Rehearsal:
    """A message that is good: what keeps it back, if anything."""
    if not around.is_live:
        return Rehearsal(prospect=Prospect.HELD, note=AREA_CLOSED, hold=Hold.AREA, findings=findings)
    hold = _hold(stored, around)
    if hold is not None:
        return Rehearsal(prospect=Prospect.HELD, note=NOT_DUE, hold=hold, findings=findings)
    blocking = [entry for entry in before(stored, around.lane) if entry.state in BLOCKS_ITS_LANE]
    if blocking:
        first = blocking[0].message_id
        return Rehearsal(prospect=Prospect.WAITS, note=BEHIND, waits_for=first, findings=findings)
    return Rehearsal(prospect=Prospect.SEND, findings=findings)


def _hold(stored: Stored, around: Around) -> Hold | None:
    facts = around.facts
    if stored.state is State.DELIVERED:
        return None
    if stored.route is Route.WITHDRAWAL:
        decision = withdrawals.decide(around.applications, facts.submissions if facts else 0, around.maybe_sent)
        return None if decision.became is State.READY else Hold.APPLICATION
    if stored.route is Route.APPLICATION and facts is not None:
        earlier = [entry.state for entry in before(stored, around.lane)]
        has_earlier = bool(earlier) and not any(state in BLOCKS_ITS_LANE for state in earlier)
        goes = may_go(facts, is_supplement=stored.event == SUPPLEMENT, has_earlier=has_earlier)
        # What was on the line before, and may have arrived, goes again under the same number: that settles it.
        return None if goes or stored.message_id in around.maybe_sent else Hold.REQUEST
    return None


def before(stored: Stored, lane: Sequence[LaneEntry]) -> Sequence[LaneEntry]:
    """What came before a message in its lane."""
    return lane[: _place(stored, lane)]


def _after(stored: Stored, lane: Sequence[LaneEntry]) -> Sequence[LaneEntry]:
    return lane[_place(stored, lane) + 1 :]


def _place(stored: Stored, lane: Sequence[LaneEntry]) -> int:
    return next((n for n, entry in enumerate(lane) if entry.message_id == stored.message_id), len(lane))
