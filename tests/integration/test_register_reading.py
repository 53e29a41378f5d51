"""Register entries on their way: from the ministry's desk to the province's copy."""

from datetime import date, timedelta

from connector.adapters import views
from connector.adapters.views import Filter
from connector.domain.message import Route, State
from tests.bodies import code
from tests.integration.register_books import IN_FULL, STORED, ago, asked, death, enter, marriage, read, revise
from tests.world import Stage


def stored(world: Stage) -> list[str]:
    """`entry:version` in the order in which the province took them."""
    return [effect["key"] for effect in world.sandboxes.effects("province", "entry")]


def test_entries_made_at_the_ministry_s_desk_reach_the_province(world: Stage) -> None:
    [married], [died] = enter(world, marriage()), enter(world, death(), register="KT")

    assert (read(world).taken, read(world, "death").taken) == (1, 1)
    world.deliver(Route.REGISTER)

    assert sorted(stored(world)) == [f"KH-{married}:1", f"KT-{died}:1"]
    held = {effect["subject"]: effect["body"] for effect in world.sandboxes.effects("province", "entry")}
    made = {f"{one['module']}-{one['id']}": one["entry"] for one in world.ministry.each_entry()}
    assert {name: body["DauVanTay"] for name, body in held.items()} == {n: e["dauVanTay"] for n, e in made.items()}
    assert held[f"KH-{married}"]["NoiDung"]["BenNu"]["HoTen"] == "Trần Thị Mẫu"
    message = world.message(Route.REGISTER, f"KT-{died}")
    today = world.clock().astimezone().date()
    assert (message.procedure, message.office, message.area) == ("death", "30292", "long-xuyen")
    assert abs(message.received_on - today) <= timedelta(days=1)


def test_versions_arrive_in_order_and_those_between_two_readings_may_never_be_seen(world: Stage) -> None:
    [entry] = enter(world, marriage())
    read(world)
    note = {"loai": "LY_HON", "canCu": "Số 3, 19.11.2026, TAND", "ngayGhiChu": "19.11.2026"}
    revise(world, entry, changes={"voHoTen": "Trần Thị Mẫu Đơn"})
    revise(world, entry, annotation=note)
    read(world)
    revise(world, entry, cancel=True)
    read(world)

    world.deliver(Route.REGISTER)
    world.deliver(Route.REGISTER)

    assert stored(world) == [f"KH-{entry}:1", f"KH-{entry}:3", f"KH-{entry}:4"]
    last = world.sandboxes.effects("province", "entry")[-1]["body"]
    assert (last["TinhTrang"], last["BienDong"][0]["Loai"]) == (2, "LY_HON")
    assert set(world.states(Route.REGISTER)) == {State.DELIVERED}


def test_a_version_that_is_known_is_not_asked_for_again(world: Stage) -> None:
    enter(world, *(marriage() for _ in range(3)))
    read(world)
    calls = asked(world, IN_FULL)

    again = read(world)

    assert (again.taken, again.duplicates) == (0, 3)
    assert asked(world, IN_FULL) == calls == 1
    assert len(world.messages(Route.REGISTER)) == 3


def test_an_entry_born_of_a_dossier_is_found_by_its_code(world: Stage) -> None:
    [dossier] = world.arrived(1)
    world.ministry.act(dossier, "sign")

    read(world)

    [message] = world.messages(Route.REGISTER)
    assert message.dossier == code(1) == dossier
    with world.connector.engine.begin() as db:
        found = views.page(db, Filter(subject=dossier), limit=20).messages
    assert Route.REGISTER in {one.route for one in found}
    assert {one.subject for one in found} == {dossier, message.subject}


def test_nothing_is_read_that_changed_before_the_day_of_the_first_reading(world: Stage) -> None:
    enter(world, marriage(ngayCapNhat=ago(days=2)))
    [today] = enter(world, marriage())

    read(world)
    world.clock.passes(timedelta(days=3))
    read(world)

    assert [one.subject for one in world.messages(Route.REGISTER)] == [f"KH-{today}"]


def test_the_day_of_the_first_reading_is_remembered_when_that_reading_failed(world: Stage) -> None:
    world.ministry.outage("close")
    assert read(world).error is not None
    world.ministry.outage("off")
    [entry] = enter(world, marriage())

    world.clock.passes(timedelta(days=40))
    read(world)

    assert [one.subject for one in world.messages(Route.REGISTER)] == [f"KH-{entry}"]


def test_a_first_run_goes_back_to_the_day_that_was_set(world: Stage) -> None:
    """Under the province's code of today, whatever it was in the years that are read."""
    world.settings = world.settings.model_copy(update={"register_from": date(2014, 3, 1)})
    object.__setattr__(world.connector, "settings", world.settings)
    old = [enter(world, marriage(ngayCapNhat=f"0{n}/03/2014 00:00:00"))[0] for n in (1, 2)]
    enter(world, marriage(ngayCapNhat="28/02/2014 23:59:59"))
    enter(world, marriage(ngayCapNhat="15/07/2019 08:00:00", maDonVi="30292"))

    report = read(world)

    assert report.error is None
    subjects = {one.subject for one in world.messages(Route.REGISTER)}
    assert len(subjects) == 3
    assert {f"KH-{entry}" for entry in old} <= subjects
    assert report.pages < 20


def test_many_entries_are_read_in_parts_and_each_part_stays_when_the_reader_stops(world: Stage) -> None:
    crowd = [marriage(ngayCapNhat=ago(minutes=1)) for _ in range(640)]
    ids = enter(world, *crowd, *(marriage(ngayCapNhat=ago(seconds=n)) for n in range(1, 61)))

    parts = [read(world, budget=timedelta(0))]
    while world.row("SELECT next_at FROM feed WHERE name = 'register-KH'").next_at <= world.clock():
        parts.append(read(world, budget=timedelta(0)))

    assert [part.taken for part in parts] == [500, 200]
    assert {one.subject for one in world.messages(Route.REGISTER)} == {f"KH-{entry}" for entry in ids}
    assert asked(world, IN_FULL) == 7


def test_registers_are_due_at_the_start_and_again_after_some_polls(world: Stage) -> None:
    assert world.connector.agenda().read_registers == ("marriage", "death")

    world.connector.registers.read("marriage")

    assert world.connector.agenda().read_registers == ("death",)
    world.clock.passes(timedelta(seconds=4))
    assert world.connector.agenda().read_registers == ("marriage", "death")


def test_a_ministry_that_is_away_is_asked_again_and_nothing_is_due_while_it_throttles(world: Stage) -> None:
    [entry] = enter(world, marriage())
    world.ministry_answers("/hotich/1.0/dsHoSoDangKy", {"status": 429, "headers": {"Retry-After": "60"}})

    report = read(world)

    assert report.error is not None
    assert report.error.code == "HTTP_429"
    assert world.connector.agenda().read_registers == ()
    world.clock.passes(timedelta(seconds=61))
    read(world)
    assert world.message(Route.REGISTER).subject == f"KH-{entry}"


def test_a_lost_answer_of_the_province_is_settled_by_repeating(world: Stage) -> None:
    [entry] = enter(world, marriage())
    read(world)
    world.province_answers(STORED, {"effect": "before", "reset": True})

    outcomes = world.deliver(Route.REGISTER)
    world.clock.passes(timedelta(seconds=3))
    again = world.deliver(Route.REGISTER)

    assert (outcomes, again) == ({"unreachable": 1}, {"already-there": 1})
    assert stored(world) == [f"KH-{entry}:1"]


def test_another_content_under_the_same_version_is_for_a_person(world: Stage) -> None:
    enter(world, marriage())
    read(world)
    world.province_answers(STORED, {"status": 409, "body": '{"error_code":"CONFLICT"}'})

    world.deliver(Route.REGISTER)

    message = world.message(Route.REGISTER)
    assert (message.state, message.last_code) == (State.REFUSED, "CONFLICT")


def test_an_old_entry_that_knows_too_little_is_quarantined_and_cured_by_its_next_version(world: Stage) -> None:
    [entry] = enter(world, marriage(so="7/TLKT-BS", quyenSo="01/2026", ngayDangKy="20.11.2026"))
    read(world)
    world.deliver(Route.REGISTER)
    assert world.codes(Route.REGISTER) == [{"REGISTER_NUMBER"}]

    revise(world, entry, changes={"so": "7"})
    read(world)
    world.deliver(Route.REGISTER)

    assert world.states(Route.REGISTER) == [State.SUPERSEDED, State.DELIVERED]
    assert stored(world) == [f"KH-{entry}:2"]
