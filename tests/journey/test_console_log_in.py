"""The first day of an installation, in a real browser: the first administrator, an operator, a viewer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from connector.adapters import accounts
from connector.domain.rights import Role
from tests.browsers import person_at
from tests.consoles import PASSWORD, RunningConsole, console_over
from tests.identity_provider import CLIENT, SECRET, Provider


@pytest.fixture
def page(chromium: Browser, console: RunningConsole) -> Iterator[Page]:
    with person_at(chromium, console.url) as person:
        yield person


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("Tên tài khoản").fill(name)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập").click()


def test_the_first_administrator_chooses_a_password_and_comes_back_with_it(page: Page, console: RunningConsole) -> None:
    with console.connector.engine.begin() as db:
        secret = accounts.make_link(db, None, at=console.clock(), by="test")
    page.goto(f"/link/{secret}")
    page.get_by_label("Tên tài khoản").fill("quan.tri")
    page.get_by_label("Họ tên để hiển thị").fill("Nguyễn Thị Bình")
    page.get_by_label("Mật khẩu mới", exact=True).fill(PASSWORD)
    page.get_by_label("Nhập lại mật khẩu mới").fill(PASSWORD)
    page.get_by_role("button", name="Lưu mật khẩu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hôm nay")
    expect(page.get_by_role("link", name="Nguyễn Thị Bình")).to_be_visible()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Đăng nhập")
    log_in(page, "quan.tri", "a wrong password")
    expect(page.get_by_role("alert")).to_contain_text("không đúng")
    log_in(page, "quan.tri")

    expect(page.get_by_role("heading", level=1)).to_have_text("Hôm nay")


def test_english_is_one_click_away_and_stays(page: Page, console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    log_in(page, "lan")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/me")

    expect(page.get_by_role("heading", level=1)).to_have_text("My account")


def test_the_keyboard_alone_is_enough(page: Page, console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    page.goto("/login")
    page.keyboard.type("lan")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hôm nay")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Bỏ qua")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#content")).to_be_focused()  # the browser moves there when it has followed the link


def test_without_scripts_everything_of_one_s_own_works(chromium: Browser, console: RunningConsole) -> None:
    console.add("lan", Role.VIEWER)
    with person_at(chromium, console.url, scripts=False) as page:
        log_in(page, "lan")
        page.goto("/me")
        page.get_by_role("combobox").select_option("en")
        page.get_by_role("button", name="Lưu").click()
        expect(page.get_by_role("status").first).to_contain_text("The language is saved")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


@pytest.mark.parametrize("path", ["/login", "/", "/me"])
def test_what_can_be_clicked_is_large_enough_and_named(page: Page, console: RunningConsole, path: str) -> None:
    """24 pixels each way, as WCAG 2.2 asks for; links inside a sentence are excused."""
    console.add("lan", *Role)
    if path != "/login":
        log_in(page, "lan")
    page.goto(path)
    for target in page.locator("a:not(p a, .skip), button, select, input:not([type=hidden])").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, target.inner_text()
        name = target.evaluate("e => (e.labels && e.labels.length ? e.labels[0] : e).innerText.trim()")
        assert name, target


def test_an_operator_comes_by_the_identity_provider_of_another_site(chromium: Browser, database: str) -> None:
    """The browser is sent there and back; what it then holds is a cookie that never comes from another site."""
    with (
        Provider().running() as provider,
        console_over(
            database, oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET
        ) as console,
    ):
        made = accounts.new_account("lan", "Trần Thị Lan", frozenset({Role.OPERATOR}), external="u-1")
        with console.connector.engine.begin() as db:
            accounts.add(db, made, at=console.clock(), by="test")
        with person_at(chromium, console.url, provider.issuer) as page:
            page.goto("/login")
            page.get_by_role("link", name="tài khoản của cơ quan").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Hôm nay")
            expect(page.get_by_role("link", name="Trần Thị Lan")).to_be_visible()
            [cookie] = [c for c in page.context.cookies() if c["name"] == "lienthong-session"]

    assert cookie["sameSite"] == "Strict"
