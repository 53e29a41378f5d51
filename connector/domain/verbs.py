"""What a person may do with one message as it stands, and why not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connector.domain.message import Move, State, allowed
from connector.domain.rehearsal import NOT_IN_THIS_STATE, ON_ITS_WAY, rehearse
from connector.domain.replay import Prospect
from connector.domain.stored import Around, Stored
from schemas.findings import Finding, Severity

# What a message becomes by replay, override or restore, as its rehearsal says.
BECOMES: Final[Mapping[Prospect, State]] = {
    Prospect.SEND: State.READY,
    Prospect.WAITS: State.READY,
    Prospect.HELD: State.HELD,
    Prospect.INVALID: State.INVALID,
}
NO_SUCH_FINDING: Final = "thông điệp không có lỗi này / the message has no such finding"
IS_AN_ERROR: Final = "lỗi loại E phải sửa tại nguồn / an E finding cannot be overridden: the source has to correct it"
ONLY_A_WARNING: Final = "chỉ là cảnh báo / it is a warning only, and keeps nothing back"
OVERRIDDEN: Final = "lỗi này đã được bỏ qua / it was overridden already"
NOTHING_TO_OVERRIDE: Final = "không có lỗi nào bỏ qua được / there is no finding that can be overridden"
IS_DELIVERED: Final = "đã giao: không hủy được / it was delivered: there is nothing to give up"


class NoOverride(Exception):
    """A finding that nobody can override; the text says why."""


def overridden(findings: tuple[Finding, ...], code: str, by: str) -> tuple[Finding, ...]:
    """The findings, with those of this code overridden by a person wherever they stand. Raises NoOverride."""
    meant = [one for one in findings if one.code == code]
    if not meant:
        raise NoOverride(NO_SUCH_FINDING)
    able = [one for one in meant if one.severity is Severity.OVERRIDABLE]
    if not able:
        raise NoOverride(IS_AN_ERROR if any(one.severity is Severity.ERROR for one in meant) else ONLY_A_WARNING)
    if all(one.overridden_by for one in able):
        raise NoOverride(OVERRIDDEN)
    return tuple(
        one.model_copy(update={"overridden_by": one.overridden_by or by})
        if one.code == code and one.severity is Severity.OVERRIDABLE
        else one
        for one in findings
    )


def why_no_cancel(state: State) -> str | None:
    """Why a message in this state cannot be given up; None when it can."""
    if allowed(state, Move.CANCEL, State.CANCELLED):
        return None
    return {State.SENDING: ON_ITS_WAY, State.DELIVERED: IS_DELIVERED}.get(state, NOT_IN_THIS_STATE)


def why_not(stored: Stored, around: Around) -> dict[Move, str | None]:
    """For replay, override, cancel and restore: None when a person can do it now, else why not."""
    open_findings = any(one.severity is Severity.OVERRIDABLE and one.blocks for one in stored.findings)
    return {
        Move.REPLAY: _why_not(stored, around, Move.REPLAY),
        Move.OVERRIDE: _why_no_override(stored, open_findings=open_findings),
        Move.CANCEL: why_no_cancel(stored.state),
        Move.RESTORE: _why_not(stored, around, Move.RESTORE),
    }


def with_findings(stored: Stored, findings: tuple[Finding, ...]) -> Stored:
    """The message with other findings."""
    return replace(stored, findings=findings)


def _why_not(stored: Stored, around: Around, move: Move) -> str | None:
    if move is Move.RESTORE and stored.state is not State.CANCELLED:
        return NOT_IN_THIS_STATE
    found = rehearse(stored, around, move=move)
    became = BECOMES.get(found.prospect)
    if became is not None and allowed(stored.state, move, became):
        return None
    return found.note or NOT_IN_THIS_STATE


def _why_no_override(stored: Stored, *, open_findings: bool) -> str | None:
    if stored.state is not State.INVALID:
        return NOT_IN_THIS_STATE
    return None if open_findings else NOTHING_TO_OVERRIDE
