"""Each task is a name, at most a word, and one call. What a call leaves to do is hinted; the beat finds it anyway."""

from collections.abc import Iterable

import structlog
from kombu.exceptions import OperationalError

from connector.domain.message import Route
from schemas.values import Procedure
from workers.app import app, connector

log = structlog.stdlib.get_logger(__name__)
# A hint that waited longer than this is stale: the beat has looked again since.
EXPIRES = 5


@app.task(name="read_events")
def read_events() -> None:
    report = connector().events.read(tell=hint)
    if report.error is not None:
        log.warning("intake.failed", partner="province", code=report.error.code, http_status=report.error.http_status)
    if report.taken or report.duplicates or report.salvaged:
        log.info("intake.events_read", taken=report.taken, duplicates=report.duplicates, count=report.pages)


@app.task(name="ask_states")
def ask_states() -> None:
    report = connector().states.ask()
    if report.error is not None:
        log.warning("intake.failed", partner="ministry", code=report.error.code, http_status=report.error.http_status)
    if report.changed or report.invalid:
        log.info(
            "intake.states_asked", count=report.asked, taken=report.changed, stale=report.stale, invalid=report.invalid
        )
    hint(report.routes)


@app.task(name="read_registers")
def read_registers(procedure: Procedure) -> None:
    report = connector().registers.read(procedure)
    if report.error is not None:
        log.warning("intake.failed", partner="ministry", code=report.error.code, http_status=report.error.http_status)
    if report.taken or report.invalid or report.late:
        log.info(
            "intake.registers_read",
            procedure=procedure,
            count=report.pages,
            taken=report.taken,
            duplicates=report.duplicates,
            invalid=report.invalid,
            remaining=report.late,
        )
    hint(report.routes)


@app.task(name="deliver")
def deliver(route: str) -> None:
    report = connector().delivery.deliver(Route(route))
    if report.claimed:
        log.info("delivery.settled", route=route, claimed=report.claimed, counts=report.outcomes)
    hint({*report.routes, Route(route)} if report.more else report.routes)


@app.task(name="expire")
def expire() -> None:
    ended = connector().delivery.expire()
    if ended:
        log.warning("delivery.leases_ended", expired=ended)


@app.task(name="drain")
def drain() -> None:
    report = connector().draining.look()
    if report.ended:
        log.warning("rollout.modes_ended", count=report.ended)
    if report.released:
        log.info("rollout.released", released=report.released)
    hint(report.routes)


@app.task(name="replay")
def replay() -> None:
    report = connector().replays.work()
    if report.released or report.ended:
        log.info("replay.went_on", released=report.released, settled=report.ended)
    hint(report.routes)


@app.task(name="watch_areas")
def watch_areas() -> None:
    for frozen in connector().guard():
        log.warning("rollout.area_frozen", area=frozen, by="guard")
    report = connector().shadow.look()
    if report.mapped or report.entries:
        log.info("rollout.shadow_looked", count=report.mapped, taken=report.entries)
    states = connector().hand_states.look()
    if states.error is not None:
        log.warning("intake.failed", partner="ministry", code=states.error.code, http_status=states.error.http_status)
    if states.changed:
        log.info("rollout.states_seen", count=states.asked, taken=states.changed)


@app.task(name="sound_alarms")
def sound_alarms() -> None:
    connector().replays.forget_plans()
    late = connector().late_documents()
    if late:
        log.warning("alarm.documents_late", count=late)


@app.task(name="sum_traffic")
def sum_traffic() -> None:
    connector().sum_traffic()


@app.task(name="mend_clock")
def mend_clock() -> None:
    mended = connector().mend_clock()
    if mended:
        log.warning("clock.mended", count=mended)


def hint(routes: Iterable[Route]) -> None:
    """Tells a worker that a route has work. Called after the commit; when the broker is away, the beat will tell."""
    for route in routes:
        try:
            deliver.apply_async((route.value,), expires=EXPIRES)
        except OperationalError:
            log.warning("delivery.hint_lost", route=route)
            return
