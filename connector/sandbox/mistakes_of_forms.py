"""Known mistakes of what the two forms say: dates, ages, marital status, the death and its notice."""

from datetime import date, timedelta
from random import Random

from connector.sandbox.mistakes import Event, Files, form_of, mistake, reborn, renumber, wedding_day
from connector.sandbox.people import day_text, years_before
from connector.sandbox.places import communes_on, place_in

_ONE_DAY = timedelta(days=1)


def _day_of(text: str) -> date:
    return date(int(text[6:]), int(text[3:5]), int(text[:2]))


def _dies_on(rng: Random, event: Event, died: date) -> None:
    """Moves the day of death, and the place with it to one that existed then."""
    deceased = form_of(event)["NguoiChet"]
    deceased["NgayChet"] = day_text(died)
    deceased["NoiChet"] = place_in(rng, rng.choice(communes_on(died)))


# --- dates and ages


@mistake("DATE_INVALID", ground="marriage")
def a_day_that_no_calendar_has(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["NgaySinh"] = "31/02/1995"


@mistake("DATE_FUTURE", ground="marriage")
def a_paper_issued_tomorrow(_rng: Random, event: Event, _files: Files, day: date) -> None:
    form_of(event)["BenNu"]["GiayTo"]["NgayCap"] = day_text(day + _ONE_DAY)


@mistake("DATE_FUTURE", ground="marriage")
def a_divorce_decided_tomorrow(_rng: Random, event: Event, _files: Files, day: date) -> None:
    decision = {"So": "41/QĐST-HNGĐ", "Ngay": day_text(day + _ONE_DAY), "CoQuan": "Tòa án nhân dân tỉnh An Giang"}
    form_of(event)["BenNam"] |= {"TinhTrangHonNhan": 3, "LanKetHon": 2, "LyHon": decision}


@mistake("PARTIAL_DATE", ground="marriage", stops=False)
def only_the_year_of_birth(rng: Random, event: Event, _files: Files, _day: date) -> None:
    person = form_of(event)[rng.choice(("BenNam", "BenNu"))]
    person["NgaySinh"] = person["NgaySinh"][rng.choice((3, 6)) :]


@mistake("AGE_HUSBAND", ground="marriage")
def a_groom_one_day_too_young(_rng: Random, event: Event, _files: Files, day: date) -> None:
    reborn(form_of(event)["BenNam"], years_before(wedding_day(event, day), 20) + _ONE_DAY)


@mistake("AGE_WIFE", ground="marriage")
def a_bride_one_day_too_young(_rng: Random, event: Event, _files: Files, day: date) -> None:
    reborn(form_of(event)["BenNu"], years_before(wedding_day(event, day), 18) + _ONE_DAY)


@mistake("AGE_IMPLAUSIBLE", ground="death")
def born_a_century_and_a_half_ago(_rng: Random, event: Event, _files: Files, day: date) -> None:
    born = day_text(years_before(day, 140))
    form_of(event)["NguoiChet"] |= {"NgaySinh": born, "SoDinhDanh": None, "GiayTo": None}


# --- marriage


@mistake("SAME_PERSON", ground="marriage")
def one_name_and_birth_on_both_sides(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    groom, bride = form_of(event)["BenNam"], form_of(event)["BenNu"]
    bride["HoTen"] = groom["HoTen"]
    reborn(bride, _day_of(groom["NgaySinh"]))


@mistake("ALREADY_MARRIED", ground="marriage")
def somebody_is_married(rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)[rng.choice(("BenNam", "BenNu"))]["TinhTrangHonNhan"] = rng.choice((1, 5))


@mistake("MANUAL_CHECK", ground="marriage")
def another_marital_status(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["TinhTrangHonNhan"] = 6


@mistake("STATUS_ORDINAL_CONFLICT", ground="marriage")
def never_married_for_the_second_time(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"]["LanKetHon"] = 2


@mistake("DIVORCE_DOC_REQUIRED", ground="marriage")
def divorced_without_a_paper(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNu"] |= {"TinhTrangHonNhan": 3, "LanKetHon": 2, "LyHon": None}


@mistake("SPOUSE_DEATH_DOC_REQUIRED", ground="marriage")
def widowed_without_a_paper(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["BenNam"] |= {"TinhTrangHonNhan": 4, "LanKetHon": 2}


@mistake("FORMER_DATE_REQUIRED", ground="again")
def again_without_the_former_day(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["NgayXacLapQuanHe"] = None


# --- death


@mistake("DEATH_BEFORE_BIRTH", ground="death")
def born_after_the_death(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    deceased = form_of(event)["NguoiChet"]
    born = day_text(_day_of(deceased["NgayChet"]) + _ONE_DAY)
    deceased |= {"NgaySinh": born, "SoDinhDanh": None, "GiayTo": None}


@mistake("FUTURE_DEATH", ground="death")
def a_death_later_that_day(rng: Random, event: Event, _files: Files, day: date) -> None:
    _dies_on(rng, event, day)
    form_of(event)["NguoiChet"]["GioPhutChet"] = "23:59"
    form_of(event)["GiayBaoTu"]["Ngay"] = day_text(day)


@mistake("TIME_WITHOUT_DATE", "PARTIAL_DATE", ground="death")
def an_hour_without_its_day(rng: Random, event: Event, _files: Files, _day: date) -> None:
    deceased = form_of(event)["NguoiChet"]
    first = _day_of(deceased["NgayChet"]).replace(day=1)
    _dies_on(rng, event, first)
    deceased |= {"NgayChet": day_text(first)[3:], "GioPhutChet": "04:30"}


@mistake("NOTICE_REQUIRED", ground="death")
def no_notice(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["GiayBaoTu"] = None


@mistake("NOTICE_NUMBER_IS_EXTRACT", ground="death")
def an_extract_instead_of_a_notice(rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["GiayBaoTu"] |= {"Loai": 1, "So": rng.choice(("07/TLKT-BS", "212/TLKT"))}


@mistake("NOTICE_NUMBER_IS_EXTRACT", ground="death", stops=False)
def an_extract_as_another_paper(rng: Random, event: Event, _files: Files, _day: date) -> None:
    form_of(event)["GiayBaoTu"] |= {"Loai": 6, "So": rng.choice(("07/TLKT-BS", "212/TLKT"))}


@mistake("NOTICE_BEFORE_DEATH", ground="death")
def a_notice_before_the_death(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    form = form_of(event)
    form["GiayBaoTu"]["Ngay"] = day_text(_day_of(form["NguoiChet"]["NgayChet"]) - _ONE_DAY)


@mistake("NOTICE_AFTER_FILING", ground="death")
def a_notice_after_the_filing(_rng: Random, event: Event, _files: Files, day: date) -> None:
    form_of(event)["GiayBaoTu"]["Ngay"] = day_text(day + _ONE_DAY)


@mistake("KIND_MISMATCH", ground="death")
def in_time_after_sixteen_days(rng: Random, event: Event, _files: Files, day: date) -> None:
    _dies_on(rng, event, day - timedelta(days=16))


@mistake("KIND_MISMATCH", ground="death")
def late_within_the_time(rng: Random, event: Event, _files: Files, day: date) -> None:
    _dies_on(rng, event, day - timedelta(days=rng.choice((5, 15))))
    form_of(event)["GiayBaoTu"]["Ngay"] = day_text(day)
    form_of(event)["LoaiDangKy"] = 4


@mistake("DECLARANT_IS_DECEASED", ground="death")
def the_dead_declares(_rng: Random, event: Event, _files: Files, _day: date) -> None:
    number = form_of(event)["NguoiChet"]["SoDinhDanh"]
    renumber(form_of(event)["NguoiYeuCau"], lambda _own: number)
