"""A message in its lane, as a person looks at it: what it waits for, what waits for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from connector.domain.message import BLOCKS_ITS_LANE, LaneEntry, State


@dataclass(frozen=True, slots=True)
class Neighbours:
    """`before`: what keeps this message back, the first of the lane first. `behind`: what this one keeps back."""

    before: tuple[LaneEntry, ...]
    behind: tuple[LaneEntry, ...]


_WAITING = (State.HELD, State.READY)


def neighbours(message_id: UUID, lane: Sequence[LaneEntry]) -> Neighbours:
    """`lane` in its order. Both are empty for a message that neither waits nor keeps anything back."""
    place = next((at for at, entry in enumerate(lane) if entry.message_id == message_id), None)
    if place is None:
        return Neighbours((), ())
    own, before, behind = lane[place], lane[:place], lane[place + 1 :]
    ahead = [entry for entry in before if entry.state in BLOCKS_ITS_LANE]
    # One that came late goes after the later one that is on the line.
    ahead += [entry for entry in behind if entry.state is State.SENDING]
    return Neighbours(
        tuple(ahead) if own.state in _WAITING else (),
        tuple(entry for entry in behind if entry.state in _WAITING) if own.state in BLOCKS_ITS_LANE else (),
    )
