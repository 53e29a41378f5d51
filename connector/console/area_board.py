"""What the page of areas shows: the board of areas × procedures, and the same as a map of tiles."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from connector.adapters import readiness as rows
from connector.domain import units
from connector.domain.area_map import TILES
from connector.domain.rollout import Mode
from connector.domain.units import EVERYWHERE, Area
from connector.rollout import board
from connector.rollout.board import Line
from connector.rollout.readiness import Readiness, Thresholds, look
from connector.settings import Settings
from schemas.values import VIETNAM, Procedure

BACK: Final = timedelta(hours=24)
WIDTH, HEIGHT, GAP = 132, 62, 6


@dataclass(frozen=True, slots=True)
class Row:
    """One area and procedure with its last day: what arrived, and what failed. `ready` is told of areas in shadow."""

    line: Line
    arrived: int
    failed: int
    ready: bool | None
    failing: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """A district on the map, at its place in pixels, with a row for each procedure."""

    area: Area
    name: str
    x: int
    y: int
    rows: tuple[Row, ...]

    @property
    def failing(self) -> bool:
        return any(row.failing for row in self.rows)


@dataclass(frozen=True, slots=True)
class Board:
    rows: tuple[Row, ...]
    tiles: tuple[Tile, ...]
    width: int
    height: int


def read(db: Connection, now: datetime, settings: Settings, shown: Callable[[str], bool]) -> Board:
    """All areas that may be shown."""
    lines = [line for line in board.lines(db, now.astimezone(VIETNAM).date()) if shown(line.area.slug)]
    passed = rows.by_place(db, now - BACK)
    ready = {key: found.ready for key, found in _in_shadow(db, lines, now, settings).items()}
    made = tuple(_row(line, passed, ready, settings) for line in lines)
    width, height = (max(place[axis] for place in TILES.values()) + 1 for axis in (0, 1))
    return Board(made, tuple(_tiles(made)), width * (WIDTH + GAP), height * (HEIGHT + GAP))


def thresholds(settings: Settings) -> Thresholds:
    return Thresholds(
        valid=settings.ready_valid / 100,
        matching=settings.ready_matching / 100,
        compared=settings.ready_compared,
        causes=settings.ready_causes,
    )


def _in_shadow(
    db: Connection, lines: Iterable[Line], now: datetime, settings: Settings
) -> Mapping[tuple[str, Procedure], Readiness]:
    """Readiness is dear: it is asked for the areas that were put into shadow themselves."""
    wanted = [line for line in lines if line.is_own and line.mode is Mode.SHADOW]
    return {
        (line.area.slug, line.procedure): look(db, line.area.slug, (line.procedure,), thresholds(settings), now=now)
        for line in wanted
    }


def _row(
    line: Line,
    passed: Mapping[tuple[str | None, str | None], tuple[int, int]],
    ready: Mapping[tuple[str, Procedure], bool],
    settings: Settings,
) -> Row:
    mine = [
        counts
        for (area, procedure), counts in passed.items()
        if procedure == line.procedure and line.area.slug in (area, EVERYWHERE)
    ]
    arrived, failed = sum(one for one, _ in mine), sum(other for _, other in mine)
    enough = arrived + failed >= settings.guard_least
    failing = enough and failed * 100 > settings.guard_failures * (arrived + failed)
    return Row(line, arrived, failed, ready.get((line.area.slug, line.procedure)), failing)


def _tiles(made: Iterable[Row]) -> Iterable[Tile]:
    by_area: dict[str, list[Row]] = {}
    for row in made:
        by_area.setdefault(row.line.area.slug, []).append(row)
    for slug, (column, line) in TILES.items():
        area = units.area(slug)
        if area is not None and slug in by_area:
            name = area.name.replace("(Kiên Giang)", "(KG)")
            for kind in ("Thành phố ", "Thị xã ", "Huyện "):
                name = name.removeprefix(kind)
            yield Tile(area, name, column * (WIDTH + GAP), line * (HEIGHT + GAP), tuple(by_area[slug]))
