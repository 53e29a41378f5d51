"""`lienthong audit`: who did or saw what, and whether anybody altered it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from connector import settings
from connector.adapters import audit, audit_reading
from connector.adapters.audit import Action
from connector.adapters.audit_reading import LONGEST_PAGE, Head, Line, Verdict, Wanted
from connector.adapters.database import make_engine
from connector.cli import filters
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.opening import database_url, ledger
from connector.cli.operator import operator
from connector.cli.output import AsJson, for_people, instant, say, write_json, write_line, write_table

_FAULTS: Final = {
    "altered": "bị sửa / was altered",
    "missing": "bị xóa / is missing",
    "head": "số dòng không khớp: cuối nhật ký bị xóa hoặc thêm / the count differs: the end was cut off or added to",
    "noted": "không phải nhật ký đã ghi chép / is not the audit that was noted",
}


def read_head(text: str) -> Head:
    """`COUNT:SEAL`, as `verify` prints it."""
    count, _, seal = text.strip().partition(":")
    if not (count.isascii() and count.isdigit() and len(seal) == 64 and set(seal) <= set("0123456789abcdef")):
        raise typer.BadParameter("expected COUNT:SEAL as an earlier `audit verify` printed it")
    return Head(int(count), seal)


Noted = Annotated[
    Head | None,
    typer.Option("--noted", metavar="COUNT:SEAL", parser=read_head, help="Dấu đã ghi lại trước / noted earlier."),
]
Who = Annotated[str | None, typer.Option("--who", metavar="NAME", help="Ai / whose lines.")]
What = Annotated[Action | None, typer.Option("--action", help="Việc / what was done.")]
Which = Annotated[UUID | None, typer.Option("--message", metavar="ID", help="Thông điệp / of one message.")]
Refused = Annotated[bool, typer.Option("--refused", help="Chỉ bị từ chối / only what was refused.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=LONGEST_PAGE, help="Nhiều nhất / at most so many.")]
Before = Annotated[int | None, typer.Option("--before", metavar="NUMBER", min=1, help="Trang sau / older than this.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Nhật ký truy cập / the audit: who did or saw what, when and why.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_lines)
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def list_lines(
    who: Who = None,
    action: What = None,
    message: Which = None,
    refused: Refused = False,
    since: filters.Since = None,
    until: filters.Until = None,
    limit: Limit = 50,
    before: Before = None,
    as_json: AsJson = False,
) -> None:
    """Danh sách / lines, newest first. That they were read is written down as well."""
    with ledger(settings.load()) as look:
        wanted = Wanted(
            who,
            action,
            message,
            False if refused else None,
            since.resolved(look.now) if since else None,
            until.resolved(look.now) if until else None,
        )
        lines = audit_reading.page(look.db, wanted, limit=limit, before=before)
        audit.record(look.db, Action.READ_AUDIT, at=look.now, who=operator())
    following = lines[-1].number if len(lines) == limit else None
    if as_json:
        write_json({"lines": [_document(line) for line in lines], "next": following})
        return
    _write_lines(lines)
    if following is not None:
        write_line(f"còn nữa / more: --before {following}")


def _write_lines(lines: Sequence[Line]) -> None:
    write_table(
        ["số / no.", "lúc / at", "ai / who", "việc / action", "", "đối tượng / target", "lý do / reason"],
        [
            (
                line.number,
                for_people(line.at),
                line.who,
                line.action,
                "" if line.allowed else "từ chối / refused",
                line.message_id or line.target,
                line.reason,
            )
            for line in lines
        ],
        numbers=(0,),
    )


def verify(noted: Noted = None, as_json: AsJson = False) -> None:
    """Kiểm tra / seals every line anew: finds one altered byte, a line taken out, added or moved.

    It prints the head, COUNT:SEAL. Whoever can rewrite the whole database can rewrite this as well; a head that was
    noted elsewhere and is handed in with --noted finds that too. Exit 1 when something was altered.
    """
    engine = make_engine(database_url(settings.load()), pool_size=1)
    try:
        verdict = audit_reading.verify(engine, noted)
    finally:
        engine.dispose()
    if as_json:
        write_json(_verdict(verdict))
    else:
        write_line(f"{verdict.head.count} dòng / lines; dấu / head: {verdict.head}")
        write_line("nguyên vẹn / nothing was altered" if verdict.sound else "")
    for fault in verdict.faults:
        say(f"dòng / line {fault.number}: {_FAULTS[fault.kind]}")
    if not verdict.sound:
        say(
            f"{verdict.count_of_faults} chỗ sai / faults; "
            "giữ nguyên cơ sở dữ liệu / keep the database as it is, for evidence"
        )
        raise typer.Exit(NEEDS_ATTENTION)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "sound": verdict.sound,
        "count": verdict.head.count,
        "seal": verdict.head.seal,
        "faults": [{"kind": fault.kind, "line": fault.number} for fault in verdict.faults],
    }


def _document(line: Line) -> dict[str, Any]:
    return {
        "number": line.number,
        "at": instant(line.at),
        "who": line.who,
        "action": line.action,
        "allowed": line.allowed,
        "message_id": str(line.message_id) if line.message_id else None,
        "target": line.target,
        "reason": line.reason,
        "details": line.details,
    }
