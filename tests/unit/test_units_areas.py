import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import unit_table, units
from connector.domain.slugs import slug

PILOT, MERGED, LAST, REFORM = date(2023, 6, 1), date(2025, 1, 1), date(2025, 6, 30), date(2025, 7, 1)
TABLE = Path(unit_table.__file__).parent / "data" / "angiang_units.csv"
ROWS = list(csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines()))
CODES = sorted({row["old_ward_code"] for row in ROWS} | {row["new_ward_code"] for row in ROWS})

codes = st.sampled_from(CODES)
days = st.one_of(
    st.dates(date(1990, 1, 1), date(2040, 1, 1)),
    st.sampled_from([date(2003, 12, 31), date(2004, 1, 1), date(2024, 12, 31), MERGED, LAST, REFORM]),
)
slugs = st.sampled_from([area.slug for area in units.areas()])


def test_the_areas_are_the_province_26_districts_and_every_commune_of_every_epoch() -> None:
    levels = [area.level for area in units.areas()]
    assert levels.count(units.Level.PROVINCE) == 1
    assert levels.count(units.Level.DISTRICT) == 26
    assert levels.count(units.Level.COMMUNE) == 299 + 102
    assert len({area.slug for area in units.areas()}) == len(levels)
    assert len({area.name for area in units.areas()}) == len(levels)


def test_an_area_is_found_by_its_slug() -> None:
    found = units.area("long-xuyen")
    assert found == units.Area("long-xuyen", "Thành phố Long Xuyên", units.Level.DISTRICT)
    everywhere = units.area("all")
    assert everywhere is not None
    assert everywhere.level is units.Level.PROVINCE
    assert units.area("ha-noi") is None


def test_both_districts_called_chau_thanh_have_a_slug_of_their_own() -> None:
    assert units.area_of("30589", PILOT) == "chau-thanh"
    assert units.area_of("30880", PILOT) == "chau-thanh-kien-giang"
    theirs = units.area("chau-thanh-kien-giang")
    assert theirs is not None
    assert theirs.name == "Huyện Châu Thành (Kiên Giang)"


def test_names_that_differ_only_in_a_tone_do_not_share_a_slug() -> None:
    assert units.areas_of("30427", PILOT)[0] == "xa-phu-thanh-phu-tan-30427"
    assert units.areas_of("30433", PILOT)[0] == "xa-phu-thanh-phu-tan-30433"
    assert units.area("xa-phu-thanh-phu-tan") is None


def test_the_four_successors_of_district_883_are_long_xuyen_and_nothing_else_is() -> None:
    inside = {code for code in CODES if units.commune(code, REFORM) and units.area_of(code, REFORM) == "long-xuyen"}
    assert inside == {"30292", "30301", "30307", "30313"}


def test_a_commune_of_two_districts_lies_where_most_of_it_came_from() -> None:
    assert units.area_of("30760", REFORM) == "rach-gia"  # two parts of Rạch Giá, one of Hòn Đất
    assert units.area_of("30766", REFORM) == "ha-tien"  # two parts of Hà Tiên, one of Kiên Lương


def test_a_code_used_again_never_opens_the_other_place() -> None:
    old, new = units.resolve_area("30292", PILOT), units.resolve_area("30292", REFORM)
    assert old is not None
    assert new is not None
    assert (old.slug, old.name) == (
        "phuong-binh-khanh-long-xuyen",
        "Phường Bình Khánh, Thành phố Long Xuyên (đến 30/06/2025)",
    )
    assert (new.slug, new.name) == ("phuong-binh-duc", "Phường Bình Đức")
    assert old.covers("30292", LAST)
    assert not old.covers("30292", REFORM)
    assert new.covers("30292", REFORM)
    assert not new.covers("30292", LAST)


def test_areas_come_from_the_most_specific_to_the_widest() -> None:
    assert units.areas_of("30307", REFORM) == ("phuong-long-xuyen", "long-xuyen", "all")
    assert units.areas_of("30307", LAST) == ("phuong-my-hoa-long-xuyen", "long-xuyen", "all")


def test_a_code_without_a_commune_on_that_day_lies_in_no_area() -> None:
    assert units.areas_of("30285", MERGED) == ()
    assert units.communes_of("nowhere", PILOT) == ()
    with pytest.raises(units.UnitNotValid):
        units.area_of("30285", MERGED)


def test_former_kien_giang_is_covered_by_all_but_not_listed_before_the_merger() -> None:
    everywhere = units.area("all")
    assert everywhere is not None
    assert everywhere.covers("30742", LAST)
    assert units.communes_of("rach-gia", LAST) == ()
    assert [unit.name for unit in units.communes_of("rach-gia", REFORM)] == ["Phường Rạch Giá", "Phường Vĩnh Thông"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("long-xuyen", "long-xuyen"),
        (" Long-Xuyen ", "long-xuyen"),
        ("all", "all"),
        ("30292", "phuong-binh-duc"),
        ("30292@2023-06-01", "phuong-binh-khanh-long-xuyen"),
        ("30292@2025-07-01", "phuong-binh-duc"),
        ("30285@2024-12-31", "phuong-dong-xuyen-long-xuyen"),
        ("30285@2025-01-01", None),
        ("30285", None),
        ("30292@2023-02-30", None),
        ("30292@", None),
        ("30292@1999-01-01", None),
        ("٣٠٢٩٢", None),
        ("883", None),
        ("", None),
    ],
)
def test_an_operator_names_an_area_by_slug_code_or_code_and_day(text: str, expected: str | None) -> None:
    found = units.resolve_area(text, date(2026, 11, 22))
    assert (found and found.slug) == expected


@given(slugs, codes, days)
def test_an_area_covers_a_commune_exactly_when_it_is_one_of_its_areas(area_slug: str, code: str, on: date) -> None:
    found = units.area(area_slug)
    assert found is not None
    inside = found.covers(code, on)
    assert inside == (area_slug in units.areas_of(code, on))
    listed = code in {unit.code for unit in units.communes_of(area_slug, on)}
    assert listed == (inside and units.belongs_to_an_giang(code, on))


@given(codes, days)
def test_every_commune_lies_in_itself_its_district_and_the_province(code: str, on: date) -> None:
    found = units.areas_of(code, on)
    if units.commune(code, on) is None:
        assert found == ()
        return
    levels = [area.level for area in map(units.area, found) if area is not None]
    assert levels == [units.Level.COMMUNE, units.Level.DISTRICT, units.Level.PROVINCE]
    assert units.area_of(code, on) == found[1]
    itself = units.area(found[0])
    assert itself is not None
    assert [each for each in CODES if itself.covers(each, on)] == [code]


def test_an_old_commune_lies_in_the_area_of_the_district_its_line_names() -> None:
    names = {area.name: area.slug for area in units.areas()}
    for row in ROWS:
        doubled = (row["old_district"], row["old_province_code"]) == ("Huyện Châu Thành", "91")
        district = "Huyện Châu Thành (Kiên Giang)" if doubled else row["old_district"]
        assert units.area_of(row["old_ward_code"], PILOT) == names[district]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Thành phố Long Xuyên", "thanh-pho-long-xuyen"), ("Đặc khu  Phú Quốc", "dac-khu-phu-quoc"), ("…", "")],
)
def test_a_slug_keeps_letters_and_drops_marks(text: str, expected: str) -> None:
    assert slug(text) == expected
