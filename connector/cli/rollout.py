"""`lienthong rollout`: which areas are open, and opening and closing them."""

import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Engine

from connector import settings
from connector.cli import filters
from connector.cli.area_lines import line_as_document
from connector.cli.endings import NEEDS_ATTENTION, WRONG_USAGE
from connector.cli.opening import ledger, ledger_engine
from connector.cli.operator import operator
from connector.cli.output import AsJson, for_people, instant, say, write_json, write_line, write_table
from connector.cli.rollout_plan import apply, export
from connector.cli.rollout_readiness import BUDGET, contact, in_words, readiness, short_of
from connector.cli.rollout_words import AreaArgument, area_of, day_of
from connector.domain.rollout import LATEST_YEAR, PROCEDURES, Mode
from connector.rollout import board
from connector.rollout.changes import Fate, Outcome, Preview, Wish, carry_out, preview
from connector.rollout.readiness import Criterion
from connector.rollout.shadow import Shadow
from connector.setting_types import read_day
from connector.settings import Settings
from schemas.values import Procedure

STOP: Final = "stop"


class WhichProcedure(StrEnum):
    MARRIAGE = "marriage"
    DEATH = "death"
    ALL = "all"


_PROCEDURES: Final[dict[WhichProcedure, tuple[Procedure, ...]]] = {
    WhichProcedure.MARRIAGE: ("marriage",),
    WhichProcedure.DEATH: ("death",),
    WhichProcedure.ALL: PROCEDURES,
}

FateOption = Annotated[
    Fate | None,
    typer.Option("--backlog", help="Tồn đọng / what becomes of what is held: sent, or given up (still listed)."),
]
FirstDay = Annotated[
    str | None,
    typer.Option("--from", metavar="DATE", help="Gửi từ ngày / with --backlog send: what was received from then on."),
]
UntilText = Annotated[
    str | None,
    typer.Option("--until", metavar="T", help="Đến khi / for so long (2h), or until then; afterwards as before."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Không hỏi / do not ask: what is held is sent.")]
WhyText = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Lý do / why; it is written down.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Triển khai theo địa bàn / which areas are open, and opening and closing them.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_areas)
    group.command("set")(set_mode)
    group.command("readiness")(readiness)
    group.command("contact")(contact)
    group.command("export")(export)
    group.command("apply")(apply)
    app.add_typer(group, name="rollout")


def list_areas(as_json: AsJson = False) -> None:
    """Danh sách địa bàn / areas × procedures with their mode, since when, by whom, why, and what is held for them."""
    with ledger(settings.load()) as look:
        found = board.lines(look.db, day_of(look.now))
    if as_json:
        write_json({"areas": [line_as_document(line) for line in found]})
        return
    write_table(
        ["địa bàn / area", "thủ tục / procedure", "mode", "từ / since", "giữ / held", "bởi / by", "lý do / why"],
        [
            (
                f"{line.area.name} ({line.area.slug})",
                line.procedure,
                line.mode if line.is_own or line.rule is None else f"{line.mode} (theo / by {line.rule.area})",
                for_people(line.since),
                line.held,
                line.rule.by if line.rule and line.is_own else "",
                line.rule.why if line.rule and line.is_own else "",
            )
            for line in found
        ],
        numbers=(4,),
    )


def set_mode(
    area: AreaArgument,
    procedure: Annotated[WhichProcedure, typer.Argument(help="Thủ tục / procedure.")],
    mode: Annotated[Mode, typer.Argument(help="Chế độ / what the area lets happen.")],
    reason: WhyText,
    backlog: FateOption = None,
    first_day: FirstDay = None,
    until: UntilText = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Đặt chế độ / opens or closes an area. What opening would let go is shown first, and asked about.

    Without --yes, without --backlog and without a terminal to ask at, an area with a backlog stays as it is: exit 2.
    Exit 1 when a narrower area keeps another mode of its own.
    """
    _check_words(reason, mode, backlog, first_day)
    given = settings.load()
    with ledger_engine(given) as (engine, now):
        wish = Wish(
            area=area_of(area, now).slug,
            procedures=_PROCEDURES[procedure],
            mode=mode,
            by=operator(),
            why=reason.strip(),
            fate=backlog or Fate.SEND,
            first_day=_first_day(first_day, backlog),
            until=_until(until, now),
        )
        lacks = _lacks(engine, wish, given, now)
        with engine.begin() as db:
            seen = preview(db, wish, rate=given.release_rate)
        if not yes and (lacks or (backlog is None and mode is Mode.LIVE and seen.released.total)):
            wish = _ask(wish, seen, lacks, as_json=as_json)
        outcome = carry_out(engine, wish, now)
        _tell(engine, wish, seen, outcome, now, as_json=as_json)
    if seen.own_mode:
        raise typer.Exit(NEEDS_ATTENTION)


def _check_words(reason: str, mode: Mode, backlog: Fate | None, first_day: str | None) -> None:
    if not reason.strip():
        raise typer.BadParameter("a reason is needed: it is written down", param_hint="'--reason'")
    if (backlog or first_day) and mode is not Mode.LIVE:
        raise typer.BadParameter("it belongs to opening: live", param_hint="'--backlog'")


def _lacks(engine: Engine, wish: Wish, given: Settings, now: datetime) -> tuple[Criterion, ...]:
    """What an area in shadow is short of before it is opened. What clerks entered meanwhile is looked at first."""
    if wish.mode is not Mode.LIVE:
        return ()
    Shadow(engine, now=lambda: now).look(budget=BUDGET)
    return short_of(engine, wish.area, wish.procedures, given, now)


def _ask(wish: Wish, seen: Preview, lacks: tuple[Criterion, ...], *, as_json: bool) -> Wish:
    """The wish with the fate that was chosen. Ends the command where nobody can be asked, or nothing is wished."""
    if as_json:
        write_json({"done": False, "short_of": [one.name for one in lacks]} | _seen(wish, seen))
    else:
        _write_preview(wish, seen)
        for line in in_words(lacks):
            write_line(f"! chưa đạt / short of: {line}")
    if as_json or not sys.stdin.isatty():
        say("chưa đổi gì / nothing was changed: choose --backlog send or skip, or --yes to send what is held")
        if lacks:
            say("chưa đạt ngưỡng / the area is short of what is asked of it: --yes opens it for the reason given")
        raise typer.Exit(WRONG_USAGE)
    chosen = ""
    while chosen not in (*Fate, STOP):
        chosen = typer.prompt("gửi, bỏ qua hay dừng / send, skip or stop", default=STOP).strip().lower()
    if chosen == STOP:
        say("chưa đổi gì / nothing was changed")
        raise typer.Exit(NEEDS_ATTENTION)
    return replace(wish, fate=Fate(chosen))


def _tell(engine: Engine, wish: Wish, seen: Preview, outcome: Outcome, now: datetime, *, as_json: bool) -> None:
    with engine.begin() as db:
        found = [line for line in board.lines(db, day_of(now)) if line.area.slug == wish.area]
    if as_json:
        write_json(
            {
                "done": True,
                "changed": list(outcome.changed),
                "held": outcome.held,
                **_seen(wish, seen),
                "released": outcome.released,
                "skipped": outcome.skipped,
                "areas": [line_as_document(line) for line in found if line.procedure in wish.procedures],
            }
        )
        return
    for procedure in wish.procedures:
        done = "" if procedure in outcome.changed else " (như cũ / as it was)"
        write_line(f"{wish.area}/{procedure}: {wish.mode}{done}")
    write_line(
        f"cho đi / let go {outcome.released} ({_duration(seen.takes)}), "
        f"bỏ qua / skipped {outcome.skipped}, giữ lại / held {outcome.held}"
    )
    for place, procedure, mode in seen.own_mode:
        write_line(f"! {place}/{procedure} giữ chế độ riêng / keeps a mode of its own: {mode}")


def _write_preview(wish: Wish, seen: Preview) -> None:
    write_line(f"mở / opening {wish.area} ({', '.join(wish.procedures)}):")
    write_table(
        ["tuyến / route", "sẽ gửi / would go", "sẽ bỏ / would be skipped"],
        [
            (route, seen.released.routes.get(route, 0), seen.skipped.routes.get(route, 0))
            for route in {**seen.released.routes, **seen.skipped.routes}
        ],
        numbers=(1, 2),
    )
    write_line(f"cũ nhất / oldest: {for_people(seen.released.oldest) or '-'}; gửi hết trong / {_duration(seen.takes)}")


def _seen(wish: Wish, seen: Preview) -> dict[str, Any]:
    return {
        "area": wish.area,
        "mode": wish.mode,
        "released": seen.released.total,
        "skipped": seen.skipped.total,
        "routes": dict(seen.released.routes),
        "oldest": instant(seen.released.oldest),
        "takes_seconds": round(seen.takes.total_seconds()),
        "own_mode": [{"area": place, "procedure": one, "mode": mode} for place, one, mode in seen.own_mode],
    }


def _duration(takes: timedelta) -> str:
    return f"khoảng / about {takes}"


def _first_day(text: str | None, fate: Fate | None) -> date | None:
    if text is None:
        return None
    if fate is not Fate.SEND:
        raise typer.BadParameter("it belongs to --backlog send", param_hint="'--from'")
    try:
        return read_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--from'") from None


def _until(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    when = filters.read_when(text)
    end = now + when.ago if when.ago is not None else when.at
    if end is None or end <= now or end.year > LATEST_YEAR:
        raise typer.BadParameter(f"it must lie ahead, before the end of the year {LATEST_YEAR}", param_hint="'--until'")
    return end
