"""Invented people with consistent numbers and papers.

Personal numbers are `PPP G YY RRRRRR`: province of birth, century and gender, year of birth, and a tail that always
begins with 9, so that an invented number is easy to tell in a log or a screenshot.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from connector.sandbox.names import COUNTRIES, WRITTEN, foreign_name, local_name

CMND_DEAD = date(2025, 1, 1)
_CAN_CUOC_FROM = date(2024, 7, 1)
_CCCD_FROM = date(2016, 1, 1)
_GROUPS = ("Kinh",) * 20 + ("Khơ-me",) * 4 + ("Chăm",) * 2 + ("Hoa",)
_BIRTH_PROVINCES = ("089",) * 12 + ("091", "087", "092", "086", "079", "096")
_POLICE = "Cục Cảnh sát quản lý hành chính về trật tự xã hội"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented. `number` is None for foreigners and for those who never got one."""

    name: str
    gender: int
    born: date
    group: str | None
    nationality: str = "VN"
    number: str | None = None


def day_text(day: date) -> str:
    return day.strftime("%d/%m/") + f"{day.year:04d}"


def years_before(day: date, years: int) -> date:
    """The same day of the year so many years earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def day_between(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))


def personal_number(rng: Random, born: date, gender: int, seat: int) -> str:
    """Twelve digits for somebody born from 1900 on. `seat` tells the people of one dossier apart."""
    century = (born.year - 1900) // 100 * 2 + (gender == 2)
    tail = 900_000 + rng.randrange(25_000) * 4 + seat
    return f"{rng.choice(_BIRTH_PROVINCES)}{century}{born.year % 100:02d}{tail}"


def local(rng: Random, gender: int, born: date, seat: int) -> Person:
    group = rng.choice(_GROUPS)
    number = personal_number(rng, born, gender, seat)
    return Person(local_name(rng, group, gender), gender, born, rng.choice(WRITTEN[group]), "VN", number)


def foreigner(rng: Random, gender: int, born: date) -> Person:
    country = rng.choice(COUNTRIES)
    return Person(foreign_name(rng, country, gender), gender, born, None, country)


def living_paper(rng: Random, person: Person, on: date, *, plain: bool = False) -> tuple[dict[str, Any], str | None]:
    """A Paper that is good on the day, and the personal number that goes on the form with it.

    A plain one is a CCCD or căn cước. Before 2025 some still have a 9-digit CMND, and then no number.
    """
    if person.number is None:
        return passport(rng, on, foreign=True), None
    roll = 0.0 if plain else rng.random()
    if roll < 0.72:
        return card(rng, person, on), person.number
    if roll < 0.80:
        return passport(rng, on), person.number
    if roll < 0.84:
        return officer_card(rng, on), person.number
    if roll < 0.94 and on < CMND_DEAD:
        return cmnd(rng), None
    if roll < 0.97 and on < CMND_DEAD:
        return cmnd(rng) | {"So": person.number, "NgayCap": "2014"}, person.number
    return card(rng, person, on), person.number


def card(rng: Random, person: Person, on: date) -> dict[str, Any]:
    """A CCCD, or from 2024-07-01 on perhaps a căn cước, issued once its holder was fourteen."""
    of_age = person.born + timedelta(days=14 * 366)
    new = on > _CAN_CUOC_FROM and (of_age >= _CAN_CUOC_FROM or rng.random() < 0.5)
    first = max(of_age, _CAN_CUOC_FROM if new else _CCCD_FROM)
    last = on if new else min(on, _CAN_CUOC_FROM - timedelta(days=1))
    issued = min(day_between(rng, first, last), on)
    return {
        "Loai": 9 if new else 5,
        "So": person.number,
        "NgayCap": day_text(issued),
        "NoiCap": "Bộ Công an" if new else _POLICE,
    }


def passport(rng: Random, on: date, *, foreign: bool = False) -> dict[str, Any]:
    number = f"{rng.choice('ABCEMK')}{rng.randint(1_000_000, 9_999_999)}"
    issuer = None if foreign else "Cục Quản lý xuất nhập cảnh"
    return {"Loai": 6, "So": number, "NgayCap": day_text(on - timedelta(days=rng.randint(30, 3000))), "NoiCap": issuer}


def officer_card(rng: Random, on: date) -> dict[str, Any]:
    kind = rng.choice((3, 4))
    number = f"{rng.randint(10_000_000, 99_999_999)}"
    issued = day_text(on - timedelta(days=rng.randint(30, 3000)))
    return {"Loai": kind, "So": number, "NgayCap": issued, "NoiCap": "Bộ Quốc phòng" if kind == 3 else "Bộ Công an"}


def cmnd(rng: Random) -> dict[str, Any]:
    """A 9-digit CMND, its day of issue sometimes known only to the month or the year."""
    issued = day_between(rng, date(2004, 1, 1), date(2015, 12, 31))
    text = rng.choice((day_text(issued), day_text(issued), day_text(issued)[3:], f"{issued.year}"))
    return {"Loai": 2, "So": f"35{rng.randint(0, 9_999_999):07d}", "NgayCap": text, "NoiCap": "Công an tỉnh An Giang"}


def paper_of_the_dead(rng: Random, person: Person, died: date) -> tuple[dict[str, Any] | None, str | None]:
    """What the family still has: a card, an old CMND, the household book, another paper, or nothing."""
    if person.born > years_before(died, 15):
        return None, person.number
    roll = rng.random()
    if roll < 0.5 and died.year >= 2017:
        return card(rng, person, died), person.number
    if roll < 0.80 and person.born.year < 1995:
        return cmnd(rng), None
    if roll < 0.88:
        return {"Loai": 7, "So": f"{rng.randint(100_000_000, 999_999_999)}", "NgayCap": None, "NoiCap": None}, None
    if roll < 0.94:
        number = f"{rng.randint(1, 400)}/{person.born.year}"
        return {"Loai": 8, "TenLoaiKhac": "Giấy khai sinh", "So": number, "NgayCap": f"{person.born.year}"}, None
    return None, None
