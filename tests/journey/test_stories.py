"""Operators' stories through both sandboxes, judged by the partners' own records."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from connector.domain.message import Route, State
from connector.sandbox.generator import Generated, generate
from connector.sandbox.judge import judge
from connector.sandbox.verdict import Verdict
from tests import bodies
from tests.contract import Contract
from tests.partners import wait_for
from tests.recording import Proxy, Watch
from tests.roles import Roles
from tests.world import Sandboxes, Stage, stage_over

A_FRIDAY = date(2026, 11, 20)
PATIENT = ",".join(["1s"] * 4 + ["2s"] * 6 + ["4s"] * 6)


@pytest.fixture
def world(database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    with stage_over(database, sandboxes, retry_schedule=PATIENT) as stage:
        yield stage


def hand_in(world: Stage, seed: int, count: int, *, faulty: float = 0.1) -> list[Generated]:
    sent = list(generate(seed, count, A_FRIDAY, faulty=faulty))
    world.province.add_events(
        [one.event for one in sent], {name: content for one in sent for name, content in one.files.items()}
    )
    return sent


def verdict(world: Stage, sent: list[Generated]) -> Verdict:
    found = judge(sent, world.ministry, world.province)
    assert found.wrongs == ()
    return found


def reached_the_ministry(world: Stage) -> bool:
    """Beats once, and looks."""
    world.beat()
    return bool(world.sandboxes.effects("ministry", "submission"))


def test_a_day_of_dossiers_reaches_its_end_although_each_partner_is_away_for_a_while(world: Stage) -> None:
    world.sandboxes.at_work(supplement=0.2, refuse=0.1, late_document=0.2)
    for watch in world.watches.values():
        watch.sides = "request"  # a connection that is refused answers nothing by the contract
    sent = hand_in(world, 7, 25)
    world.ministry.outage("close")
    for _ in range(5):
        world.beat()
    world.ministry.outage("off")
    wait_for(lambda: reached_the_ministry(world), 20)
    world.province.outage("503")
    for _ in range(5):
        world.beat()
    world.province.outage("off")

    world.run_until_quiet(100, at_rest=world.sandboxes.at_rest)

    found = verdict(world, sent)
    assert found.clean
    assert found.invalid == sum(not one.sendable for one in sent)
    assert found.delivered == len(sent) - found.invalid


def test_rough_partners_lose_double_and_overtake_nothing(world: Stage) -> None:
    world.sandboxes.at_work(supplement=0.2, refuse=0.1, late_document=0.2, max_supplements=1)
    for watch in world.watches.values():
        watch.sides = "request"  # truncated answers are no JSON
    for partner in (world.ministry, world.province):
        partner.set_faults("rough", {"latency": 0.0})
    sent = hand_in(world, 11, 25)

    world.run_until_quiet(100, at_rest=world.sandboxes.at_rest)

    assert verdict(world, sent).clean
    met = {kind for partner in (world.ministry, world.province) for kind in partner.counts()["faults"]}
    assert len(met) >= 4


def test_a_dossier_that_is_withdrawn_while_its_supplement_waits_ends_withdrawn(world: Stage) -> None:
    [code] = world.arrived(1)
    world.submit(bodies.event(code, "BoSung", 2, ToKhai=bodies.to_khai(GhiChu="2")))
    world.submit(bodies.event(code, "Rut", 2, TrangThaiHoSo=7, ToKhai=bodies.to_khai(GhiChu="2")))
    world.run_until_quiet()

    assert world.states(Route.APPLICATION) == [State.DELIVERED, State.SUPERSEDED]
    assert world.states(Route.WITHDRAWAL) == [State.DELIVERED]
    assert world.ministry.dossier(code)["withdrawn"]
    assert world.sandboxes.status(code) == 7
    assert world.sandboxes.effects("province", "progress-denied") == []


@contextmanager
def watched(sandboxes: Sandboxes) -> Iterator[tuple[dict[str, str], dict[str, Watch]]]:
    """Proxies before both partners that judge what other processes say; their URLs and what they saw."""
    watches = {"ministry": Watch(Contract("ministry")), "province": Watch(Contract("province"))}
    urls = {name: process.url for name, process in sandboxes.processes.items()}
    with (
        Proxy(urls["ministry"], watches["ministry"].saw) as ministry,
        Proxy(urls["province"], watches["province"].saw) as province,
    ):
        yield {"ministry": ministry.url, "province": province.url}, watches


def test_a_worker_that_is_killed_in_the_middle_of_deliveries_loses_and_doubles_nothing(
    database: str, sandboxes: Sandboxes, broker: str, tmp_path: Path
) -> None:
    with (
        stage_over(database, sandboxes, lease="3s", http_timeout="1s", retry_schedule=PATIENT) as world,
        watched(sandboxes) as (urls, watches),
        Roles(world, broker, tmp_path, **urls) as roles,
    ):
        world.ministry.set(latency=[0.1, 0.3], rates={"latency": 1.0})
        world.province.set(latency=[0.1, 0.3], rates={"latency": 1.0})
        roles.start("beat")
        worker = roles.start("worker")
        sent = hand_in(world, 3, 40, faulty=0.0)
        wait_for(lambda: len(world.rows("SELECT 1 FROM message WHERE state = 'sending'")) >= 5, 60)
        worker.kill()
        roles.start("worker")
        wait_for(lambda: done(world) == len(sent), 60)

        lost = world.rows("SELECT 1 FROM attempt WHERE outcome = 'lost'")
        submissions = [effect["subject"] for effect in sandboxes.effects("ministry", "submission")]
        told = [effect["subject"] for effect in sandboxes.effects("province", "progress")]
        assert lost
        assert sorted(submissions) == sorted(one.code for one in sent)
        assert sorted(told) == sorted(submissions)
        assert {name: watch.violations for name, watch in watches.items()} == {"ministry": [], "province": []}
        assert all(watch.exchanges > len(sent) / 100 for watch in watches.values())


def done(world: Stage) -> int:
    """Dossiers whose acceptance the province has heard of."""
    return world.states(Route.PROGRESS).count(State.DELIVERED)
