"""Registers in bad weather: officers change entries all the time, both partners fail in every way, nothing is lost."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.message import Route, State
from connector.sandbox.judge import judge
from schemas.values import Procedure
from tests.integration.register_books import death, enter, marriage, read, revise
from tests.world import Sandboxes, Stage, stage_over

PROCEDURES: tuple[Procedure, ...] = ("marriage", "death")
NOTE = {"loai": "CAI_CHINH", "canCu": "Số 3, 19.11.2026, UBND", "ngayGhiChu": "19.11.2026"}


def change_something(world: Stage, chance: random.Random, known: list[tuple[str, int]]) -> None:
    """What an officer may do: a new entry of either register, a correction, an annotation, a cancellation."""
    if not known or chance.random() < 0.5:
        register = chance.choice(("KH", "KT"))
        made = enter(world, marriage() if register == "KH" else death(), register=register)
        known.append((register, made[0]))
        return
    register, entry = chance.choice(known)
    changes: list[dict[str, Any]] = [
        {"annotation": NOTE},
        {"cancel": True},
        {"changes": {"voHoTen": "Trần Thị Mẫu Đơn"} if register == "KH" else {"nktHoTen": "Lê Thị Ví"}},
    ]
    revise(world, entry, **chance.choice(changes))


@pytest.fixture
def world(database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    """With so many tries that chance alone spends no schedule."""
    with stage_over(database, sandboxes, retry_schedule=",".join(["1s"] * 20)) as stage:
        yield stage


def test_every_newest_version_arrives_once_and_in_order_whatever_fails(world: Stage) -> None:
    chance, known = random.Random(11), list[tuple[str, int]]()
    for watch in world.watches.values():
        watch.sides = "request"
    for control in (world.ministry, world.province):
        control.set_faults("rough", {"truncated": 0.06, "reset-after": 0.06, "gateway": 0.06, "latency": 0.0})

    for _ in range(40):
        for _ in range(chance.randrange(5)):
            change_something(world, chance, known)
        read(world, chance.choice(PROCEDURES))
        world.deliver(Route.REGISTER)
        world.clock.passes(timedelta(seconds=3))
    faults = {name: count for c in (world.ministry, world.province) for name, count in c.counts()["faults"].items()}
    for control in (world.ministry, world.province):
        control.set_faults("calm")
    for _ in range(6):
        world.clock.passes(timedelta(minutes=10))
        for procedure in PROCEDURES:
            assert read(world, procedure).error is None
        world.deliver(Route.REGISTER)

    assert faults.keys() >= {"truncated", "reset-before", "reset-after", "gateway", "throttled"}
    assert judge([], world.ministry, world.province, registers=True).wrongs == ()
    assert set(world.states(Route.REGISTER)) == {State.DELIVERED}
