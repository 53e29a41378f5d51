"""Two copies of a registration beside each other: what is only spelled otherwise, and what is something else."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.field_names import NAMES, spoken
from connector.domain.message import Route
from connector.domain.side_by_side import Difference, Row, SideBySide, Sides, is_cosmetic, side_by_side
from schemas import province
from schemas.reading import Form
from tests.dossier_events import changed, death, marriage
from tests.ministry_answers import entry, marriage_result, state

NAME = ("husband", "full_name")


def sent(event: dict[str, Any], *, reveal: bool = False) -> SideBySide:
    found = side_by_side(Route.APPLICATION, "marriage", json.dumps(event).encode(), None, reveal=reveal)
    assert found
    return found


def row(found: SideBySide, *names: str) -> Row:
    [one] = [one for one in found.rows if one.names == names]
    return one


def differing(found: SideBySide) -> dict[tuple[str, ...], Difference]:
    return {one.names: one.difference for one in found.rows if one.difference is not Difference.NONE}


def test_a_clean_application_goes_as_it_came() -> None:
    found = sent(marriage())

    assert found.sides is Sides.SENT
    assert found.failed is None
    assert differing(found) == {}
    assert len(found.rows) > 30


@pytest.mark.parametrize(
    "spelling",
    [
        unicodedata.normalize("NFD", "Lê Quốc Khải"),
        "  Lê   Quốc\u00a0Khải ",
        "Lê Quốc Khải\u200b",
    ],
    ids=["composed otherwise", "spaces", "zero-width"],
)
def test_a_name_that_is_only_written_otherwise_is_cosmetic(spelling: str) -> None:
    found = sent(changed(marriage(), {"ToKhai/BenNam/HoTen": spelling}))

    assert differing(found) == {NAME: Difference.COSMETIC}
    assert found.count(Difference.COSMETIC) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("NGUYỄN THỊ HÒA", "Nguyễn Thị Hoà"), ("Ðặng Thúy", "Đặng Thuý"), ("H’Ra", "H'Ra")],
)
def test_capitals_tones_and_letters_that_look_alike_are_cosmetic(one: str, other: str) -> None:
    assert is_cosmetic("full_name", one, other)


def test_another_letter_is_another_name() -> None:
    assert not is_cosmetic("full_name", "Nguyễn Thị Hoa", "Nguyễn Thị Hòa")
    assert not is_cosmetic("full_name", "Trần Văn Tam", "Trần Văn Tâm")


def test_dots_matter_in_a_name_and_not_in_a_number() -> None:
    assert is_cosmetic("number", "351.234 567", "351234567")
    assert not is_cosmetic("full_name", "351.234 567", "351234567")


def test_an_ethnic_group_by_another_of_its_names_is_the_same_group() -> None:
    found = sent(changed(marriage(), {"ToKhai/BenNam/DanToc": "Miên"}))

    assert row(found, "husband", "ethnicity").difference is Difference.COSMETIC
    assert not is_cosmetic("ethnicity", "Kinh", "Chăm")


@given(st.text(max_size=40))
def test_nothing_differs_from_itself(text: str) -> None:
    assert is_cosmetic("full_name", text, text)


def test_what_has_no_place_at_the_ministry_stands_alone() -> None:
    found = sent(changed(death(), {}))

    assert {names[:2] for names in differing(found)} == {("declarant", "residence")}
    assert set(differing(found).values()) == {Difference.ONLY_LEFT}


def test_personal_data_are_hidden_on_both_sides_until_they_are_revealed() -> None:
    spelled = changed(marriage(), {"ToKhai/BenNam/HoTen": "LÊ QUỐC  KHẢI"})
    hidden, shown = sent(spelled), sent(spelled, reveal=True)

    assert "Quốc" not in repr(hidden)
    assert "089096999001" not in "".join(f"{one.left}{one.right}" for one in hidden.rows)
    assert row(hidden, *NAME).difference is row(shown, *NAME).difference is Difference.COSMETIC
    assert (row(shown, *NAME).left, row(shown, *NAME).right) == ("LÊ QUỐC  KHẢI", "LÊ QUỐC KHẢI")
    assert "QUỐC" not in repr(shown)


def test_a_row_knows_where_a_finding_about_it_points() -> None:
    assert row(sent(marriage()), *NAME).pointer == "/HoSo/ToKhai/BenNam/HoTen"


def test_a_form_that_cannot_be_mapped_is_shown_as_it_came_with_the_place_that_stopped_it() -> None:
    found = sent(changed(marriage(), {"ToKhai/BenNam/DanToc": "Atlantis"}))

    assert found.failed
    assert row(found, *NAME).left is not None
    assert row(found, *NAME).right is None
    assert differing(found) == {}


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"{}", b"\xff"])
@pytest.mark.parametrize("route", [Route.APPLICATION, Route.RESULT, Route.REGISTER])
def test_rubbish_is_nothing_to_compare(route: Route, body: bytes) -> None:
    found = side_by_side(route, "marriage", body, None)

    assert found
    assert found.failed
    assert found.rows == ()


def test_a_result_is_compared_with_what_was_applied_for() -> None:
    applied = json.dumps(marriage()).encode()
    plain = json.dumps(state(result=marriage_result())).encode()
    other = json.dumps(state(result=marriage_result(chongHoTen="Lê Quốc Khánh", voHoTen="NGUYỄN THỊ ÁI THUỶ"))).encode()

    same = side_by_side(Route.RESULT, "marriage", plain, applied)
    differs = side_by_side(Route.RESULT, "marriage", other, applied)

    assert same
    assert differs
    assert same.sides is Sides.REGISTERED
    assert row(same, *NAME).difference is Difference.NONE
    assert row(differs, *NAME).difference is Difference.LEGAL
    assert row(differs, "wife", "full_name").difference is Difference.COSMETIC


def test_a_result_without_its_application_stands_alone() -> None:
    whole = side_by_side(Route.RESULT, "marriage", json.dumps(state(result=marriage_result())).encode(), None)

    assert whole
    assert all(one.left is None for one in whole.rows)


def test_a_register_entry_is_compared_with_its_version_before() -> None:
    now, before = entry(version=2, chongHoTen="Lê Quốc Khánh"), entry()
    found = side_by_side(Route.REGISTER, "marriage", json.dumps(now).encode(), json.dumps(before).encode())

    assert found
    assert found.sides is Sides.VERSIONS
    assert differing(found) == {NAME: Difference.LEGAL}


def test_progress_and_withdrawals_carry_no_registration() -> None:
    assert side_by_side(Route.PROGRESS, "marriage", b"{}", None) is None
    assert side_by_side(Route.WITHDRAWAL, "marriage", b"{}", None) is None


def test_every_member_of_a_registration_has_a_name_in_both_languages() -> None:
    def members(form: type[Form]) -> Iterator[str]:
        yield from form.model_fields
        for name, _ in form.nested:
            for kind in _forms_of(form.model_fields[name].annotation):
                yield from members(kind)

    needed = {*members(province.MarriageForm), *members(province.DeathForm)}
    assert needed == NAMES.keys()
    assert all(vi and en for vi, en in NAMES.values())
    assert spoken(("husband", "paper", "number"), english=False) == "Bên nam · Giấy tờ · Số"
    assert spoken(("wife", "full_name"), english=True) == "Wife · Full name"


def _forms_of(annotation: Any) -> list[type[Form]]:
    if isinstance(annotation, type) and issubclass(annotation, Form):
        return [annotation]
    return [form for part in get_args(annotation) for form in _forms_of(part)]
