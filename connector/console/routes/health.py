"""For load balancers and supervisors: whether this console can work. It says nothing else."""

from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from connector.console.access import Guest, anybody
from connector.console.headers import HEALTH

router: Final = APIRouter()


@router.get(HEALTH)
def health(guest: Annotated[Guest, anybody()]) -> Response:
    try:
        with guest.db() as db:
            db.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return JSONResponse({"status": "database away"}, status_code=503)
    return JSONResponse({"status": "ok"})
