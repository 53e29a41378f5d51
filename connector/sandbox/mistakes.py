"""Known mistakes: each takes a plain, valid event and plants exactly the findings it names.

A mistake begins with the ground it needs (which form, which day). `stops` is whether a connector must quarantine the
dossier; the others are sent with a warning. FILE_MISMATCH is found at delivery, when the file is fetched.
PAYLOAD_CONFLICT has no mistake here: it takes two events.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from connector.sandbox.people import CMND_DEAD, day_text, years_before
from connector.sandbox.places import NEIGHBOUR, REFORM

Event = dict[str, Any]
Files = dict[str, bytes]
Ground = str
Plant = Callable[[Random, Event, Files, date], None]


@dataclass(frozen=True, slots=True)
class Mistake:
    """`ground` names the form it is planted in; `first` and `until` bound the days received it makes sense on."""

    name: str
    codes: frozenset[str]
    ground: Ground
    stops: bool
    plant: Plant
    first: date
    until: date

    def fits(self, day: date) -> bool:
        return self.first <= day <= self.until


MISTAKES: list[Mistake] = []


def mistake(
    *codes: str, ground: Ground, stops: bool = True, first: date = date.min, until: date = date.max
) -> Callable[[Plant], Plant]:
    def register(plant: Plant) -> Plant:
        MISTAKES.append(Mistake(plant.__name__, frozenset(codes), ground, stops, plant, first, until))
        return plant

    return register


def form_of(event: Event) -> Any:
    return event["HoSo"]["ToKhai"]


def renumber(person: dict[str, Any], change: Callable[[str], str]) -> None:
    """Changes a personal number everywhere it stands: the member of its own and the card that carries it."""
    number = change(person["SoDinhDanh"])
    if person["GiayTo"]["So"] == person["SoDinhDanh"]:
        person["GiayTo"]["So"] = number
    person["SoDinhDanh"] = number


def reborn(person: dict[str, Any], born: date) -> None:
    """Moves a day of birth and the century and year digits with it."""
    person["NgaySinh"] = day_text(born)
    gender = int(person["SoDinhDanh"][3]) % 2
    digits = f"{(born.year - 1900) // 100 * 2 + gender}{born.year % 100:02d}"
    renumber(person, lambda number: number[:3] + digits + number[6:])


def wedding_day(event: Event, day: date) -> date:
    """The planned day of registration, else the day received."""
    text = form_of(event).get("NgayDuKienDangKy")
    return date(int(text[6:]), int(text[3:5]), int(text[:2])) if text else day


# --- the dossier itself


@mistake("CONTRACT", ground="marriage")
def a_required_member_is_missing(rng: Random, event: Event, _files: Files, _day: date) -> None:
    del event["HoSo"][rng.choice(("KenhThucHien", "MaDonViTiepNhan", "CanXacMinh"))]


@mistake("CONTRACT", ground="death")
def a_member_has_the_wrong_type(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["SoBanSao"] = "hai"


@mistake("CONTRACT", ground="death")
def a_text_is_too_long(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["NguoiChet"]["NguyenNhanChet"] = "Bệnh kéo dài nhiều năm. " * 30


@mistake("DOSSIER_CODE", ground="marriage")
def the_code_has_no_date(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    office, _, serial = event["HoSo"]["MaHoSo"].split("-")
    event["HoSo"]["MaHoSo"] = f"{office}-261332-{serial}"


@mistake("DOSSIER_CODE", ground="death")
def the_code_breaks_its_pattern(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    event["HoSo"]["MaHoSo"] = event["HoSo"]["MaHoSo"].replace("-", "_")


@mistake("PROCEDURE_UNKNOWN", ground="death")
def an_unlisted_procedure(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    event["HoSo"]["MaTTHC"] = "1.000419"


@mistake("WRONG_PROCEDURE", ground="marriage")
def no_foreign_element_under_the_foreign_procedure(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    event["HoSo"]["MaTTHC"] = "2.000806"


@mistake("WRONG_PROCEDURE", ground="foreign")
def a_foreign_element_under_the_domestic_procedure(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    event["HoSo"]["MaTTHC"] = "1.000894"


@mistake("WRONG_PROCEDURE", ground="death")
def a_death_form_under_a_marriage_procedure(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    event["HoSo"]["MaTTHC"] = "1.000894"


@mistake("DUE_MISMATCH", ground="marriage", stops=False)
def promised_a_day_late(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    due = event["HoSo"]["NgayHenTra"]
    promised = date(int(due[:4]), int(due[4:6]), int(due[6:8])) + timedelta(days=1)
    event["HoSo"]["NgayHenTra"] = promised.strftime("%Y%m%d") + due[8:]


@mistake("FILE_MISMATCH", ground="death")
def a_file_is_not_the_announced_one(rng: Random, event: Event, files: Files, _day: date) -> None:
    file_id = rng.choice(event["HoSo"]["TaiLieuNop"])["TepDinhKemId"]
    whole = files[file_id]
    files[file_id] = rng.choice((whole[: len(whole) // 2], whole.replace(b"\n", b" "), whole + b"\n"))


# --- units


@mistake("UNIT_NOT_VALID_ON_DATE", ground="marriage", until=REFORM - timedelta(days=1))
def a_district_is_missing_before_the_reform(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    del form_of(event)["BenNam"]["NoiCuTru"]["MaHuyen"]


@mistake("UNIT_NOT_VALID_ON_DATE", ground="marriage", first=REFORM)
def a_district_is_named_after_the_reform(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNu"]["NoiCuTru"]["MaHuyen"] = "883"


@mistake("UNIT_NOT_VALID_ON_DATE", ground="death", first=REFORM)
def a_last_residence_in_a_commune_that_ended(rng: Random, event: Event, _files: Files, _day: date) -> None:
    place = form_of(event)["NguoiChet"]["NoiCuTruCuoi"]
    place["MaXa"] = rng.choice(("30280", "30283", "30286", "30295", "30298", "30304", "30310"))


@mistake("UNIT_NOT_VALID_ON_DATE", ground="death", first=date(2025, 1, 1), until=REFORM - timedelta(days=1))
def a_commune_merged_half_a_year_before_the_reform(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["NguoiChet"]["NoiCuTruCuoi"] |= {"MaTinh": "89", "MaHuyen": "883", "MaXa": "30285"}


@mistake("UNIT_NOT_VALID_ON_DATE", ground="death")
def an_office_that_no_table_knows(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    event["HoSo"]["MaDonViDangKy"] = "30999"


@mistake("OFFICE_OUTSIDE_PROVINCE", ground="marriage", until=REFORM - timedelta(days=1))
def an_office_of_the_neighbour(rng: Random, event: Event, _files: Files, _day: date) -> None:
    event["HoSo"]["MaDonViDangKy"] = rng.choice(NEIGHBOUR).code


# --- who they are


@mistake("ENCODING_SUSPECT", ground="marriage")
def leftovers_of_an_old_encoding_in_a_name(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["HoTen"] = "NguyÔn V¨n H¶i"


@mistake("ENCODING_SUSPECT", ground="death")
def leftovers_of_an_old_encoding_in_an_address(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["NguoiChet"]["NoiCuTruCuoi"]["DiaChi"] = "Êp B×nh Hßa, x· Mü §\ufffdc"


@mistake("NAME_FORM", ground="marriage")
def a_digit_in_a_name(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNu"]["HoTen"] = "Trần Thị Bích 2"


@mistake("NAME_SINGLE_WORD", ground="marriage", stops=False)
def a_name_of_one_word(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["HoTen"] = "Thạch"


@mistake("ID_LENGTH", ground="marriage")
def a_number_of_thirteen_digits(rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)[rng.choice(("BenNam", "BenNu"))]["SoDinhDanh"] += "1"


@mistake("ID_LENGTH", ground="death")
def a_cmnd_of_eight_digits(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["NguoiChet"]["GiayTo"] = {"Loai": 2, "So": "35123456", "NgayCap": "2009", "NoiCap": None}


@mistake("PAPER_FORM", ground="marriage")
def a_passport_with_a_dash(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["GiayTo"] = {"Loai": 6, "So": "C12-34567", "NgayCap": None, "NoiCap": None}


@mistake("ID_GENDER_MISMATCH", ground="marriage")
def a_number_of_the_other_gender(rng: Random, event: Event, _files: Files, _day: date) -> None:
    person = form_of(event)[rng.choice(("BenNam", "BenNu"))]
    renumber(person, lambda number: number[:3] + str(int(number[3]) ^ 1) + number[4:])


@mistake("ID_YEAR_MISMATCH", ground="marriage")
def a_number_of_another_year(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    def next_year(number: str) -> str:
        return f"{number[:4]}{(int(number[4:6]) + 1) % 100:02d}{number[6:]}"

    renumber(form_of(event)["BenNu"], next_year)


@mistake("ID_PROVINCE_UNKNOWN", ground="marriage", stops=False)
def a_number_of_no_province(rng: Random, event: Event, _files: Files, _day: date) -> None:
    renumber(form_of(event)["BenNam"], lambda number: rng.choice(("003", "097", "341")) + number[3:])


@mistake("ID_MISSING", ground="marriage", stops=False, first=CMND_DEAD)
def nobody_wrote_the_number(_rng: Random, event: Event, _files: Files, day: date) -> None:
    issued = day_text(years_before(day, 2))
    paper = {"Loai": 6, "So": "C7654321", "NgayCap": issued, "NoiCap": "Cục Quản lý xuất nhập cảnh"}
    form_of(event)["BenNu"] |= {"SoDinhDanh": None, "GiayTo": paper}


@mistake("CMND_EXPIRED", ground="marriage", first=CMND_DEAD)
def a_cmnd_after_its_end(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["GiayTo"] = {"Loai": 2, "So": "351234567", "NgayCap": "12/2012", "NoiCap": None}


@mistake("ETHNICITY_UNKNOWN", ground="marriage")
def a_group_that_does_not_exist(rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["DanToc"] = rng.choice(("Phù Nam", None))


@mistake("ETHNICITY_FOREIGNER", ground="foreign", stops=False)
def a_foreigner_with_a_group(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form = form_of(event)
    foreigner = form["BenNam"] if form["BenNam"]["QuocTich"] != "VN" else form["BenNu"]
    foreigner["DanToc"] = "Kinh"
