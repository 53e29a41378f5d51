"""Where the marks of a chart stand; the templates draw them as SVG, and the numbers beside them as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connector.adapters.traffic import Point
from schemas.values import VIETNAM

WIDTH: Final = 300
HEIGHT: Final = 84
_BASE: Final = 66  # below it stand the hours
_LABEL_EVERY: Final = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One point: delivered from the ground up, failed attempts on top of it, a mark at what was taken in."""

    x: float
    width: float
    delivered_y: float
    delivered_height: float
    failed_y: float
    failed_height: float
    taken_in_y: float
    point: Point


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with the number that the top stands for, and the hours written below: (x, text)."""

    bars: tuple[Bar, ...]
    top: int
    hours: tuple[tuple[float, str], ...]
    delivered: int
    failed: int
    taken_in: int


def chart(points: Sequence[Point]) -> Chart:
    """The points as bars that fill the picture; its top is a round number at or above the highest."""
    top = nice(max((max(p.delivered + p.failed, p.taken_in) for p in points), default=0))
    step = WIDTH / max(len(points), 1)

    def high(number: int) -> float:
        return round(number / top * (_BASE - 4), 2)

    bars = tuple(
        Bar(
            x=round(place * step + step * 0.1, 2),
            width=round(step * 0.8, 2),
            delivered_y=round(_BASE - high(p.delivered), 2),
            delivered_height=high(p.delivered),
            failed_y=round(_BASE - high(p.delivered) - high(p.failed), 2),
            failed_height=high(p.failed),
            taken_in_y=round(_BASE - high(p.taken_in), 2),
            point=p,
        )
        for place, p in enumerate(points)
    )
    return Chart(
        bars,
        top,
        tuple((round((place + 0.5) * step, 2), hour(p.at)) for place, p in enumerate(points) if _labelled(p.at)),
        sum(p.delivered for p in points),
        sum(p.failed for p in points),
        sum(p.taken_in for p in points),
    )


def nice(number: int) -> int:
    """The smallest of 4, 10, 20, 50, 100, 200, 500, … that is not below the number."""
    if number <= 4:
        return 4
    size = 10
    while True:
        for factor in (1, 2, 5):
            if number <= factor * size:
                return factor * size
        size *= 10


def hour(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H}h"


def _labelled(at: datetime) -> bool:
    return at.astimezone(VIETNAM).hour % _LABEL_EVERY == 0
