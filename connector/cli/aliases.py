"""`lienthong aliases`: other names that this installation takes for a value of a catalogue."""

from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Connection

from connector.adapters import aliases, audit
from connector.adapters.audit import Action
from connector.cli.acting import connector
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.operator import operator
from connector.cli.output import AsJson, for_people, instant, say, write_json, write_table
from connector.domain.aliases import Alias, BadAlias, read_alias
from connector.replay.control import needed
from connector.wiring import Connector

AliasText = Annotated[str, typer.Argument(metavar="KIND:NAME=CODE", help="ethnicity:Khơ me Hạ=05")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Lý do / why; it is written down.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Tên gọi khác / other names for a value of a catalogue, such as an ethnic group's.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_aliases)
    group.command("set")(set_alias)
    group.command("drop")(drop_alias)
    app.add_typer(group, name="aliases")


def list_aliases(as_json: AsJson = False) -> None:
    """Danh sách / all names, with who adopted them, when and why."""
    with connector() as parts, parts.engine.begin() as db:
        found = aliases.adopted(db)
    if as_json:
        rows = [{**asdict(one.alias), "at": instant(one.at), "by": one.by, "why": one.why} for one in found]
        write_json({"aliases": rows})
        return
    write_table(
        ["loại / kind", "tên / name", "mã / code", "lúc / at", "bởi / by", "lý do / why"],
        [(a.alias.kind, a.alias.name, a.alias.value, for_people(a.at), a.by, a.why) for a in found],
    )


def set_alias(alias: AliasText, reason: Why) -> None:
    """Nhận / adopts a name. What is checked from now on knows it; `lienthong replay run` sends what had stopped."""
    one = _read(alias)
    with connector() as parts, parts.engine.begin() as db:
        aliases.adopt(db, one, now=parts.now(), by=operator(), why=needed(reason))
        _record(parts, db, one, reason, "set")


def drop_alias(alias: AliasText, reason: Why) -> None:
    """Bỏ / takes a name back. What was sent by it stays sent."""
    one = _read(alias)
    with connector() as parts, parts.engine.begin() as db:
        dropped = aliases.drop(db, one)
        if dropped:
            _record(parts, db, one, needed(reason), "drop")
    if not dropped:
        say("không có tên gọi này / there is no such name; nothing was changed")
        raise typer.Exit(NEEDS_ATTENTION)


def _read(text: str) -> Alias:
    try:
        return read_alias(text)
    except BadAlias as error:
        raise typer.BadParameter(str(error), param_hint="KIND:NAME=CODE") from None


def _record(parts: Connector, db: Connection, one: Alias, reason: str, act: str) -> None:
    details = {"act": act, "value": one.value}
    target = f"alias:{one.kind}:{one.folded}"
    audit.record(
        db, Action.CHANGE_ALIASES, at=parts.now(), who=operator(), reason=reason, target=target, details=details
    )
