"""Register entries before the judge: a clean record, and each way to spoil one."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from connector.domain.mapping import to_province, to_records
from connector.sandbox.canon import entry_fingerprint
from connector.sandbox.judge import judge
from connector.sandbox.trail import Watch
from schemas.ministry import ENTRIES_OF
from tests.bodies import death_form, marriage_form
from tests.unit.judged_world import Record

Json = dict[str, Any]
DOSSIER = "H01.12-261120-0001"
NOTE = {"loai": "CAI_CHINH", "canCu": "Số 3,  19.11.2026, UBND", "ngayGhiChu": "19.11.2026", "noiDung": None}
OLD: Json = {"chongHoTen": "Lê Văn Năm", "chongNgaySinh": "1950", "voHoTen": "Phạm Thị Gấm", "voNgaySinh": "05.1952"}


def entry(number: int, version: int = 1, form: Json | None = None, **members: Any) -> Json:
    head = {
        "id": number,
        "maDonVi": "30292",
        "maHoSoMCDT": None,
        "so": f"{number}/2026",
        "quyenSo": "01/2026",
        "ngayDangKy": "20.11.2026",
        "ngayCapNhat": "20/11/2026 08:00:00",
        "phienBan": version,
        "trangThaiBanGhi": 1,
        "ghiChuBienDong": None,
    }
    body = {**(form or marriage_form()), **head, **members}
    return {**body, "dauVanTay": entry_fingerprint(body)}


class Desk:
    """Both records, as a connector leaves them that hands every version on."""

    def __init__(self) -> None:
        self.ministry, self.province = Record(), Record()

    def made(self, body: Json, register: str = "KH") -> None:
        name = f"{register}-{body['id']}"
        key = f"{name}:{body['phienBan']}"
        self.ministry.add("entry", name, body, key=key, fingerprint=body["dauVanTay"])

    def stored(self, body: Json, register: str = "KH", kind: str = "entry") -> Json:
        form, faults = ENTRIES_OF["marriage" if register == "KH" else "death"].read_value(body)
        assert form is not None
        assert not faults
        record = to_records.register_entry(form)
        sent = to_province.register_entry(record).to_wire()
        name = to_province.record_id(record)
        key = f"{name}:{record.version}"
        self.province.add(kind, name, sent, key=key, fingerprint=sent["DauVanTay"], answer="0")
        return sent

    def handed_on(self, *bodies: Json, register: str = "KH") -> None:
        for body in bodies:
            self.made(body, register)
            self.stored(body, register)

    def findings(self) -> list[tuple[str, str]]:
        return [(w.kind, w.dossier) for w in judge([], self.ministry, self.province, registers=True).wrongs]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_entries_of_every_kind_that_were_handed_on_are_as_they_must_be(desk: Desk) -> None:
    desk.handed_on(
        entry(1),
        entry(1, 2, ghiChuBienDong=[NOTE]),
        entry(1, 3, ghiChuBienDong=[NOTE], trangThaiBanGhi=2),
        entry(2, form=OLD, so="7", quyenSo="01-TP/HT-2015-KH", ngayDangKy="05.2015", nguoiKy="Trần Văn Bình"),
        entry(3, maHoSoMCDT=DOSSIER),
    )
    desk.handed_on(entry(4, form=death_form()), register="KT")

    assert desk.findings() == []


def test_a_version_that_nobody_could_see_need_not_be_stored(desk: Desk) -> None:
    desk.made(entry(1))
    desk.handed_on(entry(1, 2, voHoTen="Trần Thị Mẫu Đơn"))

    assert desk.findings() == []


def test_a_newest_version_that_is_not_there_is_lost(desk: Desk) -> None:
    desk.handed_on(entry(1))
    desk.made(entry(1, 2, ghiChuBienDong=[NOTE]))
    desk.made(entry(2))

    assert desk.findings() == [("lost", "KH-1"), ("lost", "KH-2")]
    assert judge([], desk.ministry, desk.province).clean


def test_an_older_version_after_a_newer_one_is_out_of_order(desk: Desk) -> None:
    desk.made(entry(1))
    desk.handed_on(entry(1, 2, ghiChuBienDong=[NOTE]))
    desk.stored(entry(1))

    assert desk.findings() == [("out_of_order", "KH-1")]


def test_a_version_that_took_effect_twice_is_doubled(desk: Desk) -> None:
    desk.handed_on(entry(1))
    desk.stored(entry(1), kind="entry-repeated")
    assert desk.findings() == []

    desk.stored(entry(1))

    assert desk.findings() == [("doubled", "KH-1")]


def test_a_version_sent_again_with_other_data_is_doubled(desk: Desk) -> None:
    desk.handed_on(entry(1))
    desk.stored(entry(1), kind="entry-denied")
    desk.province.all[-1]["answer"] = "CONFLICT"

    assert desk.findings() == [("doubled", "KH-1")]


def test_what_the_ministry_never_had_is_unexpected(desk: Desk) -> None:
    desk.stored(entry(1))

    assert desk.findings() == [("unexpected", "KH-1")]


def _spelled(sent: Json) -> None:
    sent["NoiDung"]["BenNu"]["HoTen"] = "Trần Thị Mâu"


def _number(sent: Json) -> None:
    sent["SoDangKy"] += 1


def _dropped(sent: Json) -> None:
    del sent["BienDong"]


def _fingerprint(sent: Json) -> None:
    sent["DauVanTay"] = "0" * 64


def _in_force(sent: Json) -> None:
    sent["TinhTrang"] = 1


@pytest.mark.parametrize("spoil", [_spelled, _number, _dropped, _fingerprint, _in_force])
def test_what_is_not_as_the_ministry_has_it_is_altered(desk: Desk, spoil: Callable[[Json], None]) -> None:
    desk.handed_on(entry(1, ghiChuBienDong=[NOTE], trangThaiBanGhi=2))
    whole = copy.deepcopy(desk.province.all[-1]["body"])

    spoil(desk.province.all[-1]["body"])

    assert desk.province.all[-1]["body"] != whole
    assert desk.findings() == [("altered", "KH-1")]


def test_a_dossier_is_at_its_end_when_its_entry_is_there_too(desk: Desk) -> None:
    event = {"LoaiSuKien": "HoSoMoi", "HoSo": {"MaHoSo": DOSSIER, "PhienBan": 1}}
    unsendable = [Known(event)]
    desk.made(entry(1, maHoSoMCDT=DOSSIER))
    watch = Watch(unsendable, desk.ministry, desk.province, registers=True)

    assert watch.look() == {DOSSIER: False}
    desk.stored(entry(1, maHoSoMCDT=DOSSIER))
    assert watch.look() == {DOSSIER: True}


class Known:
    """A dossier that was sent, and that no check lets through: at its end from the start, but for its entry."""

    sendable = False

    def __init__(self, event: Json) -> None:
        self.event = event
