"""Shadow: nothing is sent, and what would have been is compared with what clerks entered at the ministry by hand."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.domain.message import Route, State
from connector.domain.rollout import PROCEDURES, Mode
from connector.rollout.changes import Fate
from connector.rollout.readiness import Readiness, Thresholds, look
from tests import bodies
from tests.areas import set_area
from tests.commands import Commands
from tests.integration.register_books import enter, marriage, read
from tests.world import Sandboxes, Stage, stage_over

FIRST, SECOND = bodies.code(1), bodies.code(2)
HERE = "long-xuyen"
EASY = Thresholds(valid=0.5, matching=0.5, compared=1, causes=3)


@pytest.fixture
def world(closed_database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    with stage_over(closed_database, sandboxes) as stage:
        set_area(stage.connector.engine, HERE, Mode.SHADOW, stage.clock())
        yield stage


def readiness(world: Stage, thresholds: Thresholds = EASY) -> Readiness:
    world.connector.shadow.look()
    with world.connector.engine.begin() as db:
        return look(db, HERE, PROCEDURES, thresholds, now=world.clock())


def by_hand(world: Stage, **members: Any) -> None:
    """A clerk types what bodies.event asks for into the ministry's software, and the register shows it."""
    home = {"maTinh": "91", "maXa": "30292", "dcChiTiet": "Số 12"}
    enter(world, marriage(**{"chongNoiCuTru": home, "voNoiCuTru": home, **members}))
    read(world)


def test_what_would_be_sent_is_made_and_only_its_fingerprint_kept(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    world.connector.shadow.look()

    row = world.row("SELECT * FROM shadow_application")
    assert (len(row.digest), row.fault) == (64, None)
    world.deliver()
    assert world.sandboxes.effects("ministry", "submission") == []

    set_area(world.connector.engine, HERE, Mode.LIVE, world.clock())
    world.run_until_quiet()
    assert world.row("SELECT sent FROM attempt ORDER BY id").sent == row.digest


@pytest.mark.parametrize(("members", "found_by"), [({"maHoSoMCDT": FIRST}, "by_code"), ({}, "by_people")])
def test_an_entry_is_found_for_its_dossier_by_the_code_or_by_the_people(
    world: Stage, members: dict[str, Any], found_by: str
) -> None:
    world.submit(bodies.event(FIRST))
    by_hand(world, **members)

    found = readiness(world).comparison
    assert (found.entries, getattr(found, found_by), found.compared, found.agreeing) == (1, 1, 1, 1)
    assert {field.rate for field in found.fields} == {1.0}


def test_an_entry_that_was_seen_before_its_dossier_is_found_later(world: Stage) -> None:
    by_hand(world)
    assert readiness(world).comparison.compared == 0

    world.submit(bodies.event(FIRST))
    assert readiness(world).comparison.compared == 1


def test_other_people_s_entries_are_nobody_s(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    by_hand(world, chongHoTen="Phạm Văn Khác", chongSoDDCN="089098009999")

    found = readiness(world).comparison
    assert (found.entries, found.compared) == (1, 0)


def test_another_spelling_is_cosmetic_and_another_value_is_legal(world: Stage) -> None:
    world.submit(bodies.event(FIRST))
    by_hand(world, chongHoTen="NGUYỄN VĂN THỬ", voNgaySinh="2001")

    found = readiness(world).comparison
    differing = {field.name: (field.cosmetic, field.legal) for field in found.fields if field.cosmetic or field.legal}
    assert differing == {"husband.full_name": (1, 0), "wife.birth_date": (0, 1)}
    assert (found.compared, found.agreeing) == (1, 0)


def test_readiness_counts_what_was_wrong_and_recommends(world: Stage) -> None:
    young = {**bodies.to_khai()["BenNu"], "NgaySinh": "05/07/2015", "SoDinhDanh": "089315004321"}
    young["GiayTo"] = {"Loai": 9, "So": "089315004321"}
    world.submit(bodies.event(FIRST), bodies.event(SECOND, ToKhai=bodies.to_khai(BenNu=young)))
    by_hand(world)

    found = readiness(world)
    assert (found.intake.taken, found.intake.valid, found.intake.causes) == (2, 1, {"AGE_WIFE": 1})
    assert found.sendable == 1
    assert [one.name for one in found.short_of] == ["contact"]
    assert not found.ready
    assert {
        one.name for one in readiness(world, Thresholds(valid=0.9, matching=1.0, compared=2, causes=1)).short_of
    } == {
        "valid",
        "compared",
        "contact",
    }


def test_what_clerks_entered_is_not_sent_when_the_area_is_opened(world: Stage) -> None:
    world.submit(bodies.event(FIRST), bodies.event(SECOND, ToKhai=_others()))
    by_hand(world)
    world.connector.shadow.look()

    outcome = set_area(world.connector.engine, HERE, Mode.LIVE, world.clock(), fate=Fate.SEND)
    world.clock.passes(timedelta(seconds=1))
    world.run_until_quiet()

    assert outcome.skipped == 1
    assert world.states(Route.APPLICATION) == [State.CANCELLED, State.DELIVERED]
    assert [one["subject"] for one in world.sandboxes.effects("ministry", "submission")] == [SECOND]
    assert world.states(Route.REGISTER) == [State.DELIVERED]


def test_a_plan_looks_at_what_clerks_entered_before_it_opens(
    world: Stage, closed_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a command does that opens one area."""
    world.submit(bodies.event(FIRST))
    by_hand(world)
    file = tmp_path / "plan.toml"
    file.write_text(f'[[step]]\narea = "{HERE}"\nmode = "live"\nwhy = "QĐ"\nbacklog = "send"\n')

    Commands(monkeypatch, tmp_path, database_url=closed_database).run("rollout", "apply", str(file))

    assert world.states(Route.APPLICATION) == [State.CANCELLED]


def test_an_area_that_is_off_knows_what_was_entered_by_hand_and_compares_nothing(world: Stage) -> None:
    set_area(world.connector.engine, HERE, Mode.OFF, world.clock())
    world.submit(bodies.event(FIRST))
    by_hand(world)
    found = readiness(world)
    assert (found.comparison.by_people, found.comparison.compared, found.sendable) == (1, 0, 1)

    set_area(world.connector.engine, HERE, Mode.SHADOW, world.clock())
    assert readiness(world).comparison.compared == 1


def _others() -> dict[str, Any]:
    one = bodies.to_khai()
    one["BenNam"] = {**one["BenNam"], "HoTen": "Phạm Văn Khác", "SoDinhDanh": "089098009999"}
    one["BenNam"]["GiayTo"] = {"Loai": 9, "So": "089098009999"}
    return one
