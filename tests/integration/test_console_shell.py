"""The console on a real socket: what every answer says to a browser, and who is let in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text

from connector.adapters import accounts
from connector.console import texts
from connector.console.access import SAFE_METHODS, Anybody, Needs
from connector.console.headers import ALWAYS
from connector.console.statics import static_url
from connector.domain.rights import Right, Role, may
from tests.consoles import PASSWORD, Browser, RunningConsole, console_over

TEMPLATES = Path(texts.__file__).parent / "templates"


@pytest.fixture
def console(database: str) -> Iterator[RunningConsole]:
    with console_over(database) as running:
        yield running


def routes(console: RunningConsole) -> list[APIRoute]:
    found = [context.original_route for context in iter_route_contexts(console.app.routes)]
    assert len(found) > 8
    # Whatever else could be mounted would not say whom it is for.
    assert all(isinstance(route, APIRoute) for route in found)
    return [route for route in found if isinstance(route, APIRoute)]


def methods_of(route: APIRoute) -> set[str]:
    return set(route.methods or ())


def gates(route: APIRoute) -> list[Any]:
    """What a route says of who may come, wherever in its dependencies it stands."""
    found, rest = [], [route.dependant]
    while rest:
        one = rest.pop()
        rest += one.dependencies
        if isinstance(one.call, Needs | Anybody):
            found.append(one.call)
    return found


NO_ID = "0190a0a0-0000-7000-8000-000000000000"


def path_of(route: APIRoute) -> str:
    """A path of the route, with something in the place of each parameter."""
    values = {"message_id": NO_ID, "job_id": NO_ID, "chosen": "en", "name": "console.css"}
    return route.path_format.format_map(values | {p.name: values.get(p.name, "x") for p in route.dependant.path_params})


def record(console: RunningConsole, **where: Any) -> list[Any]:
    with console.connector.engine.begin() as db:
        rows = db.execute(text("SELECT who, action, allowed, target FROM audit ORDER BY id")).all()
    return [row for row in rows if all(getattr(row, name) == value for name, value in where.items())]


PUBLIC = {"/login", "/link/{secret}", "/healthz", "/oidc/start", "/oidc/back", "/language/{chosen}", "/static/{name}"}


def test_every_route_says_whom_it_is_for(console: RunningConsole) -> None:
    for route in routes(console):
        kinds = gates(route)
        if route.path == "/static/{name}":
            assert kinds == []
        else:
            assert len(kinds) == 1, route.path
            assert isinstance(kinds[0], Anybody) == (route.path in PUBLIC), route.path


def test_every_answer_carries_the_headers_that_protect_it(console: RunningConsole) -> None:
    browser = console.logged_in("lan", *Role)
    for path in [*(path_of(route) for route in routes(console) if "GET" in methods_of(route)), "/nowhere"]:
        for one in (browser, console.browser()):
            answer = one.get(path, allow_redirects=False)
            assert answer.headers.items() >= ALWAYS.items(), path
            assert "server" not in answer.headers
            if path.startswith("/static/"):
                assert answer.headers["Cache-Control"] in ("no-cache", "public, max-age=31536000, immutable")
            else:
                assert answer.headers["Cache-Control"] == "no-store", path


def test_a_file_s_version_may_be_kept_for_ever(console: RunningConsole) -> None:
    browser = console.browser()
    versioned, plain = browser.get(static_url("console.css")), browser.get("/static/console.css")
    again = browser.get("/static/console.css", headers={"If-None-Match": plain.headers["ETag"]})

    assert "immutable" in versioned.headers["Cache-Control"]
    assert versioned.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get("/static/../app.py").status_code == 404


def unsafe(console: RunningConsole) -> list[tuple[str, str]]:
    return [(m, path_of(route)) for route in routes(console) for m in methods_of(route) - set(SAFE_METHODS)]


def test_nothing_is_done_for_a_form_that_is_not_ours(console: RunningConsole) -> None:
    browser, stranger = console.logged_in("lan", *Role), console.logged_in("hoa", *Role)
    wrong: list[dict[str, Any]] = [
        {"data": {}},
        {"data": {"csrf": "0" * 64}},
        {"data": {"csrf": "ê"}},
        {"data": {"csrf": stranger.token()}},
        {"data": {"csrf": browser.token()}, "headers": {"Origin": "https://evil.example"}},
        {"data": {"csrf": browser.token()}, "headers": {"Origin": "null"}},
        {"data": {"csrf": browser.token()}, "headers": {"Sec-Fetch-Site": "cross-site"}},
    ]
    before = len(record(console))
    for method, path in unsafe(console):
        for options in wrong:
            answer = browser.session.request(method, console.url + path, timeout=30, **options)
            assert answer.status_code == 403, (path, options)
    assert len(record(console)) == before
    assert browser.get("/me", allow_redirects=False).status_code == 200


def test_another_host_s_name_is_turned_away(console: RunningConsole) -> None:
    answer = requests.get(console.url + "/login", headers={"Host": "evil.example"}, timeout=30)

    assert answer.status_code == 421
    assert answer.headers.items() >= ALWAYS.items()


def test_a_body_that_is_too_large_is_refused(console: RunningConsole) -> None:
    browser = console.browser()
    answer = browser.post("/login", {"name": "lan", "password": "x" * 300_000})

    assert answer.status_code == 413


@pytest.mark.parametrize("role", [*Role, None])
def test_a_role_opens_the_routes_of_its_rights_and_no_others(console: RunningConsole, role: Role | None) -> None:
    browser = console.logged_in("lan", *([role] if role else []))
    with console.connector.engine.begin() as db:
        account = accounts.by_name(db, "lan")
    assert account is not None
    for route in routes(console):
        for gate in gates(route):
            if not isinstance(gate, Needs):
                continue
            for method in methods_of(route):
                if may(account.holder, gate.right):
                    if method == "GET":
                        assert browser.get(path_of(route), allow_redirects=False).status_code in (200, 404, 303), route
                    continue
                token = {"csrf": browser.token()} if method not in SAFE_METHODS else {}
                answer = browser.session.request(
                    method, console.url + path_of(route), data=token, timeout=30, allow_redirects=False
                )
                assert answer.status_code == 403, (method, route.path)
                refusals = record(console, who="lan", action=gate.right.value, allowed=False, target=route.path)
                assert refusals, (method, route.path)


def test_without_a_session_every_page_leads_to_the_log_in(console: RunningConsole) -> None:
    browser = console.browser()
    for route in routes(console):
        if any(isinstance(gate, Needs) for gate in gates(route)) and "GET" in methods_of(route):
            answer = browser.get(path_of(route), allow_redirects=False)
            assert answer.status_code == 303
            assert answer.headers["Location"].startswith("/login")


def test_whoever_logs_in_comes_to_the_page_that_was_wanted(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    browser = console.browser()
    wanted = browser.get("/me?said=language")
    answer = browser.post("/login", {"name": " LAN ", "password": PASSWORD, "back": "/me?said=language"})

    assert 'value="/me?said=language"' in wanted.text
    assert answer.url.endswith("/me?said=language")


def test_a_session_s_secret_is_new_with_every_log_in_and_only_its_hash_is_kept(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    browser = console.browser()
    secrets = []
    for _ in range(2):
        browser.log_in("lan")
        secrets.append(browser.session.cookies["lienthong-session"])
    with console.connector.engine.begin() as db:
        kept = repr(db.execute(text("SELECT * FROM session")).all())

    assert secrets[0] != secrets[1]
    assert not [secret for secret in secrets if secret in kept]


def test_cookies_go_to_nobody_else(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    browser = console.browser()
    answer = browser.log_in("lan", allow_redirects=False)
    said = {line.split("=")[0]: line.lower() for line in answer.raw.headers.getlist("set-cookie")}

    assert "httponly" in said["lienthong-session"]
    assert "samesite=strict" in said["lienthong-session"]
    assert "path=/" in said["lienthong-session"]
    assert "domain" not in said["lienthong-session"]


def test_behind_https_cookies_are_bound_to_it(database: str) -> None:
    with console_over(database, console_url="https://lienthong.example") as console:
        answer = requests.get(console.url + "/login", headers={"Host": "lienthong.example"}, timeout=30)
        outside = requests.get(console.url + "/login", timeout=30)
        health = requests.get(console.url + "/healthz", timeout=30)

    assert answer.headers["Set-Cookie"].startswith("__Host-lienthong-form=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert outside.status_code == 421
    assert health.status_code == 200


def test_a_session_ends_when_nothing_was_asked_for_long(console: RunningConsole) -> None:
    browser = console.logged_in("lan", Role.VIEWER)
    for _ in range(3):
        console.clock.passes(console.settings.session_idle - timedelta(minutes=1))
        assert not browser.get("/").url.endswith("/login")
    console.clock.passes(console.settings.session_idle + timedelta(seconds=1))

    assert browser.get("/").url.endswith("/login")


@pytest.mark.parametrize("piece", ["/today/now", "/messages/live", f"/jobs/{UUID(int=7)}/live"])
def test_a_page_left_open_keeps_no_session_alive(console: RunningConsole, piece: str) -> None:
    """What an open page asks for by itself is no sign of a person."""
    browser = console.logged_in("lan", Role.VIEWER)
    for _ in range(2):
        console.clock.passes(console.settings.session_idle * 0.6)
        browser.get(piece)

    assert browser.get("/").url.endswith("/login")


def test_every_piece_that_a_page_asks_for_by_itself_says_so() -> None:
    asked = {
        found
        for template in TEMPLATES.glob("*.html")
        for found in re.findall(r'hx-get="(/[^"?]+)[^>]*hx-trigger="every', template.read_text(encoding="utf-8"))
    }

    assert {re.sub(r"\{\{.*?\}\}", "{}", path) for path in asked} == {"/today/now", "/messages/live", "/jobs/{}/live"}


def test_a_session_ends_at_last_however_busy(console: RunningConsole) -> None:
    browser = console.logged_in("lan", Role.VIEWER)
    step = console.settings.session_idle / 2
    for _ in range(console.settings.session_longest // step - 1):
        console.clock.passes(step)
        assert not browser.get("/").url.endswith("/login")
    console.clock.passes(step)

    assert browser.get("/").url.endswith("/login")


def test_logging_out_ends_the_session_for_whoever_has_its_cookie(console: RunningConsole) -> None:
    browser = console.logged_in("lan", Role.VIEWER)
    copy = Browser(console.url)
    copy.session.cookies.update(browser.session.cookies)
    browser.post("/logout")

    assert copy.get("/").url.endswith("/login")
    assert record(console, who="lan", action="log_out")


def test_a_new_password_ends_every_other_session(console: RunningConsole) -> None:
    browser = console.logged_in("lan", Role.VIEWER)
    other = console.browser()
    other.log_in("lan")
    new = "một mật khẩu khác hẳn"
    refused = browser.post("/me/password", {"old": "wrong", "password": new, "again": new})
    changed = browser.post("/me/password", {"old": PASSWORD, "password": new, "again": new})

    assert refused.status_code == 422
    assert changed.status_code == 200
    assert not browser.get("/").url.endswith("/login")
    assert other.get("/").url.endswith("/login")
    assert other.log_in("lan").status_code == 401
    assert other.log_in("lan", new).status_code == 200


def test_a_disabled_account_is_out_at_once_and_does_not_come_back(console: RunningConsole) -> None:
    browser = console.logged_in("lan", Role.VIEWER)
    with console.connector.engine.begin() as db:
        db.execute(text("UPDATE account SET disabled = true"))

    assert browser.get("/").url.endswith("/login")
    assert browser.log_in("lan").status_code == 401


def test_the_language_is_vietnamese_until_another_is_chosen(console: RunningConsole) -> None:
    browser = console.browser()
    first = browser.get("/login").text
    english = browser.get("/language/en?back=/login").text

    assert '<html lang="vi">' in first
    assert "Đăng nhập" in first
    assert '<html lang="en">' in english
    assert "Log in" in english
    assert browser.get("/language/fr?back=/login").status_code == 422


def test_health_tells_nothing_and_asks_for_nothing(console: RunningConsole) -> None:
    answer = requests.get(console.url + "/healthz", timeout=30)

    assert answer.json() == {"status": "ok"}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("right", Right)
def test_every_right_has_words_on_ones_own_page(right: Right) -> None:
    assert texts.is_text(f"right.{right}")


@pytest.mark.parametrize("path", ["/audit?who=%00", "/link/%00", "/accounts/a%00b", "/login?back=/%00"])
def test_what_no_database_can_keep_is_refused_at_the_door(console: RunningConsole, path: str) -> None:
    answer = console.logged_in("lan", *Role).get(path)

    assert answer.status_code == 400
    assert answer.headers.items() >= ALWAYS.items()


def test_a_form_that_no_database_can_keep_is_refused(console: RunningConsole) -> None:
    browser = console.browser()

    assert browser.post("/login", {"name": "lan\0", "password": "wrong"}).status_code == 422
    assert (
        browser.post("/login", {"name": "\udc80".encode("utf-8", "surrogatepass"), "password": "x"}).status_code == 401
    )


def test_a_fault_of_ours_is_a_page_with_all_its_headers_and_tells_nothing(database: str) -> None:
    running = RunningConsole(database)

    @running.app.get("/fault")
    def fault() -> None:
        raise RuntimeError("Nguyễn Văn A")

    with running.running() as console:
        answer = console.browser().get("/fault")

    assert answer.status_code == 500
    assert answer.headers.items() >= ALWAYS.items()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Nguyễn Văn A" not in answer.text
    assert "Lỗi của hệ thống" in answer.text


def test_what_one_changes_of_oneself_takes_back_nothing_that_an_administrator_did(console: RunningConsole) -> None:
    """Each change writes its own column: an account that was disabled meanwhile stays so."""
    console.add("lan", Role.VIEWER)
    with console.connector.engine.begin() as db:
        before = accounts.by_name(db, "lan")
        assert before is not None
        accounts.set_disabled(db, before.account_id, True)
        accounts.set_language(db, before.account_id, "en")
        accounts.set_password(db, before.account_id, "hash")
        accounts.change(db, before)
        after = accounts.by_name(db, "lan")

    assert after is not None
    assert after.holder.disabled
    assert (after.language, after.password_hash) == ("en", "hash")
