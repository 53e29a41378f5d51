"""What a partner said, as our records: texts, numbers and codes cleaned, dates as partial as they came.

The precondition is a form without a blocking finding. Where a needed member is absent all the same, MappingFailed says
where, and nothing is invented.
"""

import base64
import binascii
from datetime import date

from connector.domain import register_numbers
from connector.domain.mapping import from_ministry, from_province, kinds
from connector.domain.mapping.reading import MappingFailed as MappingFailed
from connector.domain.mapping.reading import MinistryReader, ProvinceReader, without_values
from schemas import ministry, province, records
from schemas.values import VIETNAM, PartialDate, clean_code

_PROCEDURE_OF = {module: procedure for procedure, module in ministry.MODULES.items()}


@without_values
def application(dossier: province.Dossier) -> records.Application:
    """One version of a dossier.

    Raises:
        MappingFailed: a needed member is absent or cannot be read; the pointer is relative to the dossier.
    """
    reader = ProvinceReader(dossier)
    return records.Application(
        dossier_code=clean_code(reader.needed("code")),
        version=reader.needed("version"),
        procedure_code=procedure_code(reader.needed("procedure_code")),
        agency=reader.needed_text("agency"),
        office=reader.needed("office"),
        channel=reader.needed_named("channel", kinds.CHANNELS),
        submitted_at=reader.instant("submitted_at"),
        received_at=reader.needed_instant("received_at"),
        due_at=reader.needed_instant("due_at"),
        needs_verification=reader.needed("needs_verification"),
        status=reader.needed("status"),
        owner=_owner(reader.needed_into("owner")),
        event=from_province.event(reader),
        attachments=tuple(_attachment(file, place) for place, file in enumerate(reader.each("files"), start=1)),
    )


@without_values
def status_change(state: ministry.DossierState) -> records.StatusChange:
    """One state of a dossier as the ministry says it.

    Raises:
        MappingFailed: a needed member is absent or cannot be read; the pointer is relative to the state.
    """
    reader = MinistryReader(state)
    return records.StatusChange(
        dossier_code=clean_code(reader.needed("dossier_code")),
        ministry_code=reader.needed_text("ministry_code"),
        procedure=_PROCEDURE_OF[reader.needed("module")],
        office=reader.needed("office"),
        province=reader.needed("province"),
        ordinal=reader.needed("ordinal"),
        state=reader.needed("state"),
        happened_at=reader.needed_instant("happened_at"),
        note=reader.text("note"),
        person=reader.text("person"),
        title=reader.text("title"),
        department=reader.text("department"),
        content=reader.text("content"),
        supplement_until=reader.instant("supplement_until"),
    )


@without_values
def registration(
    state: ministry.DossierState,
    result: ministry.MarriageResult | ministry.DeathResult,
    registered_on: date | None = None,
) -> records.Registration:
    """A result, which the state carries as text.

    A marriage says its own day of registration. A death does not: it is `registered_on` where that is known from an
    earlier state, else the day of this state's instant.

    Raises:
        MappingFailed: a needed member is absent or cannot be read, the number is no register number, or the document
            is no base64; the pointer is relative to the result, or to the state for a member of the state.
    """
    reader, of_state = MinistryReader(result), MinistryReader(state)
    if isinstance(result, ministry.MarriageResult):
        day = reader.needed_date("registered_on")
    else:
        day = _day(registered_on or of_state.needed_instant("happened_at").astimezone(VIETNAM).date())
    number, year = _register_number(reader, day)
    return records.Registration(
        dossier_code=clean_code(of_state.needed("dossier_code")),
        ministry_code=of_state.needed_text("ministry_code"),
        result_code=reader.needed("result_code"),
        number=number,
        year=year,
        book=reader.needed_text("book"),
        page=reader.text("page"),
        registered_on=day,
        office=reader.needed("office"),
        signer=reader.needed_text("signer"),
        signer_title=reader.needed_text("signer_title"),
        clerk=reader.text("clerk"),
        event=from_ministry.event(reader),
        document=_document(reader),
    )


@without_values
def register_entry(entry: ministry.MarriageEntry | ministry.DeathEntry) -> records.RegisterEntry:
    """One version of a register entry. What an old entry does not know stays unknown.

    Raises:
        MappingFailed: a needed member is absent or cannot be read, or the number is no register number.
    """
    reader = MinistryReader(entry)
    day = reader.needed_date("registered_on")
    number, year = _register_number(reader, day)
    code = reader.text("dossier_code")
    return records.RegisterEntry(
        entry_id=reader.needed("entry_id"),
        version=reader.needed("version"),
        dossier_code=code and clean_code(code),
        number=number,
        year=year,
        book=reader.needed_text("book"),
        page=reader.text("page"),
        registered_on=day,
        office=reader.needed("registering_office"),
        updated_at=reader.needed_instant("updated_at"),
        condition=reader.needed_named("condition", kinds.CONDITIONS),
        signer=reader.text("signer"),
        signer_title=reader.text("signer_title"),
        clerk=reader.text("clerk"),
        event=from_ministry.event(reader),
        annotations=tuple(map(_annotation, reader.each("annotations"))),
        fingerprint=reader.needed("fingerprint"),
    )


def procedure_code(written: str) -> str:
    """The first two dot groups of a procedure code: `1.000894` of `1.000894.000.00.00.H01`."""
    return ".".join(clean_code(written).split(".")[:2])


def _owner(form: ProvinceReader) -> records.Owner:
    return records.Owner(
        full_name=form.needed_text("full_name"),
        personal_number=from_province.number(form, "personal_number"),
        phone=form.text("phone"),
        email=form.text("email"),
    )


def _attachment(form: ProvinceReader, place: int) -> records.Attachment:
    return records.Attachment(
        number=place,
        file_id=form.needed("file_id"),
        file_name=form.needed_text("file_name"),
        paper_kind=form.needed("paper_kind"),
        paper_name=form.needed_text("paper_name"),
        sha256=form.needed("sha256"),
        size=form.needed("size"),
        removed=bool(form.value("removed")),
    )


def _annotation(reader: MinistryReader) -> records.Annotation:
    return records.Annotation(
        kind=reader.needed("kind"),
        basis=reader.needed_text("basis"),
        noted_on=reader.needed_date("noted_on"),
        content=reader.text("content"),
    )


def _register_number(reader: MinistryReader, day: PartialDate) -> tuple[int, int]:
    found = register_numbers.parse(reader.needed("number"))
    if found is None:
        raise reader.failed("number")
    return found.number, found.year or day.year


def _document(reader: MinistryReader) -> bytes | None:
    """The signed document, or None as long as there is none."""
    written = reader.value("paper")
    if not written:
        return None
    try:
        return base64.b64decode("".join(written.split()), validate=True) or None
    except (binascii.Error, ValueError):
        raise reader.failed("paper") from None


def _day(on: date) -> PartialDate:
    return PartialDate(on.year, on.month, on.day)
