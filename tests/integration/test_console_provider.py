"""Logging in by an identity provider: who is believed, and who is not."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import text

from connector.adapters import accounts
from connector.domain.rights import Role
from tests.consoles import Browser, RunningConsole, console_over
from tests.identity_provider import CLIENT, SECRET, Provider, shared_secret_key


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider().running() as running:
        yield running


@pytest.fixture
def console(database: str, provider: Provider) -> Iterator[RunningConsole]:
    with console_over(
        database,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_claim="preferred_username",
    ) as running:
        yield running


def known(console: RunningConsole, external: str = "lan", **changes: Any) -> None:
    made = accounts.new_account("nguyen.lan", "Lan", frozenset({Role.VIEWER}), external=external)
    with console.connector.engine.begin() as db:
        accounts.add(db, made, at=console.clock(), by="test")


def audit(console: RunningConsole) -> list[tuple[str, bool]]:
    with console.connector.engine.begin() as db:
        rows = db.execute(text("SELECT who, allowed FROM audit WHERE action = 'log_in' ORDER BY id")).all()
    return [(row.who, row.allowed) for row in rows]


def is_in(browser: Browser) -> bool:
    return browser.get("/me", allow_redirects=False).status_code == 200


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_whoever_the_provider_knows_and_an_administrator_prepared_is_in(
    console: RunningConsole, provider: Provider, algorithm: str
) -> None:
    known(console)
    provider.algorithm = algorithm
    browser = console.browser()

    assert "/oidc/start" in browser.get("/login").text
    answer = browser.get("/oidc/start")
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/">' in answer.text
    assert is_in(browser)
    assert audit(console) == [("nguyen.lan", True)]


def test_nobody_gets_an_account_by_coming(console: RunningConsole, provider: Provider) -> None:
    browser = console.browser()
    answer = browser.get("/oidc/start")

    assert answer.status_code == 403
    assert not is_in(browser)
    assert audit(console) == [("?", False)]
    with console.connector.engine.begin() as db:
        assert not accounts.every(db)


def test_a_disabled_account_does_not_come_in_by_the_provider_either(console: RunningConsole) -> None:
    known(console)
    with console.connector.engine.begin() as db:
        db.execute(text("UPDATE account SET disabled = true"))
    browser = console.browser()

    assert browser.get("/oidc/start").status_code == 403
    assert not is_in(browser)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": None},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"exp": timedelta(hours=-1)},
        {"exp": None},
        {"iat": timedelta(hours=1)},
        {"nonce": "of another journey"},
        {"nonce": None},
        {"preferred_username": None},
        {"preferred_username": " "},
        {"preferred_username": ["lan"]},
    ],
    ids=repr,
)
def test_a_token_that_is_not_for_us_now_is_not_believed(
    console: RunningConsole, provider: Provider, claims: dict[str, Any]
) -> None:
    known(console)
    provider.claims = {
        name: int(time.time() + value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
    }
    browser = console.browser()

    assert browser.get("/oidc/start").status_code == 403
    assert provider.tokens_given == 1
    assert not is_in(browser)
    assert audit(console) == [("?", False)]


def test_a_token_that_another_key_signed_is_not_believed(console: RunningConsole, provider: Provider) -> None:
    known(console)
    provider.sign_with = RSAKey.generate_key(2048, {"kid": "rsa-1"})

    assert console.browser().get("/oidc/start").status_code == 403


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_that_no_key_pair_signed_is_not_believed(
    console: RunningConsole, provider: Provider, algorithm: str
) -> None:
    known(console)
    provider.algorithm, provider.sign_with = algorithm, shared_secret_key()

    assert console.browser().get("/oidc/start").status_code == 403


def test_new_keys_of_the_provider_are_looked_for(console: RunningConsole, provider: Provider) -> None:
    known(console)
    assert console.browser().get("/oidc/start").status_code == 200
    provider.keys["RS256"] = RSAKey.generate_key(2048, {"kid": "rsa-2"})

    assert console.browser().get("/oidc/start").status_code == 200


def test_an_answer_serves_the_browser_that_asked_and_only_once(console: RunningConsole, provider: Provider) -> None:
    """Somebody who is handed another person's answer is not logged in as that person."""
    known(console)
    first, second = console.browser(), console.browser()
    way = first.get("/oidc/start", allow_redirects=False).headers["Location"]
    second.get("/oidc/start", allow_redirects=False)
    back = first.session.get(way, allow_redirects=False, timeout=30).headers["Location"].removeprefix(console.url)

    assert console.browser().get(back).status_code == 400
    assert second.get(back).status_code == 403
    assert not is_in(second)
    assert first.get(back).status_code == 200
    assert first.get(back).status_code == 400


@pytest.mark.parametrize(
    "answer", [{"state": "another"}, {"iss": "https://evil.example"}, {"code": "made-up"}], ids=lambda a: next(iter(a))
)
def test_an_answer_that_was_tampered_with_is_refused(
    console: RunningConsole, provider: Provider, answer: dict[str, str]
) -> None:
    known(console)
    provider.answer = answer
    browser = console.browser()

    assert browser.get("/oidc/start").status_code == 403
    assert not is_in(browser)


def test_a_provider_that_says_no_is_taken_at_its_word(console: RunningConsole, provider: Provider) -> None:
    known(console)
    provider.refuse = "access_denied"

    assert console.browser().get("/oidc/start").status_code == 403


def test_what_we_ask_gives_no_secret_away(console: RunningConsole, provider: Provider) -> None:
    location = console.browser().get("/oidc/start", allow_redirects=False)
    asked = parse_qs(urlsplit(location.headers["Location"]).query)
    cookie = location.headers["Set-Cookie"]

    assert asked.keys() == {
        *("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge"),
        "code_challenge_method",
    }
    assert SECRET not in location.headers["Location"]
    assert "SameSite=lax" in cookie
    assert "HttpOnly" in cookie


@pytest.mark.parametrize("metadata", [{"issuer": "https://evil.example"}, {"token_endpoint": ""}, {"jwks_uri": None}])
def test_a_provider_that_is_another_is_not_asked(
    console: RunningConsole, provider: Provider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata

    assert console.browser().get("/oidc/start").status_code == 503


def test_a_provider_that_is_away_leaves_the_password(database: str) -> None:
    away: dict[str, str] = {"oidc_issuer": "http://127.0.0.1:1", "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with console_over(database, **away) as console:
        console.add("lan", Role.VIEWER)
        browser = console.browser()

        assert browser.get("/oidc/start").status_code == 503
        assert browser.log_in("lan").status_code == 200


def test_an_address_of_electronic_mail_counts_only_when_it_was_verified(database: str, provider: Provider) -> None:
    with console_over(
        database,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_claim="email",
    ) as console:
        known(console, "lan@example.vn")
        found = []
        for verified in (None, False, "true", True):
            provider.claims = {"email_verified": verified}
            found.append(console.browser().get("/oidc/start").status_code)

    assert found == [403, 403, 403, 200]


def test_without_a_provider_there_is_no_such_page(database: str) -> None:
    with console_over(database) as console:
        browser = console.browser()

        assert browser.get("/oidc/start").status_code == 404
        assert browser.get("/oidc/back?code=1&state=2").status_code == 404
        assert "/oidc/start" not in browser.get("/login").text
