"""Plans and jobs as people read them, and the JSON of a plan as it grows: no plan is held in memory."""

import json
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import typer

from connector.adapters import job_items
from connector.adapters.jobs import Job
from connector.cli.output import say, write_json, write_line, write_table
from connector.cli.replay_json import Totals, job_document, planned
from connector.domain.rehearsal import Rehearsal
from connector.domain.stored import Stored
from connector.wiring import Connector

# So many messages of a plan are shown to people one by one; totals tell of the rest.
SHOWN: Final = 20
COUNTS: Final = {
    "planned": "dự kiến / planned",
    "sent": "đã gửi / sent",
    "skipped": "bỏ qua / skipped",
    "failed": "lỗi / failed",
    "remaining": "còn lại / remaining",
}


def write_plan(parts: Connector, found: Iterator[tuple[Stored, Rehearsal]], *, as_json: bool) -> None:
    """A rehearsal's messages and totals."""
    totals = Totals()
    counted = totals.counted(found, parts.now())
    if as_json:
        _write_json_plan(counted, totals)
        return
    first = [pair for _, pair in zip(range(SHOWN), counted, strict=False)]
    for _ in counted:
        pass  # counted on its way
    write_table(
        ["tuyến / route", "hồ sơ / subject", "lần / v.", "trạng thái / state", "sẽ / would", "mã / codes", "", "id"],
        [
            (
                s.route,
                s.subject,
                s.version,
                s.state,
                r.prospect,
                ", ".join(r.codes),
                r.waits_for or r.note,
                s.message_id,
            )
            for s, r in first
        ],
        numbers=(2,),
    )
    if totals.messages > SHOWN:
        write_line(f"… {totals.messages - SHOWN} thông điệp nữa / more messages")
    _write_counts(totals.as_document())


def _write_json_plan(counted: Iterator[tuple[Stored, Rehearsal]], totals: Totals) -> None:
    """`{"messages": [...], "totals": {...}}`, one message a line."""
    typer.echo('{"messages": [')
    before = ""
    for stored, rehearsal in counted:
        typer.echo(before + json.dumps(planned(stored, rehearsal), ensure_ascii=False), nl=False)
        before = ",\n"
    typer.echo(f'\n], "totals": {json.dumps(totals.as_document(), ensure_ascii=False)}}}')


def write_totals(parts: Connector, job_id: UUID) -> None:
    """What is foreseen of a frozen plan."""
    with parts.engine.begin() as db:
        totals = job_items.totals(db, job_id, parts.now())
    _write_counts(totals.by_name())


def _write_counts(document: dict[str, object]) -> None:
    for name, words in (
        ("prospects", "sẽ / would"),
        ("causes", "nguyên nhân / cause"),
        ("areas", "địa bàn / area"),
        ("procedures", "thủ tục / procedure"),
        ("ages", "tuổi / age"),
    ):
        counts = document.get(name)
        if isinstance(counts, dict) and counts:
            write_line(f"{words}: {', '.join(f'{key} {number}' for key, number in counts.items())}")
    write_line(f"tổng / in all: {document['messages']}")


def write_job(job: Job, *, as_json: bool) -> None:
    """A job with its counts."""
    if as_json:
        write_json(job_document(job))
        return
    write_line(f"{job.job_id}  {job.verb}  {job.state}  {job.by}: {job.reason}")
    write_line(line_of(job))
    if job.paused_why:
        say(f"đang tạm dừng / paused: {job.paused_why}; `lienthong replay resume {job.job_id} --reason …`")


def line_of(job: Job) -> str:
    """A job's counts on one line."""
    return f"{job.state}: " + ", ".join(f"{words} {getattr(job, name)}" for name, words in COUNTS.items())
