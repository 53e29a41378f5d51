import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import unit_table, units

PILOT, MERGED, LAST, REFORM = date(2023, 6, 1), date(2025, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
TABLE = Path(unit_table.__file__).parent / "data" / "angiang_units.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
CODES = sorted({row["old_ward_code"] for row in ROWS} | {row["new_ward_code"] for row in ROWS})

codes = st.sampled_from(CODES)
days = st.one_of(
    st.dates(date(1990, 1, 1), date(2040, 1, 1)),
    st.sampled_from([date(2003, 12, 31), date(2004, 1, 1), date(2024, 12, 31), MERGED, LAST, REFORM]),
)


def names(found: tuple[units.Unit, ...]) -> list[str]:
    return [unit.name for unit in found]


def test_the_table_says_what_a_code_meant_on_either_side_of_the_reform() -> None:
    before, after = units.commune("30292", LAST), units.commune("30292", REFORM)
    assert before is not None
    assert after is not None
    assert (before.name, before.kind, before.district_code, before.district_name, before.province_code) == (
        "Phường Bình Khánh", units.Kind.WARD, "883", "Thành phố Long Xuyên", "89",
    )  # fmt: skip
    assert (after.name, after.kind, after.district_code, after.district_name, after.province_code) == (
        "Phường Bình Đức", units.Kind.WARD, None, None, "91",
    )  # fmt: skip
    assert (before.valid_from, before.valid_to) == (date(2004, 1, 1), LAST)
    assert (after.valid_from, after.valid_to) == (REFORM, None)


def test_the_table_begins_in_2004_and_knows_no_other_codes() -> None:
    assert units.commune("30280", date(2003, 12, 31)) is None
    assert units.commune("30280", date(2004, 1, 1)) is not None
    assert units.commune("00001", PILOT) is None
    assert units.is_known("30285")
    assert not units.is_known("00001")
    assert not units.is_known("")


def test_a_merged_ward_ends_with_2024() -> None:
    assert units.commune("30285", date(2024, 12, 31)) is not None
    assert units.commune("30285", MERGED) is None


def test_there_are_102_new_communes_of_three_kinds() -> None:
    found = [unit for unit in (units.commune(code, REFORM) for code in CODES) if unit is not None]
    kinds = [unit.kind for unit in found]
    assert len(found) == 102
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        units.Kind.COMMUNE: 85,
        units.Kind.WARD: 14,
        units.Kind.SPECIAL_ZONE: 3,
    }
    assert len(units.communes_of("all", REFORM)) == 102


def test_old_an_giang_had_156_communes_and_then_155() -> None:
    assert len(units.communes_of("all", date(2024, 12, 31))) == 156
    assert len(units.communes_of("all", MERGED)) == 155
    assert len(units.communes_of("all", LAST)) == 155


def test_long_xuyen_had_13_then_12_and_now_4_units() -> None:
    assert len(units.communes_of("long-xuyen", PILOT)) == 13
    assert len(units.communes_of("long-xuyen", MERGED)) == 12
    assert [(unit.code, unit.name) for unit in units.communes_of("long-xuyen", REFORM)] == [
        ("30292", "Phường Bình Đức"),
        ("30301", "Phường Mỹ Thới"),
        ("30307", "Phường Long Xuyên"),
        ("30313", "Xã Mỹ Hòa Hưng"),
    ]


def test_the_code_91_was_kien_giang_before_it_was_an_giang() -> None:
    found = [units.province(code, on) for code, on in (("89", LAST), ("91", LAST), ("91", REFORM))]
    assert [unit and unit.name for unit in found] == ["Tỉnh An Giang", "Tỉnh Kiên Giang", "Tỉnh An Giang"]
    assert units.province("89", REFORM) is None
    assert units.province_code(LAST) == "89"
    assert units.province_code(REFORM) == "91"


def test_districts_end_with_june_2025() -> None:
    found = units.district("883", LAST)
    assert found is not None
    assert (found.name, found.kind, found.province_code, found.valid_to) == (
        "Thành phố Long Xuyên", units.Kind.CITY, "89", LAST,
    )  # fmt: skip
    assert units.district("883", REFORM) is None
    assert units.district("91", LAST) is None
    assert units.district("000", LAST) is None


def test_kien_giang_is_known_but_another_province_until_the_merger() -> None:
    assert units.commune("30742", LAST) is not None
    assert not units.belongs_to_an_giang("30742", LAST)
    assert units.belongs_to_an_giang("30742", REFORM)
    assert units.belongs_to_an_giang("30280", LAST)
    assert not units.belongs_to_an_giang("30280", REFORM)
    assert not units.belongs_to_an_giang("00001", REFORM)
    rach_gia = units.district("899", LAST)
    long_xuyen = units.district("883", LAST)
    assert rach_gia is not None
    assert long_xuyen is not None
    assert not units.belongs_to_an_giang(rach_gia, LAST)
    assert units.belongs_to_an_giang(long_xuyen, LAST)
    assert not units.belongs_to_an_giang(long_xuyen, REFORM)


def test_a_split_commune_is_followed_by_all_its_heirs_the_main_one_first() -> None:
    assert [unit.code for unit in units.successors("30358", LAST)] == ["30346", "30337", "30352"]
    assert [unit.code for unit in units.successors("30334", LAST)] == ["30316", "30325"]


def test_dong_xuyen_became_my_xuyen_and_only_that_long_xuyen() -> None:
    assert names(units.successors("30285", PILOT)) == ["Phường Mỹ Xuyên"]
    assert names(units.successors("30286", PILOT)) == ["Phường Long Xuyên"]
    assert units.predecessors("30286", date(2024, 12, 31)) == ()
    assert names(units.predecessors("30286", MERGED)) == ["Phường Đông Xuyên"]


def test_what_still_exists_has_no_successor_and_what_is_unknown_has_no_relatives() -> None:
    assert units.successors("30307", REFORM) == ()
    assert units.successors("30285", MERGED) == ()
    assert units.successors("00001", PILOT) == ()
    assert units.predecessors("00001", REFORM) == ()
    assert units.predecessors("30280", PILOT) == ()


def test_predecessors_that_gave_only_a_part_come_last() -> None:
    found = [unit.code for unit in units.predecessors("30337", REFORM)]
    assert found == ["30337", "30355", "30370", "30358"]


def test_one_spelling_of_the_kind_is_kept() -> None:
    found = units.commune("30688", LAST)
    assert found is not None
    assert (found.kind, found.name) == (units.Kind.TOWNSHIP, "Thị trấn Óc Eo")


def test_a_line_of_the_table_that_names_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no known kind"):
        unit_table._kind_and_name("Long Xuyên")


@given(codes, days)
def test_a_code_names_at_most_one_unit_on_a_day(code: str, on: date) -> None:
    olds = {row["old_ward"] for row in ROWS if row["old_ward_code"] == code
            and date(2004, 1, 1) <= on <= date.fromisoformat(row["old_valid_to"])}  # fmt: skip
    news = {row["new_ward"] for row in ROWS if row["new_ward_code"] == code and on >= REFORM}
    found = units.commune(code, on)
    expected = {name.lower() for name in olds | news}
    assert len(expected) <= 1
    assert ({found.name.lower()} if found else set()) == expected
    assert found is None or (found.code == code and found.valid_on(on))


@given(codes, days)
def test_every_line_of_descent_ends_in_a_unit_of_today_within_two_steps(code: str, on: date) -> None:
    start = units.commune(code, on)
    generation = [start] if start else []
    for _ in range(2):
        heirs = [(unit, units.successors(unit.code, unit.valid_from)) for unit in generation]
        for unit, found in heirs:
            assert bool(found) == (unit.valid_to is not None)
            assert len(set(found)) == len(found)
        generation = [heir for unit, found in heirs for heir in (found or (unit,))]
    assert all(unit.valid_to is None for unit in generation)


@given(codes, days)
def test_successors_and_predecessors_are_each_others_mirror(code: str, on: date) -> None:
    for heir in units.successors(code, on):
        before = units.commune(code, on)
        assert before is not None
        assert before.valid_to is not None
        assert before in units.predecessors(heir.code, before.valid_to + timedelta(days=1))
    now = units.commune(code, on)
    for parent in units.predecessors(code, on):
        assert now in units.successors(parent.code, parent.valid_from)
        assert parent.valid_to is not None
        assert parent.valid_to < on


def test_every_new_commune_grew_out_of_the_old_ones_its_lines_name() -> None:
    lines: defaultdict[str, set[str]] = defaultdict(set)
    for row in ROWS:
        if row["old_valid_to"] == "2025-06-30":
            lines[row["new_ward_code"]].add(row["old_ward_code"])
    assert {code: {unit.code for unit in units.predecessors(code, REFORM)} for code in lines} == lines
