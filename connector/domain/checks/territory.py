"""Registration offices, residences and places of death against the dated table of units."""

from datetime import date
from typing import Final

from connector.domain import units
from connector.domain.checks.places import At
from connector.domain.checks.report import Report
from connector.domain.checks.texts import check_address
from schemas.findings import Code
from schemas.province import Place

VIETNAM: Final = "VN"


def check_office(report: Report, pointer: str, code: str | None, on: date | None) -> None:
    """UNIT_NOT_VALID_ON_DATE, OFFICE_OUTSIDE_PROVINCE of the registration office on the day received."""
    if code is None or on is None:
        return
    unit = units.commune(code, on)
    if unit is None:
        report.add(Code.UNIT_NOT_VALID_ON_DATE, pointer)
    elif not units.belongs_to_an_giang(unit, on):
        report.add(Code.OFFICE_OUTSIDE_PROVINCE, pointer)


def check_place(report: Report, at: At, place: Place | None, on: date | None) -> None:
    """ENCODING_SUSPECT, UNIT_NOT_VALID_ON_DATE and the form of the codes of a residence or place of death.

    Only a place whose province is An Giang's code on that day is judged with the table; any other one by its form.
    """
    if place is None:
        return
    check_address(report, at, place.detail)
    province, district, commune = place.province or None, place.district or None, place.commune or None
    if place.country == VIETNAM and on is not None and province == units.province_code(on):
        if on >= units.REFORM_DAY:
            _check_two_levels(report, at, district, commune, on)
        elif district is None and report.broken(at, "district"):
            _check_commune(report, at, province, commune, on)
        else:
            _check_three_levels(report, at, (province, district, commune), on)
        return
    if district is not None and not is_code(district, 3):
        report.breaks(at("district"), "pattern")
    if commune is not None and not is_code(commune, 5):
        report.breaks(at("commune"), "pattern")


def _check_commune(report: Report, at: At, province: str, commune: str | None, on: date) -> units.Unit | None:
    unit = None if commune is None else units.commune(commune, on)
    if commune is not None and (unit is None or unit.province_code != province):
        report.add(Code.UNIT_NOT_VALID_ON_DATE, at("commune"))
        return None
    return unit


def _check_three_levels(report: Report, at: At, codes: tuple[str, str | None, str | None], on: date) -> None:
    province, district, commune = codes
    unit = _check_commune(report, at, province, commune, on)
    if district is not None and unit is None:
        known = units.district(district, on)
        fits = known is not None and known.province_code == province
    else:
        fits = district is not None and unit is not None and unit.district_code == district
    if not fits:
        report.add(Code.UNIT_NOT_VALID_ON_DATE, at("district"))


def _check_two_levels(report: Report, at: At, district: str | None, commune: str | None, on: date) -> None:
    if district is not None:
        report.add(Code.UNIT_NOT_VALID_ON_DATE, at("district"))
    if commune is not None and units.commune(commune, on) is None:
        report.add(Code.UNIT_NOT_VALID_ON_DATE, at("commune"))


def is_code(text: str, digits: int) -> bool:
    return len(text) == digits and text.isascii() and text.isdigit()
