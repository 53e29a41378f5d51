"""Answers when something is in the way: not logged in, not allowed, not there, or the database is away."""

from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DBAPIError, ProgrammingError, TimeoutError
from starlette.exceptions import HTTPException

from connector.adapters.database import DatabaseAway, is_away
from connector.console.access import Denied, ForeignForm, LogInFirst, ReasonMissing
from connector.console.cookies import address_of
from connector.console.headers import protect
from connector.console.rendering import render
from connector.logs import get_logger

log = get_logger(__name__)


def install(app: FastAPI) -> None:
    """Every way a request can end otherwise than its handler meant, as a page in the reader's language."""
    app.add_exception_handler(LogInFirst, _log_in)
    app.add_exception_handler(Denied, lambda request, _: _said(request, 403, "denied"))
    app.add_exception_handler(ForeignForm, lambda request, _: _said(request, 403, "form"))
    app.add_exception_handler(ReasonMissing, lambda request, _: _said(request, 422, "reason"))
    app.add_exception_handler(RequestValidationError, lambda request, _: _said(request, 422, "input"))
    app.add_exception_handler(HTTPException, _http)
    for away in (DBAPIError, TimeoutError, DatabaseAway):
        app.add_exception_handler(away, _database)
    app.add_exception_handler(Exception, _fault)


def _fault(request: Request, _: Exception) -> Response:
    """This one is made outside of everything else, the doorkeeper included."""
    answer = _said(request, 500, "fault")
    protect(answer.headers, address_of(request))
    return answer


def _said(request: Request, status: int, about: str) -> Response:
    return render(request, "answer.html", status, about=about)


def _log_in(request: Request, _: Exception) -> Response:
    """Back to where one wanted to go, afterwards; a form that was posted has to be filled in again."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?back={quote(wanted, safe='/')}" if request.method == "GET" and wanted != "/" else ""
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": "/login"})
    return RedirectResponse(f"/login{back}", status_code=303)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    about = {404: "missing", 405: "missing", 413: "large"}.get(status, "input" if status < 500 else "fault")
    return _said(request, status, about)


def _database(request: Request, error: Exception) -> Response:
    """Nothing is lost while it is away; whoever asks again later gets an answer."""
    if isinstance(error, DBAPIError) and not (is_away(error) or isinstance(error, ProgrammingError)):
        raise error
    log.warning("console.database_away")
    answer = _said(request, 503, "away")
    answer.headers["Retry-After"] = "5"
    return answer
