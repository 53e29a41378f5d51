"""The first page."""

from typing import Annotated, Final

from fastapi import APIRouter, Response

from connector.console.access import Visit, needs
from connector.domain.rights import Right

router: Final = APIRouter()


@router.get("/")
def today(visit: Annotated[Visit, needs(Right.VIEW)]) -> Response:
    return visit.page("today.html")
