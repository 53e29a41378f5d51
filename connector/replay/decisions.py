"""What becomes of the next items of a job, decided from rehearsals made at that moment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from connector.adapters.job_items import Ended, Place
from connector.domain.message import Move, Ruling, State
from connector.domain.rehearsal import Rehearsal, rehearse
from connector.domain.replay import ItemState, Prospect
from connector.domain.stored import Around, Stored

BEHIND: Final = "waits-behind"
GONE: Final = "not-there"


@dataclass(slots=True)
class Decided:
    """What goes on the line (by its place), what ends without, and the moves of both."""

    released: list[int] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    rulings: list[tuple[Stored, Ruling]] = field(default_factory=list)


def decide(items: Iterable[tuple[Place, Stored, Around]], *, insist: bool, room: int, why: str) -> Decided:
    """Goes through the items in their order until `room` of them are on the line."""
    decided = Decided()
    for place, stored, around in items:
        if len(decided.released) >= room:
            break
        found = rehearse(stored, around, insist=insist)
        if _goes(found, around):
            ruling = Ruling(stored.message_id, Move.REPLAY, State.READY, why=why, findings=found.findings, anew=True)
            decided.released.append(place.place)
            decided.rulings.append((stored, ruling))
        else:
            _stays(decided, place, stored, found, why)
    return decided


def _goes(found: Rehearsal, around: Around) -> bool:
    """Whether it may be put on the line: at once, or behind one that is on its way itself."""
    if found.prospect is not Prospect.WAITS:
        return found.prospect is Prospect.SEND
    states = {entry.message_id: entry.state for entry in around.lane}
    return found.waits_for is not None and states.get(found.waits_for) in (State.READY, State.SENDING)


def _stays(decided: Decided, place: Place, stored: Stored, found: Rehearsal, why: str) -> None:
    """It does not go. What a message is by today's rules is written down, but a delivered one stays delivered."""
    can_move = stored.state not in (State.DELIVERED, State.HELD)
    if found.prospect is Prospect.INVALID and can_move:
        ruling = Ruling(stored.message_id, Move.REPLAY, State.INVALID, why=why, findings=found.findings)
        decided.rulings.append((stored, ruling))
        code = found.codes[0] if found.codes else None
        decided.ended.append(Ended(place.place, ItemState.FAILED, State.INVALID.value, code))
        return
    if found.prospect is Prospect.HELD and can_move:
        ruling = Ruling(
            stored.message_id, Move.REPLAY, State.HELD, why=why, hold=found.hold, findings=found.findings, anew=True
        )
        decided.rulings.append((stored, ruling))
    outcome = BEHIND if found.prospect is Prospect.WAITS else found.prospect.value
    decided.ended.append(Ended(place.place, ItemState.SKIPPED, outcome))
