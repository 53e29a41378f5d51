"""Files travel with their application: fetched at delivery, checked against what was announced, kept nowhere."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.message import Route, State
from tests import bodies
from tests.world import FILES, Event, Stage

FIRST, SECOND = bodies.code(1), bodies.code(2)
NEW = Route.APPLICATION
SECONDS = timedelta(seconds=1)


def submissions(world: Stage, *kinds: str) -> list[dict[str, Any]]:
    return world.sandboxes.effects("ministry", *(kinds or ("submission",)))


def with_file(content: bytes, name: str = "f-1", **changes: Any) -> Event:
    file = {
        "TepDinhKemId": name,
        "TenTepDinhKem": "to-khai.pdf",
        "LoaiGiayTo": 1,
        "TenGiayTo": "Tờ khai",
        "MaBam": hashlib.sha256(content).hexdigest(),
        "KichThuoc": len(content),
        **changes,
    }
    return bodies.event(FIRST, TaiLieuNop=[file])


PDF = b"%PDF-1.7 \x00\xff an invented paper"


def test_an_attached_file_travels_with_its_application_and_stays_nowhere(world: Stage) -> None:
    world.submit(with_file(PDF), files={"f-1": PDF})
    world.deliver(NEW)

    [effect] = submissions(world)
    assert [(f["sha256"], f["size"]) for f in effect["body"]["files"]] == [(hashlib.sha256(PDF).hexdigest(), len(PDF))]
    assert world.rows("SELECT 1 FROM body WHERE position(CAST(:pdf AS bytea) IN content) > 0", pdf=PDF) == []


def test_a_removed_file_is_not_fetched(world: Stage) -> None:
    world.submit(with_file(PDF, DaHuy=True))
    world.deliver(NEW)

    assert world.message(NEW).state == "delivered"


@pytest.mark.parametrize("wrong", [{"MaBam": "0" * 64}, {"KichThuoc": 1}], ids=["digest", "size"])
def test_a_file_that_is_not_the_announced_one_is_a_finding_and_nothing_is_sent(
    world: Stage, wrong: dict[str, Any]
) -> None:
    world.submit(with_file(PDF, **wrong), files={"f-1": PDF})
    world.deliver(NEW)

    message = world.message(NEW)
    assert (message.state, message.attempts) == ("invalid", 0)
    assert "FILE_MISMATCH" in world.codes(NEW)[0]
    assert submissions(world) == []


def test_a_file_that_was_damaged_on_its_way_is_fetched_again(world: Stage) -> None:
    world.province_answers(FILES, {"status": 200, "body": "damaged"})
    world.submit(with_file(PDF), files={"f-1": PDF})
    world.deliver(NEW)

    assert world.message(NEW).state == "delivered"


def test_a_file_that_is_gone_is_refused_with_a_clear_text(world: Stage) -> None:
    world.submit(with_file(PDF))
    world.run_until_quiet()

    message = world.message(NEW)
    assert (message.state, message.last_code) == ("refused", "FILE_GONE")
    assert "gone" in message.last_text
    assert submissions(world) == []


def test_a_province_that_is_away_holds_up_only_applications_with_files(world: Stage) -> None:
    world.submit(with_file(PDF), bodies.event(SECOND), files={"f-1": PDF})
    world.province_answers(FILES, *[{"status": 503, "body": "<html>"}] * 3)
    world.deliver(NEW)

    assert world.states(NEW, SECOND) == [State.DELIVERED]
    assert (world.message(NEW, FIRST).state, world.message(NEW, FIRST).last_code) == ("ready", "HTTP_503")
    world.run_until_quiet()
    assert world.states(NEW, FIRST) == [State.DELIVERED]
