"""Two machines over one ledger and one broker; one of them is cut off in the middle of deliveries, and comes back."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from campaign.cable import Cable
from connector.domain.message import Route, State
from tests import bodies
from tests.partners import wait_for
from tests.roles import Role, Roles
from tests.world import SUBMIT, Sandboxes, Stage, stage_over

NEW = Route.APPLICATION
LEASE = 5.0


@pytest.fixture
def world(database: str, sandboxes: Sandboxes) -> Iterator[Stage]:
    with stage_over(database, sandboxes, lease=f"{LEASE:g}s") as stage:
        yield stage


@dataclass
class Machines:
    """`near` is beside the servers, `far` behind the cables; each a worker and a beat."""

    near: list[Role]
    far: list[Role]
    cables: dict[str, Cable]

    def lose(self, which: str) -> None:
        for role in getattr(self, which):
            role.kill()


@pytest.fixture
def machines(world: Stage, broker: str, tmp_path: Path) -> Iterator[Machines]:
    with ExitStack() as stack:
        assert world.settings.database_url
        given = urlsplit(world.settings.database_url.get_secret_value())
        place = Path(unquote(parse_qs(given.query)["host"][0]))
        cables = {
            "database": stack.enter_context(Cable(place / ".s.PGSQL.5432")),
            "broker": stack.enter_context(Cable(Path(unquote(urlsplit(broker).path)))),
        }
        far = {
            "LIENTHONG_DATABASE_URL": f"postgresql://{given.username}:{given.password}"
            f"@127.0.0.1:{cables['database'].port}{given.path}",
            "LIENTHONG_BROKER_URL": f"redis://127.0.0.1:{cables['broker'].port}/0",
        }
        roles = stack.enter_context(Roles(world, broker, tmp_path))
        # The far beat is the first, so that it leads.
        beat = roles.start("beat", **far)
        wait_for(lambda: beat.says("beat.leads"), 60)
        found = Machines(
            near=[roles.start("beat"), roles.start("worker")], far=[beat, roles.start("worker", **far)], cables=cables
        )
        for role in (found.near[1], found.far[1]):
            wait_for(lambda role=role: role.says("ready."), 60)
        yield found


def hand_in(world: Stage, *serials: int) -> None:
    world.province.add_events([bodies.event(bodies.code(serial)) for serial in serials])


def delivered(world: Stage) -> int:
    return world.states(NEW).count(State.DELIVERED)


def held_by(world: Stage, role: Role) -> int:
    """Messages that this worker's processes have on the line."""
    rows = world.rows("SELECT worker FROM message WHERE state = 'sending'")
    return sum(role.has_process(int(row.worker.rsplit(":", 1)[1])) for row in rows)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", ["cut", "swallow"])
@pytest.mark.parametrize("server", ["database", "broker"])
def test_one_machine_that_is_cut_off_costs_a_lease_and_comes_back_by_itself(
    world: Stage, machines: Machines, server: str, way: str
) -> None:
    world.ministry.script([{"path": SUBMIT, "delay": 0.2, "times": 1000}])
    hand_in(world, *range(90))
    wait_for(lambda: held_by(world, machines.far[1]), 60)

    machines.cables[server].turn(way)  # type: ignore[arg-type]
    wait_for(lambda: delivered(world) == 90, 90)

    # What the far machine had on the line went after its lease, by a call or two more.
    assert world.row("SELECT max(attempts) AS most FROM message").most <= 3
    machines.lose("near")
    hand_in(world, *range(200, 230))
    machines.cables[server].turn("pass")
    back_at = time.monotonic()
    wait_for(lambda: delivered(world) > 90, 60)
    took = time.monotonic() - back_at
    wait_for(lambda: delivered(world) == 120, 60)

    print(f"{server} {way}: {took:.1f} s from the cable's return to the first delivery")
    assert len(world.sandboxes.effects("ministry", "submission")) == 120
