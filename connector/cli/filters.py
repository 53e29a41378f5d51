"""The options that say which messages are meant: `messages list` has them, and whatever else chooses messages."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from connector.adapters.views import Commune, Filter
from connector.domain import units
from connector.domain.message import Route, State
from connector.domain.unit_table import read_table
from connector.setting_types import read_duration, read_instant
from schemas.values import VIETNAM


class ProcedureName(StrEnum):
    MARRIAGE = "marriage"
    DEATH = "death"


@dataclass(frozen=True, slots=True)
class When:
    """An instant, or a time before now."""

    at: datetime | None = None
    ago: timedelta | None = None

    def resolved(self, now: datetime) -> datetime:
        """The instant meant. Raises typer.BadParameter for one before the calendar begins."""
        if self.at is not None:
            return self.at
        try:
            return now - (self.ago or timedelta(0))
        except OverflowError:
            raise typer.BadParameter("so long ago there was no calendar") from None


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, before now and today are known."""

    states: list[State] | None = None
    routes: list[Route] | None = None
    area: str | None = None
    procedure: ProcedureName | None = None
    dossier: str | None = None
    code: str | None = None
    since: When | None = None
    until: When | None = None

    def resolved(self, now: datetime) -> Filter:
        """The filter meant at this instant. Raises typer.BadParameter for an area that does not exist."""
        area, commune = (None, None) if self.area is None else place(self.area, now.astimezone(VIETNAM).date())
        return Filter(
            states=tuple(self.states or ()),
            routes=tuple(self.routes or ()),
            procedure=None if self.procedure is None else self.procedure.value,
            area=area,
            commune=commune,
            subject=self.dossier,
            code=self.code,
            since=self.since.resolved(now) if self.since else None,
            until=self.until.resolved(now) if self.until else None,
        )


def read_when(text: str) -> When:
    """ISO 8601 (without an offset Vietnam's time), or a duration such as `2h` for that long ago."""
    for reader in (_ago, _at):
        try:
            return reader(text)
        except ValueError:
            continue
    raise typer.BadParameter(
        "expected an instant such as 2023-06-01T08:00 (Vietnam's time) or how long ago, such as 30m, 2h, 7d"
    )


def _ago(text: str) -> When:
    return When(ago=read_duration(text))


def _at(text: str) -> When:
    return When(at=read_instant(text))


def place(text: str, today: date) -> tuple[str | None, Commune | None]:
    """The district area's slug, or the commune, that an operator means; nothing for the whole province.

    Raises typer.BadParameter when there is no such place on the day it speaks of.
    """
    area = units.resolve_area(text, today)
    if area is None:
        raise typer.BadParameter(
            f"no such area: {text!r}; expected {units.EVERYWHERE}, a slug such as long-xuyen,"
            " or a commune's code such as 30292 or 30292@2023-06-01",
            param_hint="'--area'",
        )
    if area.level is units.Level.PROVINCE:
        return None, None
    if area.level is units.Level.DISTRICT:
        return area.slug, None
    return None, next(
        Commune(unit.code, unit.valid_from, unit.valid_to or date.max)
        for unit in read_table().communes
        if units.areas_of(unit.code, unit.valid_from)[0] == area.slug
    )


def read_code(text: str) -> str:
    """A check's or a partner's code; a partner's may be any word."""
    if not re.fullmatch(r"[0-9A-Za-z_.:-]{1,64}", text):
        raise typer.BadParameter("expected a check's code such as ID_LENGTH, or a partner's such as 110")
    return text


def write_cursor(seq: int) -> str:
    """The place behind a message, as a word that says nothing."""
    return base64.urlsafe_b64encode(f"s{seq}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> int:
    """The place that `write_cursor` wrote."""
    try:
        padded = text + "=" * (-len(text) % 4)
        found = re.fullmatch("s([0-9]{1,18})", base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        raise typer.BadParameter("expected the value of `next` of an earlier page")
    return int(found[1])


States = Annotated[list[State] | None, typer.Option("--state", help="Trạng thái / state; may be given several times.")]
Routes = Annotated[list[Route] | None, typer.Option("--route", help="Tuyến / route; may be given several times.")]
AreaText = Annotated[
    str | None, typer.Option("--area", metavar="AREA", help="Địa bàn / long-xuyen, 30292, 30292@2023-06-01, all.")
]
OneProcedure = Annotated[ProcedureName | None, typer.Option("--procedure", help="Thủ tục / procedure.")]
DossierCode = Annotated[
    str | None, typer.Option("--dossier", metavar="CODE", help="Mã hồ sơ / dossier code, or KH-7, KT-7 of a register.")
]
FindingCode = Annotated[
    str | None,
    typer.Option("--code", metavar="CODE", parser=read_code, help="Mã lỗi / a check's code or the partner's last one."),
]
Since = Annotated[
    When | None,
    typer.Option(
        "--since", metavar="T", parser=read_when, help="Từ / taken in since: ISO 8601, or 2h for two hours ago."
    ),
]
Until = Annotated[
    When | None, typer.Option("--until", metavar="T", parser=read_when, help="Đến / taken in before: likewise.")
]
Cursor = Annotated[
    int | None,
    typer.Option("--after", metavar="CURSOR", parser=read_cursor, help="Trang sau / `next` of the page before."),
]
