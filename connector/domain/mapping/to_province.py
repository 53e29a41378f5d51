"""Our records as the province's forms (contracts/province.openapi.yaml).

The text of a progress item, which the province limits and the ministry does not, is cut with an ellipsis.
"""

import base64
import hashlib
from datetime import date, datetime
from typing import Final

from connector.domain import statuses
from connector.domain.mapping import kinds
from connector.domain.mapping.contents import completed, content
from connector.domain.mapping.reading import MappingFailed as MappingFailed
from connector.domain.mapping.reading import if_known, without_values
from connector.domain.mapping.texts import shortened
from schemas import ministry, province, records
from schemas.values import VIETNAM

CONTENT_LENGTH: Final = 2000
NOBODY: Final = "Hệ thống liên thông"
"""Who acted, where the ministry names nobody."""
CERTIFICATE_FROM: Final = date(2027, 3, 1)
"""First day of registration on which a death is proved by a Giấy chứng tử (Luật Hộ tịch 03/2026/QH16)."""

_CONDITIONS = kinds.numbers(kinds.CONDITIONS)


@without_values
def progress(said: records.StatusChange | records.Acceptance, status: int, key: str) -> province.Progress:
    """One item of progress: what the ministry said, or that it took our submission, as a status of the dossier.

    `status` may be a step on the way to the one that the state asks for; the item has the same instant and text. `key`
    is the item's own, at most 64 characters.

    Raises:
        MappingFailed: a member that the province's form cannot hold; the pointer is into that form.
    """
    if isinstance(said, records.Acceptance):
        return province.Progress(
            key=key,
            dossier_code=said.dossier_code,
            person=NOBODY,
            happened_at=instant(said.accepted_at),
            content=statuses.WORDS[status],
            status=status,
            ministry_code=said.ministry_code,
        )
    until = said.supplement_until if status == statuses.SUPPLEMENT_ASKED else None
    return province.Progress(
        key=key,
        dossier_code=said.dossier_code,
        person=said.person or NOBODY,
        title=said.title,
        department=said.department,
        happened_at=instant(said.happened_at),
        content=shortened(said.note or said.content or statuses.WORDS[status], CONTENT_LENGTH),
        status=status,
        ministry_code=said.ministry_code,
        supplement_until=if_known(instant, until),
    )


@without_values
def result(
    registration: records.Registration,
    application: records.Application | None,
    ministry_code: str | None,
    replaces: str | None = None,
) -> province.Result:
    """A result with its document. `replaces` is the fingerprint of the stored one, when this corrects it.

    What the result does not carry comes from the application: the papers of divorced and widowed persons, the note, and
    every member that the province needs and the ministry left out.

    Raises:
        MappingFailed: the document or a needed member is absent on both sides, or the day of registration is not
            known to the day; the pointer is into the province's form.
    """
    if not registration.registered_on.is_full:
        raise _failed("registered_on")
    if not registration.document:
        raise _failed("paper")
    made = province.Result(
        result_code=registration.result_code,
        number=registration.number,
        year=registration.year,
        book=registration.book,
        page=registration.page,
        registered_on=registration.registered_on.written(province.DATE_SEPARATOR),
        office=registration.office,
        signer=registration.signer,
        signer_title=registration.signer_title,
        clerk=registration.clerk,
        ministry_code=ministry_code or registration.ministry_code,
        content=completed(registration.event, if_known(lambda each: each.event, application)),
        paper=_paper(registration, registration.document),
    )
    return made.model_copy(update={"fingerprint": made.fingerprinted(), "replaces": replaces})


@without_values
def register_entry(entry: records.RegisterEntry) -> province.RegisterEntry:
    """One version of a register entry: what is known of it, nothing else.

    Raises:
        MappingFailed: a name or date of birth is not known; the pointer is into the province's form.
    """
    known = content(entry.event)
    _sure_of_persons(known)
    return province.RegisterEntry(
        register_kind=ministry.REGISTERS[entry.procedure],
        dossier_code=entry.dossier_code,
        number=entry.number,
        year=entry.year,
        book=entry.book,
        page=entry.page,
        registered_on=entry.registered_on.written(province.DATE_SEPARATOR),
        office=entry.office,
        condition=_CONDITIONS[entry.condition],
        signer=entry.signer,
        signer_title=entry.signer_title,
        content=known,
        annotations=[_annotation(each) for each in entry.annotations] or None,
        fingerprint=entry.fingerprint,
    )


def record_id(entry: records.RegisterEntry) -> str:
    """The entry's id at the province, and our subject of it: `KH-` or `KT-` and the ministry's id."""
    return f"{ministry.REGISTERS[entry.procedure]}-{entry.entry_id}"


def paper_name(registration: records.Registration) -> str:
    """What the document of a result is called: a death is proved by an extract, from 2027-03-01 on by a certificate."""
    if registration.procedure == "marriage":
        return "Giấy chứng nhận kết hôn"
    return "Trích lục khai tử" if registration.registered_on.first_day < CERTIFICATE_FROM else "Giấy chứng tử"


def instant(moment: datetime) -> str:
    """An instant in the province's local time."""
    return moment.astimezone(VIETNAM).strftime(province.INSTANT_FORMAT)


def _paper(registration: records.Registration, document: bytes) -> province.ResultPaper:
    return province.ResultPaper(
        name=paper_name(registration),
        file_name=f"{registration.dossier_code}_{registration.result_code}.pdf",
        sha256=hashlib.sha256(document).hexdigest(),
        content=base64.b64encode(document).decode("ascii"),
    )


def _annotation(annotation: records.Annotation) -> province.Annotation:
    return province.Annotation(
        kind=annotation.kind,
        basis=annotation.basis,
        noted_on=annotation.noted_on.written(province.DATE_SEPARATOR),
        content=annotation.content,
    )


def _sure_of_persons(form: province.MarriageForm | province.DeathForm) -> None:
    """Of a person at least name and date of birth must be known; everything else an old entry may leave open."""
    people = ("husband", "wife") if isinstance(form, province.MarriageForm) else ("deceased",)
    for person in people:
        known = getattr(form, person)
        for member in ("full_name", "birth_date"):
            if getattr(known, member) is None:
                content = province.RegisterEntry.model_fields["content"].alias
                place = type(form).model_fields[person].alias, type(known).model_fields[member].alias
                raise MappingFailed("/".join(("", content or "", *(step or "" for step in place))))


def _failed(member: str) -> MappingFailed:
    return MappingFailed(f"/{province.Result.model_fields[member].alias}")
