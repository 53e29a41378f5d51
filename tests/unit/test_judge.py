"""The judge on records written by hand: an honest one is clean, and every planted defect is found."""

import base64
import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from connector.sandbox.generator import generate
from connector.sandbox.verdict import Kind
from tests.unit.judged_world import DAY, PDF, Json, Record, World, data_of, dossiers, finished, supplemented


def test_an_honest_run_of_many_dossiers_is_clean() -> None:
    items = [*dossiers(60), *dossiers(60, form="NguoiChet")]
    verdict = finished(*items).verdict()
    assert verdict.wrongs == ()
    assert (verdict.dossiers, verdict.delivered, verdict.results, verdict.unfinished) == (120, 120, 120, 0)
    assert verdict.clean


def test_both_epochs_and_every_kind_of_form_are_carried_cleanly() -> None:
    for day in (date(2023, 7, 4), DAY):
        assert finished(*generate(3, 150, day, faulty=0)).verdict().wrongs == ()


def test_a_supplement_is_clean() -> None:
    world, second = supplemented(dossiers()[0])
    world.finish(second)
    assert world.verdict().clean


def test_a_refusal_told_to_the_province_is_an_end() -> None:
    item = dossiers()[0]
    world = World(item)
    world.submit(item.event["HoSo"])
    refused = world.show(item.event["HoSo"], 6, ghiChu="Không đủ điều kiện")
    assert world.verdict().found("lost") == [(item.code, "the refusal never took effect at the province")]
    world.progress(item.event["HoSo"], refused, 3)
    assert world.verdict().clean


def test_what_was_faulty_and_not_sent_counts_as_invalid() -> None:
    faulty = [item for item in generate(1, 30, DAY, faulty=1) if not item.sendable]
    verdict = World(*faulty).verdict()
    assert verdict.clean
    assert verdict.invalid == verdict.dossiers == len(faulty)


Plant = Callable[[World, Json], None]


def drop(record: str, kind: str, **members: Any) -> Plant:
    def plant(world: World, _dossier: Json) -> None:
        held: Record = getattr(world, record)
        held.all.remove(held.first(kind, **members))

    return plant


def again(record: str, kind: str, changes: Json, **members: Any) -> Plant:
    def plant(world: World, _dossier: Json) -> None:
        held: Record = getattr(world, record)
        effect = held.first(kind, **members)
        copied = copy.deepcopy(effect)
        copied["body"] |= changes
        held.all.insert(held.all.index(effect) + 1, copied)

    return plant


def swap(record: str, first: tuple[str, Json], second: tuple[str, Json]) -> Plant:
    def plant(world: World, _dossier: Json) -> None:
        held: Record = getattr(world, record)
        a, b = (held.all.index(held.first(kind, **members)) for kind, members in (first, second))
        held.all[a], held.all[b] = held.all[b], held.all[a]

    return plant


def alter_data(**changes: Any) -> Plant:
    def plant(world: World, _dossier: Json) -> None:
        effect = world.ministry.first("submission")
        effect["body"]["data"] = json.dumps(data_of(effect) | changes, ensure_ascii=False)

    return plant


def alter(record: str, kind: str, changes: Json, **members: Any) -> Plant:
    def plant(world: World, _dossier: Json) -> None:
        held: Record = getattr(world, record)
        held.first(kind, **members)["body"] |= changes

    return plant


def other_bytes(world: World, _dossier: Json) -> None:
    world.province.first("result")["body"]["GiayToKetQua"]["NoiDungTep"] = base64.b64encode(PDF + b" ").decode()


def denied_with_other_data(world: World, dossier: Json) -> None:
    world.ministry.add("submission-denied", dossier["MaHoSo"], {"lanGui": 1}, answer="110")


def never_submitted(world: World, _dossier: Json) -> None:
    world.ministry.all.clear()
    world.province.all[:] = world.province.all[:1]


@pytest.mark.parametrize(
    ("kind", "why", "plant"),
    [
        ("lost", "never took effect at the ministry", never_submitted),
        ("lost", "the result was never stored", drop("province", "result")),
        ("lost", "status 9 never", drop("province", "progress", TrangThai=9)),
        ("lost", "status 10 never", drop("province", "progress", TrangThai=10)),
        ("doubled", "submission 1 took effect twice", again("ministry", "submission", {})),
        ("doubled", "version 1 submitted again as submission 2", again("ministry", "submission", {"lanGui": 2})),
        ("doubled", "submission 1 sent again with other data", denied_with_other_data),
        ("doubled", "status 9 took effect twice", again("province", "progress", {"MaSuKien": "X"}, TrangThai=9)),
        ("doubled", "the result was stored twice", again("province", "result", {})),
        ("out_of_order", "submission 2 after 0", alter("ministry", "submission", {"lanGui": 2})),
        (
            "out_of_order",
            "status 9 is older",
            swap("province", ("progress", {"TrangThai": 9}), ("progress", {"TrangThai": 10})),
        ),
        ("out_of_order", "status 10 after 4", drop("province", "progress", TrangThai=9)),
        ("out_of_order", "status 9 before", swap("province", ("result", {}), ("progress", {"TrangThai": 9}))),
        ("altered", "result: /GiayToKetQua/NoiDungTep", other_bytes),
        ("altered", "result: /SoDangKy", alter("province", "result", {"SoDangKy": 16})),
        ("altered", "result: /NguoiKy", alter("province", "result", {"NguoiKy": "Lê Hoàng Phuc"})),
        ("altered", "submission 1: /data/soLuongBanSao", alter_data(soLuongBanSao="1")),
        ("altered", "submission 1: /ngayTiepNhan", alter("ministry", "submission", {"ngayTiepNhan": "20/11/2026"})),
        ("altered", "submission 1: /data", alter("ministry", "submission", {"data": "{"})),
        ("altered", "submission 1: /fileDinhKem", alter("ministry", "submission", {"files": []})),
        ("altered", "status 9: /NoiDungXuLy", alter("province", "progress", {"NoiDungXuLy": "?"}, TrangThai=9)),
        (
            "altered",
            "status 9: /ThoiDiemXuLy",
            alter("province", "progress", {"ThoiDiemXuLy": "20261120235959"}, TrangThai=9),
        ),
    ],
)
def test_a_planted_defect_is_found(kind: Kind, why: str, plant: Plant) -> None:
    item = next(item for item in dossiers(50) if item.files)
    world = finished(item)
    plant(world, item.event["HoSo"])
    verdict = world.verdict()
    assert any(code == item.code and why in said for code, said in verdict.found(kind)), verdict.wrongs
    assert not verdict.clean
    assert getattr(verdict, kind) >= 1


def test_every_single_change_of_a_submitted_member_is_found() -> None:
    for item in [*dossiers(8), *dossiers(8, form="NguoiChet")]:
        world = finished(item)
        effect = world.ministry.first("submission")
        honest = data_of(effect)
        free = {f"{side}{name}" for side in ("chong", "vo") for name in ("TinhTrangHonNhan",)}
        for name in honest.keys() - free:
            value = honest[name]
            changed = {"dcChiTiet": "khác"} if isinstance(value, dict) else f"{value}x" if value else "x"
            effect["body"]["data"] = json.dumps(honest | {name: changed}, ensure_ascii=False)
            found = world.verdict().found("altered")
            assert len(found) == 1, name
            assert found[0][1].startswith(f"submission 1: /data/{name}"), name


def test_one_tone_mark_moved_is_an_alteration() -> None:
    item = dossiers()[0]
    item.event["HoSo"]["ToKhai"]["BenNu"]["HoTen"] = "Trần Thị Thủy"
    world = finished(item)
    assert world.verdict().clean
    alter_data(voHoTen="Trần Thị Thuỷ")(world, {})
    assert world.verdict().found("altered") == [(item.code, "submission 1: /data/voHoTen")]


def test_a_year_widened_to_a_day_is_an_alteration() -> None:
    item = dossiers(form="NguoiChet")[0]
    item.event["HoSo"]["ToKhai"]["NguoiChet"]["NgaySinh"] = "1938"
    world = finished(item)
    assert data_of(world.ministry.first("submission"))["nktNgaySinh"] == "1938"
    assert world.verdict().clean
    alter_data(nktNgaySinh="01.01.1938")(world, {})
    assert world.verdict().found("altered") == [(item.code, "submission 1: /data/nktNgaySinh")]
    stored = world.province.first("result")["body"]["NoiDung"]["NguoiChet"]
    stored["NgaySinh"] = "01/01/1938"
    assert (item.code, "result: /NoiDung/NguoiChet/NgaySinh") in world.verdict().found("altered")
