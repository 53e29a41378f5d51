"""Invented death forms: in time, late, long ago, and again after a lost register."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connector.sandbox.marriages import Filing, Form, Written
from connector.sandbox.people import (
    Person,
    card,
    day_between,
    day_text,
    living_paper,
    local,
    paper_of_the_dead,
    years_before,
)
from connector.sandbox.places import commune_on, place_abroad, place_elsewhere, place_in

# Nobody of this table counts as a unit before 2004.
_FIRST_DAY_OF_UNITS = date(2004, 1, 1)
_LOST_BOOKS_UNTIL = date(2015, 12, 31)
_CAUSES = (
    "Tuổi già",
    "Bệnh tim mạch",
    "Tai biến mạch máu não",
    "Tai nạn giao thông đường bộ",
    "Ung thư gan giai đoạn cuối",
    "Đuối nước",
    "Không rõ",
    "Viêm phổi nặng, suy hô hấp",
)


def death_in_time(filing: Filing) -> Written:
    days = filing.rng.choice((0, 1, 1, 2, 2, 3, 4, 6, 9, 14, 15))
    return _death(filing, filing.day - timedelta(days=max(days, 4) if filing.plain else days), kind=1)


def late_death(filing: Filing) -> Written:
    days = filing.rng.choice((16, 17, 20, 30, 45, 90, 200, 400))
    return _death(filing, filing.day - timedelta(days=days), kind=4)


def death_long_ago(filing: Filing) -> Written:
    died = day_between(filing.rng, _FIRST_DAY_OF_UNITS, years_before(filing.day, 3))
    return _death(filing, died, kind=5)


def death_again(filing: Filing) -> Written:
    died = day_between(filing.rng, _FIRST_DAY_OF_UNITS, _LOST_BOOKS_UNTIL)
    return _death(filing, died, kind=2)


def place_of_death(filing: Filing, died: date) -> dict[str, Any]:
    """A Place valid on the day of death, which may lie in the other epoch."""
    rng = filing.rng
    if not filing.plain and rng.random() < 0.04:
        return place_abroad("KH")
    if not filing.plain and rng.random() < 0.1:
        return place_elsewhere(rng, died)
    return place_in(rng, commune_on(rng, died))


def time_of_death(rng: Random, received: datetime, died: date) -> str:
    """HH:MM, before the instant received if it was that very day."""
    last = received.hour - 1 if died == received.date() else 23
    return f"{rng.randint(0, last):02d}:{rng.randint(0, 59):02d}"


def _death(filing: Filing, died: date, *, kind: int) -> Written:
    rng, plain = filing.rng, filing.plain
    person = _deceased(filing, died)
    old = kind in (2, 5)
    partial = not plain and old and rng.random() < 0.5
    when = day_text(died)[rng.choice((3, 6)) :] if partial else day_text(died)
    known_from = died.replace(day=1, month=1 if len(when) == 4 else died.month) if partial else died
    born, hazy = _birth_text(filing, person)
    paper, number = paper_of_the_dead(rng, person, died)
    if plain:
        paper, number = card(rng, person, died), person.number
    deceased: Form = {
        "HoTen": person.name,
        "NgaySinh": born,
        "GioiTinh": person.gender,
        "DanToc": person.group,
        "QuocTich": "VN",
        "SoDinhDanh": number,
        "GiayTo": paper,
        "LoaiCuTru": rng.choice((1, 1, 1, 2, 3)),
        "NoiCuTruCuoi": place_in(rng, filing.office),
        "NgayChet": when,
        "GioPhutChet": None if partial or rng.random() < 0.2 else time_of_death(rng, filing.received, died),
        "NoiChet": place_of_death(filing, known_from),
        "NguyenNhanChet": rng.choice(_CAUSES),
    }
    declarant = _declarant(filing, died.year - person.born.year)
    form: Form = {
        "NguoiChet": deceased,
        "GiayBaoTu": _notice(filing, died, kind),
        "NguoiYeuCau": declarant,
        "LoaiDangKy": kind,
        "SoBanSao": rng.choice((0, 1, 2, 3, 10)),
        "GhiChu": rng.choice((None, None, "Gia đình xin nhận bản sao qua bưu điện")),
    }
    keys = ("HoTen", "SoDinhDanh", "SoDienThoai", "Email")
    warnings = frozenset({"PARTIAL_DATE"}) if partial or hazy else frozenset[str]()
    procedure = "1.005461" if kind == 2 else "1.000656"
    return Written(form, procedure, {key: declarant[key] for key in keys}, warnings)


def _deceased(filing: Filing, died: date) -> Person:
    rng = filing.rng
    age = rng.randint(45, 97) if filing.plain or rng.random() < 0.9 else rng.randint(1, 44)
    # Personal numbers know no century before the twentieth.
    earliest = max(years_before(died, age + 1) + timedelta(days=1), date(1900, 1, 1))
    return local(rng, rng.choice((1, 2)), day_between(rng, earliest, years_before(died, age)), 2)


def _birth_text(filing: Filing, person: Person) -> tuple[str, bool]:
    """The day of birth as the form has it, and whether less than the day is known."""
    text = day_text(person.born)
    roll = filing.rng.random()
    if filing.plain or person.born.year >= 1960 or roll >= 0.4:
        return text, False
    return (text[6:], True) if roll < 0.32 else (text[3:], True)


def _declarant(filing: Filing, age_of_the_dead: int) -> Form:
    rng, day = filing.rng, filing.day
    gender = rng.choice((1, 2))
    relations: tuple[str, ...] = ("Cha", "Anh ruột") if gender == 1 else ("Mẹ", "Chị ruột")
    if age_of_the_dead > 40:
        relations = ("Con trai", "Chồng", "Cháu nội") if gender == 1 else ("Con gái", "Vợ", "Cháu ngoại")
    person = local(rng, gender, day_between(rng, years_before(day, 60), years_before(day, 20)), 3)
    paper, number = living_paper(rng, person, day, plain=True)
    if not filing.plain and rng.random() < 0.03:
        paper["Loai"] = 10
    asked = rng.random()
    return {
        "HoTen": person.name,
        "QuanHe": rng.choice(relations),
        "SoDinhDanh": number,
        "GiayTo": paper,
        "NoiCuTru": place_in(rng, filing.office),
        "SoDienThoai": f"09{rng.randint(0, 99_999_999):08d}" if asked < 0.8 else None,
        "Email": f"nguoiyeucau{rng.randint(1, 9999)}@example.vn" if asked < 0.2 else None,
    }


def _notice(filing: Filing, died: date, kind: int) -> Form | None:
    rng = filing.rng
    if kind == 2 or (kind == 5 and rng.random() < 0.6):
        return None
    loai = 6 if kind == 5 else 1 if filing.plain else rng.choice((1, 1, 1, 1, 1, 2, 3, 6))
    first = filing.day - timedelta(days=30) if kind == 5 else died
    day = day_between(rng, first, min(filing.day, first + timedelta(days=3)))
    office = commune_on(rng, day)
    number = rng.randint(1, 300)
    numbers = {
        1: ((f"{number:02d}/UBND-GBT", office.committee), (f"{number}/GBT-BVĐK", "Bệnh viện Đa khoa khu vực An Giang")),
        2: ((f"{number}/XN-CA", "Công an tỉnh An Giang"),),
        3: ((f"{number}/KLGĐ-PY", "Trung tâm Pháp y tỉnh An Giang"),),
        6: ((f"{number:02d}/BB-XM", office.committee),),
    }
    text, issuer = rng.choice(numbers[loai])
    return {"Loai": loai, "So": text, "Ngay": day_text(day), "CoQuanCap": issuer}
