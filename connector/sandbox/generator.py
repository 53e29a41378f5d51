"""A seeded source of realistic dossier events in the province's form (DossierEvent of province.openapi.yaml).

The same seed, day and serial give the same event, whatever the count. A share has one known mistake each; then the
expected findings are known exactly.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from connector.sandbox import mistakes_of_forms  # noqa: F401  (registers its mistakes)
from connector.sandbox.deadlines import due_at
from connector.sandbox.deaths import death_again, death_in_time, death_long_ago, late_death
from connector.sandbox.marriages import Filing, Written, first_marriage, foreign_marriage, marriage_again
from connector.sandbox.mistakes import MISTAKES, Event, Files, Ground, Mistake
from connector.sandbox.papers import attachments
from connector.sandbox.places import communes_on

_TITLES = {
    "1.000894": "Đăng ký kết hôn",
    "1.000656": "Đăng ký khai tử",
    "1.004746": "Đăng ký lại kết hôn",
    "1.005461": "Đăng ký lại khai tử",
    "2.000806": "Đăng ký kết hôn có yếu tố nước ngoài",
}
_GROUNDS: dict[Ground, Callable[[Filing], Written]] = {
    "marriage": first_marriage,
    "foreign": foreign_marriage,
    "again": marriage_again,
    "death": death_in_time,
}
# Twenty draws make the mix of a province's year.
_MIX = (
    *(first_marriage,) * 8,
    *(death_in_time,) * 6,
    *(late_death,) * 2,
    foreign_marriage,
    marriage_again,
    death_long_ago,
    death_again,
)


@dataclass(frozen=True, slots=True)
class Generated:
    """One event, the bytes of its files by TepDinhKemId, and what a connector must make of it.

    `expected` are all finding codes, warnings included; `sendable` is False when one of them quarantines the dossier.
    """

    event: dict[str, Any]
    files: dict[str, bytes]
    expected: frozenset[str]
    sendable: bool

    @property
    def code(self) -> str:
        return str(self.event["HoSo"]["MaHoSo"])

    @property
    def version(self) -> int:
        return int(self.event["HoSo"]["PhienBan"])


def generate(seed: int, count: int, day: date, *, faulty: float = 0.1, first_serial: int = 1) -> Iterator[Generated]:
    """Dossiers received on the day, with the serials from `first_serial` on.

    Faults come in a shuffled order that goes round, so that a large batch has all of them that can occur on that day.
    """
    fitting = [mistake for mistake in MISTAKES if mistake.fits(day)]
    Random(f"mistakes:{seed}").shuffle(fitting)
    for serial in range(first_serial, first_serial + count):
        rng = Random(f"{seed}:{day}:{serial}")
        if rng.random() < faulty:
            yield _mistaken(rng, day, serial, fitting[(seed + serial) % len(fitting)])
        else:
            yield _valid(rng, day, serial)


def _valid(rng: Random, day: date, serial: int) -> Generated:
    written, event, files = _dossier(rng, day, serial, rng.choice(_MIX), plain=False)
    if rng.random() < 0.1:
        _scribble(rng, event)
    return Generated(event, files, written.warnings, sendable=True)


def _mistaken(rng: Random, day: date, serial: int, mistake: Mistake) -> Generated:
    _, event, files = _dossier(rng, day, serial, _GROUNDS[mistake.ground], plain=True)
    mistake.plant(rng, event, files, day)
    return Generated(event, files, mistake.codes, sendable=not mistake.stops)


def _dossier(
    rng: Random, day: date, serial: int, write: Callable[[Filing], Written], *, plain: bool
) -> tuple[Written, Event, Files]:
    received = datetime.combine(day, time(rng.choice((7, 8, 8, 9, 9, 10, 13, 14, 15, 16)), rng.randint(0, 59)))
    received += timedelta(seconds=rng.randint(0, 59))
    units = communes_on(day)
    office = rng.choice(units)
    written = write(Filing(rng, received, office, plain))
    agency = f"H01.{units.index(office) + 10}"
    code = f"{agency}-{day:%y%m%d}-{serial:04d}"
    form = "death" if "NguoiChet" in written.form else "marriage"
    listed, files = attachments(rng, form, code, rng.randint(1, 3) if plain else rng.randint(0, 3), plain=plain)
    verified = rng.random() < 0.12
    submitted = received - timedelta(minutes=rng.randint(3, 600))
    dossier = {
        "MaHoSo": code,
        "PhienBan": 1,
        "MaTTHC": written.procedure + rng.choice(("", "", ".000.00.00.H01")),
        "TenTTHC": _TITLES[written.procedure],
        "MaDonViTiepNhan": agency,
        "MaDonViDangKy": office.code,
        "KenhThucHien": rng.choice((1, 1, 2, 2, 3)),
        "NgayNop": rng.choice((None, _instant(submitted))),
        "NgayTiepNhan": _instant(received),
        "NgayHenTra": _instant(due_at(written.procedure, received, verified=verified)),
        "CanXacMinh": verified,
        "TrangThaiHoSo": 2,
        "ChuHoSo": written.applicant,
        "ToKhai": written.form,
        "TaiLieuNop": listed,
    }
    event = {"MaSuKien": f"SK-{code}-1", "LoaiSuKien": "HoSoMoi", "ThoiDiem": _instant(received), "HoSo": dossier}
    return written, event, files


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S")


def _scribble(rng: Random, event: Event) -> None:
    """The untidiness of real forms, all of it harmless: a connector cleans it and reports nothing."""
    form = event["HoSo"]["ToKhai"]
    person = form["NguoiChet"] if "NguoiChet" in form else form[rng.choice(("BenNam", "BenNu"))]
    match rng.randrange(5):
        case 0:
            person["HoTen"] = unicodedata.normalize("NFD", person["HoTen"])
        case 1:
            person["HoTen"] = person["HoTen"].replace(" ", " \u00a0\u200b ", 1) + "\u00a0"
        case 2:
            person["HoTen"] = person["HoTen"].replace("Đ", "\u00d0")
        case 3 if person["SoDinhDanh"]:
            number = person["SoDinhDanh"]
            person["SoDinhDanh"] = rng.choice(
                (f"{number[:3]}.{number[3:6]}.{number[6:]}", f" {number[:6]} {number[6:]}")
            )
        case _ if person["GiayTo"]:
            person["GiayTo"]["So"] = f"{person['GiayTo']['So'].lower()} "
