"""Replay jobs: what was shown is what is run, once, in order, in waves, and every message is accounted for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from connector.adapters import jobs
from connector.adapters.jobs import Job
from connector.adapters.views import Filter
from connector.domain.message import Route, State
from connector.domain.replay import JobState
from connector.replay.plans import Request
from tests import bodies
from tests.world import SUBMIT, Stage

NEW = Route.APPLICATION
ANNA = "anna@quay-1"


def refusal(code: str = "500") -> dict[str, Any]:
    return {"status": 200, "body": f'{{"status": "0", "errorCode": "{code}", "value": null}}'}


def refused(world: Stage, *serials: int) -> list[UUID]:
    """Applications that the ministry refused for a reason of its own; their ids, oldest first."""
    world.submit(*(bodies.event(bodies.code(serial)) for serial in serials))
    world.ministry_answers(SUBMIT, *(refusal() for _ in serials))
    world.deliver(NEW)
    assert set(world.states(NEW)) == {State.REFUSED}
    return [row.id for row in world.rows("SELECT id FROM message WHERE route = 'application' ORDER BY seq")]


def frozen(world: Stage, wanted: Filter | None = None, **wish: Any) -> UUID:
    """A plan that is ready to be run."""
    job_id, _ = world.connector.plans.freeze(Request(wanted=wanted or Filter(), by=ANNA, **wish))
    world.connector.plans.prepare(job_id)
    return job_id


def running(world: Stage, wanted: Filter | None = None, **wish: Any) -> UUID:
    job_id = frozen(world, wanted, **wish)
    world.connector.jobs.run(job_id, by=ANNA, reason="the rule was corrected")
    return job_id


def look(world: Stage, job_id: UUID) -> Job:
    with world.connector.engine.begin() as db:
        found = jobs.look(db, job_id)
    assert found is not None
    assert found.planned == found.sent + found.skipped + found.failed + found.remaining
    return found


def counts(job: Job) -> tuple[int, int, int, int, int]:
    return job.planned, job.sent, job.skipped, job.failed, job.remaining


def step(world: Stage, job_id: UUID) -> Job:
    """One step of the workers, and what it put on the line delivered."""
    world.connector.replays.work()
    world.clock.passes(timedelta(seconds=1))
    world.deliver(NEW)
    return look(world, job_id)


def to_its_end(world: Stage, job_id: UUID, steps: int = 60) -> Job:
    for _ in range(steps):
        if (job := step(world, job_id)).is_over or job.state is JobState.PAUSED:
            return job
    raise AssertionError(look(world, job_id))


def items(world: Stage, job_id: UUID) -> Sequence[Any]:
    return world.rows("SELECT * FROM replay_item WHERE job_id = :job ORDER BY place", job=job_id)


# -- what is run is what was shown ------------------------------------------------------------------------------------


def test_what_had_stopped_goes_again_and_every_message_is_accounted_for(world: Stage) -> None:
    refused(world, *range(1, 9))

    job = to_its_end(world, running(world))

    assert job.state is JobState.DONE
    assert counts(job) == (8, 8, 0, 0, 0)
    assert set(world.states(NEW)) == {State.DELIVERED}
    message = world.messages(NEW)[0]
    assert world.history(message.id) == ["take_in", "claim", "refuse", "replay", "claim", "deliver"]
    said = world.row("SELECT by, why FROM history WHERE move = 'replay' LIMIT 1")
    assert (said.by, said.why) == (ANNA, "the rule was corrected")
    assert [row.prospect for row in items(world, job.job_id)] == ["send"] * 8


def test_a_message_that_comes_to_match_after_the_plan_is_not_sent(world: Stage) -> None:
    refused(world, 1, 2)
    job_id = frozen(world, Filter(states=(State.REFUSED,)))
    world.submit(bodies.event(bodies.code(3)))
    world.ministry_answers(SUBMIT, refusal())
    world.deliver(NEW)

    world.connector.jobs.run(job_id, by=ANNA, reason="corrected")
    job = to_its_end(world, job_id)

    assert counts(job) == (2, 2, 0, 0, 0)
    assert world.states(NEW, bodies.code(3)) == [State.REFUSED]


def test_a_plan_that_is_not_run_changes_nothing(world: Stage) -> None:
    refused(world, 1, 2)
    before = world.rows("SELECT * FROM message ORDER BY seq")

    job_id = frozen(world)
    step(world, job_id)

    assert look(world, job_id).state is JobState.PLANNED
    assert world.rows("SELECT * FROM message ORDER BY seq") == before


def test_waves_of_one_and_five_are_awaited_before_the_next(world: Stage) -> None:
    refused(world, *range(1, 10))
    job_id = running(world)

    on_the_line = []
    for _ in range(12):
        world.connector.replays.work()
        on_the_line.append(len(world.rows("SELECT 1 FROM message WHERE state = 'ready' AND route = 'application'")))
        world.clock.passes(timedelta(seconds=1))
        world.deliver(NEW)

    assert on_the_line[:3] == [1, 5, 3]
    assert look(world, job_id).state is JobState.DONE
    with world.connector.engine.begin() as db:
        assert [note.move for note in jobs.notes(db, job_id)] == ["freeze", "run", "wave", "wave", "wave", "end"]
