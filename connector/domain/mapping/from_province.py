"""The persons, papers and places of an application form of the province as parts of our records."""

from connector.domain import ethnicities
from connector.domain.mapping import kinds
from connector.domain.mapping.reading import ProvinceReader, if_known
from schemas import province, records
from schemas.kinds import PaperKind
from schemas.values import clean_number


def event(dossier: ProvinceReader) -> records.Marriage | records.Death:
    """Marriage or death of a dossier, whichever form it carries."""
    form = dossier.needed_into("form")
    return marriage(form) if isinstance(form.form, province.MarriageForm) else death(form)


def marriage(form: ProvinceReader) -> records.Marriage:
    planned = form.date("planned_on")
    if planned is not None and not planned.is_full:
        raise form.failed("planned_on")
    return records.Marriage(
        kind=form.needed_named("kind", kinds.MARRIAGE_KINDS),
        related_since=form.date("related_since"),
        planned_on=if_known(lambda day: day.first_day, planned),
        copies=form.needed("copies"),
        note=form.text("note"),
        husband=_spouse(form.needed_into("husband")),
        wife=_spouse(form.needed_into("wife")),
    )


def death(form: ProvinceReader) -> records.Death:
    return records.Death(
        kind=form.needed_named("kind", kinds.DEATH_KINDS),
        copies=form.needed("copies"),
        note=form.text("note"),
        deceased=_deceased(form.needed_into("deceased")),
        notice=if_known(_notice, form.into("notice")),
        declarant=_declarant(form.needed_into("declarant")),
    )


def _spouse(form: ProvinceReader) -> records.Spouse:
    return records.Spouse(
        full_name=form.needed_text("full_name"),
        birth_date=form.needed_date("birth_date"),
        ethnicity=_ethnicity(form),
        nationality=form.needed("nationality"),
        other_nationality=form.text("other_nationality"),
        personal_number=number(form, "personal_number"),
        paper=_paper(form.needed_into("paper")),
        residence_kind=form.needed_named("residence_kind", kinds.RESIDENCES),
        residence=_address(form.needed_into("residence")),
        ordinal=form.needed("ordinal"),
        marital_status=form.needed_named("marital_status", kinds.MARITAL_STATUSES),
        divorce=if_known(_decision, form.into("divorce")),
        spouse_death=if_known(_decision, form.into("spouse_death")),
    )


def _deceased(form: ProvinceReader) -> records.Deceased:
    return records.Deceased(
        full_name=form.needed_text("full_name"),
        birth_date=form.needed_date("birth_date"),
        gender=form.needed_named("gender", kinds.GENDERS),
        ethnicity=_ethnicity(form),
        nationality=form.needed("nationality"),
        other_nationality=form.text("other_nationality"),
        personal_number=number(form, "personal_number"),
        paper=if_known(_paper, form.into("paper")),
        residence_kind=form.needed_named("residence_kind", kinds.RESIDENCES),
        residence=_address(form.needed_into("residence")),
        death_date=form.needed_date("death_date"),
        death_time=form.text("death_time"),
        death_place=_address(form.needed_into("death_place")),
        cause=form.needed_text("cause"),
    )


def _notice(form: ProvinceReader) -> records.DeathNotice:
    return records.DeathNotice(
        kind=form.needed_named("kind", kinds.NOTICES),
        number=form.needed_text("number"),
        issued_on=form.needed_date("issued_on"),
        issued_by=form.needed_text("issued_by"),
    )


def _declarant(form: ProvinceReader) -> records.Declarant:
    return records.Declarant(
        full_name=form.needed_text("full_name"),
        relationship=form.needed_text("relationship"),
        personal_number=number(form, "personal_number"),
        paper=_paper(form.needed_into("paper")),
        residence=if_known(_address, form.into("residence")),
        phone=form.text("phone"),
        email=form.text("email"),
    )


def _address(form: ProvinceReader) -> records.Address:
    """Abroad only country and detail: Vietnamese unit codes say nothing there."""
    country, detail = form.needed("country"), form.text("detail")
    if country != kinds.VIETNAM_CODE:
        return records.Address(country=country, detail=detail)
    return records.Address(
        country=country,
        province=form.value("province") or None,
        district=form.value("district") or None,
        commune=form.value("commune") or None,
        detail=detail,
    )


def _paper(form: ProvinceReader) -> records.IdentityPaper:
    kind = form.needed_named("kind", kinds.PROVINCE_PAPERS)
    plain = clean_number(form.needed_text("number"))
    return records.IdentityPaper(
        kind=kind,
        other_name=form.text("other_kind") if kind is PaperKind.OTHER else None,
        number=plain.upper() if kind is PaperKind.PASSPORT else plain,
        issued_on=form.date("issued_on"),
        issued_by=form.text("issued_by"),
    )


def _decision(form: ProvinceReader) -> records.Decision:
    return records.Decision(
        number=form.needed_text("number"),
        decided_on=form.needed_date("decided_on"),
        agency=form.needed_text("agency"),
    )


def _ethnicity(form: ProvinceReader) -> str:
    written = form.text("ethnicity")
    if written is None:
        if form.needed("nationality") == kinds.VIETNAM_CODE:
            raise form.failed("ethnicity")
        return ethnicities.FOREIGNER
    code = ethnicities.code_of(written)
    if code is None:
        raise form.failed("ethnicity")
    return code


def number(form: ProvinceReader, member: str) -> str | None:
    """A personal number without white space and dots; None when it is absent or empty."""
    written = form.text(member)
    return clean_number(written) if written else None
