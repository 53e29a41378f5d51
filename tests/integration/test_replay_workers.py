"""Replay jobs with real workers and a beat: they outlive whoever is killed, and obey within two seconds."""

import time
from pathlib import Path
from uuid import UUID

from connector.adapters import jobs
from connector.adapters.jobs import Job
from connector.adapters.views import Filter
from connector.domain.message import Route, State
from connector.domain.replay import JobState
from connector.replay.plans import Request
from tests import bodies
from tests.partners import wait_for
from tests.roles import Roles
from tests.world import SUBMIT, Stage

NEW = Route.APPLICATION
ANNA = "anna@quay-1"
OBEYED_WITHIN = 2.0


def stopped(world: Stage, count: int) -> None:
    """Applications that were refused, as many as are wanted, without asking the ministry for each."""
    world.submit(*(bodies.event(bodies.code(serial)) for serial in range(count)))
    world.change(
        "UPDATE message SET state = 'refused', due_at = NULL, last_code = '500', last_text = 'x' WHERE state = 'ready'"
    )


def running(world: Stage) -> UUID:
    job_id, _ = world.connector.plans.freeze(Request(wanted=Filter(), by=ANNA))
    world.connector.plans.prepare(job_id)
    world.connector.jobs.run(job_id, by=ANNA, reason="the ministry has corrected its rule")
    return job_id


def look(world: Stage, job_id: UUID) -> Job:
    with world.connector.engine.begin() as db:
        job = jobs.look(db, job_id)
    assert job is not None
    assert job.planned == job.sent + job.skipped + job.failed + job.remaining
    return job


def test_a_job_goes_on_whoever_is_killed_in_the_middle_of_it(world: Stage, broker: str, tmp_path: Path) -> None:
    stopped(world, 120)
    with Roles(world, broker, tmp_path) as roles:
        beat = roles.start("beat", LIENTHONG_REPLAY_RATE="200")
        worker = roles.start("worker", LIENTHONG_REPLAY_RATE="200")
        job_id = running(world)
        for passed in (3, 20, 60):
            wait_for(lambda passed=passed: look(world, job_id).sent >= passed, 60)
            worker.kill()
            if passed == 20:
                beat.kill()
                beat = roles.start("beat")
            worker = roles.start("worker", LIENTHONG_REPLAY_RATE="200")
        wait_for(lambda: look(world, job_id).is_over or look(world, job_id).state is JobState.PAUSED, 90)

        job = look(world, job_id)
        assert (job.state, job.sent, job.skipped, job.failed) == (JobState.DONE, 120, 0, 0), job

    assert world.states(NEW).count(State.DELIVERED) == 120
    assert len(world.sandboxes.effects("ministry", "submission")) == 120
    assert world.rows("SELECT 1 FROM history WHERE move = 'replay' GROUP BY message_id HAVING count(*) > 1") == []


def test_pause_resume_and_stop_are_obeyed_within_two_seconds(world: Stage, broker: str, tmp_path: Path) -> None:
    stopped(world, 400)
    with Roles(world, broker, tmp_path) as roles:
        roles.start("beat")
        roles.start("worker", LIENTHONG_REPLAY_RATE="30")
        job_id = running(world)
        wait_for(lambda: look(world, job_id).sent >= 60, 60)

        world.connector.jobs.pause(job_id, by=ANNA, reason="a look")
        time.sleep(OBEYED_WITHIN)  # what is promised is a time
        moved = replayed(world)
        time.sleep(1)
        assert replayed(world) == moved
        assert look(world, job_id).state is JobState.PAUSED

        world.connector.jobs.resume(job_id, by=ANNA, reason="go on")
        began = time.monotonic()
        wait_for(lambda: replayed(world) > moved, 10)
        assert time.monotonic() - began < OBEYED_WITHIN
        wait_for(lambda: look(world, job_id).sent >= moved + 20, 60)

        world.connector.jobs.stop(job_id, by=ANNA, reason="enough")
        moved = replayed(world)
        wait_for(lambda: look(world, job_id).state is JobState.STOPPED, 10)
        assert replayed(world) == moved

    job = look(world, job_id)
    assert (job.planned, job.sent, job.failed, job.remaining) == (400, moved, 0, 0)
    assert job.skipped == 400 - moved


def replayed(world: Stage) -> int:
    return int(world.row("SELECT count(*) AS n FROM history WHERE move = 'replay'").n)


def test_new_dossiers_go_at_once_beside_a_large_job(world: Stage, broker: str, tmp_path: Path) -> None:
    stopped(world, 300)
    world.ministry.script([{"path": SUBMIT, "delay": 0.05, "times": 1000}])
    with Roles(world, broker, tmp_path) as roles:
        roles.start("beat")
        roles.start("worker", LIENTHONG_REPLAY_RATE="50")
        job_id = running(world)
        wait_for(lambda: look(world, job_id).sent >= 60, 60)

        world.province.add_events([bodies.event(bodies.code(serial)) for serial in range(900, 905)])
        world.change("UPDATE feed SET next_at = :now", now=world.clock())
        wait_for(lambda: fresh(world) == 5, 10)
        assert not look(world, job_id).is_over


def fresh(world: Stage) -> int:
    codes = [bodies.code(serial) for serial in range(900, 905)]
    return sum(state is State.DELIVERED for code in codes for state in world.states(NEW, code))
