"""What is known of a dossier over all its routes, and what follows when something new is learned.

A dossier's progress at the province and its result follow from facts, whatever the order in which they became known; so
each function takes the facts and returns the new ones with the messages that follow (`Changes`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from connector.domain.backoff import wait_before_question
from connector.domain.message import BLOCKS_ITS_LANE, Draft, Route, State, new_id, source_key
from connector.domain.statuses import is_newer, path, wanted_status
from schemas.ministry import DeathResult, MarriageResult
from schemas.values import DOSSIER_CODE, Procedure

ASKED_AFTER_THE_END: Final = timedelta(days=30)
SUPPLEMENT_ASKED: Final = 2
HAS_RESULT: Final = (4, 5)
HANDED_OVER: Final = 5
REFUSED: Final = 6
STATUS_ACCEPTED: Final = 4
STATUS_DONE: Final = 9
STATUS_HANDED_OVER: Final = 10
BY_HAND: Final = "clerks carry this dossier by hand: it was skipped when its area was opened"


class Facts(NamedTuple):
    """One dossier. `planned` is the national status the province has once everything on its way has arrived.

    A tuple, since each delivery reads and changes it twice: made from a row, or anew, in a fifth of the time.
    """

    code: str
    procedure: Procedure
    office: str
    received_on: date
    area: str | None
    version: int
    planned: int
    changed_at: datetime
    submissions: int = 0
    application_id: UUID | None = None
    ministry_code: str | None = None
    state: int | None = None
    state_at: datetime | None = None
    state_ordinal: int | None = None
    state_item: bytes | None = None
    asked_for: int | None = None
    awaits_document: bool = False
    steps: int = 0
    results: int = 0
    result_key: bytes | None = None
    result_entry: str | None = None
    result_day: date | None = None
    result_stored: str | None = None
    withdrawn: bool = False
    ask_at: datetime | None = None
    ask_until: datetime | None = None
    garbled: int = 0
    by_hand: bool = False

    def __repr__(self) -> str:
        return f"Facts({self.code})"  # without the item, which is about citizens

    def withdraw(self) -> "Facts":
        """The citizen took the dossier back."""
        return self._replace(withdrawn=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A progress message that follows: the status to tell, and the body it is made from at delivery."""

    version: int
    status: int
    event: str  # `state`: the body is the ministry's item; `acceptance`: it is our record of the push
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    facts: Facts
    steps: tuple[Step, ...] = ()


def seen_at_province(facts: Facts, *, version: int, status: int) -> Facts:
    """The province's own event shows a newer version of the dossier and its status there; a repeated event shows
    nothing."""
    return facts._replace(version=version, planned=status) if version > facts.version else facts


def moved_at_province(facts: Facts, status: int) -> Facts:
    """The province moved the dossier itself: handed over, or withdrawn."""
    return facts._replace(planned=status)


def accepted(
    facts: Facts,
    *,
    ordinal: int,
    application_id: UUID,
    ministry_code: str | None,
    body: bytes,
    now: datetime,
    poll: timedelta,
) -> Changes:
    """The ministry has a submission of ours: the province hears that work goes on, and the dossier is asked about."""
    changed = facts._replace(
        submissions=max(facts.submissions, ordinal),
        application_id=application_id,
        ministry_code=ministry_code or facts.ministry_code,
        changed_at=now,
        ask_at=now + poll,
    )
    if facts.state_ordinal is not None and facts.state_ordinal >= ordinal:
        # Its answer was lost, and the ministry's own state has told the province more already.
        return Changes(facts=changed)
    return _told(changed, STATUS_ACCEPTED, "acceptance", body)


def is_stale(facts: Facts, state: int, happened_at: datetime) -> bool:
    """Whether the ministry's replica shows what was known, or something older."""
    if facts.state is None or facts.state_at is None:
        return False
    return not is_newer(happened_at, state, facts.state_at, facts.state)


def state_seen(
    facts: Facts,
    *,
    state: int,
    happened_at: datetime,
    ordinal: int,
    item: bytes,
    now: datetime,
    poll: timedelta,
    result_waits: bool = False,
    result_again: bool = False,
) -> Changes:
    """A new state at the ministry. Results are the caller's: here only what the province hears of the state itself.

    `result_waits`: a result is still on its way. The province takes none once it was told of the hand-over.
    `result_again`: this state's result is the one that is known; what was taken up again after it ends with it as well.
    """
    changed = facts._replace(
        state=state,
        state_at=happened_at,
        state_ordinal=ordinal,
        state_item=item,
        changed_at=now,
        ask_at=now + poll,
    )
    wanted = wanted_status(state)
    if state == SUPPLEMENT_ASKED:
        changed = changed._replace(asked_for=ordinal)
    if state == REFUSED:
        changed = changed._replace(ask_at=None, ask_until=now)
    if state == HANDED_OVER:
        changed = changed._replace(ask_until=now + ASKED_AFTER_THE_END)
    if state in HAS_RESULT:
        return Changes(facts=changed) if result_waits else _ended(changed, item, again=result_again)
    return Changes(facts=changed) if wanted is None else _told(changed, wanted, "state", item)


def _ended(facts: Facts, item: bytes, *, again: bool) -> Changes:
    """What the province hears of a state whose result it has."""
    done = Changes(facts=facts)
    if again and facts.result_stored and facts.planned not in (STATUS_DONE, STATUS_HANDED_OVER):
        done = _told(facts, STATUS_DONE, "state", item)
    over = hand_over(done.facts)
    return Changes(facts=over.facts, steps=done.steps + over.steps)


def result_stored(facts: Facts, *, fingerprint: str, item: bytes, now: datetime, result_waits: bool = False) -> Changes:
    """The province has the result: now it may be told that the work is done, and handed over if it was already.

    `result_waits`: a later result is still on its way, and goes before the hand-over.
    """
    until = max(facts.ask_until or now, now + ASKED_AFTER_THE_END)
    changed = facts._replace(result_stored=fingerprint, ask_until=until, changed_at=now)
    planned = changed.planned in (STATUS_DONE, STATUS_HANDED_OVER)
    done = Changes(facts=changed) if planned else _told(changed, STATUS_DONE, "state", item)
    if result_waits:
        return done
    over = hand_over(done.facts)
    return Changes(facts=over.facts, steps=done.steps + over.steps)


def asked(facts: Facts, *, now: datetime, poll: timedelta) -> Facts:
    """Nothing new: the longer it has been quiet, the later it is asked about again; in the end, not any more."""
    if facts.ask_until is not None and facts.ask_until <= now:
        return facts._replace(ask_at=None, garbled=0)
    return facts._replace(ask_at=now + wait_before_question(now - facts.changed_at, poll), garbled=0)


def may_go(facts: Facts, *, is_supplement: bool, has_earlier: bool) -> bool:
    """Whether an application may be sent, or must wait until the ministry asks for it.

    The first submission goes by itself, also one that comes as a supplement when what came before it could not be
    sent. After that the ministry takes the next one only when it asked for a supplement to the last. `has_earlier`
    says whether earlier versions were seen and none is on its way any more: a supplement that came out of order waits
    for what it supplements, and an early one for what the ministry says to that.
    """
    if facts.withdrawn:
        return False
    if facts.submissions == 0:
        return has_earlier or not is_supplement
    return facts.asked_for == facts.submissions


def is_given_up(facts: Facts | None, lane: Iterable[State]) -> bool:
    """Whether clerks carry the dossier by hand, because it was skipped when its area was opened. A person who restores
    one of its messages takes that back."""
    if facts is None or not facts.by_hand or facts.submissions:
        return False
    return not any(state in BLOCKS_ITS_LANE for state in lane)


def entry_of(result: MarriageResult | DeathResult | None) -> str | None:
    """What makes a result the same entry of the register, whatever else was corrected in it."""
    if result is None:
        return None
    parts = (result.office or "", result.book or "", result.number or "")
    return "\n".join(part.replace("\x00", "") for part in parts)  # the ledger's text holds no NUL


def step_draft(facts: Facts, step: Step, now: datetime) -> Draft:
    """A progress message of a dossier."""
    return Draft(
        message_id=new_id(now),
        route=Route.PROGRESS,
        subject=facts.code,
        version=step.version,
        source_key=_day_in(facts.code) + source_key("progress", facts.code, str(step.version))[4:],
        body=step.body,
        state=State.READY,
        event=step.event,
        procedure=facts.procedure,
        area=facts.area,
        office=facts.office,
        received_on=facts.received_on,
        due_at=now,
        status=step.status,
    )


def _day_in(code: str) -> bytes:
    """Four bytes from the day that a dossier's code names, before what would be random: the keys of a day lie together
    in their index, which else has a page of its own to read, and to log, for each message."""
    found = DOSSIER_CODE.fullmatch(code)
    return int(found[1][-6:] if found else 0).to_bytes(4)


def hand_over(facts: Facts) -> Changes:
    """The province hears that the citizen has the paper, if the ministry said so and the result was told."""
    if facts.state != HANDED_OVER or facts.planned != STATUS_DONE or facts.state_item is None:
        return Changes(facts=facts)
    return _told(facts, STATUS_HANDED_OVER, "state", facts.state_item)


def _told(facts: Facts, goal: int, event: str, body: bytes) -> Changes:
    if facts.withdrawn:
        return Changes(facts=facts)  # at the province it is at its end: it takes no progress any more
    way = path(facts.planned, goal)
    steps = tuple(
        Step(version=version, status=status, event=event, body=body)
        for version, status in enumerate(way, start=facts.steps + 1)
    )
    return Changes(facts=facts._replace(planned=way[-1], steps=facts.steps + len(way)), steps=steps)
