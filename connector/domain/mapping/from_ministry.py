"""The persons, papers and places that the ministry registered as parts of our records.

Nothing but the names is certain in an old register entry, so everything else may be absent here; a result that is to
be handed to the province is completed from its application later (`to_province.result`).
"""

from connector.domain.mapping import kinds
from connector.domain.mapping.reading import MinistryReader, if_known
from schemas import ministry, records
from schemas.kinds import PaperKind
from schemas.values import clean_number


def event(form: MinistryReader) -> records.Marriage | records.Death:
    """Marriage or death as registered, whichever form it is."""
    return marriage(form) if isinstance(form.form, ministry.MarriageFields) else death(form)


def marriage(form: MinistryReader) -> records.Marriage:
    return records.Marriage(
        kind=form.named("kind", kinds.MARRIAGE_KINDS),
        related_since=form.date("related_since"),
        copies=form.value("copies"),
        note=form.text("note"),
        husband=_spouse(form.needed_into("husband")),
        wife=_spouse(form.needed_into("wife")),
    )


def death(form: MinistryReader) -> records.Death:
    return records.Death(
        kind=form.named("kind", kinds.DEATH_KINDS),
        copies=form.value("copies"),
        note=form.text("note"),
        deceased=_deceased(form.needed_into("deceased")),
        notice=if_known(_notice, form.into("notice")),
        declarant=if_known(_declarant, form.into("declarant")),
    )


def _spouse(form: MinistryReader) -> records.Spouse:
    return records.Spouse(
        full_name=form.text("full_name"),
        birth_date=form.date("birth_date"),
        ethnicity=form.value("ethnicity"),
        other_ethnicity=form.text("other_ethnicity"),
        nationality=form.value("nationality"),
        other_nationality=form.text("other_nationality"),
        personal_number=form.value("personal_number"),
        paper=_paper(form),
        residence_kind=form.named("residence_kind", kinds.RESIDENCES),
        residence=if_known(_address, form.into("residence")),
        ordinal=form.value("ordinal"),
        marital_status=form.named("marital_status", kinds.MARITAL_STATUSES),
    )


def _deceased(form: MinistryReader) -> records.Deceased:
    return records.Deceased(
        full_name=form.text("full_name"),
        birth_date=form.date("birth_date"),
        gender=form.named("gender", kinds.GENDERS),
        ethnicity=form.value("ethnicity"),
        other_ethnicity=form.text("other_ethnicity"),
        nationality=form.value("nationality"),
        other_nationality=form.text("other_nationality"),
        personal_number=form.value("personal_number"),
        paper=_paper(form),
        residence_kind=form.named("residence_kind", kinds.RESIDENCES),
        residence=if_known(_address, form.into("residence")),
        death_date=form.date("death_date"),
        death_time=form.text("death_time"),
        death_place=if_known(_address, form.into("death_place")),
        cause=form.text("cause"),
    )


def _notice(form: MinistryReader) -> records.DeathNotice | None:
    notice = records.DeathNotice(
        kind=form.named("kind", kinds.NOTICES),
        number=form.text("number"),
        issued_on=form.date("issued_on"),
        issued_by=form.text("issued_by"),
    )
    return None if notice == _NO_NOTICE else notice


def _declarant(form: MinistryReader) -> records.Declarant | None:
    declarant = records.Declarant(
        full_name=form.text("full_name"),
        relationship=form.text("relationship"),
        paper=_paper(form),
        phone=form.text("phone"),
        email=form.text("email"),
    )
    return None if declarant == _NO_DECLARANT else declarant


def _address(form: MinistryReader) -> records.Address:
    """A place; without a country it is in Việt Nam, and an empty detail is an unknown one."""
    country, detail = form.value("country") or kinds.VIETNAM_CODE, form.text("detail")
    if country != kinds.VIETNAM_CODE:
        return records.Address(country=country, detail=detail)
    return records.Address(
        country=country,
        province=form.value("province") or None,
        district=form.value("district") or None,
        commune=form.value("commune") or None,
        detail=detail,
    )


def _paper(form: MinistryReader) -> records.IdentityPaper | None:
    kind, other = form.named("paper_kind", kinds.MINISTRY_PAPERS), form.text("other_paper")
    number = form.text("paper_number")
    if kind is PaperKind.OTHER and kinds.is_household_book(other):
        kind = PaperKind.HOUSEHOLD_BOOK
    plain = number and clean_number(number)
    paper = records.IdentityPaper(
        kind=kind,
        other_name=other if kind is PaperKind.OTHER else None,
        number=plain.upper() if plain and kind is PaperKind.PASSPORT else plain,
        issued_on=form.date("paper_issued_on"),
        issued_by=form.text("paper_issued_by"),
    )
    return None if paper == _NO_PAPER else paper


_NO_PAPER, _NO_NOTICE, _NO_DECLARANT = records.IdentityPaper(), records.DeathNotice(), records.Declarant()
