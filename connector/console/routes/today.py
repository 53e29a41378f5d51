"""The first page: how the interconnection stands."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Response

from connector.console import today_view
from connector.console.access import Visit, needs
from connector.domain.rights import Right

router: Final = APIRouter()


@router.get("/")
def today(visit: Annotated[Visit, needs(Right.VIEW)]) -> Response:
    with visit.db() as db:
        now = today_view.look(db, visit.at, visit.connector.settings, partial(visit.may_at, Right.VIEW))
        charts = today_view.charts(db, visit.at)
    return visit.page("today.html", now=now, charts=charts)


@router.get("/today/now")
def now(visit: Annotated[Visit, needs(Right.VIEW, by_itself=True)]) -> Response:
    """The piece that changes, for a page that is open."""
    with visit.db() as db:
        found = today_view.look(db, visit.at, visit.connector.settings, partial(visit.may_at, Right.VIEW))
    return visit.page("today_now.html", now=found)
