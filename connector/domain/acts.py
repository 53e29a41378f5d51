"""What a person can do with a message now, and why the rest cannot be done: from the table of moves, the person's
rights and the message itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from connector.domain.message import MOVES, Move, State
from connector.domain.rights import Right
from schemas.findings import Finding, Severity


class Act(StrEnum):
    REPLAY = "replay"  # the stored body once more, with today's checks and mapping
    REFETCH = "refetch"  # the source is asked again first
    OVERRIDE = "override"  # an overridable finding is taken on by a person
    CANCEL = "cancel"
    RESTORE = "restore"
    REVEAL = "reveal"


class WhyNot(StrEnum):
    """Why an act cannot be done now."""

    NO_RIGHT = "no-right"
    STATE = "state"  # the table has no such move from here
    IN_JOB = "in-job"  # a replay job has it
    NO_BODY = "no-body"  # its content was deleted; only the source has it
    NOTHING_TO_OVERRIDE = "nothing-to-override"


@dataclass(frozen=True, slots=True)
class Choice:
    """One act; `why_not` is None when it can be done. `insists`: it is delivered, and would be sent again."""

    act: Act
    why_not: WhyNot | None = None
    insists: bool = False


NEEDS: Final = {
    Act.REPLAY: Right.REPLAY,
    Act.REFETCH: Right.REPLAY,
    Act.OVERRIDE: Right.OVERRIDE,
    Act.CANCEL: Right.CANCEL,
    Act.RESTORE: Right.CANCEL,
    Act.REVEAL: Right.REVEAL,
}
MOVE_OF: Final = {
    Act.REPLAY: Move.REPLAY,
    Act.REFETCH: Move.REPLAY,
    Act.OVERRIDE: Move.OVERRIDE,
    Act.CANCEL: Move.CANCEL,
    Act.RESTORE: Move.RESTORE,
}


def choices(
    state: State, findings: Sequence[Finding], *, has_body: bool, in_job: bool, may: Callable[[Right], bool]
) -> list[Choice]:
    """Every act in its order, with what stands against it. `may` says what the person may do in the message's area."""
    return [
        Choice(
            act,
            next(_against(act, state, findings, has_body=has_body, in_job=in_job, may=may), None),
            insists=state is State.DELIVERED and act in (Act.REPLAY, Act.REFETCH),
        )
        for act in Act
    ]


def overridable(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that stop a message and that a person may take on."""
    return [one for one in findings if one.blocks and one.severity is Severity.OVERRIDABLE]


def _against(
    act: Act,
    state: State,
    findings: Sequence[Finding],
    *,
    has_body: bool,
    in_job: bool,
    may: Callable[[Right], bool],
) -> Iterator[WhyNot]:
    """What stands against an act, the most telling first."""
    move = MOVE_OF.get(act)
    if move is not None and state not in MOVES[move][0]:
        yield WhyNot.STATE
    if act is Act.OVERRIDE and not overridable(findings):
        yield WhyNot.NOTHING_TO_OVERRIDE
    if not may(NEEDS[act]):
        yield WhyNot.NO_RIGHT
    if move is not None and in_job:
        yield WhyNot.IN_JOB
    if act in (Act.REPLAY, Act.REVEAL) and not has_body:
        yield WhyNot.NO_BODY
