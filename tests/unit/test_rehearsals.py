"""What a rehearsal says is what the table of moves, the lane and the checks allow, whatever a message looks like."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.arrivals import read_arrival
from connector.domain.dossiers import Facts
from connector.domain.message import BLOCKS_ITS_LANE, Hold, LaneEntry, Move, Route, State, allowed
from connector.domain.rehearsal import rehearse
from connector.domain.replay import Prospect
from connector.domain.stored import Around, Stored
from connector.domain.verbs import BECOMES, NoOverride, overridden, why_not
from schemas.findings import Code, Finding, Severity, finding
from tests import dossier_events

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
CODE = "000.12.83.H01-230704-0003"
MOVES = (Move.REPLAY, Move.RESTORE, Move.OVERRIDE)


def body(*, manual: bool, wrong: bool) -> bytes:
    event = dossier_events.marriage()
    if manual:
        event["HoSo"]["ToKhai"]["BenNam"]["TinhTrangHonNhan"] = 6
    if wrong:
        event["HoSo"]["ToKhai"]["BenNu"]["DanToc"] = "Không có thật"
    return json.dumps(event).encode()


def entry(message_id: UUID, version: int, state: State) -> LaneEntry:
    hold = Hold.AREA if state is State.HELD else None
    return LaneEntry(message_id, CODE, version, "new", state, hold, 0, None)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Stored, Around]:
    """An application in whatever state, with others of its lane in whatever states."""
    states = st.sampled_from(State)
    state = draw(states)
    content = body(manual=draw(st.booleans()), wrong=draw(st.booleans()))
    arrival = read_arrival(content)
    stored = Stored(
        message_id=uuid4(),
        route=Route.APPLICATION,
        procedure="marriage",
        subject=CODE,
        version=5,
        event="new",
        status=None,
        state=state,
        hold=Hold.AREA if state is State.HELD else None,
        area="long-xuyen",
        office=arrival.office,
        received_on=arrival.received_on,
        dossier=None,
        findings=arrival.findings,
        last_code=None,
        content_key=arrival.content_key,
        created_at=NOW,
        body=draw(st.sampled_from([content, content, None])),
    )
    lane = [
        *(entry(uuid4(), version, draw(states)) for version in range(draw(st.integers(0, 2)))),
        entry(stored.message_id, 5, state),
        *(entry(uuid4(), 6 + version, draw(states)) for version in range(draw(st.integers(0, 2)))),
    ]
    facts = Facts(
        code=CODE,
        procedure="marriage",
        office="30283",
        received_on=NOW.date(),
        area="long-xuyen",
        version=5,
        planned=2,
        changed_at=NOW,
        withdrawn=draw(st.booleans()),
    )
    return stored, Around(lane=lane, facts=facts, is_live=draw(st.booleans()))


@given(situations(), st.sampled_from(MOVES), st.booleans())
def test_what_would_be_sent_may_be_sent(situation: tuple[Stored, Around], move: Move, insist: bool) -> None:
    stored, around = situation
    found = rehearse(stored, around, insist=insist, move=move)

    if found.prospect is not Prospect.SEND:
        return
    place = next(n for n, one in enumerate(around.lane) if one.message_id == stored.message_id)
    assert allowed(stored.state, move, State.READY)
    assert stored.body is not None
    assert around.is_live
    assert not any(one.blocks for one in found.findings or ())
    assert not any(one.state in BLOCKS_ITS_LANE for one in around.lane[:place])
    assert not any(one.state in (State.SENDING, State.DELIVERED) for one in around.lane[place + 1 :])
    assert around.facts is not None
    assert not around.facts.withdrawn
    assert stored.state is not State.DELIVERED or insist


@given(situations())
def test_what_a_person_is_told_is_possible_has_a_line_in_the_table(situation: tuple[Stored, Around]) -> None:
    stored, around = situation
    said = why_not(stored, around)

    assert set(said) == {Move.REPLAY, Move.OVERRIDE, Move.CANCEL, Move.RESTORE}
    for move in (Move.REPLAY, Move.RESTORE):
        became = BECOMES.get(rehearse(stored, around, move=move).prospect)
        assert (said[move] is None) == (became is not None and allowed(stored.state, move, became))
    assert (said[Move.CANCEL] is None) == allowed(stored.state, Move.CANCEL, State.CANCELLED)
    assert said[Move.OVERRIDE] is not None or stored.state is State.INVALID


@given(situations(), st.sampled_from(MOVES))
def test_a_message_that_waits_names_whom_it_waits_for(situation: tuple[Stored, Around], move: Move) -> None:
    stored, around = situation
    found = rehearse(stored, around, move=move)
    earlier = {one.message_id: one.state for one in around.lane if one.version < stored.version}

    assert (found.waits_for is not None) == (found.prospect is Prospect.WAITS)
    if found.waits_for is not None:
        assert earlier[found.waits_for] in BLOCKS_ITS_LANE


findings_ = st.lists(
    st.builds(
        lambda code, place, severity: finding(code, f"/{place}", severity),
        st.sampled_from([Code.MANUAL_CHECK, Code.ID_LENGTH, Code.ID_YEAR_MISMATCH]),
        st.integers(0, 3),
        st.sampled_from(Severity),
    ),
    max_size=6,
).map(tuple)


@given(findings_, st.sampled_from([Code.MANUAL_CHECK, Code.ID_LENGTH, Code.ID_YEAR_MISMATCH]))
def test_overriding_touches_only_overridable_findings_of_its_code(found: tuple[Finding, ...], code: Code) -> None:
    able = [one for one in found if one.code is code and one.severity is Severity.OVERRIDABLE]
    if not able:
        with pytest.raises(NoOverride):
            overridden(found, code.value, "anna")
        return

    after = overridden(found, code.value, "anna")

    for one, then in zip(found, after, strict=True):
        touched = one.code is code and one.severity is Severity.OVERRIDABLE
        assert then == (one.model_copy(update={"overridden_by": "anna"}) if touched else one)
    with pytest.raises(NoOverride):
        overridden(after, code.value, "binh")
