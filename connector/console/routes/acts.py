"""What a person does with one message. Each act takes a reason, is checked in the message's area, and is written down
before it happens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Response

from connector.adapters.audit import Action
from connector.adapters.views import Filter
from connector.console import message_page, message_view
from connector.console.access import Visit, needs
from connector.console.speaking import in_language
from connector.domain.replay import Verb
from connector.domain.rights import Right
from connector.replay.control import NotPossible
from connector.replay.plans import Request
from connector.replay.verbs import Verbs

PATIENCE: Final = timedelta(seconds=5)
router: Final = APIRouter()

Replayer = Annotated[Visit, needs(Right.REPLAY, by_area=True, reason=True)]
Canceller = Annotated[Visit, needs(Right.CANCEL, by_area=True, reason=True)]
Reason = Annotated[str, Form(max_length=500)]
Click = Annotated[str, Form(max_length=64)]
Insist = Annotated[str, Form(max_length=3)]


@router.post("/messages/{message_id}/reveal")
def reveal(
    visit: Annotated[Visit, needs(Right.REVEAL, by_area=True, reason=True)], message_id: UUID, reason: Reason
) -> Response:
    """Shows one message's personal data, once, in the answer to this form: no address leads to it."""
    # Committed before anything is shown.
    visit.act(_area(visit, message_id), reason=reason, message_id=message_id)
    with visit.db() as db:
        view = message_view.look(db, message_id, may=visit.may_at, reveal=True)
    return visit.page("message_revealed.html", view=view, here=f"/messages/{message_id}")


@router.post("/messages/{message_id}/replay")
def replay(visit: Replayer, message_id: UUID, reason: Reason, click: Click = "", insist: Insist = "") -> Response:
    return _send_again(visit, message_id, Verb.REPLAY, Action.REPLAY, reason, click, insist)


@router.post("/messages/{message_id}/refetch")
def refetch(visit: Replayer, message_id: UUID, reason: Reason, click: Click = "", insist: Insist = "") -> Response:
    return _send_again(visit, message_id, Verb.REFETCH, Action.REFETCH, reason, click, insist)


@router.post("/messages/{message_id}/override")
def override(
    visit: Annotated[Visit, needs(Right.OVERRIDE, by_area=True, reason=True)],
    message_id: UUID,
    reason: Reason,
    code: Annotated[str, Form(max_length=64)],
) -> Response:
    visit.act(_area(visit, message_id), reason=reason, message_id=message_id, details={"code": code})
    who = visit.account.name
    return _done(visit, message_id, "override", lambda: _verbs(visit).override(message_id, code, by=who, reason=reason))


@router.post("/messages/{message_id}/cancel")
def cancel(visit: Canceller, message_id: UUID, reason: Reason) -> Response:
    visit.act(_area(visit, message_id), reason=reason, message_id=message_id)
    who = visit.account.name
    return _done(visit, message_id, "cancel", lambda: _verbs(visit).cancel(message_id, by=who, reason=reason))


@router.post("/messages/{message_id}/restore")
def restore(visit: Canceller, message_id: UUID, reason: Reason) -> Response:
    visit.act(_area(visit, message_id), reason=reason, message_id=message_id, action=Action.RESTORE)
    who = visit.account.name
    return _done(visit, message_id, "restore", lambda: _verbs(visit).restore(message_id, by=who, reason=reason))


def _send_again(
    visit: Visit, message_id: UUID, verb: Verb, action: Action, reason: str, click: str, insist: str
) -> Response:
    """A job of one message: planned, run, and shown. Its own rules say whether anything is sent."""
    visit.act(_area(visit, message_id), reason=reason, message_id=message_id, action=action)
    insists = insist == "yes"
    request = Request(
        wanted=Filter(ids=(message_id,)),
        by=visit.account.name,
        reason=reason,
        verb=verb,
        insist=insists,
        # Whoever insists after all, on the same page, means something else.
        click=f"{verb} {message_id} {'insist ' if insists else ''}{click}",
    )
    plans, jobs = visit.connector.plans, visit.connector.jobs
    job_id, _ = plans.freeze(request)
    try:
        plans.prepare(job_id, budget=PATIENCE)
        job = jobs.run(job_id, by=visit.account.name, reason=reason)
    except NotPossible as error:
        return _refused(visit, message_id, verb.value, error)
    return visit.see_other(f"/jobs/{job.job_id}")


def _done(visit: Visit, message_id: UUID, act: str, do: Callable[[], object]) -> Response:
    try:
        do()
    except NotPossible as error:
        return _refused(visit, message_id, act, error)
    return visit.see_other(f"/messages/{message_id}?said={act}")


def _refused(visit: Visit, message_id: UUID, act: str, error: NotPossible) -> Response:
    said = in_language(str(error), visit.language)
    return message_page.answer(visit, message_id, opened=act, fault=said, status=409)


def _area(visit: Visit, message_id: UUID) -> str | None:
    return message_page.seen(visit, message_id).life.message.area


def _verbs(visit: Visit) -> Verbs:
    return visit.connector.verbs
