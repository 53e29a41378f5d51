"""`lienthong messages`: which messages there are, and the whole life of one."""

import json
from typing import Annotated, Final
from uuid import UUID

import typer

from connector import settings
from connector.adapters import audit, views
from connector.adapters.audit import Action
from connector.adapters.views import LONGEST_PAGE, MessageView
from connector.cli import filters, message_verbs
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.message_json import as_document, life_as_document
from connector.cli.opening import Look, ledger
from connector.cli.operator import operator
from connector.cli.output import AsJson, Reason, for_people, say, write_json, write_line, write_table

DEFAULT_PAGE: Final = 50

Limit = Annotated[int, typer.Option("--limit", min=1, max=LONGEST_PAGE, help="Nhiều nhất / at most so many.")]
MessageId = Annotated[UUID, typer.Argument(metavar="ID", help="Mã thông điệp / the message's UUID.")]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Hiện dữ liệu cá nhân / show personal data; needs --reason, and is audited.")
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Thông điệp / messages: which there are, and the whole life of one.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_messages)
    group.command("show")(show_message)
    message_verbs.register(group)
    app.add_typer(group, name="messages")


def list_messages(
    state: filters.States = None,
    route: filters.Routes = None,
    area: filters.AreaText = None,
    procedure: filters.OneProcedure = None,
    dossier: filters.DossierCode = None,
    code: filters.FindingCode = None,
    since: filters.Since = None,
    until: filters.Until = None,
    limit: Limit = DEFAULT_PAGE,
    after: filters.Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Danh sách / messages, newest first."""
    choice = filters.Choice(state, route, area, procedure, dossier, code, since, until)
    with ledger(settings.load()) as look:
        page = views.page(look.db, choice.resolved(look.now), limit=limit, after=after)
    following = None if page.next_after is None else filters.write_cursor(page.next_after)
    if as_json:
        write_json({"messages": [as_document(message) for message in page.messages], "next": following})
        return
    _write_list(page.messages)
    if following is not None:
        write_line(f"còn nữa / more: --after {following}")


def show_message(message_id: MessageId, as_json: AsJson = False, reveal: Reveal = False, reason: Reason = None) -> None:
    """Một thông điệp / one message: its life, its attempts, its findings and its content with personal data hidden."""
    if reveal and not (reason and reason.strip()):
        raise typer.BadParameter("--reveal needs --reason TEXT: it is written down who saw what, and why")
    if reason is not None and not reveal:
        raise typer.BadParameter("--reason belongs to --reveal")
    given = settings.load()
    with ledger(given) as look:
        life = views.life(look.db, message_id)
        if life is not None and reveal:
            _leave_trace(look, message_id, reason or "")
    # Only now is the trace committed, and only now may anything be shown.
    if life is None:
        say(f"không có thông điệp này / there is no message {message_id}; `lienthong messages list` shows the others")
        raise typer.Exit(NEEDS_ATTENTION)
    document = life_as_document(life, reveal=reveal)
    if as_json:
        write_json(document)
        return
    _write_message(life)
    write_line(f"\nnội dung / content{'' if reveal else ' (đã che / masked)'}")
    write_line("-" if life.body is None else json.dumps(document["content"], ensure_ascii=False, indent=2))


def _leave_trace(look: Look, message_id: UUID, reason: str) -> None:
    audit.record(look.db, Action.REVEAL, at=look.now, who=operator(), reason=reason, message_id=message_id)


def _write_list(messages: tuple[MessageView, ...]) -> None:
    write_table(
        ["nhận / taken in", "tuyến / route", "hồ sơ / subject", "lần / v.", "trạng thái / state", "mã / codes", "id"],
        [
            (
                for_people(m.created_at),
                m.route,
                m.subject,
                m.version,
                m.state if m.waits_for is None else f"{m.state} ({m.waits_for})",
                ", ".join(dict.fromkeys([*([m.last_code] if m.last_code else []), *(f.code for f in m.findings)])),
                m.message_id,
            )
            for m in messages
        ],
        numbers=(3,),
    )


def _write_message(life: views.Life) -> None:
    m = life.message
    held = f" (chờ / waits for: {m.waits_for})" if m.waits_for else ""
    write_line(f"{m.message_id}  {m.route}  {m.procedure or '-'}  {m.subject}  v{m.version}  {m.area or '-'}")
    write_line(f"trạng thái / state: {m.state}{held}; số lần gửi / attempts: {m.attempts}; {_instants(m)}")
    if m.last_code:
        write_line(f"lỗi cuối / last error: {m.last_code} {m.last_text or ''}")
    for finding in m.findings:
        overridden = f" [bỏ qua bởi / overridden by {finding.overridden_by}]" if finding.overridden_by else ""
        write_line(f"  {finding.severity} {finding.code} {finding.pointer}: {finding.vi} / {finding.en}{overridden}")
    write_line("\nquá trình / history")
    write_table(
        ["lúc / at", "từ / from", "việc / move", "thành / to", "bởi / by", "lý do / why"],
        [(for_people(s.at), s.was, s.move, s.became, s.by, s.why) for s in life.history],
    )
    write_line("\ncác lần gửi / tries")
    write_table(
        ["lúc / at", "kết quả / outcome", "HTTP", "mã / code", "ms", "tiến trình / worker"],
        [(for_people(t.at), t.outcome, t.http_status, t.code, t.duration_ms, t.worker) for t in life.tries],
    )


def _instants(message: MessageView) -> str:
    named = (
        ("nhận / taken in", message.created_at),
        ("gửi từ / due", message.due_at),
        ("đã giao / delivered", message.delivered_at),
    )
    return "; ".join(f"{name}: {for_people(moment)}" for name, moment in named if moment)
