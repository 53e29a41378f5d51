"""Logging in by the identity provider: out to it, and back with somebody's name."""

from typing import Annotated, Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from connector.adapters import accounts, audit, sessions
from connector.adapters.audit import Action
from connector.adapters.identity import IdentityProvider, NotIdentified, ProviderAway
from connector.console import cookies
from connector.console.access import Guest, anybody
from connector.console.routes.login import begin
from connector.logs import get_logger

log = get_logger(__name__)
router: Final = APIRouter()

BACK: Final = "/oidc/back"


@router.get("/oidc/start")
def set_out(guest: Annotated[Guest, anybody()]) -> Response:
    provider = _provider(guest)
    with guest.db() as db:
        secret, journey = sessions.set_out(db, guest.at)
    try:
        url = provider.way_out(journey, _redirect_uri(guest))
    except ProviderAway as away:
        return _away(guest, away)
    response = RedirectResponse(url, status_code=303)
    cookies.write(guest.request, response, "journey", secret)
    return response


@router.get(BACK)
def come_back(guest: Annotated[Guest, anybody()]) -> Response:
    """A page that leads on, and no redirect: the new session's cookie is for requests that begin with us."""
    provider = _provider(guest)
    with guest.db() as db:
        journey = sessions.come_back(db, cookies.read(guest.request, "journey") or "", guest.at)
    if journey is None:
        return guest.page("answer.html", 400, about="journey")
    try:
        name = provider.who(journey, _redirect_uri(guest), dict(guest.request.query_params))
    except ProviderAway as away:
        return _away(guest, away)
    except NotIdentified as unknown:
        log.warning("console.not_identified", reason_code=unknown.reason)
        return _refused(guest, "identity")
    with guest.db() as db:
        account = accounts.by_external(db, name)
        if account is None or account.holder.disabled:
            account = None
        secret = begin(guest, db, account, "provider") if account else ""
    if account is None:
        return _refused(guest, "stranger")
    response = guest.page("enter.html")
    cookies.write(guest.request, response, "session", secret)
    cookies.remove(guest.request, response, "journey")
    return response


def _refused(guest: Guest, about: str) -> Response:
    with guest.db() as db:
        audit.record(db, Action.LOG_IN, at=guest.at, who="?", allowed=False, details={"how": "provider", "why": about})
    return guest.page("answer.html", 403, about=about)


def _away(guest: Guest, away: ProviderAway) -> Response:
    log.warning("console.provider_away", reason_code=str(away))
    return guest.page("answer.html", 503, about="provider")


def _provider(guest: Guest) -> IdentityProvider:
    found: IdentityProvider | None = guest.request.app.state.provider
    if found is None:
        raise HTTPException(404)
    return found


def _redirect_uri(guest: Guest) -> str:
    """As it is registered at the provider."""
    host = guest.request.headers.get("host", "")
    return cookies.address_of(guest.request).origin(host) + BACK
