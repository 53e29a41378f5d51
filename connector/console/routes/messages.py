"""Messages by filter, and one message."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Query, Response
from starlette.exceptions import HTTPException

from connector.adapters import neighbourhood, views
from connector.adapters.neighbourhood import MOST_COUNTED
from connector.adapters.views import Filter
from connector.console import message_view
from connector.console.access import Visit, needs
from connector.console.message_filter import Wanted, read_filter
from connector.console.message_view import MessageView
from connector.domain import units
from connector.domain.acts import Act
from connector.domain.message import Route, State
from connector.domain.rights import Right
from schemas.findings import Code
from schemas.values import VIETNAM

PAGE: Final = 50
router: Final = APIRouter()

Viewer = Annotated[Visit, needs(Right.VIEW)]
After = Annotated[int | None, Query(ge=0, le=2**62)]


@router.get("/messages")
def messages(visit: Viewer, after: After = None) -> Response:
    wanted = _wanted(visit)
    with visit.db() as db:
        page = views.page(db, wanted.filter, limit=PAGE, after=after)
    since, until = (
        at.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M") if at else ""
        for at in (wanted.filter.since, wanted.filter.until)
    )
    areas = [area for area in units.areas() if area.level is units.Level.DISTRICT]
    return visit.page(
        "messages.html",
        wanted=wanted,
        page=page,
        after=after,
        # What came later than what is shown is new to the reader; on an older page nothing is.
        newest=page.messages[0].seq if page.messages and after is None else None,
        shown=",".join(str(one.seq) for one in page.messages),
        states=State,
        routes=Route,
        areas=areas,
        known_area=any(area.slug == wanted.first("area") for area in areas),
        codes=Code,
        since=since,
        until=until,
    )


@router.get("/messages/live")
def live(visit: Viewer, shown: Annotated[str, Query(max_length=2000)] = "", newest: After = None) -> Response:
    """How the rows of an open page stand now, and how many new ones match. No row moves."""
    wanted = _wanted(visit)
    places = [int(one) for one in shown.split(",") if one.isdecimal() and len(one) < 19][:PAGE]
    with visit.db() as db:
        ids = tuple(neighbourhood.ids_of(db, places)) if places else ()
        rows = views.page(db, Filter(ids=ids, areas=wanted.filter.areas), limit=PAGE).messages if ids else ()
        fresh = 0 if newest is None else neighbourhood.count_newer(db, wanted.filter, newest)
    return visit.page("messages_live.html", messages=rows, fresh=fresh, most=MOST_COUNTED, query=wanted.query())


@router.get("/messages/{message_id}")
def message(visit: Viewer, message_id: UUID, said: str = "", act: str = "") -> Response:
    view = _view(visit, message_id)
    return visit.page(
        "message.html",
        view=view,
        said=said if said in list(Act) else "",
        opened=act,
        fault="",
    )


@router.post("/messages/{message_id}/reveal")
def reveal(
    visit: Annotated[Visit, needs(Right.REVEAL, by_area=True, reason=True)],
    message_id: UUID,
    reason: Annotated[str, Form(max_length=500)],
) -> Response:
    """Shows one message's personal data, once, in the answer to this form: no address leads to it."""
    found = _view(visit, message_id)
    # Committed before anything is shown.
    visit.act(found.life.message.area, reason=reason, message_id=message_id)
    with visit.db() as db:
        view = message_view.look(db, message_id, may=visit.may_at, reveal=True)
    # The language switch leads back to the message: this answer has no address.
    return visit.page("message_revealed.html", view=view, here=f"/messages/{message_id}")


def _wanted(visit: Visit) -> Wanted:
    return read_filter(visit.request.query_params, visit.at, visit.areas)


def _view(visit: Visit, message_id: UUID) -> MessageView:
    """The message, if this person may see it. Raises HTTPException 404 when there is none, and Denied."""
    with visit.db() as db:
        view: Any = message_view.look(db, message_id, may=visit.may_at)
    if view is None:
        raise HTTPException(404)
    found: MessageView = view
    if not visit.may_at(Right.VIEW, found.life.message.area):
        visit.act(found.life.message.area, message_id=message_id)  # writes the refusal down, and raises
    return found
