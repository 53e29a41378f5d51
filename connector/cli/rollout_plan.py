"""`lienthong rollout export` and `apply`: the plan of a rollout as a file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from connector import settings
from connector.adapters import areas
from connector.cli.endings import NEEDS_ATTENTION, WRONG_USAGE
from connector.cli.opening import ledger, ledger_engine
from connector.cli.operator import operator
from connector.cli.output import AsJson, for_people, instant, say, write_json, write_line, write_table
from connector.cli.rollout_readiness import BUDGET
from connector.domain.rollout import Mode
from connector.rollout import plan
from connector.rollout.changes import Preview, carry_out, preview
from connector.rollout.plan import BadPlan, Sorted, Step
from connector.rollout.shadow import Shadow
from schemas.values import Procedure


def export() -> None:
    """Xuất kế hoạch / the rules that hold, as a plan (TOML) that would make them: who, what, when."""
    with ledger(settings.load()) as look:
        text = plan.write(areas.read(look.db))
    typer.echo(text, nl=False)


def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Kế hoạch / a plan, as `export` writes it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Chỉ xem / show what it would do.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Không hỏi / do not ask: what is held is sent.")] = False,
    as_json: AsJson = False,
) -> None:
    """Áp dụng kế hoạch / makes the steps of a plan that are due. Applied again, it makes what is due by then.

    An area that would let go a backlog stays as it is without --yes or a `backlog` in its step: exit 1.
    """
    steps = _read(file)
    given = settings.load()
    with ledger_engine(given) as (engine, now):
        with engine.begin() as db:
            found = plan.sort(steps, areas.read(db), now)
        if any(step.mode is Mode.LIVE for step, _ in found.due):
            # Nothing is sent that clerks have entered by hand meanwhile.
            Shadow(engine, now=lambda: now).look(budget=BUDGET)
        with engine.begin() as db:
            wishes = [(step, one, step.wish(one, operator())) for step, one in found.due]
            lines = [(step, one, preview(db, wish, rate=given.release_rate)) for step, one, wish in wishes]
        asked = [(step, one) for step, one, seen in lines if _has_to_be_asked(step, seen) and not yes]
        if not dry_run:
            for step, one, wish in wishes:
                if (step, one) not in asked:
                    carry_out(engine, wish, now)
    _tell(found, lines, asked, dry_run=dry_run, as_json=as_json)
    if asked:
        say("có tồn đọng / there is a backlog: name `backlog` in the step, or give --yes to send it")
        raise typer.Exit(NEEDS_ATTENTION)


def _read(file: Path) -> list[Step]:
    try:
        return plan.read(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError):
        say(f"không đọc được / cannot be read: {file}")
    except BadPlan as error:
        for fault in error.faults:
            say(fault)
    say("chưa đổi gì / nothing was changed")
    raise typer.Exit(WRONG_USAGE)


def _has_to_be_asked(step: Step, seen: Preview) -> bool:
    return step.mode is Mode.LIVE and step.backlog is None and seen.released.total > 0


Lines = list[tuple[Step, Procedure, Preview]]


def _tell(found: Sorted, lines: Lines, asked: list[tuple[Step, Procedure]], *, dry_run: bool, as_json: bool) -> None:
    made = "due" if dry_run else "made"
    rows = [
        *(("left" if (step, one) in asked else made, step, one, seen) for step, one, seen in lines),
        *(("as-it-is", step, one, None) for step, one in found.done),
        *(("later", step, one, None) for step, one in found.later),
    ]
    if as_json:
        write_json({"dry_run": dry_run, "steps": [_document(*row) for row in rows]})
        return
    write_table(
        ["", "địa bàn / area", "thủ tục / procedure", "mode", "từ / when", "cho đi / let go", "lý do / why"],
        [
            (word, step.area, one, step.mode, for_people(step.when), seen.released.total if seen else "", step.why)
            for word, step, one, seen in rows
        ],
        numbers=(5,),
    )
    if dry_run:
        write_line("chỉ xem, chưa đổi gì / a dry run: nothing was changed")


def _document(word: str, step: Step, procedure: Procedure, seen: Preview | None) -> dict[str, Any]:
    return {
        "state": word,
        "area": step.area,
        "procedure": procedure,
        "mode": step.mode,
        "when": instant(step.when),
        "until": instant(step.until),
        "why": step.why,
        "released": seen.released.total if seen else 0,
        "skipped": seen.skipped.total if seen else 0,
    }
