"""Words that the commands of `rollout` share: the area that an operator means, and its day."""

from datetime import date, datetime
from typing import Annotated

import typer

from connector.domain import units
from connector.domain.units import Area
from schemas.values import VIETNAM

AreaArgument = Annotated[
    str, typer.Argument(metavar="AREA", help="Địa bàn / long-xuyen, 30292, 30292@2023-06-01, all.")
]


def day_of(now: datetime) -> date:
    """The civil day in Vietnam."""
    return now.astimezone(VIETNAM).date()


def area_of(text: str, now: datetime) -> Area:
    """The area that is meant. Raises typer.BadParameter when there is none."""
    found = units.resolve_area(text, day_of(now))
    if found is None:
        raise typer.BadParameter(
            f"no such area: {text!r}; expected {units.EVERYWHERE}, a slug such as long-xuyen,"
            " or a commune's code such as 30292 or 30292@2023-06-01",
            param_hint="'AREA'",
        )
    return found
