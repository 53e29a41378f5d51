"""`lienthong accounts`: who may use the console. No password is typed here: a link lets people choose one."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from connector import settings
from connector.adapters import accounts, audit, sessions
from connector.adapters.accounts import Account, NameTaken
from connector.adapters.audit import Action
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.opening import Look, ledger
from connector.cli.operator import operator
from connector.cli.output import AsJson, Reason, for_people, say, write_json, write_line, write_table
from connector.domain import units
from connector.domain.rights import Role
from connector.settings import Settings

Name = Annotated[str, typer.Argument(metavar="NAME", help="Tên tài khoản / the account's name.")]
Roles = Annotated[list[Role], typer.Option("--role", help="Vai trò / may be given several times.")]
Areas = Annotated[
    list[str] | None,
    typer.Option(
        "--area", metavar="AREA", help="Chỉ trong địa bàn cấp huyện / only in this district area, long-xuyen."
    ),
]
Display = Annotated[str, typer.Option("--display", metavar="TEXT", help="Họ tên hiển thị / the name to show.")]
External = Annotated[
    str, typer.Option("--external", metavar="TEXT", help="Tên ở máy chủ định danh / at the identity provider.")
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Tài khoản / who may use the console.", no_args_is_help=True, rich_markup_mode=None)
    for name, command in (
        ("list", list_accounts),
        ("add", add),
        ("roles", change_roles),
        ("disable", disable),
        ("enable", enable),
        ("reset-link", reset_link),
    ):
        group.command(name)(command)
    app.add_typer(group, name="accounts")


def list_accounts(as_json: AsJson = False) -> None:
    """Danh sách / all accounts."""
    with ledger(settings.load()) as look:
        found = accounts.every(look.db)
    if as_json:
        write_json({"accounts": [as_document(one) for one in found]})
        return
    write_table(
        ["tên / name", "hiển thị / shown as", "vai trò / roles", "địa bàn / areas", "mật khẩu / password", ""],
        [
            (
                one.name,
                one.display_name,
                ", ".join(sorted(one.holder.roles)),
                ", ".join(sorted(one.holder.areas)) or "toàn tỉnh / all",
                "có / yes" if one.password_hash else f"OIDC {one.external}" if one.external else "chưa / not yet",
                "bị khóa / disabled" if one.holder.disabled else "",
            )
            for one in found
        ],
    )


def add(
    name: Name, role: Roles, area: Areas = None, display: Display = "", external: External = "", reason: Reason = None
) -> None:
    """Thêm / a new account; prints the link by which its owner chooses a password, once within 24 hours.

    With --external there is no link: its owner comes by the identity provider.
    """
    new = accounts.new_account(name, display, frozenset(role), areas=_areas(area), external=external)
    if not accounts.is_name(new.name):
        raise typer.BadParameter("a name has small letters, digits, dots and hyphens only, at most 64")
    given = settings.load()
    with ledger(given) as look:
        try:
            accounts.add(look.db, new, at=look.now, by=operator())
        except NameTaken:
            say(f"đã có / there is an account {new.name}, or one with this external name; nothing was changed")
            raise typer.Exit(NEEDS_ATTENTION) from None
        secret = None if external else accounts.make_link(look.db, new.account_id, at=look.now, by=operator())
        _record(look, new, "add", reason)
    write_line(f"đã thêm / added: {new.name}")
    if secret:
        _write_link(given, secret, look.now)


def change_roles(name: Name, role: Roles, area: Areas = None, reason: Reason = None) -> None:
    """Vai trò / gives an account these roles and areas in the place of those it had; without --area everywhere."""
    areas = _areas(area)
    with ledger(settings.load()) as look:
        one = _found(look.db, name)
        changed = replace(one, holder=replace(one.holder, roles=frozenset(role), areas=areas))
        accounts.change(look.db, changed)
        _record(look, changed, "roles", reason)
    write_line(f"đã đổi / changed: {changed.name}: {', '.join(sorted(changed.holder.roles))}")


def disable(name: Name, reason: Reason = None) -> None:
    """Khóa / nobody comes in with this account any more; who is in is out at once."""
    _set_disabled(name, True, reason)


def enable(name: Name, reason: Reason = None) -> None:
    """Mở khóa / the account may be used again."""
    _set_disabled(name, False, reason)


def _set_disabled(name: str, disabled: bool, reason: str | None) -> None:
    with ledger(settings.load()) as look:
        one = _found(look.db, name)
        accounts.set_disabled(look.db, one.account_id, disabled)
        if disabled:
            sessions.end_all(look.db, one.account_id)
        _record(look, one, "disable" if disabled else "enable", reason)
        left = accounts.has_admin(look.db)
    write_line(f"{'đã khóa / disabled' if disabled else 'đã mở khóa / enabled'}: {one.name}")
    if not left:
        say("không còn quản trị viên / no administrator is left; the console's next start prints a set-up link")


def reset_link(name: Name, reason: Reason = None) -> None:
    """Liên kết đặt mật khẩu / a link by which the owner chooses a new password, once within 24 hours."""
    given = settings.load()
    with ledger(given) as look:
        one = _found(look.db, name)
        secret = accounts.make_link(look.db, one.account_id, at=look.now, by=operator())
        _record(look, one, "reset-link", reason)
    _write_link(given, secret, look.now)


def link_url(given: Settings, secret: str) -> str:
    """Where the link leads."""
    return f"{given.console_url or f'http://{given.console_bind}'}/link/{secret}"


def set_up_link(db: Connection, where: str, now: datetime) -> str | None:
    """A link under the console's address that makes the first administrator; None when there is one."""
    if accounts.has_admin(db):
        return None
    return f"{where}/link/{accounts.make_link(db, None, at=now, by=operator())}"


def as_document(one: Account) -> dict[str, Any]:
    return {
        "name": one.name,
        "display_name": one.display_name,
        "roles": sorted(one.holder.roles),
        "areas": sorted(one.holder.areas),
        "disabled": one.holder.disabled,
        "has_password": one.password_hash is not None,
        "external": one.external,
    }


def _write_link(given: Settings, secret: str, now: datetime) -> None:
    until = for_people(now + accounts.LINK_LIVES)
    say(f"trao cho chính người đó / hand it to its owner only; dùng một lần, đến / works once, until {until}")
    write_line(link_url(given, secret))


def _areas(wanted: list[str] | None) -> frozenset[str]:
    found = set()
    for text in wanted or ():
        area = units.area(text.strip().lower())
        if area is None or area.level is not units.Level.DISTRICT:
            raise typer.BadParameter(f"{text!r} is no district area; `lienthong status --json` lists them under areas")
        found.add(area.slug)
    return frozenset(found)


def _found(db: Connection, name: str) -> Account:
    one = accounts.by_name(db, name)
    if one is None:
        say(f"không có tài khoản / there is no account {name}; `lienthong accounts list` shows them")
        raise typer.Exit(NEEDS_ATTENTION)
    return one


def _record(look: Look, one: Account, what: str, reason: str | None) -> None:
    details = {"what": what, "roles": sorted(one.holder.roles), "areas": sorted(one.holder.areas)}
    audit.record(
        look.db,
        Action.MANAGE_ACCOUNTS,
        at=look.now,
        who=operator(),
        reason=reason or "",
        target=one.name,
        details=details,
    )
