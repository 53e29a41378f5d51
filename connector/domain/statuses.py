"""The province's statuses of a dossier (1-10), the ministry's states (1-6), and which status a state asks for.

The province's moves are those of its interface (`tien-do`), the states' order and their statuses those of
contracts/validation.md ("STALE", "Status map").
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Final

NEW, TAKEN_ON, NOT_TAKEN, IN_WORK, SUPPLEMENT_ASKED = 1, 2, 3, 4, 5
FEE_ASKED, WITHDRAWN, STOPPED, DONE, HANDED_OVER = 6, 7, 8, 9, 10

MOVES: Final[Mapping[int, frozenset[int]]] = {
    NEW: frozenset({TAKEN_ON, NOT_TAKEN, WITHDRAWN}),
    TAKEN_ON: frozenset({IN_WORK, SUPPLEMENT_ASKED, WITHDRAWN, STOPPED}),
    NOT_TAKEN: frozenset(),
    IN_WORK: frozenset({NOT_TAKEN, SUPPLEMENT_ASKED, FEE_ASKED, WITHDRAWN, STOPPED, DONE}),
    SUPPLEMENT_ASKED: frozenset({TAKEN_ON, IN_WORK, WITHDRAWN, STOPPED}),
    FEE_ASKED: frozenset({IN_WORK, WITHDRAWN, STOPPED}),
    WITHDRAWN: frozenset(),
    STOPPED: frozenset({IN_WORK, WITHDRAWN, DONE}),
    DONE: frozenset({HANDED_OVER, IN_WORK}),
    HANDED_OVER: frozenset(),
}
"""From each status the ones the province lets it move to; a status may also be sent again."""

FINAL: Final = frozenset(status for status, onward in MOVES.items() if not onward)

WORDS: Final[Mapping[int, str]] = {
    NEW: "Mới đăng ký",
    TAKEN_ON: "Được tiếp nhận",
    NOT_TAKEN: "Không được tiếp nhận",
    IN_WORK: "Đang xử lý",
    SUPPLEMENT_ASKED: "Yêu cầu bổ sung giấy tờ",
    FEE_ASKED: "Yêu cầu thực hiện nghĩa vụ tài chính",
    WITHDRAWN: "Công dân yêu cầu rút hồ sơ",
    STOPPED: "Dừng xử lý",
    DONE: "Đã xử lý xong",
    HANDED_OVER: "Đã trả kết quả",
}
"""The national portal's names of the statuses."""

ACCEPTED: Final = IN_WORK
"""The status once the ministry has taken our submission."""

# Steps that say no more than the status they lead to. All others would tell a citizen something that did not happen.
_STEPS: Final = (TAKEN_ON, IN_WORK, DONE)

# The ministry's states: 1 waiting, 2 supplement asked, 3 in work, 4 registered, 5 handed over, 6 refused.
_WANTED: Final[Mapping[int, int | None]] = {
    1: None,
    2: SUPPLEMENT_ASKED,
    3: IN_WORK,
    4: DONE,
    5: HANDED_OVER,
    6: NOT_TAKEN,
}
_RANK: Final = {state: place for place, state in enumerate((1, 3, 2, 6, 4, 5))}


def wanted_status(state: int) -> int | None:
    """The status that a state of the ministry asks for; None for 1, which tells the province nothing new.

    Raises:
        KeyError: no state of the ministry (the check STATUS_UNKNOWN stops it before).
    """
    return _WANTED[state]


def rank(state: int) -> int:
    """Place of a state among states of one instant: 1<3<2<6<4<5.

    Raises:
        KeyError: no state of the ministry.
    """
    return _RANK[state]


def is_newer(instant: datetime, state: int, than_instant: datetime, than_state: int) -> bool:
    """Whether a state is later than another one of its dossier: by instant, then by rank. The same again is not."""
    return (instant, rank(state)) > (than_instant, rank(than_state))


@cache
def path(present: int, wanted: int) -> tuple[int, ...]:
    """The statuses to send so that a dossier gets from one to another, the wanted one last; the shortest way.

    Only 2, 4 and 9 serve as steps between. `(wanted,)` when it is there already (its text is added to the history),
    and when there is no way: the province's refusal then says so to a person.
    """
    if present == wanted:
        return (wanted,)
    ways: list[tuple[int, ...]] = [()]
    seen = {present}
    while ways:
        longer: list[tuple[int, ...]] = []
        for way in ways:
            onward = MOVES.get(way[-1] if way else present, frozenset())
            if wanted in onward:
                return (*way, wanted)
            steps = [step for step in _STEPS if step in onward and step not in seen]
            seen.update(steps)
            longer.extend((*way, step) for step in steps)
        ways = longer
    return (wanted,)
