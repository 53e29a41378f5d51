"""The sandbox partners as processes: readiness, signals, and a store that outlives kill -9."""

import signal
import threading
from pathlib import Path

import pytest
import requests

from tests.bodies import code, event, progress, submission
from tests.contract import Contract, Exchange
from tests.partners import Caller, PartnerProcess, partner_process, wait_for
from tests.recording import Proxy


def test_an_interrupt_ends_it_with_0_as_a_termination_does(tmp_path: Path) -> None:
    with partner_process("province", tmp_path) as running:
        running.control.health()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(5) == 0


def test_kill_9_in_the_middle_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    with partner_process("ministry", tmp_path, pace=0.02, same_second=True) as running:
        caller = Caller(running)
        answered: list[str] = []
        first_half = threading.Event()

        def send() -> None:
            for serial in range(1, 1000):
                try:
                    caller.service("nhanHoSoDKHT", submission(code(serial)))
                except requests.ConnectionError:
                    return
                answered.append(code(serial))
                if serial == 40:
                    first_half.set()

        sender = threading.Thread(target=send)
        sender.start()
        assert first_half.wait(10)
        running.kill()
        sender.join(10)
        running.start()

        stored = [effect["subject"] for effect in running.control.each_effect() if effect["kind"] == "submission"]
        assert stored[: len(answered)] == answered
        assert len(stored) <= len(answered) + 1, "at most the one whose answer was lost"
        assert stored == [d["dossier"] for d in running.control.each_dossier()]
        again = Caller(running)
        repeated = again.service("nhanHoSoDKHT", submission(stored[-1]))
        assert repeated["errorCode"] == "110"
        wait_for(lambda: running.control.counts()["working"] == 0)
        assert running.control.counts()["dossiers"] == {"5": len(stored)}
        assert again.watch.violations == []


def test_the_province_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    with partner_process("province", tmp_path, citizens=False) as running:
        caller = Caller(running)
        running.control.add_events([event(code(1)), event(code(2))], {"F": b"bytes"})
        page = caller.call("GET", "/apitthc/v1/su-kien", params={"so_luong": 1}).json()
        caller.call("POST", "/apitthc/v1/tien-do", {"data": [progress(code(1), 4, "A")]})
        before = list(running.control.each_effect())

        running.kill()
        running.start()
        assert caller.call("GET", "/apitthc/v1/su-kien").status_code == 401, "tokens are forgotten"
        caller.renew()

        rest = caller.call("GET", "/apitthc/v1/su-kien", params={"con_tro": page["ConTroTiep"]}).json()
        assert rest["DuLieu"] == [event(code(2))]
        again = caller.call("POST", "/apitthc/v1/tien-do", {"data": [progress(code(1), 4, "A")]}).json()
        assert again["ket_qua"][0]["error_code"] == "DUP"
        assert caller.call("GET", "/apitthc/v1/tep/F").content == b"bytes"
        assert list(running.control.each_effect())[: len(before)] == before
        assert running.control.dossier(code(1))["status"] == 4
        assert caller.watch.violations == []


def test_settings_and_clock_go_on_over_a_restart_until_the_reset(tmp_path: Path) -> None:
    with partner_process("province", tmp_path, "--clock-start", "2025-06-30T23:00:00", pace=7.0) as running:
        running.control.set(seed=5, faults="rough", outage="503")
        running.control.add_events([event(code(1))])
        running.kill()
        running.start()
        running.control.add_events([event(code(2))])

        kept = running.control.settings()
        assert (kept["seed"], kept["faults"], kept["outage"], kept["pace"]) == (5, "rough", "503", 7.0)
        first, second = (effect["at"] for effect in running.control.each_effect())
        assert "2025-06-30T23:00:" < first <= second < "2025-06-30T23:02:", "the record never runs backwards"
        running.control.reset()
        fresh = running.control.settings()
        assert (fresh["seed"], fresh["faults"], fresh["outage"], fresh["pace"]) == (1, "calm", "off", 7.0)


def test_events_older_than_ninety_days_are_gone_and_so_is_a_cursor_behind_them(tmp_path: Path) -> None:
    with partner_process("province", tmp_path, "--clock-start", "2025-01-01T08:00:00") as running:
        running.control.add_events([event(code(1)), event(code(2))])
        caller = Caller(running)
        old = caller.call("GET", "/apitthc/v1/su-kien", params={"so_luong": 1}).json()["ConTroTiep"]
        running.stop()
        running.arguments[running.arguments.index("--clock-start") + 1] = "2025-04-15T08:00:00"
        running.start()
        running.control.add_events([event(code(3))])
        caller.renew()

        assert caller.call("GET", "/apitthc/v1/su-kien").json()["DuLieu"] == [event(code(3))]
        assert caller.call("GET", "/apitthc/v1/su-kien", params={"con_tro": old}).status_code == 410
        assert caller.watch.violations == []


def test_an_address_in_use_ends_it_at_once(tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.mkdir()
    with partner_process("province", tmp_path) as running:
        taken = running.url.removeprefix("http://")
        with pytest.raises(AssertionError, match="Traceback"):
            PartnerProcess("province", second, {}, bind=taken)


# -- the independent checker ------------------------------------------------------------------------------------------


def exchange(path: str, body: bytes, answer: bytes, status: int = 200) -> Exchange:
    sent = {"Authorization": "Bearer x", "Content-Type": "application/json"}
    return Exchange("POST", path, sent, body, status, {"Content-Type": "application/json"}, answer)


@pytest.mark.parametrize(
    ("body", "answer", "status", "violation"),
    [
        (b'{"data":[]}', b'{"error_code":"0","ket_qua":[]}', 200, "request /data: minItems"),
        (b'{"data":[{"X":1}]}', b'{"error_code":"0","ket_qua":[]}', 200, "request /data/0/X: not named"),
        (b"{", b"{}", 200, "request : no JSON"),
        (b'{"data":[{"MaSuKien":"A"}]}', b'{"error_code":"0","ket_qua":[]}', 200, "response /ket_qua: not one answer"),
        (b'{"data":[]}', b'{"error_code":"STATE"}', 422, "response /error_code: not the one of this status"),
        (b'{"data":[]}', b"", 429, "response /Retry-After"),
        (b'{"data":[]}', b"{}", 302, "response : status 302"),
    ],
)
def test_the_checker_sees_what_breaks_the_contract(body: bytes, answer: bytes, status: int, violation: str) -> None:
    found = Contract("province").violations(exchange("/apitthc/v1/tien-do", body, answer, status))

    assert any(text.startswith(violation) for text in found), found


def test_a_recording_proxy_judges_the_traffic_of_others(tmp_path: Path) -> None:
    with partner_process("ministry", tmp_path, officers=False) as running:
        seen: list[Exchange] = []
        with Proxy(running.url, seen.append) as proxy:
            caller = Caller(running)
            caller.url = proxy.url
            caller.service("nhanHoSoDKHT", submission(code(1)))
            caller.unjudged("POST", "/hotich/1.0/danhMuc", {"loaiDanhMuc": "9"})
            running.control.outage("close")
            with pytest.raises(requests.ConnectionError):
                caller.service("danhMuc", {"loaiDanhMuc": "1"})

        assert [(e.path, e.status) for e in seen] == [("/hotich/1.0/nhanHoSoDKHT", 200), ("/hotich/1.0/danhMuc", 200)]
        judge = Contract("ministry")
        assert [judge.violations(e) for e in seen] == [[], ["request /loaiDanhMuc: enum"]]
