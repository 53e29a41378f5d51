"""Messages by filter, and one message."""

from secrets import token_hex
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from connector.adapters import neighbourhood, views
from connector.adapters.neighbourhood import MOST_COUNTED
from connector.adapters.views import Filter
from connector.console import message_page
from connector.console.access import Visit, needs
from connector.console.message_filter import Wanted, read_filter
from connector.domain import units
from connector.domain.acts import Act
from connector.domain.message import Route, State
from connector.domain.rights import Right
from schemas.findings import Code
from schemas.values import VIETNAM

PAGE: Final = 50
router: Final = APIRouter()

Viewer = Annotated[Visit, needs(Right.VIEW)]
OpenPage = Annotated[Visit, needs(Right.VIEW, by_itself=True)]
After = Annotated[int | None, Query(ge=0, le=2**62)]


@router.get("/messages")
def messages(visit: Viewer, after: After = None) -> Response:
    with visit.db() as db:
        wanted = _wanted(visit, db)
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
        click=token_hex(8),
    )


@router.get("/messages/live")
def live(visit: OpenPage, shown: Annotated[str, Query(max_length=2000)] = "", newest: After = None) -> Response:
    """How the rows of an open page stand now, and how many new ones match. No row moves."""
    places = [int(one) for one in shown.split(",") if one.isdecimal() and len(one) < 19][:PAGE]
    with visit.db() as db:
        wanted = _wanted(visit, db)
        ids = tuple(neighbourhood.ids_of(db, places)) if places else ()
        rows = views.page(db, Filter(ids=ids, areas=wanted.filter.areas), limit=PAGE).messages if ids else ()
        fresh = 0 if newest is None else neighbourhood.count_newer(db, wanted.filter, newest)
    return visit.page("messages_live.html", messages=rows, fresh=fresh, most=MOST_COUNTED, query=wanted.query())


@router.get("/messages/{message_id}")
def message(visit: Viewer, message_id: UUID, said: str = "", act: str = "") -> Response:
    return message_page.answer(visit, message_id, said=said if said in list(Act) else "", opened=act)


def _wanted(visit: Visit, db: Connection) -> Wanted:
    return read_filter(db, visit.request.query_params, visit.at, visit.areas)
