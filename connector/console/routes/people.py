"""Accounts: who may use the console. No administrator sees or sets a password; a link lets its owner choose one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException

from connector.adapters import accounts, sessions
from connector.adapters.accounts import Account, NameTaken
from connector.console import cookies
from connector.console.access import Visit, needs
from connector.domain import units
from connector.domain.rights import Right, Role

router: Final = APIRouter()

# What was done is written down by the handlers: they know to whom.
Manager = Annotated[Visit, needs(Right.MANAGE_ACCOUNTS, by_area=True)]
Text = Annotated[str, Form(max_length=200)]
Roles = Annotated[list[Role] | None, Form()]
Areas = Annotated[list[str] | None, Form()]
SAID: Final = ("added", "changed", "disabled", "enabled")


@router.get("/accounts")
def show_all(visit: Manager) -> Response:
    return _list(visit)


@router.post("/accounts")
def add(
    visit: Manager,
    name: Text,
    display: Text = "",
    external: Text = "",
    reason: Text = "",
    roles: Roles = None,
    areas: Areas = None,
) -> Response:
    """A new account; the answer shows its link, once."""
    new = accounts.new_account(name, display, frozenset(roles or ()), areas=_districts(areas), external=external)
    _write_down(visit, new, "add", reason)
    if not accounts.is_name(new.name):
        return _list(visit, fault="name", new=new)
    if not new.holder.roles:
        return _list(visit, fault="roles", new=new)
    with visit.db() as db:
        try:
            accounts.add(db, new, at=visit.at, by=visit.account.name)
        except NameTaken:
            return _list(visit, fault="taken", new=new)
        secret = (
            None if external.strip() else accounts.make_link(db, new.account_id, at=visit.at, by=visit.account.name)
        )
    return _one(visit, new, said="added", secret=secret)


@router.get("/accounts/{name}")
def show(visit: Manager, name: str, said: str = "") -> Response:
    return _one(visit, _found(visit, name), said=said if said in SAID else "")


@router.post("/accounts/{name}")
def change(
    visit: Manager,
    name: str,
    display: Text = "",
    external: Text = "",
    reason: Text = "",
    roles: Roles = None,
    areas: Areas = None,
) -> Response:
    """Roles, areas and names in the place of those it had."""
    one = _found(visit, name)
    holder = replace(one.holder, roles=frozenset(roles or ()), areas=_districts(areas))
    changed = replace(one, display_name=display.strip() or one.name, external=external.strip() or None, holder=holder)
    _write_down(visit, changed, "roles", reason)
    if one.account_id == visit.account.account_id and (Role.ADMIN not in holder.roles or holder.areas):
        return _one(visit, one, fault="self")
    with visit.db() as db:
        try:
            accounts.change(db, changed)
        except NameTaken:
            return _one(visit, one, fault="taken")
    return visit.see_other(f"/accounts/{one.name}?said=changed")


@router.post("/accounts/{name}/disable")
def disable(visit: Manager, name: str, reason: Text = "") -> Response:
    """Whoever is in with it is out at once."""
    one = _found(visit, name)
    _write_down(visit, one, "disable", reason)
    if one.account_id == visit.account.account_id:
        return _one(visit, one, fault="self")
    with visit.db() as db:
        accounts.set_disabled(db, one.account_id, True)
        sessions.end_all(db, one.account_id)
    return visit.see_other(f"/accounts/{one.name}?said=disabled")


@router.post("/accounts/{name}/enable")
def enable(visit: Manager, name: str, reason: Text = "") -> Response:
    one = _found(visit, name)
    _write_down(visit, one, "enable", reason)
    with visit.db() as db:
        accounts.set_disabled(db, one.account_id, False)
    return visit.see_other(f"/accounts/{one.name}?said=enabled")


@router.post("/accounts/{name}/link")
def reset_link(visit: Manager, name: str, reason: Text = "") -> Response:
    """A link for a new password; the answer shows it, once. The old password works until it is used."""
    one = _found(visit, name)
    _write_down(visit, one, "reset-link", reason)
    with visit.db() as db:
        secret = accounts.make_link(db, one.account_id, at=visit.at, by=visit.account.name)
    return _one(visit, one, secret=secret)


def _write_down(visit: Visit, one: Account, what: str, reason: str) -> None:
    details = {"what": what, "roles": sorted(one.holder.roles), "areas": sorted(one.holder.areas)}
    visit.act_everywhere(reason=reason, target=one.name, details=details)


def _found(visit: Visit, name: str) -> Account:
    with visit.db() as db:
        one = accounts.by_name(db, name)
    if one is None:
        if visit.request.method != "GET":
            visit.act_everywhere(target="?", details={"what": "unknown account"})
        raise HTTPException(404)
    return one


def _districts(wanted: Sequence[str] | None) -> frozenset[str]:
    """The areas that were ticked. Raises HTTPException 422 for what no form of ours offers."""
    offered = {area.slug for area in _offered()}
    if not offered.issuperset(wanted or ()):
        raise HTTPException(422)
    return frozenset(wanted or ())


def _offered() -> list[units.Area]:
    return [area for area in units.areas() if area.level is units.Level.DISTRICT]


def _list(visit: Visit, *, fault: str = "", new: Account | None = None) -> Response:
    with visit.db() as db:
        found = accounts.every(db)
    return visit.page(
        "accounts.html", 422 if fault else 200, accounts=found, one=new, fault=fault, roles=Role, areas=_offered()
    )


def _one(visit: Visit, one: Account, *, said: str = "", fault: str = "", secret: str | None = None) -> Response:
    host = visit.request.headers.get("host", "")
    link = f"{cookies.address_of(visit.request).origin(host)}/link/{secret}" if secret else ""
    values: dict[str, Any] = {"one": one, "said": said, "fault": fault, "link": link}
    until = visit.at + accounts.LINK_LIVES
    # The answer to a form that made a link has an address of its own; the language switch leads to the account.
    return visit.page(
        "account.html",
        422 if fault else 200,
        **values,
        until=until,
        roles=Role,
        areas=_offered(),
        here=f"/accounts/{one.name}",
    )
