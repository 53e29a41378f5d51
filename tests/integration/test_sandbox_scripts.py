"""Outages, scripted answers, settings and records of both sandbox partners."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.bodies import code, event, result
from tests.contract import Partner
from tests.partners import LOST, Caller, PartnerProcess, partner_process, wait_for


@pytest.fixture(scope="module", params=["ministry", "province"])
def process(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PartnerProcess]:
    partner: Partner = request.param
    with partner_process(partner, tmp_path_factory.mktemp(partner), pace=60) as running:
        yield running


@pytest.fixture
def partner(process: PartnerProcess) -> Iterator[Caller]:
    caller = process.fresh(latency=[0.0, 0.001], retry_after=[1, 1])
    if process.partner == "province":
        caller.control.add_events([event(code(n)) for n in range(30)])
    yield caller
    assert caller.watch.violations == []


def test_in_an_outage_every_call_fails_and_the_control_goes_on(partner: Caller) -> None:
    partner.control.outage("close")
    with pytest.raises(requests.ConnectionError):
        partner.write()
    with pytest.raises(requests.ConnectionError):
        partner.ask_token()
    partner.control.outage("503")
    assert partner.write().status_code == 503
    partner.control.outage("off")

    assert partner.told(partner.write()) == "done"
    assert partner.faults() == {"outage": 3}


def test_scripted_answers_are_used_up_in_order(partner: Caller) -> None:
    partner.watch.sides = "none"
    partner.control.script(
        [
            {"path": "/", "status": 502, "body": "<html>", "headers": {"X-Which": "first"}},
            {"path": "/", "method": "POST", "status": 503, "body_base64": "AP8=", "times": 2},
            {"path": "/elsewhere", "status": 500},
        ]
    )
    answers = [partner.write() for _ in range(4)]
    partner.watch.violations.clear()

    assert [a.status_code for a in answers] == [502, 503, 503, 200]
    assert (answers[0].text, answers[0].headers["X-Which"], answers[1].content) == ("<html>", "first", b"\x00\xff")
    assert partner.control.health()["scripted"] == 1
    assert partner.taken() == 1


SCRIPTS: dict[str, tuple[dict[str, Any], int]] = {
    "lost before": ({"reset": True, "effect": "none"}, 0),
    "lost after": ({"reset": True, "effect": "before"}, 1),
    "stopped": ({"truncate_at": 10}, 1),
    "502 though it ran": ({"status": 502, "effect": "before"}, 1),
    "502 and it runs afterwards": ({"status": 502, "effect": "after", "delay": 0.05}, 1),
    "lost and it runs afterwards": ({"reset": True, "effect": "after", "delay": 0.05}, 1),
    "late": ({"delay": 0.05}, 1),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_says_whether_and_when_the_service_runs(partner: Caller, name: str) -> None:
    script, effects = SCRIPTS[name]
    partner.control.script([{"path": "/", **script}])
    expected: Callable[[], Any] = lambda: partner.write()  # noqa: E731
    if script.get("reset") or "truncate_at" in script:
        with pytest.raises(LOST):
            expected()
    else:
        assert expected().status_code == script.get("status", 200)

    wait_for(lambda: partner.taken() == effects)
    assert partner.told(partner.write()) == ("again" if effects else "done")


def test_a_cut_body_with_its_own_length_is_just_broken_json(partner: Caller) -> None:
    partner.control.script([{"path": "/", "truncate_at": 10, "honest_length": True}])
    partner.watch.sides = "none"
    assert len(partner.write().content) == 10
    partner.watch.violations.clear()


def test_requests_are_counted_by_service(partner: Caller) -> None:
    partner.write(1)
    partner.write(2)
    counted = partner.control.counts()["requests"]
    service = "POST /hotich/1.0/nhanHoSoDKHT" if partner.process.partner == "ministry" else "POST /apitthc/v1/tien-do"
    assert counted[service] == 2


def test_a_setting_that_is_none_is_refused_and_changes_nothing(partner: Caller) -> None:
    before = partner.control.settings()
    for wrong in ({"pace": -1}, {"no_such": 1}, {"rates": {"rain": 0.5}}, {"outage": "maybe"}):
        with pytest.raises(Exception, match="400"):
            partner.control.set(**wrong)
    assert partner.control.settings() == before


def test_effects_come_by_pages_in_order(partner: Caller) -> None:
    for serial in range(7):
        partner.write(serial)
    first = partner.control.effects(limit=3)
    whole = list(partner.control.each_effect(limit=3))

    assert [e["n"] for e in whole] == sorted(e["n"] for e in whole)
    assert whole[:3] == first["effects"]
    assert len([e for e in whole if e["kind"] in ("submission", "progress")]) == 7
    assert whole == list(partner.control.each_effect())


def test_a_result_survives_the_worst_order_of_faults(partner: Caller) -> None:
    """Lost before, lost after, cut, then through: one effect, and the sender learns of it."""
    ways = [
        {"path": "/", "reset": True},
        {"path": "/", "reset": True, "effect": "before"},
        {"path": "/", "truncate_at": 3},
    ]
    partner.control.script(ways)
    if partner.process.partner == "province":
        partner.control.move(code(1), 4)
        act: Callable[[], Any] = lambda: partner.call("PUT", f"/apitthc/v1/ho-so/{code(1)}/ket-qua", result())  # noqa: E731
    else:
        act = lambda: partner.write()  # noqa: E731
    for _ in ways:
        with pytest.raises(LOST):
            act()

    answer = act().json()

    assert answer.get("error_code", answer.get("errorCode")) in {"DUP", "110"}
    assert len(partner.effects("result", "submission")) == 1
