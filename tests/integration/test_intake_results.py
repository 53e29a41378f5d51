"""Results of the ministry: without their document, with it, shown again, corrected, and wrong."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row

from connector.domain.message import Hold, Route, State
from schemas.values import VIETNAM
from tests import bodies
from tests.world import Stage

ONE_HOUR = timedelta(hours=1)


def waits(world: Stage, code: str) -> timedelta:
    """Until the next question, to the second."""
    return timedelta(seconds=round((world.facts(code).ask_at - world.clock()).total_seconds()))


def results(world: Stage) -> Sequence[Row[Any]]:
    return world.messages(Route.RESULT)


def test_a_result_is_stored_before_the_dossier_is_done(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "sign")
    world.run_until_quiet()

    assert [message.state for message in results(world)] == ["delivered"]
    assert world.sandboxes.told(code) == [4, 9]
    kinds = [e["kind"] for e in world.province.each_effect() if e["kind"] in ("result", "progress")]
    assert kinds == ["progress", "result", "progress"]


def test_a_result_without_its_document_is_held_and_asked_about_again(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "register")
    world.ask_states()
    world.clock.passes(timedelta(days=1))
    world.ask_states()

    [held] = results(world)
    assert (held.state, held.hold) == ("held", Hold.DOCUMENT)
    assert world.codes(Route.RESULT) == [{"RESULT_WITHOUT_FILE"}]
    assert world.facts(code).awaits_document
    assert waits(world, code) <= 6 * ONE_HOUR
    assert world.deliver(Route.RESULT) == {}


def test_the_document_that_comes_later_supersedes_what_waited_for_it(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "register")
    world.ask_states()
    world.ministry.act(code, "sign")
    world.run_until_quiet()

    assert world.states(Route.RESULT) == [State.SUPERSEDED, State.DELIVERED]
    assert not world.facts(code).awaits_document
    assert len(world.sandboxes.effects("province", "result")) == 1
    assert world.sandboxes.told(code) == [4, 9]


def test_a_result_is_delivered_once_however_often_it_is_shown(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "sign")
    world.run_until_quiet()
    world.ministry.act(code, "hand_over")
    world.run_until_quiet()

    assert world.states(Route.RESULT) == [State.DELIVERED]
    assert len(world.sandboxes.effects("province", "result", "result-repeated", "result-replaced")) == 1
    assert world.sandboxes.told(code) == [4, 9, 10]


def test_a_dossier_that_is_seen_only_when_handed_over_has_all_its_steps(world: Stage) -> None:
    [code] = world.arrived(1)
    for act in ("accept", "sign", "hand_over"):
        world.ministry.act(code, act)
    world.run_until_quiet()

    assert world.sandboxes.told(code) == [4, 9, 10]
    assert world.sandboxes.status(code) == 10


def test_a_corrected_result_replaces_the_first(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "sign")
    world.run_until_quiet()
    world.ministry.act(code, "correct", {"quyenSo": "02/2026"})
    world.run_until_quiet()

    assert world.states(Route.RESULT) == [State.DELIVERED, State.DELIVERED]
    first, second = (e["body"] for e in world.sandboxes.effects("province", "result", "result-replaced"))
    assert second["ThayThe"] == first["DauVanTay"]
    assert second["QuyenSo"] == "02/2026"


def test_a_result_that_breaks_its_contract_is_kept_and_its_correction_goes(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "sign", {"soDangKy": "07/TLKT-BS"})
    world.watches["ministry"].sides = "request"
    world.ask_states()
    assert world.states(Route.RESULT) == [State.INVALID]
    assert "REGISTER_NUMBER" in world.codes(Route.RESULT)[0]

    world.ministry.act(code, "correct", {"soDangKy": "15"})
    world.run_until_quiet()

    assert world.states(Route.RESULT) == [State.SUPERSEDED, State.DELIVERED]
    assert len(world.sandboxes.effects("province", "result")) == 1


def test_persons_registered_otherwise_than_applied_for_are_named_and_sent(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "sign", {"chongHoTen": "Nguyễn Văn Thữ"})
    world.run_until_quiet()

    assert "DATA_CHANGED" in world.codes(Route.RESULT)[0]
    assert world.states(Route.RESULT) == [State.DELIVERED]


def test_a_result_that_the_province_learned_of_by_itself_is_not_told_again(world: Stage) -> None:
    """The clerks handed the result to the citizen before the ministry said so."""
    [code] = world.arrived(1)
    world.ministry.act(code, "sign")
    world.run_until_quiet()
    world.submit(bodies.event(code, "TraKetQua", 1, TrangThaiHoSo=9))
    world.ministry.act(code, "hand_over")
    world.run_until_quiet()

    assert world.sandboxes.told(code) == [4, 9]
    assert world.sandboxes.status(code) == 10


def test_a_document_that_comes_without_a_later_instant_is_taken_all_the_same(world: Stage) -> None:
    [code] = world.arrived(1)
    world.ministry.act(code, "accept")
    world.ministry.act(code, "register")
    world.ask_states()
    assert world.states(Route.RESULT, code) == [State.HELD]
    shown = world.facts(code).state_at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S")

    world.ministry.act(code, "sign", thoiGianThucHien=shown)
    world.ask_states()
    world.run_until_quiet()

    assert world.states(Route.RESULT, code) == [State.SUPERSEDED, State.DELIVERED]
    assert world.sandboxes.status(code) == 9
