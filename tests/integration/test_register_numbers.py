"""Whose a register number is: one entry's, at one office, of one register and year."""

from typing import Any

from connector.domain.message import Route, State
from tests.integration.register_books import death, enter, marriage, read, revise
from tests.world import Stage

PLACE = {"quyenSo": "01/2026", "ngayDangKy": "20.11.2026"}


def numbered(number: str, **members: Any) -> dict[str, Any]:
    return marriage(**{"so": number, **PLACE, **members})


def duplicates(world: Stage) -> list[str]:
    """Entries with a version that is quarantined for its number."""
    return [
        f"{one.subject}:{one.version}"
        for one in world.messages(Route.REGISTER)
        if any(found["code"] == "REGISTER_NUMBER_DUPLICATE" for found in one.findings)
    ]


def test_a_number_that_belongs_to_another_entry_is_for_a_person(world: Stage) -> None:
    first, second = enter(world, numbered("15"), numbered("015/2026"))

    read(world)

    assert duplicates(world) == [f"KH-{second}:1"]
    assert world.message(Route.REGISTER, f"KH-{first}").state == State.READY
    [found] = world.message(Route.REGISTER, f"KH-{second}").findings
    assert (found["severity"], found["pointer"]) == ("O", "/so")


def test_the_first_entry_keeps_its_number_over_readings_and_versions(world: Stage) -> None:
    [first] = enter(world, numbered("15"))
    read(world)
    [second] = enter(world, numbered("15"))
    read(world)
    revise(world, first, changes={"voHoTen": "Trần Thị Mẫu Đơn"})

    read(world)

    assert duplicates(world) == [f"KH-{second}:1"]


def test_the_same_number_elsewhere_is_another_number(world: Stage) -> None:
    """Another office, another year, the other register; and the same code before it meant this place."""
    enter(
        world,
        numbered("15"),
        numbered("15", maDonVi="30301"),
        numbered("15", quyenSo="01/2025", ngayDangKy="20.11.2025"),
        numbered("15", quyenSo="01/2025", ngayDangKy="20.05.2025"),
    )
    enter(world, death(so="15", **PLACE), register="KT")

    read(world)
    read(world, "death")

    assert duplicates(world) == []
    assert set(world.states(Route.REGISTER)) == {State.READY}


def test_a_cancelled_entry_gives_its_number_back(world: Stage) -> None:
    [first] = enter(world, numbered("15"))
    read(world)
    revise(world, first, cancel=True)
    [second] = enter(world, numbered("15"))

    read(world)

    assert duplicates(world) == []
    [third] = enter(world, numbered("15"))
    read(world)
    assert duplicates(world) == [f"KH-{third}:1"]
    assert world.row("SELECT entry FROM register_number").entry == f"KH-{second}"


def test_a_cancellation_counts_for_what_is_read_with_it_whatever_came_first(world: Stage) -> None:
    first, second = enter(world, numbered("15"), numbered("16"))
    read(world)
    revise(world, second, changes={"so": "15"})
    revise(world, first, cancel=True)

    read(world)

    assert duplicates(world) == []


def test_a_corrected_number_leaves_the_old_one_to_others(world: Stage) -> None:
    first, second = enter(world, numbered("15"), numbered("16"))
    read(world)
    revise(world, first, changes={"so": "17"})
    read(world)
    revise(world, second, changes={"so": "15"})
    read(world)
    enter(world, numbered("16"))

    read(world)

    assert duplicates(world) == []
    assert {row.number: row.entry for row in world.rows("SELECT number, entry FROM register_number")} == {
        15: f"KH-{second}",
        16: f"KH-{second + 1}",
        17: f"KH-{first}",
    }


def test_the_next_version_of_a_duplicate_with_a_number_of_its_own_is_sent(world: Stage) -> None:
    _, second = enter(world, numbered("15"), numbered("15"))
    read(world)
    revise(world, second, changes={"so": "16"})
    read(world)

    world.deliver(Route.REGISTER)

    assert world.states(Route.REGISTER, f"KH-{second}") == [State.SUPERSEDED, State.DELIVERED]
