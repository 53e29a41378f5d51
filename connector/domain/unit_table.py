"""The table behind units.py: what each line of `data/angiang_units.csv` says about units, and about what followed them.

The file has one line per old commune and successor (both former provinces, 303 lines for 299 communes). Reading it, as
package data, is the only input the domain ever does. Legal basis of the break of 2025-07-01: NQ 202/2025/QH15
(provinces), NQ 1654/NQ-UBTVQH15 (communes of An Giang), QĐ 19/2025/QĐ-TTg (codes).
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from importlib import resources

FIRST_DAY = date(2004, 1, 1)
"""The day the table begins (contract validation.md, UNIT_NOT_VALID_ON_DATE)."""
REFORM_DAY = date(2025, 7, 1)
"""First day of the 102 new communes; districts, and An Giang's code 89, end the day before."""
AN_GIANG, KIEN_GIANG = "Tỉnh An Giang", "Tỉnh Kiên Giang"
OLD_CODE, NEW_CODE = "89", "91"
_LAST_OLD_DAY = REFORM_DAY - timedelta(days=1)
_VIA = re.compile(r"via (\d{5}) ")


class Kind(StrEnum):
    """What a unit is; the value is the Vietnamese word its name begins with, in lower case."""

    PROVINCE = "tỉnh"
    CITY = "thành phố"
    TOWN = "thị xã"
    DISTRICT = "huyện"
    WARD = "phường"
    COMMUNE = "xã"
    TOWNSHIP = "thị trấn"
    SPECIAL_ZONE = "đặc khu"


@dataclass(frozen=True, slots=True)
class Unit:
    """One administrative unit during the days on which its code meant it, both ends included.

    `name` begins with the kind (`Phường Mỹ Bình`). `district_*` is None from 2025-07-01 on and for provinces;
    `valid_to` is None while the unit exists.
    """

    code: str
    name: str
    kind: Kind
    district_code: str | None
    district_name: str | None
    province_code: str
    province_name: str
    valid_from: date
    valid_to: date | None

    def valid_on(self, on: date) -> bool:
        return self.valid_from <= on <= (self.valid_to or date.max)


@dataclass(frozen=True, slots=True)
class Succession:
    old: Unit
    new: Unit
    partial: bool  # a smaller share of the old unit; its remainder went to another one

    @property
    def order(self) -> tuple[bool, str, str]:
        return self.partial, self.new.code, self.old.code


@dataclass(frozen=True, slots=True)
class UnitTable:
    """Communes of all epochs by code and first day, who followed whom (larger shares first), districts, provinces."""

    communes: tuple[Unit, ...]
    successions: tuple[Succession, ...]
    districts: tuple[Unit, ...]
    provinces: tuple[Unit, ...]


def read_table() -> UnitTable:
    """Read the package's file."""
    file = resources.files("connector.domain").joinpath("data", "angiang_units.csv")
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    olds = {row["old_ward_code"]: _old_commune(row) for row in rows}
    news = {row["new_ward_code"]: _new_commune(row) for row in rows}
    districts = {unit.code: unit for unit in map(_district_of, olds.values())}
    return UnitTable(
        communes=tuple(sorted([*olds.values(), *news.values()], key=lambda unit: (unit.code, unit.valid_from))),
        successions=tuple(sorted((_succession(row, olds, news) for row in rows), key=lambda step: step.order)),
        districts=tuple(sorted(districts.values(), key=lambda unit: unit.code)),
        provinces=_provinces(),
    )


def _old_commune(row: Mapping[str, str]) -> Unit:
    kind, name = _kind_and_name(row["old_ward"])
    return Unit(
        code=row["old_ward_code"],
        name=name,
        kind=kind,
        district_code=row["old_district_code"],
        district_name=row["old_district"],
        province_code=row["old_province_code"],
        province_name=row["old_province"],
        valid_from=FIRST_DAY,
        valid_to=date.fromisoformat(row["old_valid_to"]),
    )


def _new_commune(row: Mapping[str, str]) -> Unit:
    kind, name = _kind_and_name(row["new_ward"])
    return Unit(row["new_ward_code"], name, kind, None, None, row["new_province_code"], AN_GIANG, REFORM_DAY, None)


def _district_of(unit: Unit) -> Unit:
    assert unit.district_code is not None
    assert unit.district_name is not None
    kind, name = _kind_and_name(unit.district_name)
    above = replace(unit, code=unit.district_code, name=name, kind=kind, district_code=None, district_name=None)
    return replace(above, valid_to=_LAST_OLD_DAY)


def _provinces() -> tuple[Unit, ...]:
    def one(code: str, name: str, first: date, last: date | None) -> Unit:
        return Unit(code, name, Kind.PROVINCE, None, None, code, name, first, last)

    return (
        one(OLD_CODE, AN_GIANG, FIRST_DAY, _LAST_OLD_DAY),
        one(NEW_CODE, KIEN_GIANG, FIRST_DAY, _LAST_OLD_DAY),
        one(NEW_CODE, AN_GIANG, REFORM_DAY, None),
    )


def _kind_and_name(written: str) -> tuple[Kind, str]:
    for kind in Kind:
        if written.lower().startswith(f"{kind} "):
            # One name of the table is written "Thị Trấn …"; the kind's spelling is ours.
            return kind, kind.capitalize() + written[len(kind) :]
    raise ValueError("a unit's name in the table begins with no known kind")


def _succession(row: Mapping[str, str], olds: Mapping[str, Unit], news: Mapping[str, Unit]) -> Succession:
    via = _VIA.match(row["relation"])
    new = olds[via[1]] if via else news[row["new_ward_code"]]
    return Succession(olds[row["old_ward_code"]], new, partial=row["relation"] == "part")
