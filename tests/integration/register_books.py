"""Register entries of invented people, made at the ministry's desk."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from schemas.ministry import INSTANT_FORMAT
from schemas.values import VIETNAM, Procedure
from tests.bodies import death_form, marriage_form
from tests.world import Stage

LISTED = "/hotich/1.0/dsHoSoDangKy"
IN_FULL = "/hotich/1.0/traDanhSachHoSo"
STORED = "/apitthc/v1/so-ho-tich/"
RUBBISH = '{"status":"1","value":{"tongSo":1,"danhSach":[{"id":1'


def marriage(**members: Any) -> dict[str, Any]:
    return {"maDonVi": "30292", **marriage_form(), **members}


def death(**members: Any) -> dict[str, Any]:
    return {"maDonVi": "30292", **death_form(), **members}


def ago(**time: float) -> str:
    """An instant as the ministry writes it."""
    return (datetime.now(VIETNAM) - timedelta(**time)).strftime(INSTANT_FORMAT)


def enter(world: Stage, *entries: Mapping[str, Any], register: str = "KH") -> list[int]:
    """New entries; their ids."""
    items = [{"module": register, "members": dict(one)} for one in entries]
    return [int(one["id"]) for one in world.ministry.change_entries(items)]


def revise(world: Stage, entry: int, **change: Any) -> None:
    world.ministry.change_entries([{"id": entry, **change}])


def read(world: Stage, procedure: Procedure = "marriage", **budget: Any) -> Any:
    """A register, as if its next reading had come. What changes in this very second belongs to the next."""
    world.clock.passes(timedelta(seconds=1))
    world.change("UPDATE feed SET next_at = :now WHERE name LIKE 'register-%'", now=world.clock())
    return world.connector.registers.read(procedure, **budget)


def asked(world: Stage, path: str) -> int:
    """How often the ministry was asked."""
    counted = world.ministry.counts()["requests"]
    return sum(number for name, number in counted.items() if name.endswith(path))
