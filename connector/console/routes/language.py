"""The switch between Vietnamese and English, a plain link in every page's head."""

from typing import Annotated, Final

from fastapi import APIRouter, Response

from connector.console import cookies
from connector.console.access import Guest, anybody
from connector.console.places import local_path
from connector.console.texts import Language

router: Final = APIRouter()


@router.get("/language/{chosen}")
def choose(guest: Annotated[Guest, anybody()], chosen: Language, back: str = "/") -> Response:
    response = guest.see_other(local_path(back))
    cookies.write(guest.request, response, "language", chosen)
    return response
