"""`lienthong status`: how the interconnection stands, in one look."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import typer

from connector import settings
from connector.adapters import overview
from connector.adapters.overview import NEEDS_PERSON, OVERDUE_AFTER, Overview
from connector.cli.area_lines import in_one_line, line_as_document
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.opening import ledger
from connector.cli.output import AsJson, for_people, instant, write_json, write_line, write_table
from connector.domain import units
from connector.domain.message import State
from connector.domain.rollout import Mode
from connector.rollout import board
from connector.rollout.board import Line
from connector.rollout.guard import GUARD
from schemas.values import VIETNAM


def register(app: typer.Typer) -> None:
    app.command()(status)


def status(as_json: AsJson = False) -> None:
    """Tình trạng / counts by route and state, the oldest waiting message, the backlog's forecast, areas, breakers.

    Exit 1 when a message needs a person, a partner is closed, or something is overdue.
    """
    given = settings.load()
    with ledger(given) as look:
        found, now = overview.look(look.db, look.now, given.document_alert), look.now
        areas = board.lines(look.db, now.astimezone(VIETNAM).date())
    reasons = [*attention(found, now), *frozen_by_guard(areas)]
    if as_json:
        write_json(as_document(found, now, areas))
    else:
        _write(found, now, areas, reasons)
    if reasons:
        raise typer.Exit(NEEDS_ATTENTION)


def attention(found: Overview, now: datetime) -> Iterator[str]:
    """What a person should look at, one line each."""
    for state in NEEDS_PERSON:
        number = found.total([state])
        if number:
            yield f"{number} thông điệp / messages {state}: lienthong messages list --state {state}"
    if found.late_documents:
        yield (
            f"{found.late_documents} kết quả chưa có bản ký / results without their document: "
            "lienthong messages list --state held --code RESULT_WITHOUT_FILE"
        )
    for partner, door in found.partners.items():
        if door.breaker != "closed":
            until = for_people(door.until) or "lượt thử / a probe"
            yield f"{partner} tạm ngừng đến / closed until {until}: {door.why}"
    if found.due_since is not None and now - found.due_since > OVERDUE_AFTER:
        yield f"có thông điệp quá hạn gửi từ / a message is overdue since {for_people(found.due_since)}"


def frozen_by_guard(areas: Sequence[Line]) -> Iterator[str]:
    """Areas that were frozen by themselves, one line each."""
    for line in areas:
        if line.is_own and line.rule and line.mode is Mode.FROZEN and line.rule.by == GUARD:
            yield f"{line.area.slug}/{line.procedure} tự đóng băng / was frozen by the guard: {line.rule.why}"


def as_document(found: Overview, now: datetime, areas: Sequence[Line]) -> dict[str, Any]:
    """The JSON of `status` (contract operating.md)."""
    waiting = found.waiting_since
    return {
        "routes": {route: dict(states) for route, states in found.counts.items()},
        "oldest_waiting_seconds": None if waiting is None else max(round((now - waiting).total_seconds()), 0),
        "forecast_empty_at": instant(found.empty_at),
        "breakers": {partner: door.breaker for partner, door in found.partners.items()},
        "late_documents": found.late_documents,
        "areas": [line_as_document(line) for line in areas],
    }


def _write(found: Overview, now: datetime, areas: Sequence[Line], reasons: list[str]) -> None:
    document = as_document(found, now, areas)
    rows = [(route, *states.values()) for route, states in found.counts.items()]
    write_table(["tuyến / route", *State], rows, numbers=range(1, len(State) + 1))
    write_line()
    oldest = document["oldest_waiting_seconds"]
    write_line(f"chờ lâu nhất / oldest waiting:  {'-' if oldest is None else f'{oldest} s'}")
    write_line(f"dự kiến hết / forecast empty:   {for_people(found.empty_at) or '-'}")
    for partner, breaker in document["breakers"].items():
        write_line(f"{partner}: {breaker}")
    for line in areas:
        if line.is_own or line.area.slug == units.EVERYWHERE:
            write_line(in_one_line(line))
    for reason in reasons:
        write_line(f"! {reason}")
