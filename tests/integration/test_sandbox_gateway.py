"""Tokens and faults: what stands before the services of both sandbox partners."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.bodies import code, event
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


# -- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_is_for_the_client_with_its_secret(partner: Caller) -> None:
    good = partner.ask_token()
    assert good.json()["token_type"] == "Bearer"
    assert good.json()["expires_in"] == 300
    assert partner.ask_token(("lienthong", "wrong")).status_code == 401
    assert partner.ask_token(("other", "sandbox")).status_code == 401
    partner.watch.sides = "none"
    wrong = partner.ask_token(grant="password")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "unsupported_grant_type")
    partner.watch.violations.clear()


def test_services_are_for_the_bearer_of_a_token(partner: Caller) -> None:
    partner.token = "made-up"
    assert partner.write().status_code == 401
    partner.renew()
    assert partner.told(partner.write()) == "done"


def test_a_token_expires_after_its_lifetime(partner: Caller) -> None:
    partner.control.set(token_lifetime=1)
    partner.renew()
    assert partner.told(partner.write()) == "done"
    wait_for(lambda: partner.write().status_code == 401, 3)
    partner.renew()
    assert partner.told(partner.write()) == "again"


def test_tokens_can_be_revoked_before_they_expire(partner: Caller) -> None:
    partner.control.revoke_tokens()
    assert partner.write().status_code == 401
    partner.renew()
    assert partner.told(partner.write()) == "done"


def test_a_rough_partner_gives_short_tokens(partner: Caller) -> None:
    partner.control.set(faults="rough", rates=dict.fromkeys(partner.control.faults()["rates"], 0.0))
    assert partner.ask_token().json()["expires_in"] == 5


def test_an_address_can_be_denied(partner: Caller) -> None:
    partner.control.set(deny_address=True)
    assert partner.write().status_code == 403
    assert partner.taken() == 0


def test_a_body_that_is_too_large_is_not_read(partner: Caller) -> None:
    partner.control.set(max_body=1000)
    path = "/hotich/1.0/layKetQua" if partner.process.partner == "ministry" else "/apitthc/v1/tien-do"

    assert partner.unjudged("POST", path, b" " * 1001).status_code == 413
    assert partner.unjudged("POST", path, b" " * 1000).status_code in {200, 422}
    partner.watch.violations = [v for v in partner.watch.violations if "no JSON" not in v]


def test_other_paths_and_methods_are_not_there(partner: Caller) -> None:
    partner.watch.sides = "none"
    assert partner.call("GET", "/nothing").status_code == 404
    path = "/hotich/1.0/layKetQua" if partner.process.partner == "ministry" else "/apitthc/v1/tien-do"
    assert partner.call("DELETE", path).status_code == 405
    partner.watch.violations.clear()


# -- faults that come by themselves -----------------------------------------------------------------------------------


def only(partner: Caller, kind: str, share: float = 1.0) -> None:
    partner.control.set_faults("calm", {kind: share})


def test_a_revoked_token_is_401_until_another_is_fetched(partner: Caller) -> None:
    only(partner, "token-revoked")
    assert partner.write().status_code == 401
    only(partner, "token-revoked", 0.0)
    assert partner.write().status_code == 401
    partner.renew()
    assert partner.told(partner.write()) == "done"
    assert partner.faults() == {"token-revoked": 1}


def test_throttling_says_for_how_long_in_seconds_or_as_a_date(partner: Caller) -> None:
    only(partner, "throttled")
    said = [partner.write().headers["Retry-After"] for _ in range(20)]

    seconds = [text for text in said if text.isdigit()]
    dates = [parsedate_to_datetime(text).timestamp() for text in said if not text.isdigit()]
    assert set(seconds) == {"1"}
    assert dates
    assert all(-2 <= date - time.time() <= 2 for date in dates)
    assert partner.taken() == 0


def test_gateway_errors_carry_html_or_nothing(partner: Caller) -> None:
    only(partner, "gateway")
    answers = [partner.write() for _ in range(40)]

    assert {answer.status_code for answer in answers} == {502, 503, 504}
    assert {answer.text[:6] for answer in answers} == {"", "<html>"}
    assert partner.taken() == 0


@pytest.mark.parametrize(("kind", "effects"), [("reset-before", 0), ("reset-after", 1)])
def test_a_reset_comes_before_or_after_the_effect(partner: Caller, kind: str, effects: int) -> None:
    only(partner, kind)
    with pytest.raises(requests.ConnectionError) as caught:
        partner.write()
    assert "reset" in str(caught.value).lower()

    only(partner, kind, 0.0)
    assert partner.taken() == effects
    assert partner.told(partner.write()) == ("again" if effects else "done")


def test_a_truncated_body_comes_after_the_effect(partner: Caller) -> None:
    only(partner, "truncated")
    partner.watch.sides = "none"
    seen = set()
    for serial in range(20):
        try:
            partner.write(serial).json()
        except requests.exceptions.JSONDecodeError:
            seen.add("broken")
        except LOST:
            seen.add("stopped")
    partner.watch.violations.clear()

    assert partner.taken() == 20
    assert seen == {"broken", "stopped"}


def test_a_busy_partner_says_so_in_its_own_words(partner: Caller) -> None:
    only(partner, "busy")
    answer = partner.write()
    if partner.process.partner == "ministry":
        assert (answer.status_code, answer.json()["errorCode"]) == (200, "503")
    else:
        assert (answer.status_code, answer.json()["error_code"]) == (503, "BUSY")
    assert partner.taken() == 0


def test_latency_delays_and_changes_nothing(partner: Caller) -> None:
    partner.control.set(latency=[0.1, 0.1])
    only(partner, "latency")
    start = time.monotonic()
    assert partner.told(partner.write()) == "done"
    assert time.monotonic() - start >= 0.1


def test_calm_is_calm_and_rough_meets_every_kind(partner: Caller) -> None:
    def storm(caller: Caller) -> None:
        for serial in range(60):
            try:
                if caller.write(serial % 30).status_code == 401:
                    caller.renew()
            except (*LOST, AssertionError, ValueError):
                continue

    storm(partner)
    assert partner.faults() == {}
    kinds = set(partner.control.faults()["rates"]) - {
        "feed-duplicated",
        "feed-reordered",
        "stale-state",
        "replica-lag",
    }
    partner.control.set(faults="rough", rates=dict.fromkeys(kinds, 0.1), token_lifetime=300)
    callers = [Caller(partner.process, judged="request", token=partner.token) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(storm, callers))

    assert set(partner.faults()) == kinds
    repeated = [effect["key"] for effect in partner.effects("submission", "progress")]
    assert len(repeated) == len(set(repeated)) == 30
