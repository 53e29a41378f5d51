"""Override, cancel and restore: what a person decides about one message, what follows for its dossier, and what cannot
be."""

from typing import Any
from uuid import UUID

import pytest

from connector.domain.message import Move, Route, State
from connector.replay.control import NotPossible
from tests import bodies
from tests.world import SUBMIT, Stage

NEW, GONE = Route.APPLICATION, Route.WITHDRAWAL
ANNA = "anna@quay-1"
CODE = bodies.code(1)
WHY = "the papers were compared"


def suspicious(world: Stage, *, also_wrong: bool = False) -> UUID:
    """An application with two overridable findings, and an error beside them if wanted; its id."""
    event = bodies.event(CODE)
    husband, wife = event["HoSo"]["ToKhai"]["BenNam"], event["HoSo"]["ToKhai"]["BenNu"]
    husband["TinhTrangHonNhan"] = 6
    wife["NgaySinh"] = "1999"
    if also_wrong:
        wife["DanToc"] = "Không có thật"
    world.submit(event)
    message = world.message(NEW)
    assert {"MANUAL_CHECK", "ID_YEAR_MISMATCH"} <= {one["code"] for one in message.findings}
    return UUID(str(message.id))


def override(world: Stage, message_id: UUID, code: str) -> State:
    return world.connector.verbs.override(message_id, code, by=ANNA, reason=WHY).state


def test_a_message_goes_once_all_its_overridable_findings_are_overridden(world: Stage) -> None:
    message_id = suspicious(world)

    assert override(world, message_id, "MANUAL_CHECK") is State.INVALID
    assert override(world, message_id, "ID_YEAR_MISMATCH") is State.READY
    world.deliver(NEW)

    message = world.message(NEW)
    assert message.state == "delivered"
    assert {one["code"]: one["overridden_by"] for one in message.findings if one["severity"] == "O"} == {
        "MANUAL_CHECK": ANNA,
        "ID_YEAR_MISMATCH": ANNA,
    }
    said = world.rows("SELECT was, became, by, why FROM history WHERE move = 'override' ORDER BY id")
    assert [tuple(row) for row in said] == [
        ("invalid", "invalid", ANNA, f"MANUAL_CHECK: {WHY}"),
        ("invalid", "ready", ANNA, f"ID_YEAR_MISMATCH: {WHY}"),
    ]


def test_an_error_beside_it_still_keeps_the_message(world: Stage) -> None:
    message_id = suspicious(world, also_wrong=True)

    assert override(world, message_id, "MANUAL_CHECK") is State.INVALID
    assert override(world, message_id, "ID_YEAR_MISMATCH") is State.INVALID
    with pytest.raises(NotPossible, match="E finding cannot be overridden"):
        override(world, message_id, "ETHNICITY_UNKNOWN")

    assert world.message(NEW).state == "invalid"


@pytest.mark.parametrize(
    ("code", "says"),
    [("NAME_FORM", "no such finding"), ("MANUAL_CHECK", "overridden already"), ("PARTIAL_DATE", "a warning only")],
)
def test_what_cannot_be_overridden_is_refused_and_changes_nothing(world: Stage, code: str, says: str) -> None:
    message_id = suspicious(world)
    override(world, message_id, "MANUAL_CHECK")
    before = world.message(NEW)

    with pytest.raises(NotPossible, match=says):
        override(world, message_id, code)

    assert world.message(NEW) == before


def test_without_a_reason_nothing_is_done(world: Stage) -> None:
    message_id = suspicious(world)
    for act in (world.connector.verbs.cancel, world.connector.verbs.restore):
        with pytest.raises(NotPossible, match="a reason is needed"):
            act(message_id, by=ANNA, reason=" ")
    assert world.message(NEW).state == "invalid"


def test_a_message_that_is_not_there_is_named(world: Stage) -> None:
    with pytest.raises(NotPossible, match="no such message"):
        world.connector.verbs.cancel(UUID(int=7), by=ANNA, reason=WHY)


# -- cancel and restore -----------------------------------------------------------------------------------------------


def cancel(world: Stage, message: Any) -> State:
    return world.connector.verbs.cancel(message.id, by=ANNA, reason=WHY).state


def restore(world: Stage, message: Any) -> State:
    return world.connector.verbs.restore(message.id, by=ANNA, reason=WHY).state


def test_a_ready_message_that_is_cancelled_is_not_sent_and_can_be_restored(world: Stage) -> None:
    world.submit(bodies.event(CODE))
    message = world.message(NEW)

    assert cancel(world, message) is State.CANCELLED
    assert world.deliver(NEW) == {}
    assert restore(world, message) is State.READY
    assert world.deliver(NEW) == {"delivered": 1}

    assert world.history(message.id) == ["take_in", "cancel", "restore", "claim", "deliver"]


def test_an_invalid_message_is_invalid_again_when_it_is_restored(world: Stage) -> None:
    message_id = suspicious(world)
    cancel(world, world.message(NEW))

    assert restore(world, world.message(NEW)) is State.INVALID
    assert world.message(NEW).id == message_id


def test_what_was_delivered_is_not_cancelled_and_what_was_not_cancelled_is_not_restored(world: Stage) -> None:
    world.arrived(1)
    message = world.message(NEW)

    with pytest.raises(NotPossible, match="it was delivered"):
        cancel(world, message)
    with pytest.raises(NotPossible, match="no such move"):
        restore(world, message)


def test_a_cancelled_message_keeps_its_lane_back_no_more(world: Stage) -> None:
    world.arrived(1)
    world.change("UPDATE message SET state = 'exhausted', due_at = NULL WHERE route = 'progress' AND state = 'ready'")
    world.change(
        "INSERT INTO message (id, route, procedure, subject, version, event, state, due_at, office, received_on,"
        " source_key, status, area, created_at, updated_at) SELECT gen_random_uuid(), route, procedure, subject, 2,"
        " event, 'ready', now(), office, received_on, 'second', 4, area, now(), now() FROM message"
        " WHERE route = 'progress'"
    )
    world.change(
        "INSERT INTO body SELECT (SELECT id FROM message WHERE source_key = 'second'), content FROM body b"
        " JOIN message m ON m.id = b.message_id WHERE m.route = 'progress'"
    )
    world.change("UPDATE message SET state = 'exhausted', delivered_at = NULL WHERE route = 'progress' AND version = 1")
    first = world.messages(Route.PROGRESS)[0]
    assert world.deliver(Route.PROGRESS) == {}

    cancel(world, first)

    assert world.deliver(Route.PROGRESS) == {"delivered": 1}
    # The later one has gone: the first cannot come back.
    with pytest.raises(NotPossible, match="a later version has gone"):
        restore(world, first)


def test_a_supplement_goes_first_when_the_application_before_it_is_cancelled(world: Stage) -> None:
    world.submit(bodies.event(CODE))
    world.submit(bodies.event(CODE, "BoSung", 2, soLuongBanSao=3))
    first, second = world.messages(NEW)
    assert (first.state, second.state, second.hold) == ("ready", "held", "request")

    cancel(world, first)

    assert world.states(NEW) == [State.CANCELLED, State.READY]
    world.deliver(NEW)
    assert world.states(NEW) == [State.CANCELLED, State.DELIVERED]


def test_a_withdrawal_ends_with_the_application_that_a_person_cancelled(world: Stage) -> None:
    world.submit(bodies.event(CODE))
    application = world.message(NEW)
    world.change("UPDATE message SET state = 'sending', due_at = NULL, lease_until = now() + interval '1 hour'")
    world.submit(bodies.event(CODE, "Rut", 1))
    assert world.message(GONE).state == "held"
    world.change("UPDATE message SET state = 'exhausted', lease_until = NULL WHERE route = 'application'")

    cancel(world, application)

    assert (world.message(NEW).state, world.message(GONE).state) == ("cancelled", "cancelled")
    with pytest.raises(NotPossible, match="took the dossier back"):
        restore(world, application)


def test_a_withdrawal_goes_when_the_cancelled_application_may_have_arrived(world: Stage) -> None:
    world.submit(bodies.event(CODE))
    world.ministry_answers(SUBMIT, {"reset": True, "effect": "before"})
    world.deliver(NEW)
    world.submit(bodies.event(CODE, "Rut", 1))
    assert world.message(GONE).state == "held"

    cancel(world, world.message(NEW))

    assert (world.message(NEW).state, world.message(GONE).state) == ("cancelled", "ready")


# -- what is possible now ---------------------------------------------------------------------------------------------


def possible(world: Stage, message: Any) -> set[Move]:
    return {move for move, why in world.connector.verbs.possible(message.id).items() if why is None}


def test_the_verbs_that_are_said_to_be_possible_are_those_that_succeed(world: Stage) -> None:
    message_id = suspicious(world)
    assert possible(world, world.message(NEW)) == {Move.REPLAY, Move.OVERRIDE, Move.CANCEL}
    override(world, message_id, "MANUAL_CHECK")
    override(world, message_id, "ID_YEAR_MISMATCH")
    assert possible(world, world.message(NEW)) == {Move.CANCEL}
    cancel(world, world.message(NEW))
    assert possible(world, world.message(NEW)) == {Move.RESTORE}
    restore(world, world.message(NEW))
    world.deliver(NEW)
    assert possible(world, world.message(NEW)) == set()
    why = world.connector.verbs.possible(message_id)
    assert "only when a person insists" in str(why[Move.REPLAY])
