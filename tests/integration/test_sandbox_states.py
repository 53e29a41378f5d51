"""layKetQua of the sandbox ministry, and its officers."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.bodies import code, submission
from tests.partners import Caller, PartnerProcess, partner_process, wait_for


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    with partner_process("ministry", tmp_path_factory.mktemp("ministry"), pace=0.01, same_second=True) as running:
        yield running


@pytest.fixture
def ministry(process: PartnerProcess) -> Iterator[Caller]:
    caller = process.fresh()
    yield caller
    assert caller.watch.violations == []


def ask(ministry: Caller, *dossiers: str, module: str = "LTKH", province: str = "91", good: bool = True) -> Any:
    body = {"maTinh": province, "module": module, "maDinhDanhHoSo": list(dossiers)}
    return ministry.service("layKetQua", body, good=good)


def state_of(ministry: Caller, dossier: str, module: str = "LTKH") -> dict[str, Any]:
    [state] = ask(ministry, dossier, module=module)["value"]
    return dict(state)


def walk(ministry: Caller, dossier: str) -> list[int]:
    return [state["trangThai"] for state in ministry.control.dossier(dossier)["history"]]


def at_rest(ministry: Caller) -> bool:
    return bool(ministry.control.counts()["working"] == 0)


def test_the_latest_state_is_reported_unknown_codes_and_the_other_module_are_left_out(ministry: Caller) -> None:
    ministry.control.set(officers=False)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    ministry.service("nhanHoSoDKHT", submission(code(2), module="LTKT"))
    ministry.control.act(code(1), "accept")

    states = ask(ministry, code(1), code(2), code(3))["value"]

    assert [(s["maHoSoMCDT"], s["trangThai"], s["lanGui"]) for s in states] == [(code(1), 3, 1)]


def test_at_most_fifty_codes_are_asked_about(ministry: Caller) -> None:
    assert ask(ministry, *(code(n) for n in range(50)))["status"] == "1"
    assert ask(ministry, *(code(n) for n in range(51)), good=False)["errorCode"] == "302"
    assert ask(ministry, good=False)["errorCode"] == "302"
    assert ask(ministry, "no code", good=False)["errorCode"] == "302"


def test_the_provinces_code_is_the_one_of_the_day(ministry: Caller) -> None:
    assert ask(ministry, code(1), province="89")["errorCode"] == "108"


def test_before_the_merger_the_code_is_89(tmp_path: Any) -> None:
    with partner_process("ministry", tmp_path, "--clock-start", "2025-06-30T12:00:00", officers=False) as running:
        caller = Caller(running)
        caller.service("nhanHoSoDKHT", submission(code(1)))

        assert ask(caller, code(1), province="91")["errorCode"] == "108"
        [state] = ask(caller, code(1), province="89")["value"]
        assert state["maTinh"] == "89"
        assert state["thoiGianThucHien"].startswith("30/06/2025 12:00:")


def test_officers_take_a_dossier_to_its_end(ministry: Caller) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    wait_for(lambda: at_rest(ministry))

    assert walk(ministry, code(1)) == [1, 3, 4, 5]
    assert state_of(ministry, code(1))["trangThai"] == 5
    moves = [(effect["before"], effect["after"]) for effect in ministry.effects("state")]
    assert moves == [(None, 1), (1, 3), (3, 4), (4, 5)]


@pytest.mark.parametrize(("module", "paper"), [("LTKH", "giayKetHon"), ("LTKT", "giayKhaiTu")])
def test_a_registration_has_number_book_signers_and_a_pdf_that_opens(ministry: Caller, module: str, paper: str) -> None:
    sent = submission(code(1), module=module)
    ministry.service("nhanHoSoDKHT", sent)
    wait_for(lambda: at_rest(ministry))

    result = json.loads(state_of(ministry, code(1), module)["ketQuaXuLy"])

    year = datetime.now().year
    assert re.fullmatch(rf"1(/{year})?", result["soDangKy"])
    assert result["quyenSo"] == f"01/{year}"
    assert result["nguoiKy"]
    assert ("ngayDangKy" in result) == (module == "LTKH")
    assert {name: result[name] for name in json.loads(sent["data"])} == json.loads(sent["data"])
    check_pdf(base64.b64decode(result[paper]), result["soDangKy"])


def check_pdf(document: bytes, number: str) -> None:
    """Follow the file as a reader does: from its end to the table, to each object, to the text."""
    assert document.startswith(b"%PDF-1.4")
    assert document.endswith(b"%%EOF\n")
    table = int(re.findall(rb"startxref\n(\d+)\n", document)[0])
    assert document[table:].startswith(b"xref\n")
    places = [int(n) for n in re.findall(rb"(\d{10}) 00000 n", document[table:])]
    assert [document[p:].startswith(b"%d 0 obj" % n) for n, p in enumerate(places, 1)] == [True] * 5
    length, stream = re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", document, re.DOTALL)[0]
    assert int(length) == len(stream)
    assert f"({'So'}: {number} ".encode() in stream


def test_numbers_run_without_a_gap_for_each_office_and_register(ministry: Caller) -> None:
    ministry.control.set(number_with_year=0.0)
    for serial in range(1, 8):
        module = "LTKT" if serial == 7 else "LTKH"
        ministry.service("nhanHoSoDKHT", submission(code(serial), module=module))
    wait_for(lambda: at_rest(ministry))

    marriages = ask(ministry, *(code(n) for n in range(1, 7)))["value"]
    numbers = sorted(int(json.loads(state["ketQuaXuLy"])["soDangKy"]) for state in marriages)
    death = json.loads(state_of(ministry, code(7), "LTKT")["ketQuaXuLy"])
    assert numbers == [1, 2, 3, 4, 5, 6]
    assert death["soDangKy"] == "1"


def test_a_registered_dossier_is_an_entry_of_the_register(ministry: Caller) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    wait_for(lambda: at_rest(ministry))

    [effect] = ministry.effects("entry")
    entry = effect["body"]
    assert (effect["subject"], effect["key"]) == ("KH-1", "KH-1:1")
    assert (entry["maHoSoMCDT"], entry["phienBan"], entry["trangThaiBanGhi"]) == (code(1), 1, 1)
    assert entry["so"] == json.loads(state_of(ministry, code(1))["ketQuaXuLy"])["soDangKy"]
    kept = {k: v for k, v in entry.items() if k != "dauVanTay" and v is not None}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert entry["dauVanTay"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_late_document_comes_with_a_second_state_4(ministry: Caller) -> None:
    ministry.control.set(late_document=1.0)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    wait_for(lambda: at_rest(ministry))

    assert walk(ministry, code(1)) == [1, 3, 4, 4, 5]
    history = ministry.control.dossier(code(1))["history"]
    papers = [json.loads(s["ketQuaXuLy"])["giayKetHon"] for s in history if s["trangThai"] == 4]
    assert papers[0] is None
    assert papers[1] is not None
    assert len(ministry.effects("entry")) == 1


def test_a_refused_dossier_says_why_and_stays(ministry: Caller) -> None:
    ministry.control.set(refuse=1.0)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    wait_for(lambda: at_rest(ministry))

    assert walk(ministry, code(1)) == [1, 3, 6]
    assert state_of(ministry, code(1))["ghiChu"]


def test_a_supplement_is_asked_for_with_a_deadline_and_waited_for(ministry: Caller) -> None:
    ministry.control.set(supplement=1.0, max_supplements=2)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    for round_ in (2, 3):
        wait_for(lambda: at_rest(ministry))
        state = state_of(ministry, code(1))
        assert (state["trangThai"], state["lanGui"]) == (2, round_ - 1)
        assert state["ghiChu"]
        assert state["hanBoSungHoSo"]
        ministry.service("nhanHoSoDKHT", submission(code(1), round_=round_))
    wait_for(lambda: at_rest(ministry))

    assert walk(ministry, code(1)) == [1, 3, 2, 3, 2, 3, 4, 5]


def test_the_same_seed_decides_the_same(ministry: Caller) -> None:
    def outcome(seed: int) -> dict[str, int]:
        ministry.control.reset()
        ministry.control.set(seed=seed, refuse=0.5, late_document=0.5)
        for serial in range(12):
            ministry.service("nhanHoSoDKHT", submission(code(serial)))
        wait_for(lambda: at_rest(ministry))
        return {d["dossier"]: len(walk(ministry, d["dossier"])) for d in ministry.control.each_dossier(limit=5)}

    first = outcome(1)
    assert outcome(1) == first
    assert outcome(2) != first


def test_officers_rest_when_told_and_go_on_later(ministry: Caller) -> None:
    ministry.control.set(officers=False)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    assert walk(ministry, code(1)) == [1]

    ministry.control.set(officers=True)

    wait_for(lambda: at_rest(ministry))
    assert walk(ministry, code(1)) == [1, 3, 4, 5]


def test_no_two_states_of_a_dossier_share_a_second(ministry: Caller) -> None:
    ministry.control.set(same_second=False, hand_over=False)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    wait_for(lambda: at_rest(ministry))

    instants = [
        datetime.strptime(state["thoiGianThucHien"], "%d/%m/%Y %H:%M:%S")
        for state in ministry.control.dossier(code(1))["history"]
    ]
    assert walk(ministry, code(1)) == [1, 3, 4]
    assert instants == sorted(set(instants))


def test_a_supplement_right_after_the_question_has_a_later_instant(ministry: Caller) -> None:
    ministry.control.set(same_second=False, officers=False)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    ministry.control.act(code(1), "supplement")
    ministry.service("nhanHoSoDKHT", submission(code(1), round_=2))

    instants = [state["thoiGianThucHien"] for state in ministry.control.dossier(code(1))["history"]]
    assert len(set(instants)) == 3
    assert instants == sorted(instants, key=lambda text: datetime.strptime(text, "%d/%m/%Y %H:%M:%S"))


def test_an_act_may_show_what_no_officer_would(ministry: Caller) -> None:
    ministry.control.set(officers=False)
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    ministry.control.act(code(1), "accept", trangThai=9, thoiGianThucHien="hôm qua")

    [state] = ask(ministry, code(1))["value"]

    assert (state["trangThai"], state["thoiGianThucHien"]) == (9, "hôm qua")
    assert [v.split("response ")[1] for v in ministry.watch.violations] == ["/value: anyOf"], "and the checker sees it"
    ministry.watch.violations.clear()


def test_a_corrected_result_comes_later_and_is_a_new_version_of_the_entry(ministry: Caller) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    wait_for(lambda: at_rest(ministry))
    ministry.control.act(code(1), "correct", {"voHoTen": "Trần Thị Mẫu Mới"})

    state = state_of(ministry, code(1))

    assert state["trangThai"] == 5
    assert json.loads(state["ketQuaXuLy"])["voHoTen"] == "Trần Thị Mẫu Mới"
    assert [effect["key"] for effect in ministry.effects("entry")] == ["KH-1:1", "KH-1:2"]
    assert ministry.effects("entry")[-1]["body"]["voHoTen"] == "Trần Thị Mẫu Mới"


def test_a_lagging_replica_tells_a_state_from_before(ministry: Caller) -> None:
    ministry.service("nhanHoSoDKHT", submission(code(1)))
    wait_for(lambda: at_rest(ministry))
    ministry.control.set_faults("calm", {"stale-state": 1.0})

    seen = {state_of(ministry, code(1))["trangThai"] for _ in range(40)}

    assert seen == {1, 3, 4}
    assert ministry.control.counts()["faults"]["stale-state"] == 40
