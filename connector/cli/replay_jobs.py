"""`lienthong replay jobs`, `show`, `pause`, `resume` and `stop`."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import typer

from connector.adapters import audit, job_items, jobs
from connector.adapters.audit import Action
from connector.adapters.jobs import Job
from connector.cli.acting import connector
from connector.cli.operator import operator
from connector.cli.output import AsJson, for_people, write_json, write_table
from connector.cli.replay_json import job_document, report_document
from connector.cli.replay_output import COUNTS, write_job
from connector.replay.control import NotPossible
from connector.wiring import Connector

JobId = Annotated[UUID, typer.Argument(metavar="JOB", help="Mã đợt gửi lại / the job's UUID.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Lý do / why; it is written down.")]


def register(group: typer.Typer) -> None:
    for name, act in (("jobs", list_jobs), ("show", show), ("pause", pause), ("resume", resume), ("stop", stop)):
        group.command(name)(act)


def list_jobs(as_json: AsJson = False) -> None:
    """Các đợt gửi lại / replay jobs, newest first."""
    with connector() as parts, parts.engine.begin() as db:
        found = jobs.page(db, limit=100)
    if as_json:
        write_json({"jobs": [job_document(job) for job in found]})
        return
    write_table(
        ["tạo / made", "trạng thái / state", *COUNTS.values(), "bởi / by", "lý do / why", "id"],
        [
            (for_people(j.created_at), j.state, *(getattr(j, name) for name in COUNTS), j.by, j.reason, j.job_id)
            for j in found
        ],
        numbers=range(2, 7),
    )


def show(job_id: JobId, as_json: AsJson = False) -> None:
    """Một đợt gửi lại / one job: its counts, what was rehearsed beside what happened, who did what."""
    with connector() as parts:
        with parts.engine.begin() as db:
            job, compared, notes = jobs.look(db, job_id), job_items.compared(db, job_id), jobs.notes(db, job_id)
        if job is None:
            raise NotPossible("không có đợt gửi lại này / there is no such job; `lienthong replay jobs` lists them")
    if as_json:
        write_json(report_document(job, compared, notes))
        return
    write_job(job, as_json=False)
    headings = ["dự kiến / rehearsed", "thực tế / real", "chi tiết / outcome", "mã / code", "số / count", ""]
    rows = [(c.prospect, c.state, c.outcome, c.code, c.count, "≠" if c.as_foreseen is False else "") for c in compared]
    write_table(headings, rows, numbers=(4,))
    write_table(
        ["lúc / at", "việc / act", "bởi / by", "lý do / why"], [(for_people(n.at), n.move, n.by, n.why) for n in notes]
    )


def pause(job_id: JobId, reason: Why, as_json: AsJson = False) -> None:
    """Tạm dừng / put nothing more on the line; what is there goes its way."""
    _steer(job_id, "pause", reason, as_json, lambda parts: parts.jobs.pause)


def resume(job_id: JobId, reason: Why, as_json: AsJson = False) -> None:
    """Chạy tiếp / go on, with a single message first."""
    _steer(job_id, "resume", reason, as_json, lambda parts: parts.jobs.resume)


def stop(job_id: JobId, reason: Why, as_json: AsJson = False) -> None:
    """Dừng hẳn / send nothing more; what is on the line is awaited."""
    _steer(job_id, "stop", reason, as_json, lambda parts: parts.jobs.stop)


def _steer(job_id: UUID, word: str, reason: str, as_json: bool, act: Callable[[Connector], Callable[..., Job]]) -> None:
    with connector() as parts:
        job = act(parts)(job_id, by=operator(), reason=reason)
        with parts.engine.begin() as db:
            audit.record(
                db,
                Action.REPLAY,
                at=parts.now(),
                who=operator(),
                reason=reason,
                target=f"replay:{job_id}",
                details={"act": word},
            )
    write_job(job, as_json=as_json)
