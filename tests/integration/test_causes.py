"""Causes: what stopped is grouped by what it has in common, and a group is found again as a filter."""

from connector.adapters import causes, views
from connector.adapters.views import Filter
from connector.domain.causes import Cause
from connector.domain.message import Route, State
from tests import bodies
from tests.world import SUBMIT, Stage

NEW = Route.APPLICATION


def groups(world: Stage) -> dict[tuple[str, str], Cause]:
    with world.connector.engine.begin() as db:
        return {(one.key.code, one.key.label): one for one in causes.groups(db)}


def subjects(world: Stage, cause: Cause) -> set[str]:
    with world.connector.engine.begin() as db:
        return {one.subject for one in views.page(db, Filter(cause=cause.key), limit=50).messages}


def with_group(serial: int, name: str) -> dict[str, object]:
    event = bodies.event(bodies.code(serial))
    event["HoSo"]["ToKhai"]["BenNam"]["DanToc"] = name
    return event


def test_messages_that_stopped_for_the_same_value_are_one_cause(world: Stage) -> None:
    world.submit(*(with_group(serial, name) for serial, name in ((1, "Lạ Lùng"), (2, "lạ lùng"), (3, "Khác Hẳn"))))

    found = groups(world)

    assert {(code, label.lower()): one.count for (code, label), one in found.items()} == {
        ("ETHNICITY_UNKNOWN", "lạ lùng"): 2,
        ("ETHNICITY_UNKNOWN", "khác hẳn"): 1,
    }
    [both] = [one for one in found.values() if one.count == 2]
    assert subjects(world, both) == {bodies.code(1), bodies.code(2)}
    assert both.states == {State.INVALID: 2}
    assert both.first_seen <= both.last_seen


def test_a_message_with_two_findings_counts_in_both_causes(world: Stage) -> None:
    event = bodies.event(bodies.code(1))
    event["HoSo"]["ToKhai"]["BenNam"].update(DanToc="Lạ Lùng", TinhTrangHonNhan=6)
    world.submit(event)

    found = groups(world)

    assert {code for code, _ in found} == {"ETHNICITY_UNKNOWN", "MANUAL_CHECK"}
    assert all(subjects(world, one) == {bodies.code(1)} for one in found.values())
    message = world.message(NEW)
    world.connector.verbs.override(message.id, "MANUAL_CHECK", by="anna", reason="seen")
    assert {code for code, _ in groups(world)} == {"ETHNICITY_UNKNOWN"}


def test_an_office_that_the_ministry_does_not_know_is_what_its_refusals_have_in_common(world: Stage) -> None:
    world.submit(*(bodies.event(bodies.code(serial)) for serial in (1, 2)))
    unknown = {"status": 200, "body": '{"status": "0", "errorCode": "106", "value": null}'}
    world.ministry_answers(SUBMIT, unknown, unknown)
    world.deliver(NEW)

    [(key, cause)] = groups(world).items()

    assert key == ("106", "30292")
    assert (cause.count, cause.states) == (2, {State.REFUSED: 2})
    assert subjects(world, cause) == {bodies.code(1), bodies.code(2)}


def test_a_cause_is_gone_once_nothing_stands_for_it(world: Stage) -> None:
    world.submit(with_group(1, "Lạ Lùng"))
    [cause] = groups(world).values()
    with world.connector.engine.begin() as db:
        assert causes.find(db, cause.key.cause_id) == cause

    world.connector.verbs.cancel(world.message(NEW).id, by="anna", reason="a test entry")

    assert groups(world) == {}
    assert subjects(world, cause) == set()
    with world.connector.engine.begin() as db:
        assert causes.find(db, cause.key.cause_id) is None
