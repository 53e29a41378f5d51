"""The persons, papers and places of our records in the province's form of an application.

`content` writes down what is known, as a register entry needs it. `completed` makes a whole form of what was
registered and of the application that it was registered from.
"""

from typing import Any, Final, TypeVar

from connector.domain import ethnicities
from connector.domain.mapping import kinds
from connector.domain.mapping.reading import MappingFailed, if_known
from schemas import province, records
from schemas.reading import Form
from schemas.values import PartialDate, compared

F = TypeVar("F", bound=Form)

_PAPERS = kinds.numbers(kinds.PROVINCE_PAPERS)
_RESIDENCES = kinds.numbers(kinds.RESIDENCES)
_GENDERS = kinds.numbers(kinds.GENDERS)
_MARITAL_STATUSES = kinds.numbers(kinds.MARITAL_STATUSES)
_MARRIAGE_KINDS = kinds.numbers(kinds.MARRIAGE_KINDS)
_DEATH_KINDS = kinds.numbers(kinds.DEATH_KINDS)
_NOTICES = kinds.numbers(kinds.NOTICES)

_NEVER_IN_A_RESULT: Final[dict[type[Form], tuple[str, ...]]] = {
    province.MarriageForm: ("note",),
    province.DeathForm: ("note",),
    province.Spouse: ("divorce", "spouse_death"),
}
"""What the ministry's form has no place for, or need not say again: it comes from the application."""
_OF_THE_SAME_DECLARANT: Final = ("personal_number", "residence")
_ONE_THING: Final = (province.Paper, province.DeathNotice, province.Decision)
"""Forms whose members belong together: number and kind of two different papers make a third one that nobody has."""


def content(event: records.Marriage | records.Death) -> province.MarriageForm | province.DeathForm:
    """What is known of the event. Unknown members are left out, never invented."""
    if isinstance(event, records.Marriage):
        return province.MarriageForm(
            husband=_spouse(event.husband),
            wife=_spouse(event.wife),
            kind=_MARRIAGE_KINDS[event.kind],
            related_since=_date(event.related_since),
            copies=event.copies,
            note=event.note,
        )
    return province.DeathForm(
        deceased=_deceased(event.deceased),
        notice=if_known(_notice, event.notice),
        declarant=if_known(_declarant, event.declarant),
        kind=_DEATH_KINDS[event.kind],
        copies=event.copies,
        note=event.note,
    )


def completed(
    registered: records.Marriage | records.Death, applied: records.Marriage | records.Death | None
) -> province.MarriageForm | province.DeathForm:
    """The event as registered; what the registration does not carry and the province needs, as applied for.

    Raises:
        MappingFailed: a needed member is known from neither; the pointer is into the province's result.
    """
    form = content(registered)
    if applied is not None and applied.procedure == registered.procedure:
        form = _filled(form, content(applied))
    form = _without_halves(form)
    at = f"/{province.Result.model_fields['content'].alias}"
    for missing in form.missing(at):
        raise MappingFailed(missing)
    return form


def _filled(form: F, applied: Form) -> F:
    """The form with its gaps filled from the same form of the application."""
    if isinstance(form, _ONE_THING) and not _agree(form, applied):
        return form
    filling: dict[str, Any] = {}
    for name in _wanted(form, applied):
        if getattr(form, name) is None and getattr(applied, name) is not None:
            filling[name] = getattr(applied, name)
    for name, _ in form.nested:
        own, theirs = getattr(form, name), getattr(applied, name)
        if own is not None and theirs is not None:
            filling[name] = _filled(own, theirs)
    return form.model_copy(update=filling) if filling else form


def _wanted(form: Form, applied: Form) -> list[str]:
    wanted = [name for name, _ in form.required]
    wanted.extend(_NEVER_IN_A_RESULT.get(type(form), ()))
    if isinstance(form, province.Declarant) and isinstance(applied, province.Declarant):
        own, theirs = form.full_name, applied.full_name
        if own is None or (theirs is not None and compared(own) == compared(theirs)):
            wanted.extend(_OF_THE_SAME_DECLARANT)
    return wanted


def _agree(one: Form, other: Form) -> bool:
    pairs = ((getattr(one, name), getattr(other, name)) for name, _ in one.required)
    return all(own is None or theirs is None or own == theirs for own, theirs in pairs)


def _without_halves(form: F) -> F:
    """The form without optional papers of which a needed member is unknown: the province has no place for a half."""
    needed = {name for name, _ in form.required}
    whole: dict[str, Any] = {}
    for name, _ in form.nested:
        part = getattr(form, name)
        if not isinstance(part, Form):
            continue
        is_half = name not in needed and isinstance(part, _ONE_THING) and any(part.missing())
        whole[name] = None if is_half else _without_halves(part)
    return form.model_copy(update=whole) if whole else form


def _spouse(person: records.Spouse) -> province.Spouse:
    return province.Spouse(
        **_person(person),
        residence=if_known(_place, person.residence),
        ordinal=person.ordinal,
        marital_status=_MARITAL_STATUSES[person.marital_status],
        divorce=if_known(_decision, person.divorce),
        spouse_death=if_known(_decision, person.spouse_death),
    )


def _deceased(person: records.Deceased) -> province.Deceased:
    return province.Deceased(
        **_person(person),
        residence=if_known(_place, person.residence),
        gender=_GENDERS[person.gender],
        death_date=_date(person.death_date),
        death_time=person.death_time,
        death_place=if_known(_place, person.death_place),
        cause=person.cause,
    )


def _person(person: records.Person) -> dict[str, Any]:
    return {
        "full_name": person.full_name,
        "birth_date": _date(person.birth_date),
        "ethnicity": if_known(ethnicities.official_name, person.ethnicity),
        "nationality": person.nationality,
        "other_nationality": person.other_nationality,
        "personal_number": person.personal_number,
        "paper": if_known(_paper, person.paper),
        "residence_kind": _RESIDENCES[person.residence_kind],
    }


def _declarant(declarant: records.Declarant) -> province.Declarant:
    return province.Declarant(
        full_name=declarant.full_name,
        relationship=declarant.relationship,
        personal_number=declarant.personal_number,
        paper=if_known(_paper, declarant.paper),
        residence=if_known(_place, declarant.residence),
        phone=declarant.phone,
        email=declarant.email,
    )


def _notice(notice: records.DeathNotice) -> province.DeathNotice:
    return province.DeathNotice(
        kind=_NOTICES[notice.kind],
        number=notice.number,
        issued_on=_date(notice.issued_on),
        issued_by=notice.issued_by,
    )


def _decision(decision: records.Decision) -> province.Decision:
    return province.Decision(number=decision.number, decided_on=_date(decision.decided_on), agency=decision.agency)


def _paper(paper: records.IdentityPaper) -> province.Paper:
    return province.Paper(
        kind=_PAPERS[paper.kind],
        other_kind=paper.other_name,
        number=paper.number,
        issued_on=_date(paper.issued_on),
        issued_by=paper.issued_by,
    )


def _place(address: records.Address) -> province.Place:
    return province.Place(
        country=address.country,
        province=address.province,
        district=address.district,
        commune=address.commune,
        detail=address.detail,
    )


def _date(value: PartialDate | None) -> str | None:
    return None if value is None else value.written(province.DATE_SEPARATOR)
