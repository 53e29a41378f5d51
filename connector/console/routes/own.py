"""One's own account: what one may do, the password, the language, the sessions."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response

from connector.adapters import accounts, passwords, sessions
from connector.adapters.passwords import WeakPassword
from connector.console import cookies
from connector.console.access import Visit, needs
from connector.console.routes.login import Text, begin
from connector.console.texts import Language
from connector.domain.rights import Right, rights_of

router: Final = APIRouter()


@router.get("/me")
def me(visit: Annotated[Visit, needs(Right.OWN)], said: str = "") -> Response:
    return _page(visit, said=said if said in ("password", "language") else "")


@router.post("/me/password")
def change_password(visit: Annotated[Visit, needs(Right.OWN)], old: Text, password: Text, again: Text) -> Response:
    """Ends every other session; this browser goes on with a new one."""
    account = visit.account
    with visit.db() as db:
        wait = sessions.pause(db, sessions.PER_ACCOUNT, account.name, visit.at)
    if wait or not passwords.is_right(account.password_hash, old):
        with visit.db() as db:
            sessions.failed(db, sessions.PER_ACCOUNT, account.name, visit.at)
        return _page(visit, fault="old")
    if password != again:
        return _page(visit, fault="differs")
    try:
        hashed = passwords.hash_password(password, account.name)
    except WeakPassword as weak:
        return _page(visit, fault=f"weak_{weak.reason}")
    with visit.db() as db:
        accounts.set_password(db, account.account_id, hashed)
        sessions.end_all(db, account.account_id)
        secret = begin(visit, db, account)
    response = visit.see_other("/me?said=password")
    cookies.write(visit.request, response, "session", secret)
    return response


@router.post("/me/language")
def change_language(visit: Annotated[Visit, needs(Right.OWN)], language: Annotated[Language, Form()]) -> Response:
    with visit.db() as db:
        accounts.set_language(db, visit.account.account_id, language)
    response = visit.see_other("/me?said=language")
    cookies.write(visit.request, response, "language", language)
    return response


def _page(visit: Visit, *, said: str = "", fault: str = "") -> Response:
    rights = rights_of(visit.account.holder)
    least = passwords.LEAST_LETTERS
    return visit.page("me.html", 422 if fault else 200, said=said, fault=fault, rights=rights, least=least)
