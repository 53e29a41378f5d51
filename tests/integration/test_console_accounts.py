"""How people get in: the first administrator, links for passwords, pauses after wrong ones, and the commands."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector.adapters import accounts, audit, passwords, sessions
from connector.adapters.audit import Action
from connector.adapters.locks import Lock
from connector.adapters.passwords import WeakPassword
from connector.console import texts
from connector.domain.rights import Role
from tests.commands import Commands
from tests.consoles import PASSWORD, RunningConsole, console_over

LINK = re.compile(r"/link/[\w-]+")
CHOSEN = {"name": "Quan.Tri", "display": "Quản trị", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def console(database: str) -> Iterator[RunningConsole]:
    with console_over(database) as running:
        yield running


@pytest.fixture
def lienthong(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, tmp_path, database_url=database)


def first_link(console: RunningConsole) -> str:
    with console.connector.engine.begin() as db:
        return f"/link/{accounts.make_link(db, None, at=console.clock(), by='test')}"


def rows(console: RunningConsole, statement: str) -> list[Any]:
    with console.connector.engine.begin() as db:
        return list(db.execute(text(statement)).all())


# The first administrator


def test_the_set_up_link_makes_one_administrator_who_is_logged_in(console: RunningConsole) -> None:
    link = first_link(console)
    browser = console.browser()
    shown = browser.get(link)
    made = browser.post(link, CHOSEN)

    assert shown.status_code == 200
    assert made.url == f"{console.url}/"
    assert [(row.name, row.roles) for row in rows(console, "SELECT * FROM account")] == [("quan.tri", ["admin"])]
    assert browser.get("/me").status_code == 200
    assert console.browser().get(link).status_code == 410
    assert console.browser().post(link, CHOSEN | {"name": "second"}).status_code == 410


@pytest.mark.parametrize("lock", list(Lock))
def test_who_holds_another_lock_does_not_keep_the_first_administrator_waiting(
    console: RunningConsole, lock: Lock
) -> None:
    link = first_link(console)
    with console.connector.engine.connect() as busy:
        if lock is not Lock.SET_UP:
            busy.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock.value})
        assert console.browser().post(link, CHOSEN).url == f"{console.url}/"


def test_looking_at_a_link_does_not_use_it_up(console: RunningConsole) -> None:
    link = first_link(console)
    for _ in range(3):
        assert console.browser().get(link).status_code == 200


def test_every_machine_s_set_up_link_works_until_one_was_used(console: RunningConsole) -> None:
    links = [first_link(console) for _ in range(3)]

    assert [console.browser().get(link).status_code for link in links] == [200, 200, 200]
    assert console.browser().post(links[0], CHOSEN).status_code == 200
    assert [console.browser().get(link).status_code for link in links] == [410, 410, 410]


def test_a_name_that_is_taken_leaves_the_set_up_link_in_force(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    link, browser = first_link(console), console.browser()

    assert browser.post(link, CHOSEN | {"name": "lan"}).status_code == 422
    assert browser.post(link, CHOSEN).status_code == 200


def test_a_link_of_a_disabled_account_opens_nothing(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    with console.connector.engine.begin() as db:
        lan = accounts.by_name(db, "lan")
        assert lan is not None
        link = f"/link/{accounts.make_link(db, lan.account_id, at=console.clock(), by='test')}"
        accounts.set_disabled(db, lan.account_id, True)

    assert console.browser().get(link).status_code == 410
    assert console.browser().post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 410


def test_twenty_browsers_with_several_links_make_one_administrator(console: RunningConsole) -> None:
    links = [first_link(console) for _ in range(4)]
    begin = threading.Barrier(20)

    def use(number: int) -> int:
        browser = console.browser()
        fields = {"csrf": browser.token(), **CHOSEN, "name": f"admin{number}"}
        begin.wait(60)
        answer = browser.session.post(console.url + links[number % 4], data=fields, timeout=60, allow_redirects=False)
        return answer.status_code

    with ThreadPoolExecutor(20) as pool:
        found = sorted(pool.map(use, range(20)))

    assert found == [303] + [410] * 19
    assert len(rows(console, "SELECT 1 FROM account")) == 1


def test_a_link_ends_after_a_day(console: RunningConsole) -> None:
    link = first_link(console)
    console.clock.passes(accounts.LINK_LIVES + timedelta(seconds=1))

    assert console.browser().get(link).status_code == 410
    assert console.browser().post(link, CHOSEN).status_code == 410
    assert rows(console, "SELECT 1 FROM account") == []


def test_a_link_s_secret_is_nowhere_in_the_database(console: RunningConsole) -> None:
    secret = first_link(console).removeprefix("/link/")

    assert secret not in repr(rows(console, "SELECT * FROM account_link"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "short", "again": "short"},
        {"again": "another long password"},
        {"name": "Quản trị"},
        {"name": ""},
        {"password": "quan.tri 2026", "again": "quan.tri 2026"},
        {"password": "x" * 257, "again": "x" * 257},
    ],
)
def test_a_choice_that_is_not_taken_leaves_the_link_in_force(console: RunningConsole, wrong: dict[str, str]) -> None:
    link = first_link(console)
    browser = console.browser()

    assert browser.post(link, CHOSEN | wrong).status_code == 422
    assert rows(console, "SELECT 1 FROM account") == []
    assert browser.post(link, CHOSEN).status_code == 200


def test_the_password_is_kept_as_argon2id(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)

    [kept] = rows(console, "SELECT password_hash FROM account")
    assert kept.password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(("password", "reason"), [("x" * 11, "short"), ("lanlanlanlan1", "name"), ("x" * 257, "long")])
def test_a_weak_password_is_refused(password: str, reason: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        passwords.hash_password(password, "lan")

    assert refused.value.reason == reason


# Wrong passwords


def test_wrong_passwords_bring_a_pause_even_for_the_right_one(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    browser = console.browser()
    for _ in range(sessions.PER_ACCOUNT.free):
        assert browser.log_in("lan", "wrong").status_code == 401
    with console.connector.engine.begin() as db:
        for _ in range(8):
            sessions.failed(db, sessions.PER_ACCOUNT, "lan", console.clock())
    paused = browser.log_in("lan")
    console.clock.passes(sessions.LONGEST_PAUSE)

    assert paused.status_code == 429
    assert browser.log_in("lan").status_code == 200
    # The right password ended the count.
    assert browser.log_in("lan", "wrong").status_code == 401
    assert browser.log_in("lan").status_code == 200


def test_each_further_wrong_password_doubles_the_pause(console: RunningConsole) -> None:
    at = console.clock()
    pauses = []
    with console.connector.engine.begin() as db:
        for _ in range(sessions.PER_ACCOUNT.free + 4):
            sessions.failed(db, sessions.PER_ACCOUNT, "lan", at)
            pauses.append(sessions.pause(db, sessions.PER_ACCOUNT, "LAN ", at).total_seconds())

    assert pauses == [0] * sessions.PER_ACCOUNT.free + [1, 2, 4, 8]


def test_a_pause_is_never_longer_than_a_quarter_of_an_hour(console: RunningConsole) -> None:
    with console.connector.engine.begin() as db:
        for _ in range(60):
            sessions.failed(db, sessions.PER_ACCOUNT, "lan", console.clock())
        assert sessions.pause(db, sessions.PER_ACCOUNT, "lan", console.clock()) <= sessions.LONGEST_PAUSE


def test_an_address_that_tries_many_names_has_to_wait_as_well(console: RunningConsole) -> None:
    console.clock.stands_still()
    console.add("lan", Role.VIEWER)
    browser = console.browser()
    with console.connector.engine.begin() as db:
        for _ in range(sessions.PER_ADDRESS.free + 8):
            sessions.failed(db, sessions.PER_ADDRESS, "127.0.0.1", console.clock())

    assert browser.log_in("lan").status_code == 429


def test_an_unknown_name_is_answered_like_a_wrong_password(console: RunningConsole) -> None:
    """And takes as long: a hash is computed for it too."""
    console.add("lan", Role.VIEWER)
    browser = console.browser()
    token = browser.token()
    answers = [
        browser.session.post(
            console.url + "/login", data={"csrf": token, "name": name, "password": "wrong password"}, timeout=30
        )
        for name in ("lan", "nobody", "lan", "nobody", "lan", "nobody")
    ]
    known, unknown = ([a.elapsed.total_seconds() for a in answers[first::2]] for first in (0, 1))

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert min(unknown) > min(known) / 2


def test_what_was_typed_as_a_name_is_kept_nowhere(console: RunningConsole) -> None:
    console.browser().log_in("mat-khau-cua-toi", "wrong")
    kept = repr([rows(console, f"SELECT * FROM {table}") for table in ("audit", "login_attempt")])

    assert "mat-khau-cua-toi" not in kept
    assert [(r.who, r.allowed) for r in rows(console, "SELECT * FROM audit")] == [("?", False)]


def test_every_log_in_is_written_down(console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    browser = console.browser()
    browser.log_in("lan", "wrong")
    browser.log_in("lan")

    found = [(r.who, r.action, r.allowed) for r in rows(console, "SELECT * FROM audit ORDER BY id")]
    assert found == [("lan", "log_in", False), ("lan", "log_in", True)]


# The commands


def test_an_account_made_by_a_command_begins_with_its_link(lienthong: Commands, console: RunningConsole) -> None:
    made = lienthong.run(
        "accounts", "add", "lan", "--role", "operator", "--area", "long-xuyen", "--reason", "new clerk"
    )
    [link] = LINK.findall(made.stdout)
    browser = console.browser()

    assert browser.log_in("lan").status_code == 401
    assert browser.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 200
    assert "long-xuyen" in browser.get("/me").text
    assert console.browser().log_in("lan").status_code == 200
    [line] = rows(console, "SELECT * FROM audit WHERE action = 'manage_accounts'")
    assert (line.target, line.reason) == ("lan", "new clerk")
    assert "@" in line.who


def test_a_reset_link_ends_the_sessions_and_the_link_before_it(lienthong: Commands, console: RunningConsole) -> None:
    browser = console.logged_in("lan", Role.VIEWER)
    links = [LINK.findall(lienthong.run("accounts", "reset-link", "lan").stdout)[0] for _ in range(2)]
    new = {"password": "một mật khẩu khác hẳn", "again": "một mật khẩu khác hẳn"}

    assert browser.get("/me").status_code == 200
    assert console.browser().post(links[0], new).status_code == 410
    assert console.browser().post(links[1], new).status_code == 200
    assert browser.get("/me").url.endswith("/login?back=/me")
    assert console.browser().log_in("lan").status_code == 401


def test_roles_areas_and_disabling_act_at_once(lienthong: Commands, console: RunningConsole) -> None:
    browser = console.logged_in("lan", Role.VIEWER)
    lienthong.run("accounts", "roles", "lan", "--role", "auditor", "--role", "operator", "--area", "chau-doc")
    assert "chau-doc" in browser.get("/me").text
    lienthong.run("accounts", "disable", "lan")
    assert "/login" in browser.get("/me").url
    assert browser.log_in("lan").status_code == 401
    lienthong.run("accounts", "enable", "lan")
    assert browser.log_in("lan").status_code == 200

    [listed] = lienthong.json("accounts", "list")["accounts"]
    assert listed == {
        "name": "lan",
        "display_name": "Lan",
        "roles": ["auditor", "operator"],
        "areas": ["chau-doc"],
        "disabled": False,
        "has_password": True,
        "external": None,
    }
    assert "lan" in lienthong.run("accounts", "list").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", "lan", "--role", "viewer"], 1),
        (["add", "Lan Anh", "--role", "viewer"], 2),
        (["add", "hoa"], 2),
        (["add", "hoa", "--role", "king"], 2),
        (["add", "hoa", "--role", "viewer", "--area", "nowhere"], 2),
        (["add", "hoa", "--role", "viewer", "--area", "all"], 2),
        (["disable", "hoa"], 1),
        (["roles", "hoa", "--role", "viewer"], 1),
        (["reset-link", "hoa"], 1),
    ],
)
def test_a_command_that_cannot_be_done_changes_nothing(
    lienthong: Commands, console: RunningConsole, words: list[str], code: int
) -> None:
    console.add("lan", Role.ADMIN)
    before = rows(console, "SELECT * FROM account")
    lienthong.run("accounts", *words, code=code)

    assert rows(console, "SELECT * FROM account") == before
    assert rows(console, "SELECT * FROM audit") == []


def test_without_an_administrator_a_command_says_what_follows(lienthong: Commands, console: RunningConsole) -> None:
    console.add("lan", Role.ADMIN)

    assert "set-up link" in lienthong.run("accounts", "disable", "lan").stderr


# The page


def test_an_administrator_adds_an_account_and_hands_its_link_over(console: RunningConsole) -> None:
    admin = console.logged_in("admin", Role.ADMIN)
    fields = {
        "name": "lan",
        "display": "Lan",
        "roles": ["operator", "viewer"],
        "areas": ["long-xuyen"],
        "reason": "new",
    }
    answer = admin.post("/accounts", fields)
    [link] = set(LINK.findall(answer.text))
    browser = console.browser()

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert browser.post(link, {"password": PASSWORD, "again": PASSWORD}).status_code == 200
    assert "long-xuyen" in browser.get("/me").text
    assert "lan" in admin.get("/accounts").text
    [line] = rows(console, "SELECT * FROM audit WHERE action = 'manage_accounts' AND target = 'lan'")
    assert (line.who, line.reason, line.allowed) == ("admin", "new", True)
    assert '"areas":["long-xuyen"]' in line.details


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Lan Anh"},
        {"name": "admin"},
        {"roles": []},
        {"roles": ["king"]},
        {"areas": ["nowhere"]},
        {"areas": ["all"]},
    ],
)
def test_an_account_that_cannot_be_is_not_added(console: RunningConsole, wrong: dict[str, Any]) -> None:
    admin = console.logged_in("admin", Role.ADMIN)

    assert admin.post("/accounts", {"name": "lan", "roles": ["viewer"], **wrong}).status_code == 422
    assert len(rows(console, "SELECT 1 FROM account")) == 1


def test_roles_change_and_accounts_are_disabled_at_once(console: RunningConsole) -> None:
    admin, lan = console.logged_in("admin", Role.ADMIN), console.logged_in("lan", Role.VIEWER)
    admin.post("/accounts/lan", {"roles": ["auditor"], "external": "lan@example.vn"})
    assert rows(console, "SELECT roles, external FROM account WHERE name = 'lan'") == [(["auditor"], "lan@example.vn")]
    admin.post("/accounts/lan/disable")
    assert "/login" in lan.get("/me").url
    admin.post("/accounts/lan/enable")
    assert lan.log_in("lan").status_code == 200
    [link] = set(LINK.findall(admin.post("/accounts/lan/link").text))

    assert lan.post(link, {"password": "x" * 12, "again": "x" * 12}).status_code == 200
    assert admin.get("/accounts/nobody").status_code == 404
    assert admin.post("/accounts/nobody/disable").status_code == 404


def test_an_administrator_does_not_lock_the_own_door(console: RunningConsole) -> None:
    admin = console.logged_in("admin", Role.ADMIN)

    assert admin.post("/accounts/admin/disable").status_code == 422
    assert admin.post("/accounts/admin", {"roles": ["viewer"]}).status_code == 422
    assert admin.post("/accounts/admin", {"roles": ["admin"], "areas": ["long-xuyen"]}).status_code == 422
    assert admin.get("/accounts").status_code == 200


def test_one_name_at_the_provider_leads_to_one_account(console: RunningConsole) -> None:
    admin = console.logged_in("admin", Role.ADMIN)
    console.add("lan", Role.VIEWER)
    console.add("hoa", Role.VIEWER)

    assert admin.post("/accounts/lan", {"roles": ["viewer"], "external": "u-1"}).status_code == 200
    assert admin.post("/accounts/hoa", {"roles": ["viewer"], "external": "u-1"}).status_code == 422
    assert rows(console, "SELECT external FROM account WHERE name = 'hoa'") == [(None,)]


# The audit


def test_an_auditor_reads_who_did_what_and_that_is_written_down(console: RunningConsole) -> None:
    auditor, viewer = console.logged_in("kiem.tra", Role.AUDITOR), console.logged_in("lan", Role.VIEWER)
    viewer.get("/accounts")
    page = auditor.get("/audit?refused=true&who=lan").text

    assert viewer.get("/audit").status_code == 403
    assert "quản lý tài khoản" in page
    assert "từ chối" in page
    assert "kiem.tra</td>" not in page
    assert [r.who for r in rows(console, "SELECT who FROM audit WHERE action = 'read_audit' AND allowed")] == [
        "kiem.tra"
    ]


def test_the_audit_is_read_page_by_page_without_a_line_lost(console: RunningConsole) -> None:
    auditor = console.logged_in("kiem.tra", Role.AUDITOR)
    with console.connector.engine.begin() as db:
        for number in range(150):
            audit.record(db, Action.CANCEL, at=console.clock(), who="lan", target=f"line-{number}")
    first = auditor.get("/audit?action=cancel").text
    older = re.search(r"/audit\?action=cancel&amp;before=\d+", first)
    assert older
    second = auditor.get(older[0].replace("&amp;", "&")).text
    found = re.findall(r"line-(\d+)", first + second)

    assert [int(number) for number in found] == list(reversed(range(150)))
    assert "&amp;before=" not in second


@pytest.mark.parametrize(
    "query", ["action=burn", "message=x", "since=yesterday", "until=9999-99-99", "since=0001-01-01T00:00"]
)
def test_a_filter_that_cannot_be_read_is_said(console: RunningConsole, query: str) -> None:
    answer = console.logged_in("kiem.tra", Role.AUDITOR).get(f"/audit?{query}")

    assert answer.status_code == 200
    assert ('role="alert"' in answer.text) == (query != "since=0001-01-01T00:00")


def test_every_action_has_words() -> None:
    assert [action for action in Action if not texts.is_text(f"audit.did.{action}")] == []
