"""The canonical records: what they hold, show and say in JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from connector.domain.mapping import to_ministry, to_records
from schemas import export, records
from schemas.values import PartialDate
from tests.unit import mapping_samples as samples
from tests.unit.mapping_strategies import DOSSIERS

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
DATES: TypeAdapter[PartialDate] = TypeAdapter(records.CivilDate)


@pytest.mark.parametrize("text", ["2005", "2005-07", "2005-07-31", "2024-02-29"])
def test_a_partial_date_stays_partial_in_json(text: str) -> None:
    assert json.loads(DATES.dump_json(DATES.validate_json(f'"{text}"'))) == text


@pytest.mark.parametrize("text", ["05", "2005-7", "2005-13", "2005-02-30", "2005-07-31T00:00", "2005/07", "", "٢٠٠٥"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        DATES.validate_python(text)


@given(st.dates(), st.integers(1, 3))
def test_each_partial_date_comes_through_json_unchanged(day: Any, parts: int) -> None:
    date = PartialDate(*(day.year, day.month, day.day)[:parts])
    assert DATES.validate_json(DATES.dump_json(date)) == date


@given(DOSSIERS)
def test_an_application_comes_through_json_unchanged_and_keeps_to_its_schema(dossier: dict[str, Any]) -> None:
    application = to_records.application(samples.read_dossier(dossier))
    text = application.model_dump_json()
    assert records.Application.model_validate_json(text) == application
    assert not _breaks(records.Application, json.loads(text))


def test_each_record_that_stands_for_itself_keeps_to_its_schema_and_comes_back_equal() -> None:
    form = to_ministry.form(samples.application()).to_wire()
    entry = samples.read_entry(chongHoTen="A B", chongNgaySinh="1975", voHoTen="C D", voNgaySinh="1980")
    made: list[records.Record] = [
        samples.application(),
        samples.application(samples.death()),
        to_records.status_change(samples.read_state()),
        samples.registration(form),
        to_records.register_entry(entry),
        records.Acceptance(dossier_code="H01-230704-0001", accepted_at=samples.application().received_at),
    ]
    assert {type(record) for record in made} == set(records.EXPORTED)
    for record in made:
        assert type(record).model_validate_json(record.model_dump_json()) == record
        assert not _breaks(type(record), json.loads(record.model_dump_json()))


@pytest.mark.parametrize("form", [samples.marriage(), samples.death()])
def test_nothing_about_a_citizen_is_in_the_repr_of_a_record(form: dict[str, Any]) -> None:
    application = samples.application(form)
    registered = samples.read_state(module="LTKH" if "BenNam" in form else "LTKT")
    result = to_records.registration(registered, samples.result_of(to_ministry.form(application).to_wire()))
    for shown in (repr(application), repr(result), str(application.event)):
        for part in ("Lê", "Huỳnh", "089096999", "1938", "1996", "Tổ 4", "Tuổi già", "07/UBND-GBT", "PDF"):
            assert part not in shown


@pytest.mark.parametrize(
    "record",
    [
        records.Address,
        records.IdentityPaper,
        records.Decision,
        records.Person,
        records.Spouse,
        records.Deceased,
        records.DeathNotice,
        records.Declarant,
        records.Owner,
    ],
)
def test_of_a_person_paper_or_place_only_kinds_may_be_shown(record: type[records.Record]) -> None:
    assert {name for name, field in record.model_fields.items() if field.repr} <= {"kind"}


def test_a_record_cannot_be_changed_and_takes_no_unknown_member() -> None:
    address = records.Address(detail="Tổ 4")
    with pytest.raises(ValidationError):
        address.detail = "Tổ 5"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        records.Address.model_validate({"street": "Tổ 4"})


def test_the_schemas_in_the_documents_are_those_of_the_records() -> None:
    """When it fails: python -m schemas.export docs/schemas"""
    current = {export.file_name(record): export.schema_text(record) for record in records.EXPORTED}
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == current


def test_the_command_writes_valid_schemas_and_takes_old_files_away(tmp_path: Path) -> None:
    (tmp_path / "no_more.json").write_text("{}", encoding="utf-8")
    assert export.main([str(tmp_path / "")]) == 0
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(export.file_name(record) for record in records.EXPORTED)
    for path in tmp_path.iterdir():
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_the_command_without_a_folder_is_wrong_usage() -> None:
    assert export.main([]) == 2


def _breaks(record: type[records.Record], value: object) -> list[str]:
    schema = json.loads((FOLDER / export.file_name(record)).read_text(encoding="utf-8"))
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(value)]
