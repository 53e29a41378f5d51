"""An Giang's administrative units by date, what became of them, and the areas a rollout speaks of.

A code alone names no place: 30292 is Phường Bình Khánh until 2025-06-30 and Phường Bình Đức from the next day on, and
province 91 was Kiên Giang before it was An Giang. Every question is therefore asked for a (code, day).

The table is read from the package once, at the first question.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from connector.domain.slugs import slug
from connector.domain.unit_table import AN_GIANG, NEW_CODE, OLD_CODE, UnitTable, read_table
from connector.domain.unit_table import FIRST_DAY as FIRST_DAY
from connector.domain.unit_table import REFORM_DAY as REFORM_DAY
from connector.domain.unit_table import Kind as Kind
from connector.domain.unit_table import Unit as Unit

EVERYWHERE = "all"
"""Slug of the whole province."""

_AT = re.compile(r"([0-9]{5})(?:@([0-9]{4}-[0-9]{2}-[0-9]{2}))?")
_Key = tuple[str, date]  # a commune's code and the first day on which the code meant it


class Level(StrEnum):
    """How wide an area is."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


class UnitNotValid(LookupError):
    """No commune of the table had this code on this day."""


@dataclass(frozen=True, slots=True)
class Area:
    """A place that can be opened by itself: the province (`all`), a district's communes, or one commune.

    A commune's area is one (code, epoch): opening Bình Khánh of 2023 does not open the Bình Đức that has its code now.
    """

    slug: str
    name: str
    level: Level

    def covers(self, code: str, on: date) -> bool:
        """Whether the commune that had this code on this day lies in the area; an unknown commune lies in none."""
        return self.slug in areas_of(code, on)


@dataclass(frozen=True, slots=True)
class _Index:
    table: UnitTable
    communes: Mapping[str, tuple[tuple[date, date, Unit], ...]]
    areas: Mapping[str, Area]
    covering: Mapping[_Key, tuple[str, ...]]
    alone: Mapping[str, Unit]


def commune(code: str, on: date) -> Unit | None:
    """The commune, ward, township or special zone of both former provinces that had this code on this day."""
    for first, last, unit in _index().communes.get(code, ()):
        if first <= on <= last:
            return unit
    return None


def district(code: str, on: date) -> Unit | None:
    """The district of this code; None from 2025-07-01 on."""
    return _valid(_index().table.districts, code, on)


def province(code: str, on: date) -> Unit | None:
    """An Giang or, until 2025-06-30, Kiên Giang. 91 is Kiên Giang before that day and An Giang after it."""
    return _valid(_index().table.provinces, code, on)


def province_code(on: date) -> str:
    """An Giang's own code on this day: `89`, from 2025-07-01 on `91`."""
    return OLD_CODE if on < REFORM_DAY else NEW_CODE


def is_known(code: str) -> bool:
    """Whether the table has a commune of this code on any day."""
    return code in _index().communes


def belongs_to_an_giang(unit_or_code: Unit | str, on: date) -> bool:
    """Whether it is a unit of An Giang on this day.

    False for Kiên Giang's units before 2025-07-01, which are known but another province's, and for a unit that does
    not exist on this day.
    """
    unit = commune(unit_or_code, on) if isinstance(unit_or_code, str) else unit_or_code
    return unit is not None and unit.valid_on(on) and unit.province_name == AN_GIANG


def successors(code: str, on: date) -> tuple[Unit, ...]:
    """The units that directly followed the commune of this code and day; the one that took most of it first.

    30285 of 2024 is followed by 30286, which took it in on 2025-01-01, and only that one by 30307. Empty for a unit
    that still exists and for an unknown one.
    """
    return tuple(step.new for step in _index().table.successions if step.old.code == code and step.old.valid_on(on))


def predecessors(code: str, on: date) -> tuple[Unit, ...]:
    """The units that had become part of the commune of this code by this day; those wholly or mostly taken in first."""
    return tuple(
        step.old
        for step in _index().table.successions
        if step.new.code == code and step.new.valid_on(on) and not step.old.valid_on(on)
    )


def area(slug: str) -> Area | None:
    """The area of this slug (`all`, `long-xuyen`, `phuong-long-xuyen`); None when there is none."""
    return _index().areas.get(slug)


def unit_of(slug: str) -> Unit | None:
    """The one commune of a commune's area; None for a wider area."""
    return _index().alone.get(slug)


def areas() -> tuple[Area, ...]:
    """Every area: the province, the districts by code, then the communes by code and epoch."""
    return tuple(_index().areas.values())


def areas_of(code: str, on: date) -> tuple[str, ...]:
    """Slugs of the areas a commune lies in on this day, the most specific first: commune, district area, `all`.

    Kiên Giang's communes before the merger are covered as well, by `all` too: their registers are the province's now,
    and what is frozen with `all` must not leak through an entry of 2024. Empty for a (code, day) without a commune.
    """
    unit = commune(code, on)
    return () if unit is None else _index().covering[unit.code, unit.valid_from]


def area_of(code: str, on: date) -> str:
    """Slug of the district area a commune lies in on this day.

    From 2025-07-01 on: the district that most of what it was made of (communes taken in wholly or mostly) came from.

    Raises:
        UnitNotValid: the table has no commune of this code on this day.
    """
    found = areas_of(code, on)
    if not found:
        raise UnitNotValid("no commune of the table had this code on this day")
    return found[1]


def enclosing(area_slug: str) -> tuple[str, ...]:
    """Slugs of the areas that an area lies in, itself first; empty for a slug that names none."""
    index = _index()
    if area_slug not in index.areas:
        return ()
    commune_s = next((slugs for slugs in index.covering.values() if slugs[0] == area_slug), None)
    return commune_s or tuple(dict.fromkeys((area_slug, EVERYWHERE)))


def communes_of(area_slug: str, on: date) -> tuple[Unit, ...]:
    """An Giang's communes in an area on this day, by code; empty for an area that had none then, or is none.

    An area of former Kiên Giang has communes of An Giang from 2025-07-01 on only.
    """
    found = (commune(code, on) for code in _index().communes)
    return tuple(
        unit
        for unit in found
        if unit is not None and belongs_to_an_giang(unit, on) and area_slug in areas_of(unit.code, on)
    )


def resolve_area(text: str, today: date) -> Area | None:
    """The area an operator means: a slug, a commune code as of today, or `30292@2023-06-01` for another day."""
    wanted = text.strip().lower()
    match = _AT.fullmatch(wanted)
    if match is None:
        return area(wanted)
    try:
        on = date.fromisoformat(match[2]) if match[2] else today
    except ValueError:
        return None
    found = areas_of(match[1], on)
    return area(found[0]) if found else None


def _valid(units: Iterable[Unit], code: str, on: date) -> Unit | None:
    return next((unit for unit in units if unit.code == code and unit.valid_on(on)), None)


@cache
def _index() -> _Index:
    table = read_table()
    named = _district_areas(table.districts)
    homes = _home_districts(table)
    own = _commune_areas(table.communes, named)
    everywhere = Area(EVERYWHERE, AN_GIANG, Level.PROVINCE)
    spans: defaultdict[str, list[tuple[date, date, Unit]]] = defaultdict(list)
    for unit in table.communes:
        spans[unit.code].append((unit.valid_from, unit.valid_to or date.max, unit))
    return _Index(
        table=table,
        communes={code: tuple(found) for code, found in spans.items()},
        areas={each.slug: each for each in (everywhere, *named.values(), *own.values())},
        covering={key: (mine.slug, named[homes[key]].slug, EVERYWHERE) for key, mine in own.items()},
        alone={own[unit.code, unit.valid_from].slug: unit for unit in table.communes},
    )


def _home_districts(table: UnitTable) -> dict[_Key, str]:
    """District code for each (code, epoch): its own, or from 2025-07-01 on the one most of its parts came from."""
    votes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for step in table.successions:
        if step.new.district_code is None and not step.partial:
            votes[step.new.code][step.old.district_code or ""] += 1
    # Equal votes go to the lower code, so that the answer never depends on the order of the file.
    return {
        (unit.code, unit.valid_from): unit.district_code
        or min(votes[unit.code], key=lambda code: (-votes[unit.code][code], code))
        for unit in table.communes
    }


def _district_areas(districts: Iterable[Unit]) -> dict[str, Area]:
    """District code → area. Slugs are the bare names; where both provinces had one, Kiên Giang's says so."""
    found: dict[str, Area] = {}
    taken: set[str] = set()
    for unit in districts:
        plain = slug(unit.name[len(unit.kind) :])
        doubled = plain in taken
        of = unit.province_name.removeprefix("Tỉnh ")
        name = f"{unit.name} ({of})" if doubled else unit.name
        found[unit.code] = Area(f"{plain}-{slug(of)}" if doubled else plain, name, Level.DISTRICT)
        taken.add(plain)
    return found


def _commune_areas(communes: Iterable[Unit], districts: Mapping[str, Area]) -> dict[_Key, Area]:
    """(code, epoch) → area. A unit of today has its whole name as slug; a former one adds its district, because its
    name often lives on in another place; Phú Thạnh and Phú Thành of Phú Tân, alike without marks, add their codes."""
    slugs = {(unit.code, unit.valid_from): _commune_slug(unit, districts) for unit in communes}
    times = Counter(slugs.values())
    found: dict[_Key, Area] = {}
    for unit in communes:
        key = unit.code, unit.valid_from
        name = unit.name
        if unit.valid_to is not None:
            name = f"{unit.name}, {unit.district_name} (đến {unit.valid_to:%d/%m/%Y})"
        own = slugs[key] if times[slugs[key]] == 1 else f"{slugs[key]}-{unit.code}"
        found[key] = Area(own, name, Level.COMMUNE)
    return found


def _commune_slug(unit: Unit, districts: Mapping[str, Area]) -> str:
    if unit.district_code is None:
        return slug(unit.name)
    return f"{slug(unit.name)}-{districts[unit.district_code].slug}"
