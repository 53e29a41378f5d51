"""Our records as the ministry's forms (contracts/ministry.openapi.yaml).

The precondition is a record without a blocking finding. A text that only comments (the note of an application)
is cut with an ellipsis at the ministry's limit; any other member over its limits is a MappingFailed.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

import msgspec

from connector.domain import units
from connector.domain.mapping import kinds
from connector.domain.mapping.reading import MappingFailed as MappingFailed
from connector.domain.mapping.reading import if_known, without_values
from connector.domain.mapping.texts import shortened
from schemas import ministry, province, records
from schemas.kinds import MaritalStatus, PaperKind
from schemas.values import VIETNAM, PartialDate, Procedure, clean

NOTE_LENGTH: Final = 2000
NO_REASON: Final = "Công dân rút hồ sơ"
"""What a withdrawal says that came without a reason."""

_PAPERS: Final = {**kinds.numbers(kinds.MINISTRY_PAPERS), PaperKind.HOUSEHOLD_BOOK: 3}
_RESIDENCES = kinds.numbers(kinds.RESIDENCES)
_GENDERS = kinds.numbers(kinds.GENDERS)
_MARITAL_STATUSES = kinds.numbers(kinds.MARITAL_STATUSES)
_MARRIAGE_KINDS = kinds.numbers(kinds.MARRIAGE_KINDS)
_DEATH_KINDS = kinds.numbers(kinds.DEATH_KINDS)
_NOTICES = kinds.numbers(kinds.NOTICES)


@without_values
def form(application: records.Application) -> ministry.MarriageFields | ministry.DeathFields:
    """The form that is registered: what is known of the event, at the office where it was applied for.

    Raises:
        MappingFailed: a member that the ministry's form cannot hold; the pointer is into it or its part.
    """
    event = application.event
    if isinstance(event, records.Marriage):
        return _marriage(application, event)
    return _death(application, event)


def data_text(application: records.Application) -> str:
    """The form as the JSON text of a submission. The same application gives the same bytes, always."""
    return sorted_json(form(application).to_wire())


def sorted_json(value: object) -> str:
    """The same text as `canonical_json` in a fifth of the time, which every submission takes."""
    return msgspec.json.encode(value, order="sorted").decode()


def fingerprint(data_text: str) -> str:
    """SHA-256 (hex) of the UTF-8 bytes of a `data_text`: what the ministry answers for a submission it already has."""
    return hashlib.sha256(data_text.encode()).hexdigest()


@without_values
def submission(application: records.Application, ordinal: int) -> ministry.Submission:
    """The submission without its files. `ordinal` counts submissions of the dossier to the ministry, from 1."""
    return ministry.Submission(
        office=application.office,
        module=ministry.MODULES[application.procedure],
        dossier_code=application.dossier_code,
        ordinal=ordinal,
        received_at=instant(application.received_at),
        data=data_text(application),
    )


@without_values
def attachment(attachment: records.Attachment, content: bytes | None) -> ministry.Attachment:
    """One file of a submission; a removed one goes without its bytes.

    Raises:
        MappingFailed: the bytes of a file that is not removed are not there.
    """
    if content is None and not attachment.removed:
        raise MappingFailed(f"/{attachment.number}")
    return ministry.Attachment(
        number=attachment.number,
        paper_kind=attachment.paper_kind,
        paper_name=attachment.paper_name,
        file_name=attachment.file_name,
        removed=1 if attachment.removed else 0,
        content="" if attachment.removed or content is None else base64.b64encode(content).decode("ascii"),
    )


@without_values
def withdrawal(
    dossier_code: str, procedure: Procedure, reason: str | None, happened_at: datetime
) -> ministry.Withdrawal:
    """The withdrawal of a dossier at the instant it happened at the province."""
    return ministry.Withdrawal(
        dossier_code=dossier_code,
        module=ministry.MODULES[procedure],
        reason=clean(reason or "") or NO_REASON,
        happened_at=instant(happened_at),
    )


def state_question(procedure: Procedure, dossier_codes: Iterable[str], today: date) -> ministry.StateQuestion:
    """The question for the states of up to 50 dossiers; the province's code is that of the day of the call."""
    return ministry.StateQuestion(
        province=units.province_code(today), module=ministry.MODULES[procedure], dossier_codes=list(dossier_codes)
    )


def instant(moment: datetime) -> str:
    """An instant in the ministry's local time."""
    return moment.astimezone(VIETNAM).strftime(ministry.INSTANT_FORMAT)


def _marriage(application: records.Application, event: records.Marriage) -> ministry.MarriageFields:
    received_on = application.received_on
    return ministry.MarriageFields(
        kind=_MARRIAGE_KINDS[event.kind],
        office=application.office,
        related_since=_date(event.related_since),
        copies=event.copies,
        note=shortened(event.note, NOTE_LENGTH),
        husband=_spouse(event.husband, received_on),
        wife=_spouse(event.wife, received_on),
    )


def _death(application: records.Application, event: records.Death) -> ministry.DeathFields:
    return ministry.DeathFields(
        kind=_DEATH_KINDS[event.kind],
        office=application.office,
        copies=event.copies,
        note=shortened(event.note, NOTE_LENGTH),
        deceased=_deceased(event.deceased, application.received_on),
        notice=if_known(_notice, event.notice),
        declarant=if_known(_declarant, event.declarant),
    )


def _spouse(person: records.Spouse, received_on: date) -> ministry.SpouseFields:
    return ministry.SpouseFields(
        **_person(person, received_on),
        **_paper(person.paper),
        ordinal=person.ordinal,
        marital_status=_MARITAL_STATUSES[person.marital_status],
        marital_status_text=_marital_status_text(person),
    )


def _deceased(person: records.Deceased, received_on: date) -> ministry.DeceasedFields:
    died = person.death_date
    return ministry.DeceasedFields(
        **_person(person, received_on),
        **_paper(person.paper),
        gender=_GENDERS[person.gender],
        death_date=_date(died),
        death_time=person.death_time,
        death_place=_address(person.death_place, died.first_day if died else received_on),
        cause=person.cause,
    )


def _person(person: records.Person, received_on: date) -> dict[str, Any]:
    return {
        "full_name": person.full_name,
        "birth_date": _date(person.birth_date),
        "ethnicity": person.ethnicity,
        "other_ethnicity": person.other_ethnicity,
        "nationality": person.nationality,
        "other_nationality": person.other_nationality,
        "personal_number": person.personal_number,
        "residence_kind": _RESIDENCES[person.residence_kind],
        "residence": _address(person.residence, received_on),
    }


def _paper(paper: records.IdentityPaper | None) -> dict[str, Any]:
    if paper is None:
        return {}
    is_book = paper.kind is PaperKind.HOUSEHOLD_BOOK
    return {
        "paper_kind": _PAPERS[paper.kind],
        "other_paper": kinds.HOUSEHOLD_BOOK if is_book else paper.other_name,
        "paper_number": paper.number,
        "paper_issued_on": _date(paper.issued_on),
        "paper_issued_by": paper.issued_by,
    }


def _notice(notice: records.DeathNotice) -> ministry.NoticeFields:
    return ministry.NoticeFields(
        kind=_NOTICES[notice.kind],
        number=notice.number,
        issued_on=_date(notice.issued_on),
        issued_by=notice.issued_by,
    )


def _declarant(declarant: records.Declarant) -> ministry.DeclarantFields:
    return ministry.DeclarantFields(
        full_name=declarant.full_name,
        relationship=declarant.relationship,
        phone=declarant.phone,
        email=declarant.email,
        **_paper(declarant.paper),
    )


def _address(address: records.Address | None, on: date) -> ministry.Address | None:
    """A place as of the day it is spoken of: there are no districts any more from 2025-07-01 on."""
    if address is None:
        return None
    detail = address.detail or ""
    if address.country != kinds.VIETNAM_CODE:
        return ministry.Address(country=address.country, detail=detail)
    return ministry.Address(
        country=address.country,
        province=address.province,
        district=address.district if on < units.REFORM_DAY else None,
        commune=address.commune,
        detail=detail,
    )


def _marital_status_text(person: records.Spouse) -> str | None:
    """The judgment, or the paper about the former spouse's death; its date as far as it is known."""
    if person.marital_status is MaritalStatus.DIVORCED:
        says, paper = "Đã ly hôn, theo bản án/quyết định", person.divorce
    elif person.marital_status is MaritalStatus.WIDOWED:
        says, paper = "Vợ/chồng trước đã chết, theo giấy tờ", person.spouse_death
    else:
        return None
    if paper is None or paper.decided_on is None:
        return None
    dated = paper.decided_on.written(province.DATE_SEPARATOR)
    return f"{says} số {paper.number} ngày {dated} của {paper.agency}"


def _date(value: PartialDate | None) -> str | None:
    return None if value is None else value.written(ministry.DATE_SEPARATOR)
