"""Replay jobs: plan, run, watch, pause, resume, stop."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from connector.adapters import causes, job_items, job_view, jobs, neighbourhood
from connector.adapters.jobs import Job
from connector.adapters.views import Filter
from connector.console.access import Visit, needs
from connector.console.message_filter import read_filter
from connector.console.speaking import in_language
from connector.domain.replay import ENDED, ItemState, JobState, Verb
from connector.domain.rights import Right
from connector.replay.control import NotPossible
from connector.replay.plans import Request as Wish

MOST_CHOSEN: Final = 1000
SHOWN: Final = 100
RECENT: Final = 100
MOST_PLANNED: Final = 50_000
PATIENCE: Final = timedelta(seconds=2)
router: Final = APIRouter()

Viewer = Annotated[Visit, needs(Right.VIEW)]
OpenPage = Annotated[Visit, needs(Right.VIEW, by_itself=True)]
Planner = Annotated[Visit, needs(Right.REPLAY)]
Steerer = Annotated[Visit, needs(Right.REPLAY, by_area=True, reason=True)]
Reason = Annotated[str, Form(max_length=500)]


async def chosen_ids(request: Request) -> tuple[UUID, ...]:
    """The messages that are ticked on a list."""
    ids = []
    for value in (await request.form()).getlist("m")[:MOST_CHOSEN]:
        try:
            ids.append(UUID(str(value)))
        except ValueError:
            continue
    return tuple(ids)


@router.get("/jobs")
def all_jobs(visit: Viewer) -> Response:
    with visit.db() as db:
        found = jobs.page(db, limit=RECENT)
        plans = jobs.page(db, limit=RECENT, states=(JobState.PLANNING, JobState.PLANNED))
    shown, meant = ([_without_codes(visit, one) for one in some] for some in (found, plans))
    return visit.page("jobs.html", jobs=shown, plans=meant)


@router.post("/jobs/plan")
def plan(
    visit: Planner,
    ids: Annotated[tuple[UUID, ...], Depends(chosen_ids)],
    which: Annotated[str, Form(max_length=20)] = "chosen",
    query: Annotated[str, Form(max_length=4000)] = "",
    cause: Annotated[str, Form(max_length=20)] = "",
    verb: Annotated[Verb, Form()] = Verb.REPLAY,
    click: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    """Freezes the list and works out what would happen. Changes no message."""
    wanted = _meant(visit, ids, which, query, cause)
    if wanted is None:
        return visit.page("job_nothing.html", 422, here="/jobs", said=visit.t("jobs.nothing"))
    with visit.db() as db:
        if neighbourhood.count_matching(db, wanted, MOST_PLANNED + 1) > MOST_PLANNED:
            said = visit.t("jobs.too_many", most=MOST_PLANNED)
            return visit.page("job_nothing.html", 422, here="/jobs", said=said)
    plans = visit.connector.plans
    wish = Wish(wanted=wanted, by=visit.account.name, verb=verb, click=f"plan {click}" if click else None)
    job_id, _ = plans.freeze(wish)
    plans.prepare(job_id, budget=PATIENCE)
    return visit.see_other(f"/jobs/{job_id}")


@router.get("/jobs/{job_id}")
def job(visit: Viewer, job_id: UUID, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0) -> Response:
    return _page(visit, job_id, after=after)


@router.get("/jobs/{job_id}/live")
def live(visit: OpenPage, job_id: UUID, state: str = "") -> Response:
    """How a job stands now; when its state is another one than the page shows, the page is asked to come again."""
    found = _job(visit, job_id)
    if found.state != state:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return visit.page("job_live.html", **_standing(visit, found))


@router.post("/jobs/{job_id}/run")
def run(visit: Steerer, job_id: UUID, reason: Reason) -> Response:
    return _steer(visit, job_id, "run", reason)


@router.post("/jobs/{job_id}/pause")
def pause(visit: Steerer, job_id: UUID, reason: Reason) -> Response:
    return _steer(visit, job_id, "pause", reason)


@router.post("/jobs/{job_id}/resume")
def resume(visit: Steerer, job_id: UUID, reason: Reason) -> Response:
    return _steer(visit, job_id, "resume", reason)


@router.post("/jobs/{job_id}/stop")
def stop(visit: Steerer, job_id: UUID, reason: Reason) -> Response:
    return _steer(visit, job_id, "stop", reason)


def _steer(visit: Visit, job_id: UUID, act: str, reason: str) -> Response:
    found = _job(visit, job_id)
    visit.act(_area_of(visit, found), reason=reason, target=f"job:{job_id}", details={"act": act})
    control = visit.connector.jobs
    acts = {"run": control.run, "pause": control.pause, "resume": control.resume, "stop": control.stop}
    try:
        acts[act](job_id, by=visit.account.name, reason=reason)
    except NotPossible as error:
        return _page(visit, job_id, fault=str(error), status=409)
    return visit.see_other(f"/jobs/{job_id}")


def _area_of(visit: Visit, found: Job) -> str | None:
    """Who is limited to areas steers jobs of their own inside them; their areas may be others than when they planned
    it."""
    return min(visit.areas) if visit.areas and _is_mine(visit, found) else None


def _is_mine(visit: Visit, found: Job) -> bool:
    if not visit.areas:
        return True
    with visit.db() as db:
        return found.by == visit.account.name and not job_view.reaches_beyond(db, found.job_id, visit.areas)


def _meant(visit: Visit, ids: tuple[UUID, ...], which: str, query: str, cause: str) -> Filter | None:
    """The messages that a form means; None when it means none."""
    areas = tuple(sorted(visit.areas or ()))
    if cause:
        with visit.db() as db:
            found = causes.find(db, cause, areas)
        return None if found is None else Filter(cause=found.key, areas=areas)
    if which == "all":
        if any("\0" in value for _, value in parse_qsl(query)):
            return None
        with visit.db() as db:
            wanted = read_filter(db, QueryParams(query), visit.at, visit.areas)
        return None if wanted.faults else wanted.filter
    return Filter(ids=ids, areas=areas) if ids else None


def _page(visit: Visit, job_id: UUID, *, after: int = 0, fault: str = "", status: int = 200) -> Response:
    found = _job(visit, job_id)
    with visit.db() as db:
        items = job_view.items(db, job_id, after=after, limit=SHOWN, areas=visit.areas)
        totals = job_items.totals(db, job_id, visit.at) if found.state is JobState.PLANNED else None
    said = in_language(fault, visit.language) if fault else ""
    about = {"items": items, "totals": totals, "fault": said, "after": after, "more": len(items) == SHOWN}
    mine = _is_mine(visit, found)
    # After a refused act there is no address to come back to but the job's own.
    return visit.page("job.html", status, **_standing(visit, found), **about, mine=mine, here=f"/jobs/{job_id}")


def _standing(visit: Visit, found: Job) -> dict[str, Any]:
    with visit.db() as db:
        notes = jobs.notes(db, found.job_id)
        report = job_items.compared(db, found.job_id) if found.started_at else []
    ends_well = [one for one in report if one.as_foreseen is False]
    about = {"job": found, "notes": notes, "report": report, "surprises": sum(one.count for one in ends_well)}
    return {**about, "over": found.state in ENDED, "open_items": (ItemState.PENDING, ItemState.RELEASED)}


def _job(visit: Visit, job_id: UUID) -> Job:
    with visit.db() as db:
        found = jobs.look(db, job_id)
    if found is None:
        raise HTTPException(404)
    return _without_codes(visit, found)


def _without_codes(visit: Visit, found: Job) -> Job:
    """The job; its filter may name a dossier, which is not for somebody else who is limited to areas."""
    theirs = visit.areas and found.by != visit.account.name
    return replace(found, wanted="") if theirs else found
