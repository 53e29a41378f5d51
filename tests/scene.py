"""A ledger with something of everything in it, for the console's pages: invented people, the same each time."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from connector.adapters import dossiers, partners
from connector.domain.arrivals import read_arrival
from connector.domain.attempts import Attempt, Settlement, delivered, failed
from connector.domain.dossiers import Facts
from connector.domain.errors import DeliveryError, Refused, Throttled, Unreachable
from connector.domain.message import Draft, Hold, Partner, Route
from connector.domain.units import area_of
from connector.intake import writing
from schemas.findings import Code, finding
from tests.dossier_events import changed, marriage_of_2025
from tests.ledger_rows import Rows, draft, rows_in
from tests.ministry_answers import marriage_result, state

NOW: Final = datetime(2026, 11, 25, 2, 40, tzinfo=UTC)
SCHEDULE: Final = (timedelta(minutes=1), timedelta(minutes=5))
STRANGE_GROUP: Final = "Khơ-me Nam Bộ"
OFFICES: Final = ("30307", "30316", "30292", "30337", "30376", "30580")
_MEN: Final = ("Lê Quốc Khải", "Trần Hữu Đức", "Nguyễn Văn Mười", "Phan Thanh Sang", "Danh Sóc Kha", "Võ Minh Trí")
_WOMEN: Final = ("Nguyễn Thị Ái Thủy", "Lâm Ngọc Hân", "Trương Mỹ Duyên", "Neáng Sóc Kunthea", "Đặng Thị Bé Ba")


def code(serial: int) -> str:
    return f"H01.129-261123-{serial:04d}"


def wedding(serial: int, **changes: Any) -> dict[str, Any]:
    """A valid marriage of this Monday; `changes` are places below HoSo, with __ for /."""
    event = marriage_of_2025()
    event["MaSuKien"] = f"sk-{serial}"
    man, woman = _MEN[serial % len(_MEN)], _WOMEN[serial % len(_WOMEN)]
    usual = {
        "MaHoSo": code(serial),
        "MaDonViDangKy": OFFICES[serial % len(OFFICES)],
        "NgayTiepNhan": "20261123084000",
        "NgayHenTra": "20261123170000",
        "ToKhai/BenNam/HoTen": man,
        "ToKhai/BenNu/HoTen": woman,
        "ToKhai/BenNam/SoDinhDanh": f"0890960{serial:05d}",
        "ToKhai/BenNu/SoDinhDanh": f"0891980{serial:05d}",
        "ToKhai/BenNam/GiayTo/So": f"0890960{serial:05d}",
        "ToKhai/BenNu/GiayTo/So": f"0891980{serial:05d}",
        "ChuHoSo": {"HoTen": man, "SoDienThoai": None},
    }
    return changed(event, usual | {place.replace("__", "/"): value for place, value in changes.items()})


class Scene(Rows):
    """Rows of a ledger, and the steps that bring them there."""

    def submit(self, *events: dict[str, Any], at: datetime = NOW) -> None:
        """Events of the province, taken in as intake does."""
        arrivals = [read_arrival(json.dumps(event, ensure_ascii=False).encode()) for event in events]
        with self.engine.begin() as db:
            writing.write(db, arrivals, now=at, by="an-giang-1:412")

    def send(self, *outcomes: DeliveryError | None, route: Route = Route.APPLICATION, at: datetime = NOW) -> None:
        """The messages that are due, oldest first, each with its outcome; None: delivered."""
        attempts = self.claim(route, at=at, limit=len(outcomes))
        self.settle([_settlement(*pair, at) for pair in zip(attempts, outcomes, strict=True)], at)

    def everything(self, now: datetime = NOW) -> None:
        """The whole scene, as if it were now."""
        self._stopped(now)
        self._delivered(now)
        self._from_the_ministry(now)
        self._waiting(now)
        self._traffic(now)
        with self.engine.begin() as db:
            partners.note(db, Partner.PROVINCE, good=0, errors=[Throttled("HTTP_429", "wait")], now=now)
            partners.note(db, Partner.MINISTRY, good=9, errors=[], now=now)

    def _stopped(self, now: datetime) -> None:
        early = now - timedelta(hours=6)
        strange = [wedding(serial, ToKhai__BenNam__DanToc=STRANGE_GROUP) for serial in range(100, 124)]
        short = [wedding(serial, ToKhai__BenNu__SoDinhDanh="08919800") for serial in range(130, 135)]
        gender = [wedding(serial, ToKhai__BenNam__SoDinhDanh=f"0891960{serial:05d}") for serial in range(140, 143)]
        self.submit(*strange, *short, *gender, at=early)
        self.submit(*(wedding(serial) for serial in range(150, 158)), at=early)
        refused: list[DeliveryError | None] = [
            Refused("106", "AGENCY_ID_INCORRECT: the ministry does not know the registration office", http_status=200)
        ] * 5
        away: list[DeliveryError | None] = [Unreachable("READ_TIMEOUT", "no answer in time", maybe_done=True)] * 3
        self.send(*refused, *away, at=early)
        for wait in (timedelta(minutes=2), timedelta(minutes=20)):
            self.send(*away, at=early + wait)

    def _delivered(self, now: datetime) -> None:
        at = now - timedelta(hours=3)
        self.submit(*(wedding(serial) for serial in range(1, 61)), at=at)
        self.send(*[None] * 60, at=at + timedelta(seconds=4))

    def _from_the_ministry(self, now: datetime) -> None:
        at = now - timedelta(hours=2)
        self.take_in(*(_progress(serial, at) for serial in range(1, 41)), at=at)
        self.send(*[None] * 40, route=Route.PROGRESS, at=at)
        unsigned = finding(Code.RESULT_WITHOUT_FILE, "/ketQuaXuLy")
        self.take_in(*(_result(serial, at) for serial in range(1, 16)), at=at)
        self.take_in(
            *(_result(s, at, findings=(unsigned,), hold=Hold.DOCUMENT) for s in (20, 21, 22)),
            at=now - timedelta(hours=30),
        )
        self.send(*[None] * 15, route=Route.RESULT, at=at)
        self.take_in(*(_entry(number, at) for number in range(1, 31)), at=at)
        self.send(*[None] * 28, route=Route.REGISTER, at=at)
        with self.engine.begin() as db:
            dossiers.save(db, [_facts(7, now)])
            dossiers.sight(db, [(code(7), 3, at, "applied"), (code(7), 4, now - timedelta(hours=1), "applied")], now)

    def _waiting(self, now: datetime) -> None:
        self.submit(*(wedding(serial) for serial in range(70, 79)), at=now - timedelta(minutes=3))
        supplement = wedding(150, PhienBan=2) | {"LoaiSuKien": "BoSung", "MaSuKien": "sk-9001"}
        behind = wedding(156, PhienBan=2) | {"LoaiSuKien": "BoSung", "MaSuKien": "sk-9002"}
        self.submit(supplement, behind, at=now - timedelta(minutes=2))
        self.take_in(*(_progress(serial, now) for serial in range(50, 54)), at=now - timedelta(minutes=1))

    def _traffic(self, now: datetime) -> None:
        luck = random.Random(7)
        busy = {Route.APPLICATION: 9, Route.WITHDRAWAL: 0.4, Route.PROGRESS: 16, Route.RESULT: 6, Route.REGISTER: 4}
        with self.engine.begin() as db:
            for back in range(24 * 12):
                at = (now - timedelta(minutes=5 * back)).replace(second=0, microsecond=0)
                at -= timedelta(minutes=at.minute % 5)
                local = (at.hour + 7) % 24
                share = 1.0 if 8 <= local < 17 else 0.12 if 6 <= local < 21 else 0.03
                for route, usual in busy.items():
                    number = int(luck.expovariate(1) * usual * share)
                    broken = int(number * 0.8) if route is Route.RESULT and local == 15 else int(luck.random() * 1.1)
                    db.execute(
                        _TRAFFIC,
                        {"at": at, "route": route.value, "in": number, "out": number, "bad": broken if number else 0},
                    )


def _settlement(attempt: Attempt, outcome: DeliveryError | None, at: datetime) -> Settlement:
    if outcome is None:
        return delivered(attempt, repeated=False, http_status=200)
    return failed(attempt, outcome, schedule=SCHEDULE, now=at, luck=0.5)


def _office(serial: int) -> dict[str, Any]:
    office, day = OFFICES[serial % len(OFFICES)], date(2026, 11, 23)
    return {"office": office, "received_on": day, "area": area_of(office, day), "subject": code(serial)}


def _progress(serial: int, at: datetime) -> Draft:
    body = {"dossier_code": code(serial), "ministry_code": f"LT-{serial}", "accepted_at": at.isoformat()}
    more: dict[str, Any] = {"event": "acceptance", "status": 4, "body": json.dumps(body).encode(), "due_at": at}
    return draft(serial, route=Route.PROGRESS, **_office(serial), **more)


def _result(serial: int, at: datetime, **more: Any) -> Draft:
    event = wedding(serial)
    man, woman = (event["HoSo"]["ToKhai"][side]["HoTen"] for side in ("BenNam", "BenNu"))
    registered = marriage_result(chongHoTen=man.upper(), voHoTen=woman, soDangKy=f"{serial}/2026")
    body = state(result=registered, maHoSoMCDT=code(serial), maHoSoLT=f"LT-{serial}")
    return draft(serial, route=Route.RESULT, body=json.dumps(body).encode(), due_at=at, **_office(serial), **more)


def _entry(number: int, at: datetime) -> Draft:
    about = _office(number) | {"subject": f"KH-{number}"}
    return draft(number, route=Route.REGISTER, due_at=at, body=b"{}", **about)


def _facts(serial: int, now: datetime) -> Facts:
    about = _office(serial)
    return Facts(
        code=code(serial),
        procedure="marriage",
        office=about["office"],
        received_on=about["received_on"],
        area=about["area"],
        version=1,
        planned=9,
        changed_at=now,
        submissions=1,
        ministry_code=f"LT-{serial}",
        state=4,
        state_at=now - timedelta(hours=1),
        steps=2,
        results=1,
        result_stored="0" * 64,
        ask_at=now + timedelta(minutes=20),
    )


_TRAFFIC: Final = text("""
    INSERT INTO traffic (at, route, taken_in, delivered, failed) VALUES (:at, :route, :in, :out, :bad)
    ON CONFLICT DO NOTHING
""")


@contextmanager
def scene_in(database: str) -> Iterator[Scene]:
    with rows_in(database) as rows:
        yield Scene(rows.engine)
