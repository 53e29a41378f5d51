"""What the judge makes of versions, corrected results and withdrawals, and when a dossier is at its end."""

import copy
import json
from typing import Any

from connector.sandbox.generator import generate
from connector.sandbox.judge import judge, reached_end
from connector.sandbox.trail import Watch
from tests.unit.judged_world import DAY, World, dossiers, finished, supplemented


def test_a_supplement_under_its_predecessor_is_out_of_order() -> None:
    world, second = supplemented(dossiers()[0])
    numbers = [effect for effect in world.ministry.all if effect["kind"] == "submission"]
    numbers[0]["body"], numbers[1]["body"] = numbers[1]["body"], numbers[0]["body"]
    verdict = world.verdict()
    assert (second["MaHoSo"], "submission 2 after 0") in verdict.found("out_of_order")
    assert (second["MaHoSo"], "version 1 submitted after version 2") in verdict.found("out_of_order")


def test_a_file_that_changes_its_number_between_versions_is_an_alteration() -> None:
    item = next(item for item in dossiers(50) if len(item.files) > 1)
    world, second = supplemented(item)
    files = [effect for effect in world.ministry.all if effect["kind"] == "submission"][1]["body"]["files"]
    files[0]["id"], files[1]["id"] = files[1]["id"], files[0]["id"]
    expected = "submission 2: /fileDinhKem/0/id, /fileDinhKem/1/id"
    assert world.verdict().found("altered") == [(second["MaHoSo"], expected)]


def test_a_faulty_dossier_that_was_sent_is_unexpected() -> None:
    item = next(i for i in generate(2, 300, DAY, faulty=1) if i.expected == {"MANUAL_CHECK"})
    world = World(item)
    world.submit(item.event["HoSo"])
    verdict = world.verdict()
    assert verdict.found("unexpected") == [(item.code, "sent although a check must stop it")]
    assert verdict.invalid == 0


def test_a_dossier_that_nobody_knows_is_unexpected() -> None:
    known, stranger = dossiers(2)
    world = finished(known)
    world.submit(stranger.event["HoSo"])
    assert world.verdict().found("unexpected")[0] == (stranger.code, "nobody knows it")


def test_a_warning_does_not_keep_a_dossier_from_being_awaited() -> None:
    item = next(i for i in generate(2, 300, DAY, faulty=1) if i.expected == {"NAME_SINGLE_WORD"})
    assert World(item).verdict().found("lost") == [(item.code, "never took effect at the ministry")]


def test_a_corrected_result_must_reach_the_province() -> None:
    item = dossiers()[0]
    dossier = item.event["HoSo"]
    world = finished(item)
    corrected = world.register(dossier, number="16")
    world.ministry.all[-1]["body"]["trangThai"] = 5
    assert world.verdict().found("lost") == [(item.code, "the newest result was never stored at the province")]
    world.store(dossier, corrected, "result-replaced")
    assert world.verdict().clean
    world.store(dossier, corrected, "result-replaced")
    assert world.verdict().found("doubled") == [(item.code, "the result was replaced by itself")]


def test_an_older_result_over_a_newer_one_is_out_of_order() -> None:
    item = dossiers()[0]
    dossier = item.event["HoSo"]
    world = World(item)
    world.submit(dossier)
    world.progress(dossier, world.show(dossier, 3), 4)
    first, second = world.register(dossier, number="15"), world.register(dossier, number="16")
    world.store(dossier, second)
    world.store(dossier, first, "result-replaced")
    assert (item.code, "an older result after a newer one") in world.verdict().found("out_of_order")


def test_a_result_without_its_document_is_awaited_and_not_lost() -> None:
    item = dossiers()[0]
    world = World(item)
    world.submit(item.event["HoSo"])
    world.show(item.event["HoSo"], 4, ketQuaXuLy='{"giayKetHon": null}')
    verdict = world.verdict()
    assert (verdict.lost, verdict.unfinished) == (0, 1)


def test_a_late_document_leaves_the_day_of_a_death_s_registration_open() -> None:
    item = dossiers(form="NguoiChet")[0]
    dossier = item.event["HoSo"]
    for registered, clean in (("19/11/2026", True), ("20/11/2026", True), ("18/11/2026", False)):
        world = World(item)
        world.submit(dossier)
        world.show(dossier, 4, ketQuaXuLy='{"giayKhaiTu": null}', thoiGianThucHien="19/11/2026 16:00:00")
        world.store(dossier, world.register(dossier))
        world.province.first("result")["body"]["NgayDangKy"] = registered
        assert (world.verdict().found("altered") == []) == clean


def test_a_result_that_nobody_gave_is_unexpected() -> None:
    item = dossiers()[0]
    world = finished(item)
    world.ministry.all = [effect for effect in world.ministry.all if effect["kind"] == "submission"]
    assert (item.code, "a result that the ministry never gave") in world.verdict().found("unexpected")


def withdrawn_by_the_citizen(world: World, dossier: dict[str, Any]) -> None:
    world.event({"LoaiSuKien": "Rut", "HoSo": dossier}, before=4, after=7)


def test_a_withdrawal_must_reach_the_ministry_that_has_the_dossier() -> None:
    item = dossiers()[0]
    world = World(item)
    world.submit(item.event["HoSo"])
    withdrawn_by_the_citizen(world, item.event["HoSo"])
    expected = [(item.code, "the withdrawal never took effect at the ministry")]
    assert world.verdict().found("lost") == expected
    world.ministry.add("withdrawal", item.code, {})
    assert world.verdict().clean


def test_withdrawn_before_it_was_sent_leaves_nothing_to_do() -> None:
    item = dossiers()[0]
    world = World(item)
    withdrawn_by_the_citizen(world, item.event["HoSo"])
    assert world.verdict().clean


def test_a_withdrawal_that_nobody_asked_for_is_unexpected() -> None:
    item = dossiers()[0]
    world = World(item)
    world.submit(item.event["HoSo"])
    world.ministry.add("withdrawal", item.code, {})
    assert world.verdict().found("unexpected") == [(item.code, "withdrawn although nobody asked")]


def test_a_copy_of_a_version_with_other_content_is_not_awaited() -> None:
    item = dossiers()[0]
    other = copy.deepcopy(item.event)
    other["HoSo"]["ToKhai"]["BenNam"]["NgaySinh"] = "1990"
    world = finished(item)
    world.event(other, after=10)
    assert world.verdict().clean


def test_a_verdict_holds_no_citizen() -> None:
    item = dossiers()[0]
    world = finished(item)
    body = world.ministry.first("submission")["body"]
    form = item.event["HoSo"]["ToKhai"]
    body["data"] = body["data"].replace(form["BenNam"]["HoTen"], "Ai Đó Khác")
    said = repr(world.verdict())
    assert "/data/chongHoTen" in said
    assert form["BenNam"]["HoTen"] not in said
    assert "Ai Đó Khác" not in said


def test_a_dossier_is_at_its_end_only_when_both_sides_are() -> None:
    first, second = dossiers(2)
    world = World(first, second)
    watch = Watch(world.sent, world.ministry, world.province)
    assert watch.look() == {first.code: False, second.code: False}
    world.submit(first.event["HoSo"])
    assert watch.look() == {first.code: False, second.code: False}
    world.finish(first.event["HoSo"])
    assert watch.look() == {first.code: True, second.code: False}
    assert reached_end(world.sent, world.ministry, world.province) == watch.look()


def test_where_nobody_hands_over_the_result_is_the_end() -> None:
    item = dossiers()[0]
    world = finished(item)
    world.ministry.all.pop()
    world.province.all.pop()
    assert not judge(world.sent, world.ministry, world.province).clean
    assert judge(world.sent, world.ministry, world.province, handed_over=False).clean
    assert reached_end(world.sent, world.ministry, world.province) == {item.code: False}
    assert reached_end(world.sent, world.ministry, world.province, handed_over=False) == {item.code: True}


def test_the_unsendable_are_at_their_end_from_the_start() -> None:
    faulty = [item for item in generate(1, 10, DAY, faulty=1) if not item.sendable]
    world = World(*faulty)
    assert all(reached_end(world.sent, world.ministry, world.province).values())


def test_a_correction_after_the_hand_over_that_the_province_refused_is_not_lost() -> None:
    item = dossiers()[0]
    world = finished(item)
    dossier = item.event["HoSo"]
    result = json.loads(world.now(dossier)["ketQuaXuLy"]) | {"nguoiKy": "Võ Minh Trí"}
    corrected = world.show(dossier, 5, ketQuaXuLy=json.dumps(result, ensure_ascii=False))
    assert [why for _, why in world.verdict().found("lost")] == ["the newest result was never stored at the province"]

    world.store(dossier, corrected, "result-denied")
    world.province.all[-1] |= {"answer": "STATE", "before": 10, "after": 10}

    assert world.verdict().clean
