"""Invented marriage forms: first, after a divorce or a death, again after a lost register, and with a foreigner."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connector.sandbox.people import (
    Person,
    day_between,
    day_text,
    foreigner,
    living_paper,
    local,
    years_before,
)
from connector.sandbox.places import Commune, commune_on, place_abroad, place_elsewhere, place_in

Form = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filing:
    """What a form is written into: who draws, when it was received, at which office, and whether it stays plain.

    A plain form has no partial date, no odd paper and no warning: the ground on which one fault is planted.
    """

    rng: Random
    received: datetime
    office: Commune
    plain: bool

    @property
    def day(self) -> date:
        return self.received.date()


@dataclass(frozen=True, slots=True)
class Written:
    """A finished form, its procedure and the warnings that a connector must report for it."""

    form: Form
    procedure: str
    applicant: dict[str, Any]
    warnings: frozenset[str] = frozenset()


def first_marriage(filing: Filing) -> Written:
    """Both never married; or, unless plain, one or both divorced or widowed."""
    rng, day = filing.rng, filing.day
    older = 0 if filing.plain or rng.random() < 0.7 else rng.randint(5, 25)
    groom = local(rng, 1, day_between(rng, years_before(day, 42 + older), years_before(day, 20 + older)), 0)
    bride = local(rng, 2, day_between(rng, years_before(day, 38 + older), years_before(day, 18 + older)), 1)
    form = _couple(filing, spouse(filing, groom), spouse(filing, bride), kind=1)
    for side in ("BenNam", "BenNu"):
        if older and rng.random() < 0.6:
            end_former_marriage(filing, form[side], divorced=rng.random() < 0.7)
    return Written(form, "1.000894", applicant_of(form[rng.choice(("BenNam", "BenNu"))]), _partial_birth(filing, form))


def foreign_marriage(filing: Filing) -> Written:
    """One of the two is a foreigner, or (rarely) a Vietnamese who lives abroad."""
    rng, day = filing.rng, filing.day
    groom_abroad = rng.random() < 0.75
    births = {1: day_between(rng, years_before(day, 50), years_before(day, 22)), 2: None}
    births[2] = day_between(rng, years_before(day, 38), years_before(day, 18))
    people: list[Person] = []
    for gender, seat in ((1, 0), (2, 1)):
        born = births[gender]
        assert born is not None
        guest = (gender == 1) is groom_abroad
        people.append(foreigner(rng, gender, born) if guest else local(rng, gender, born, seat))
    groom, bride = (spouse(filing, person) for person in people)
    if not filing.plain and rng.random() < 0.2:
        emigrant = local(rng, 1, day_between(rng, years_before(day, 45), years_before(day, 22)), 0)
        groom = spouse(filing, emigrant) | {"LoaiCuTru": 1, "NoiCuTru": place_abroad("US")}
        bride = spouse(filing, local(rng, 2, people[1].born, 1))
    form = _couple(filing, groom, bride, kind=1)
    here = "BenNu" if groom["NoiCuTru"]["QuocGia"] != "VN" else "BenNam"
    return Written(form, "2.000806", applicant_of(form[here]))


def marriage_again(filing: Filing) -> Written:
    """A couple whose register was lost: registered before 2016, and the marriage counts from the former day."""
    rng = filing.rng
    since = day_between(rng, date(1985, 1, 1), date(2015, 12, 31))
    groom = local(rng, 1, day_between(rng, years_before(since, 35), years_before(since, 20)), 0)
    bride = local(rng, 2, day_between(rng, years_before(since, 30), years_before(since, 18)), 1)
    form = _couple(filing, spouse(filing, groom), spouse(filing, bride), kind=2)
    text = day_text(since)
    form["NgayXacLapQuanHe"] = text if filing.plain else rng.choice((text, text, text[3:], text[6:]))
    return Written(form, "1.004746", applicant_of(form["BenNam"]), _partial_birth(filing, form, share=0.1))


def spouse(filing: Filing, person: Person) -> Form:
    rng = filing.rng
    paper, number = living_paper(rng, person, filing.day, plain=filing.plain)
    if person.nationality != "VN":
        residence = place_abroad(person.nationality)
    elif not filing.plain and rng.random() < 0.06:
        residence = place_elsewhere(rng, filing.day)
    else:
        home = filing.office if rng.random() < 0.5 else commune_on(rng, filing.day)
        residence = place_in(rng, home)
    return {
        "HoTen": person.name,
        "NgaySinh": day_text(person.born),
        "DanToc": person.group,
        "QuocTich": person.nationality,
        "QuocTichKhac": None,
        "LoaiCuTru": rng.choice((1, 1, 1, 2, 3)),
        "NoiCuTru": residence,
        "SoDinhDanh": number,
        "GiayTo": paper,
        "LanKetHon": 1,
        "TinhTrangHonNhan": 2,
    }


def end_former_marriage(filing: Filing, person: Form, *, divorced: bool) -> None:
    """Gives somebody a former marriage and the paper that ended it."""
    rng, day = filing.rng, filing.day
    ended = day_between(rng, years_before(day, 4), day - timedelta(days=40))
    person["LanKetHon"] = rng.choice((2, 2, 2, 3))
    person["TinhTrangHonNhan"] = 3 if divorced else 4
    when = day_text(ended) if filing.plain or rng.random() < 0.9 else f"{ended.year}"
    if divorced:
        court = "Tòa án nhân dân thành phố Long Xuyên" if day.year < 2026 else "Tòa án nhân dân khu vực 10 - An Giang"
        number = f"{rng.randint(1, 480)}/{ended.year}/QĐST-HNGĐ"
        person["LyHon"] = {"So": number, "Ngay": when, "CoQuan": court}
    else:
        agency = commune_on(rng, ended).committee
        person["VoChongTruocChet"] = {"So": f"{rng.randint(1, 480)}/TLKT", "Ngay": when, "CoQuan": agency}


def applicant_of(person: Form) -> dict[str, Any]:
    return {"HoTen": person["HoTen"], "SoDinhDanh": person["SoDinhDanh"], "SoDienThoai": None, "Email": None}


def _couple(filing: Filing, groom: Form, bride: Form, *, kind: int) -> Form:
    rng = filing.rng
    form: Form = {"BenNam": groom, "BenNu": bride, "LoaiDangKy": kind, "SoBanSao": rng.choice((0, 0, 1, 2, 5))}
    if rng.random() < 0.25:
        form["NgayDuKienDangKy"] = day_text(filing.day + timedelta(days=rng.randint(0, 20)))
    if rng.random() < 0.3:
        form["GhiChu"] = rng.choice(("Hai bên xin nhận kết quả vào buổi chiều", "Đề nghị hẹn ngày trao giấy"))
    return form


def _partial_birth(filing: Filing, form: Form, *, share: float = 0.03) -> frozenset[str]:
    """Sometimes somebody knows only the month or the year of birth; the age then counts from its first day."""
    if filing.plain or filing.rng.random() >= share:
        return frozenset()
    person = form[filing.rng.choice(("BenNam", "BenNu"))]
    person["NgaySinh"] = person["NgaySinh"][filing.rng.choice((3, 6)) :]
    return frozenset({"PARTIAL_DATE"})
