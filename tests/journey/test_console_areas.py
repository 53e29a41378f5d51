"""The rollout lead opens Long Xuyên and freezes it again, in a real browser and in both languages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from connector.domain.message import State
from connector.domain.rights import Role
from tests.browsers import person_at
from tests.consoles import PASSWORD, RunningConsole, console_over
from tests.ledger_rows import Rows, draft, rows_in

WORDS = {
    "vi": {
        "areas": "Địa bàn",
        "tile": "Thành phố Long Xuyên: kết hôn {}, khai tử {}",
        "mode": "Chế độ",
        "preview": "Xem trước",
        "goes": "Cho đi 2 thông điệp",
        "reason": "Lý do",
        "to": "Đổi thành “{}”",
        "done": "Đã đổi chế độ",
        "off": "tắt",
        "live": "đang chạy",
        "frozen": "đóng băng",
    },
    "en": {
        "areas": "Areas",
        "tile": "Thành phố Long Xuyên: marriages {}, deaths {}",
        "mode": "Mode",
        "preview": "Preview",
        "goes": "2 held messages go",
        "reason": "Reason",
        "to": "Change to “{}”",
        "done": "The mode is changed",
        "off": "off",
        "live": "live",
        "frozen": "frozen",
    },
}


@pytest.fixture
def console(closed_database: str) -> Iterator[RunningConsole]:
    with console_over(closed_database) as running:
        yield running


@pytest.fixture
def rows(closed_database: str) -> Iterator[Rows]:
    with rows_in(closed_database) as found:
        found.take_in(draft(1), draft(2))
        yield found


def change(page: Page, words: dict[str, str], mode: str) -> None:
    page.get_by_label(words["mode"], exact=True).last.select_option(mode)
    page.get_by_role("button", name=words["preview"]).click()


def sign(page: Page, words: dict[str, str], mode: str) -> None:
    page.get_by_label(words["reason"], exact=False).last.fill("QĐ 12/2023")
    page.get_by_role("button", name=words["to"].format(words[mode])).click()
    expect(page.get_by_role("status").first).to_contain_text(words["done"])


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_an_area_is_opened_from_the_map_and_frozen_again(
    chromium: Browser, console: RunningConsole, rows: Rows, language: str, scripts: bool
) -> None:
    words = WORDS[language]
    console.add("lan", Role.ROLLOUT)
    with person_at(chromium, console.url, scripts=scripts) as page:
        page.goto("/login")
        page.get_by_label("Tên tài khoản").fill("lan")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        if language == "en":
            page.get_by_role("link", name="English").click()
        page.get_by_role("link", name=words["areas"], exact=True).click()
        page.get_by_role("link", name=words["tile"].format(words["off"], words["off"])).click()
        change(page, words, "live")
        expect(page.get_by_text(words["goes"])).to_be_visible()
        sign(page, words, "live")
        change(page, words, "frozen")
        sign(page, words, "frozen")
        page.get_by_role("link", name=words["areas"], exact=True).click()
        expect(page.get_by_role("link", name=words["tile"].format(words["frozen"], words["frozen"]))).to_be_visible()

    assert set(rows.states()) == {State.HELD}
