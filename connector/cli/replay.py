"""`lienthong replay plan` and `run`: what would happen if messages went again, and jobs that send them again."""

import sys
import time
from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

import typer

from connector.adapters import audit, causes, jobs
from connector.adapters.audit import Action
from connector.adapters.jobs import Job
from connector.adapters.views import Filter
from connector.cli import filters, replay_jobs
from connector.cli.acting import connector
from connector.cli.endings import NEEDS_ATTENTION
from connector.cli.operator import operator
from connector.cli.output import AsJson, Reason, say, write_json
from connector.cli.replay_json import nothing
from connector.cli.replay_output import line_of, write_job, write_plan, write_totals
from connector.domain.aliases import BadAlias, read_alias, table_of
from connector.domain.replay import JobState, Verb
from connector.replay.control import NotPossible
from connector.replay.plans import Request
from connector.wiring import Connector

FOLLOWED_EVERY: Final = 0.5

Ids = Annotated[list[UUID] | None, typer.Argument(metavar="[ID]...", help="Mã thông điệp / messages by their UUIDs.")]
CauseId = Annotated[
    str | None, typer.Option("--cause", metavar="ID", help="Nguyên nhân / a cause of `lienthong causes`.")
]
Insist = Annotated[
    bool, typer.Option("--insist", "--again", help="Gửi lại cả thông điệp đã giao / send delivered ones again, too.")
]
AliasText = Annotated[
    list[str] | None,
    typer.Option("--alias", metavar="KIND:NAME=CODE", help="Thử với tên gọi khác / as if this name were adopted."),
]
AskSource = Annotated[bool, typer.Option("--refetch", help="Hỏi lại nguồn trước / ask the source again first.")]
Yes = Annotated[bool, typer.Option("--yes", help="Không hỏi lại / run it without asking.")]
Wait = Annotated[bool, typer.Option("--wait", help="Theo dõi đến hết / follow the job to its end.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Gửi lại / replay: what would happen, and jobs that send messages again.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("plan")(plan)
    group.command("run")(run)
    replay_jobs.register(group)
    app.add_typer(group, name="replay")


def plan(
    ids: Ids = None,
    state: filters.States = None,
    route: filters.Routes = None,
    area: filters.AreaText = None,
    procedure: filters.OneProcedure = None,
    dossier: filters.DossierCode = None,
    code: filters.FindingCode = None,
    since: filters.Since = None,
    until: filters.Until = None,
    cause: CauseId = None,
    insist: Insist = False,
    alias: AliasText = None,
    as_json: AsJson = False,
) -> None:
    """Kế hoạch / what would happen, per message. Nothing is changed."""
    choice = filters.Choice(state, route, area, procedure, dossier, code, since, until)
    try:
        table = table_of(tuple(read_alias(one) for one in alias or ()))
    except BadAlias as error:
        raise typer.BadParameter(str(error), param_hint="'--alias'") from None
    with connector() as parts:
        wanted = _filter(parts, choice, ids, cause)
        write_plan(parts, parts.plans.rehearse(wanted, more_aliases=table, insist=insist), as_json=as_json)


def run(
    reason: Reason = None,
    ids: Ids = None,
    state: filters.States = None,
    route: filters.Routes = None,
    area: filters.AreaText = None,
    procedure: filters.OneProcedure = None,
    dossier: filters.DossierCode = None,
    code: filters.FindingCode = None,
    since: filters.Since = None,
    until: filters.Until = None,
    cause: CauseId = None,
    insist: Insist = False,
    refetch: AskSource = False,
    yes: Yes = False,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Gửi lại / a job that sends these messages again, in waves; prints its id.

    Without --yes it shows the plan and asks; where nobody can be asked, it does nothing and ends with 1.
    """
    if not (reason and reason.strip()):
        raise typer.BadParameter("a job needs --reason TEXT: it is written down who did it, and why")
    choice = filters.Choice(state, route, area, procedure, dossier, code, since, until)
    with connector() as parts:
        wanted = _filter(parts, choice, ids, cause)
        verb = Verb.REFETCH if refetch else Verb.REPLAY
        request = Request(wanted=wanted, by=operator(), reason=reason.strip(), verb=verb, insist=insist)
        if not yes and not sys.stdin.isatty():
            write_plan(parts, parts.plans.rehearse(wanted, insist=insist), as_json=as_json)
            raise NotPossible("chưa làm gì / nothing was done: add --yes to run this plan")
        _run(parts, request, ask=not yes, wait=wait, as_json=as_json)


def _run(parts: Connector, request: Request, *, ask: bool, wait: bool, as_json: bool) -> None:
    job = _started(parts, request, ask=ask)
    if job is None:
        say("không có thông điệp nào / no message is meant; nothing was done")
        if as_json:
            write_json(nothing())
        return
    if wait:
        job = _followed(parts, job.job_id, quiet=as_json)
    write_job(job, as_json=as_json)
    if wait and (job.state is not JobState.DONE or job.failed):
        raise typer.Exit(NEEDS_ATTENTION)


def _started(parts: Connector, request: Request, *, ask: bool) -> Job | None:
    """The job of this wish: frozen, rehearsed, shown if a person is to be asked, and run. None when it has no
    message."""
    job_id, _ = parts.plans.freeze(request)
    job = parts.plans.prepare(job_id)
    if job is None or job.state is not JobState.PLANNED:
        with parts.engine.begin() as db:  # the same wish runs already
            return jobs.look(db, job_id)
    if job.planned == 0:
        parts.plans.discard(job_id)
        return None
    if ask:
        write_totals(parts, job_id)
        if not typer.confirm("gửi lại? / run this plan?"):
            parts.plans.discard(job_id)
            raise NotPossible("chưa làm gì / nothing was done")
    action = Action.REFETCH if request.verb is Verb.REFETCH else Action.REPLAY
    with parts.engine.begin() as db:
        audit.record(db, action, at=parts.now(), who=request.by, reason=request.reason, target=f"replay:{job_id}")
    return parts.jobs.run(job_id, by=request.by, reason=request.reason)


def _filter(parts: Connector, choice: filters.Choice, ids: list[UUID] | None, cause: str | None) -> Filter:
    found = choice.resolved(parts.now())
    key = None
    if cause is not None:
        with parts.engine.begin() as db:
            known = causes.find(db, cause)
        if known is None:
            raise NotPossible("không có nguyên nhân này / no open failure has this cause; nothing was done")
        key = known.key
    return replace(found, ids=tuple(ids or ()), cause=key)


def _followed(parts: Connector, job_id: UUID, *, quiet: bool) -> Job:
    """Waits until the job is over, or waits for a person itself."""
    shown = None
    while True:
        with parts.engine.begin() as db:
            job = jobs.look(db, job_id)
        assert job is not None
        line = line_of(job)
        if line != shown and not quiet:
            say(line)
        shown = line
        if job.is_over or job.state is JobState.PAUSED:
            return job
        time.sleep(FOLLOWED_EVERY)
