"""Refetch: the source is asked again first, and what it has now comes in the way all that it sends comes in."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from connector.adapters import jobs
from connector.adapters.jobs import Job
from connector.adapters.views import Filter
from connector.domain.message import Partner, Route, State
from connector.domain.replay import Verb
from connector.replay.plans import Request
from tests import bodies
from tests.world import SUBMIT, Stage

NEW = Route.APPLICATION
ANNA = "anna@quay-1"
CODE = bodies.code(1)


def refetch(world: Stage, message_id: UUID) -> Job:
    wanted = Filter(ids=(message_id,))
    job_id, _ = world.connector.plans.freeze(Request(wanted=wanted, by=ANNA, verb=Verb.REFETCH))
    world.connector.plans.prepare(job_id)
    world.connector.jobs.run(job_id, by=ANNA, reason="ask again")
    for _ in range(6):
        world.connector.replays.work()
        world.clock.passes(timedelta(seconds=1))
        world.deliver(NEW, Route.REGISTER)
    with world.connector.engine.begin() as db:
        job = jobs.look(db, job_id)
    assert job is not None
    return job


def item(world: Stage, job: Job) -> Any:
    return world.row("SELECT * FROM replay_item WHERE job_id = :job", job=job.job_id)


def refused(world: Stage) -> Any:
    world.submit(bodies.event(CODE))
    world.ministry_answers(SUBMIT, {"status": 200, "body": '{"status": "0", "errorCode": "500", "value": null}'})
    world.deliver(NEW)
    return world.message(NEW)


def test_what_is_the_same_at_the_source_goes_again(world: Stage) -> None:
    message = refused(world)

    job = refetch(world, message.id)

    assert (job.sent, item(world, job).outcome) == (1, "delivered")
    assert world.states(NEW) == [State.DELIVERED]


def test_a_purged_body_comes_back_from_the_source(world: Stage) -> None:
    message = refused(world)
    world.change("DELETE FROM body WHERE message_id = :id", id=message.id)

    job = refetch(world, message.id)

    assert item(world, job).prospect == "ask"
    assert (job.sent, world.states(NEW)) == (1, [State.DELIVERED])
    assert json.loads(world.body(message.id))["HoSo"]["MaHoSo"] == CODE


def test_without_asking_a_purged_body_cannot_go(world: Stage) -> None:
    message = refused(world)
    world.change("DELETE FROM body WHERE message_id = :id", id=message.id)
    job_id, _ = world.connector.plans.freeze(Request(wanted=Filter(ids=(message.id,)), by=ANNA))
    world.connector.plans.prepare(job_id)
    world.connector.jobs.run(job_id, by=ANNA, reason="again")
    world.connector.replays.work()

    one = world.row("SELECT * FROM replay_item WHERE job_id = :job", job=job_id)
    assert (one.state, one.outcome) == ("skipped", "ask")
    assert world.message(NEW).state == "refused"


def test_a_newer_version_at_the_source_takes_the_place_of_the_old(world: Stage) -> None:
    message = refused(world)
    world.province.add_events([bodies.event(CODE, "BoSung", 2, soLuongBanSao=3)])  # the feed was not read yet

    job = refetch(world, message.id)

    assert (job.skipped, item(world, job).outcome) == (1, "newer-from-source")
    assert world.states(NEW) == [State.SUPERSEDED, State.DELIVERED]
    world.read_events()  # the feed's own copy of it
    assert len(world.messages(NEW)) == 2


def test_what_the_source_does_not_know_is_said(world: Stage) -> None:
    message = refused(world)
    world.province_answers("/apitthc/v1/ho-so/", {"status": 404, "body": '{"error_code": "NOTFOUND"}', "times": 9})

    job = refetch(world, message.id)

    one = item(world, job)
    assert (one.state, one.outcome, one.code) == ("failed", "not-yet", "NOTFOUND")
    assert world.message(NEW).state == "refused"


def test_a_source_that_is_away_is_not_asked_and_the_job_waits(world: Stage) -> None:
    message = refused(world)
    world.change(
        "INSERT INTO partner (name, closed_until, why, tripped) VALUES (:name, :until, 'unreachable', true)"
        " ON CONFLICT (name) DO UPDATE SET closed_until = :until, why = 'unreachable', tripped = true",
        name=Partner.PROVINCE.value,
        until=world.clock() + timedelta(hours=1),
    )

    job = refetch(world, message.id)

    assert (job.remaining, job.state) == (1, "running")


def test_the_ministry_is_asked_about_the_dossier_of_a_result_again(world: Stage) -> None:
    world.arrived(1)
    told = world.message(Route.PROGRESS)
    world.change("UPDATE dossier SET ask_at = NULL, ask_until = :now", now=world.clock())

    job = refetch(world, told.id)

    assert (job.skipped, item(world, job).outcome) == (1, "asked-again")
    assert world.facts(CODE).ask_at is not None
    assert world.facts(CODE).ask_until > world.clock()
