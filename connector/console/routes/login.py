"""Logging in with a password, logging out, and the one-time links by which a password is chosen."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from sqlalchemy import Connection

from connector.adapters import accounts, audit, passwords, sessions
from connector.adapters.accounts import Account, Link, NameTaken
from connector.adapters.audit import Action
from connector.adapters.passwords import WeakPassword
from connector.console import cookies
from connector.console.access import Guest, Visit, anybody, needs
from connector.console.places import local_path
from connector.domain.rights import Right, Role

router: Final = APIRouter()

Text = Annotated[str, Form(max_length=300)]


@router.get("/login")
def form(guest: Annotated[Guest, anybody()], back: str = "/") -> Response:
    return _form(guest, 200, back)


@router.post("/login")
def log_in(guest: Annotated[Guest, anybody()], name: Text, password: Text, back: Text = "/") -> Response:
    where = guest.request.client.host if guest.request.client else "?"
    limits = ((sessions.PER_ACCOUNT, name), (sessions.PER_ADDRESS, where))
    with guest.db() as db:
        wait = max(sessions.pause(db, limit, of, guest.at) for limit, of in limits)
        account = accounts.by_name(db, name)
    if wait:
        seconds = int(wait.total_seconds()) + 1
        return _form(guest, 429, back, fault="wait", seconds=seconds)
    right = passwords.is_right(account.password_hash if account else None, password)
    if account is None or not right or account.holder.disabled:
        with guest.db() as db:
            for limit, of in limits:
                sessions.failed(db, limit, of, guest.at)
            # A name that is none may be a password typed into the wrong field.
            _record(guest, db, Action.LOG_IN, account.name if account else "?", allowed=False)
        return _form(guest, 401, back, fault="wrong")
    with guest.db() as db:
        sessions.forgive(db, *limits[0])
        secret = begin(guest, db, account)
    return enter(guest, account, secret, back)


def _form(guest: Guest, status: int, back: str, *, fault: str = "", seconds: int = 0) -> Response:
    provider = guest.request.app.state.provider is not None
    return guest.page("login.html", status, back=local_path(back), fault=fault, seconds=seconds, provider=provider)


def begin(guest: Guest, db: Connection, account: Account, how: str = "password") -> str:
    """A new session, written down; its secret."""
    longest = guest.connector.settings.session_longest
    secret = sessions.begin(db, account.account_id, at=guest.at, longest=longest)
    _record(guest, db, Action.LOG_IN, account.name, how=how)
    return secret


def enter(guest: Guest, account: Account, secret: str, back: str) -> Response:
    """The answer to whoever has just logged in: always a new secret, never one that was there before."""
    response = guest.see_other(local_path(back))
    cookies.write(guest.request, response, "session", secret)
    if cookies.read(guest.request, "language") is None:
        cookies.write(guest.request, response, "language", account.language)
    return response


@router.post("/logout")
def log_out(visit: Annotated[Visit, needs(Right.OWN)]) -> Response:
    secret = cookies.read(visit.request, "session")
    with visit.db() as db:
        sessions.end(db, secret or "")
        _record(visit, db, Action.LOG_OUT, visit.account.name)
    response = visit.see_other("/login")
    cookies.remove(visit.request, response, "session")
    return response


@router.get("/link/{secret}")
def link(guest: Annotated[Guest, anybody()], secret: str) -> Response:
    """Looking does not use it up: mail programs look as well."""
    with guest.db() as db:
        found = accounts.find_link(db, secret, guest.at)
        owner = _owner(db, found)
        spent = found is None or (found.account_id is None and accounts.has_admin(db))
    if spent or (owner and owner.holder.disabled):
        return guest.page("answer.html", 410, about="link")
    return _link_page(guest, owner, "")


@router.post("/link/{secret}")
def use_link(
    guest: Annotated[Guest, anybody()], secret: str, password: Text, again: Text, name: Text = "", display: Text = ""
) -> Response:
    with guest.db() as db:
        found = accounts.find_link(db, secret, guest.at)
        owner = _owner(db, found)
    if found is None or (owner and owner.holder.disabled):
        return guest.page("answer.html", 410, about="link")
    chosen = owner or accounts.new_account(name, display, frozenset({Role.ADMIN}))
    fault = "" if owner or accounts.is_name(chosen.name) else "name"
    fault = fault or ("" if password == again else "differs")
    try:
        hashed = passwords.hash_password(password, chosen.name) if not fault else ""
    except WeakPassword as weak:
        fault = f"weak_{weak.reason}"
    if fault:
        return _link_page(guest, owner, fault, name=name, display=display)
    try:
        return _keep_password(guest, secret, chosen, hashed)
    except NameTaken:
        return _link_page(guest, owner, "taken", name=name, display=display)


def _keep_password(guest: Guest, secret: str, chosen: Account, hashed: str) -> Response:
    """Raises NameTaken, and the link works on."""
    with guest.db() as db:
        used = accounts.use_link(db, secret, guest.at)
        if used is None:
            return guest.page("answer.html", 410, about="link")
        if used.account_id is None:
            accounts.add(db, chosen, at=guest.at, by="set-up link")
        else:
            sessions.end_all(db, chosen.account_id)
        accounts.set_password(db, chosen.account_id, hashed)
        sessions.forgive(db, sessions.PER_ACCOUNT, chosen.name)
        session = begin(guest, db, chosen, "link")
        _record(guest, db, Action.SET_UP, chosen.name)
    return enter(guest, chosen, session, "/")


def _owner(db: Connection, found: Link | None) -> Account | None:
    return accounts.by_id(db, found.account_id) if found and found.account_id else None


def _link_page(guest: Guest, owner: Account | None, fault: str, *, name: str = "", display: str = "") -> Response:
    least = passwords.LEAST_LETTERS
    return guest.page(
        "link.html", 422 if fault else 200, owner=owner, fault=fault, name=name, display=display, least=least
    )


def _record(guest: Guest, db: Connection, action: Action, who: str, *, allowed: bool = True, how: str = "") -> None:
    audit.record(db, action, at=guest.at, who=who, allowed=allowed, details={"how": how} if how else None)
