"""Areas × procedures: how they stand, a map, and opening and closing them with a preview."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from connector.adapters import areas
from connector.console import area_board
from connector.console.access import Visit, needs
from connector.domain import units
from connector.domain.rights import Right
from connector.domain.rollout import PROCEDURES, Mode
from connector.domain.units import Area
from connector.rollout import board
from connector.rollout.board import Line
from connector.rollout.changes import Fate, Wish, carry_out, preview
from connector.rollout.readiness import Criterion, Readiness, Thresholds, look
from schemas.values import VIETNAM, Procedure

CHANGES: Final = 50
# What clerks entered since the last minute is looked at before a page speaks of it, or an area is opened.
BUDGET: Final = timedelta(seconds=2)
ALL: Final = "all"
router: Final = APIRouter()

Viewer = Annotated[Visit, needs(Right.VIEW)]
Lead = Annotated[Visit, needs(Right.CHANGE_ROLLOUT, by_area=True, reason=True)]
Reason = Annotated[str, Form(max_length=500)]
Hours = Annotated[int, Form(ge=0, le=8760)]


@router.get("/areas")
def all_areas(visit: Viewer) -> Response:
    with visit.db() as db:
        found = area_board.read(db, visit.at, visit.connector.settings, lambda area: visit.may_at(Right.VIEW, area))
    return visit.page("areas.html", board=found)


@router.get("/areas/{slug}")
def one_area(
    visit: Viewer,
    slug: str,
    procedure: Annotated[str, Query(max_length=20)] = ALL,
    mode: Annotated[Mode | None, Query()] = None,
    fate: Annotated[Fate, Query()] = Fate.SEND,
    hours: Annotated[int, Query(ge=0, le=8760)] = 0,
    said: str = "",
) -> Response:
    """The area; with a mode, what a change to it would do. Nothing is changed by looking."""
    area = _shown(visit, slug)
    wish = _wish(visit, area, procedure, mode, fate, hours, "-") if mode else None
    if wish and wish.mode is Mode.LIVE:
        visit.connector.shadow.look(budget=BUDGET)
    with visit.db() as db:
        lines = [line for line in board.lines(db, visit.at.astimezone(VIETNAM).date()) if line.area == area]
        lines = lines or board.of_area(db, area)
        changes = areas.changes(db, slug, limit=CHANGES)
        seen = preview(db, wish, rate=visit.connector.settings.release_rate) if wish else None
        short_of = _short_of(visit, db, lines, wish)
    return visit.page(
        "area.html",
        area=area,
        lines=lines,
        changes=changes,
        wish=wish,
        procedure=procedure,
        hours=hours,
        seen=seen,
        short_of=short_of,
        said=said if said == "done" else "",
        modes=Mode,
        fates=Fate,
        may_change=visit.may_at(Right.CHANGE_ROLLOUT, slug),
    )


@router.get("/areas/{slug}/readiness")
def readiness(visit: Viewer, slug: str) -> Response:
    area = _shown(visit, slug)
    visit.connector.shadow.look(budget=BUDGET)
    with visit.db() as db:
        found: Readiness = look(db, slug, PROCEDURES, _thresholds(visit), now=visit.at)
    states = ", ".join(f"{state}: {number}" for state, number in found.by_hand.states.items()) or "-"
    return visit.page("area_readiness.html", area=area, found=found, by_hand_states=states)


@router.post("/areas/{slug}")
def change(
    visit: Lead,
    slug: str,
    mode: Annotated[Mode, Form()],
    reason: Reason,
    procedure: Annotated[str, Form(max_length=20)] = ALL,
    fate: Annotated[Fate, Form()] = Fate.SEND,
    hours: Hours = 0,
) -> Response:
    area = _shown(visit, slug)
    visit.act(
        slug, reason=reason, target=slug, details={"mode": mode.value, "procedure": procedure, "fate": fate.value}
    )
    wish = _wish(visit, area, procedure, mode, fate, hours, reason.strip())
    if wish.mode is Mode.LIVE:
        visit.connector.shadow.look(budget=BUDGET)
    carry_out(visit.connector.engine, wish, visit.at)
    return visit.see_other(f"/areas/{slug}?said=done")


def _shown(visit: Visit, slug: str) -> Area:
    """The area, if there is one and this person may see it."""
    area = units.area(slug)
    if area is None or not visit.may_at(Right.VIEW, slug):
        raise HTTPException(404)
    return area


def _wish(visit: Visit, area: Area, procedure: str, mode: Mode, fate: Fate, hours: int, why: str) -> Wish:
    chosen: tuple[Procedure, ...] = tuple(one for one in PROCEDURES if procedure in (one, ALL))
    if not chosen:
        raise HTTPException(422)
    until: datetime | None = visit.at + timedelta(hours=hours) if hours else None
    return Wish(area=area.slug, procedures=chosen, mode=mode, by=visit.account.name, why=why, fate=fate, until=until)


def _short_of(visit: Visit, db: Connection, lines: Sequence[Line], wish: Wish | None) -> tuple[Criterion, ...]:
    """What an area in shadow lacks to be opened."""
    if wish is None or wish.mode is not Mode.LIVE or all(line.mode is not Mode.SHADOW for line in lines):
        return ()
    return look(db, wish.area, wish.procedures, _thresholds(visit), now=visit.at).short_of


def _thresholds(visit: Visit) -> Thresholds:
    return area_board.thresholds(visit.connector.settings)
