"""The province's own clerks and citizens move dossiers, too; what we thought of their status may be old."""

from connector.domain.message import Route, State
from tests import bodies
from tests.world import Stage


def test_progress_takes_the_steps_that_lack_where_a_clerk_moved_the_dossier_meanwhile(world: Stage) -> None:
    [code] = world.arrived(1)
    world.province.move(code, 8)  # a clerk stopped it, and 8→5 is no move of the province
    world.ministry.act(code, "accept")
    world.ministry.act(code, "supplement")

    world.run_until_quiet()

    assert world.sandboxes.status(code) == 5
    assert world.sandboxes.told(code)[-2:] == [4, 5]
    assert set(world.states(Route.PROGRESS)) == {State.DELIVERED}


def test_progress_to_a_dossier_at_its_end_is_for_a_person_and_moves_nothing(world: Stage) -> None:
    [code] = world.arrived(1)
    world.province.move(code, 3)
    world.ministry.act(code, "supplement")

    world.run_until_quiet()

    assert world.sandboxes.status(code) == 3
    assert [m.last_code for m in world.messages(Route.PROGRESS) if m.state == State.REFUSED] == ["STATE"]


def test_a_withdrawn_dossier_is_told_no_progress_any_more(world: Stage) -> None:
    [code] = world.arrived(1)
    world.submit(bodies.event(code, "Rut", TrangThaiHoSo=7))
    world.ministry.act(code, "accept")
    world.ask_states()
    world.run_until_quiet()

    assert world.sandboxes.status(code) == 7
    assert world.states(Route.WITHDRAWAL) == [State.DELIVERED]
    assert set(world.states(Route.PROGRESS)) == {State.DELIVERED}
