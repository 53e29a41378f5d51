"""Which messages a page shows: read from its address, told apart from what cannot be read, and written back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar, get_args
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import QueryParams

from connector.adapters import causes
from connector.adapters.views import Commune, Filter
from connector.domain import units
from connector.domain.message import Route, State
from connector.domain.unit_table import read_table
from schemas.values import VIETNAM, Procedure, clean_code

FIELDS: Final = ("state", "route", "area", "procedure", "dossier", "code", "cause", "since", "until")
W = TypeVar("W", bound=StrEnum)
_CODE: Final = re.compile(r"[0-9A-Za-z_.:-]{1,64}")
_LONGEST: Final = 200
_AGO: Final = re.compile(r"([0-9]{1,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, as it was written; `faults` names the fields that could not be read, which then do not
    narrow."""

    written: Mapping[str, tuple[str, ...]]
    filter: Filter
    faults: frozenset[str] = field(default_factory=frozenset)

    def first(self, name: str) -> str:
        return next(iter(self.written.get(name, ())), "")

    def has(self, name: str, value: str) -> bool:
        return value in self.written.get(name, ())

    @property
    def is_empty(self) -> bool:
        return not any(self.written.values())

    def query(self, **more: object) -> str:
        """The part of an address that says the same."""
        pairs = [(name, value) for name, values in self.written.items() for value in values]
        return urlencode([*pairs, *((name, str(value)) for name, value in more.items() if value is not None)])


def read_filter(db: Connection, query: QueryParams, now: datetime, areas: frozenset[str] | None) -> Wanted:
    """The filter of an address. `areas` is what the reader is limited to."""
    written = {
        name: tuple(value.strip()[:_LONGEST] for value in query.getlist(name) if value.strip()) for name in FIELDS
    }
    written = {name: values for name, values in written.items() if values}
    faults: set[str] = set()

    def one(name: str) -> str | None:
        return next(iter(written.get(name, ())), None)

    states = _words(written.get("state", ()), State, "state", faults)
    routes = _words(written.get("route", ()), Route, "route", faults)
    area, commune = _place(one("area"), now.astimezone(VIETNAM).date(), faults)
    code = one("code")
    if code is not None and not _CODE.fullmatch(code):
        faults.add("code")
        code = None
    dossier = one("dossier")
    cause = one("cause")
    found = causes.find(db, cause) if cause else None
    if cause and found is None:
        faults.add("cause")
    return Wanted(
        written,
        Filter(
            states=states,
            routes=routes,
            procedure=_procedure(one("procedure"), faults),
            area=area,
            areas=tuple(sorted(areas or ())),
            commune=commune,
            subject=clean_code(dossier) if dossier else None,
            code=code,
            cause=found.key if found else None,
            since=_instant("since", one("since"), now, faults),
            until=_instant("until", one("until"), now, faults),
        ),
        frozenset(faults),
    )


def _words(values: tuple[str, ...], kind: type[W], name: str, faults: set[str]) -> tuple[W, ...]:
    found: list[W] = []
    for value in values:
        try:
            found.append(kind(value))
        except ValueError:
            faults.add(name)
    return tuple(found)


def _procedure(value: str | None, faults: set[str]) -> Procedure | None:
    for known in get_args(Procedure):
        if value == known:
            found: Procedure = known
            return found
    if value is not None:
        faults.add("procedure")
    return None


def _place(value: str | None, today: date, faults: set[str]) -> tuple[str | None, Commune | None]:
    """A district area's slug, or a commune; nothing for the whole province."""
    if value is None:
        return None, None
    area = units.resolve_area(value, today)
    if area is None:
        faults.add("area")
        return None, None
    if area.level is not units.Level.COMMUNE:
        return (None if area.level is units.Level.PROVINCE else area.slug), None
    for unit in read_table().communes:
        if units.areas_of(unit.code, unit.valid_from)[0] == area.slug:
            return None, Commune(unit.code, unit.valid_from, unit.valid_to or date.max)
    return None, None


def _instant(name: str, value: str | None, now: datetime, faults: set[str]) -> datetime | None:
    """`2h` ago, or a moment of Vietnam's time as browsers write it."""
    if value is None:
        return None
    ago = _AGO.fullmatch(value)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(value)
        # Pages write it back in Vietnam's time: a moment at either end of the calendar may have none.
        return moment.astimezone(VIETNAM) if moment.tzinfo else moment.replace(tzinfo=VIETNAM)
    except (ValueError, OverflowError):
        faults.add(name)
        return None
