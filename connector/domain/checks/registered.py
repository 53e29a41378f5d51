"""The persons as the ministry registered them: their own faults, and where they differ from the application."""

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from connector.domain.checks.filing import same_as_known
from connector.domain.checks.identities import CARRIES_PERSONAL_NUMBER
from connector.domain.checks.places import At
from connector.domain.checks.report import Report
from connector.domain.checks.territory import is_code
from connector.domain.mapping import from_ministry, from_province, kinds
from connector.domain.mapping.reading import MappingFailed, MinistryReader, ProvinceReader
from schemas import ministry, province, records
from schemas.reading import Form
from schemas.values import PartialDate, compared

_DATES: Final = ("birth_date", "paper_issued_on", "death_date", "issued_on")
_PLACES: Final = ("residence", "death_place")
_NAMED: Final = frozenset({"husband", "wife", "deceased"})
_CARRIERS: Final = frozenset(kinds.PROVINCE_PAPERS[kind] for kind in CARRIES_PERSONAL_NUMBER)
# Members of a record's paper by their names in the ministry's form.
_PAPER: Final = {
    "kind": "paper_kind",
    "other_name": "other_paper",
    "number": "paper_number",
    "issued_on": "paper_issued_on",
    "issued_by": "paper_issued_by",
}

AnyFields = ministry.MarriageFields | ministry.DeathFields


def check_registered(report: Report, at: At, form: AnyFields, *, names_required: bool = False) -> None:
    """DATE_INVALID of the persons' dates and times, and breaks of the contract that the forms do not see.

    With `names_required` the names of husband and wife, or of the deceased, must be there (register entries).
    """
    if isinstance(form, ministry.MarriageFields):
        report.date(at, "related_since", form.related_since)
    for member, _, part in form.parts:
        fields: Form | None = getattr(form, member)
        here = at.part(member, part)
        unnamed = getattr(fields, "full_name", None) is None
        if names_required and member in _NAMED and unnamed and not report.broken(here, "full_name"):
            report.breaks(here("full_name"), "missing")
        if fields is not None:
            _check_part(report, here, fields)


def differing_members(result: AnyFields, applied: province.MarriageForm | province.DeathForm | None) -> list[str]:
    """The ministry's names of the persons' members that differ from the application, in compared form.

    Only what the result carries is compared, dates in the parts that both know. Empty when one of the two cannot be
    read as a record: then there is an error to be told first.
    """
    if applied is None or isinstance(applied, province.DeathForm) != isinstance(result, ministry.DeathFields):
        return []
    read = from_province.death if isinstance(applied, province.DeathForm) else from_province.marriage
    try:
        registered = from_ministry.event(MinistryReader(result))
        asked: records.Death | records.Marriage = read(ProvinceReader(applied))
    except (MappingFailed, ValidationError):
        return []
    found: list[str] = []
    for member, prefix, part in result.parts:
        ours, theirs = getattr(asked, member), getattr(registered, member)
        if member != "notice" and ours is not None and theirs is not None:
            found += [prefix + part.member(name) for name in _differing(ours, theirs)]
    return found


def _check_part(report: Report, at: At, fields: Form) -> None:
    values = fields.__dict__
    for name in _DATES:
        if values.get(name) is not None:
            report.date(at, name, values[name])
    report.time(at, "death_time", values.get("death_time"))
    for name in _PLACES:
        place: ministry.Address | None = values.get(name)
        if place is not None and place.commune and not is_code(place.commune, 5):
            report.breaks(at.into(name, ministry.Address)("commune"), "pattern")


def _differing(ours: records.Person | records.Declarant, theirs: BaseModel) -> list[str]:
    """The members of a person, by their names in the ministry's form, in which the two records differ."""
    found: list[str] = []
    for name in type(theirs).model_fields:
        registered = getattr(theirs, name)
        if registered is None:
            continue
        applied = getattr(ours, name)
        if name == "personal_number":
            applied = _personal_number(ours)
        if isinstance(registered, records.IdentityPaper):
            found += [
                _PAPER[member]
                for member in _PAPER
                if _differs(getattr(applied, member, None), getattr(registered, member))
            ]
        elif isinstance(registered, records.Address):
            members = type(registered).model_fields
            if any(_differs(getattr(applied, member, None), getattr(registered, member)) for member in members):
                found.append(name)
        elif _differs(applied, registered):
            found.append(name)
    return found


def _differs(applied: Any, registered: Any) -> bool:
    if registered is None:
        return False
    if isinstance(registered, PartialDate) and isinstance(applied, PartialDate):
        return not same_as_known(applied, registered)
    if isinstance(registered, str) and isinstance(applied, str):
        return compared(applied) != compared(registered)
    return bool(applied != registered)


def _personal_number(person: records.Person | records.Declarant) -> str | None:
    """The personal number, or the one that the paper carries."""
    if person.personal_number is not None or person.paper is None:
        return person.personal_number
    number = person.paper.number
    carries = person.paper.kind in _CARRIERS or (
        person.paper.kind is records.PaperKind.CMND and number is not None and len(number) == 12
    )
    return number if carries else None
