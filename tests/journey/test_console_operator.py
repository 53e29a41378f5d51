"""A day of an operator, in a real browser before the whole connector: what is stuck, why, what helps, who did it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from connector.domain.message import Route
from connector.domain.rights import Role
from tests import bodies
from tests.browsers import person_at
from tests.consoles import PASSWORD, RunningConsole, console_over
from tests.world import Stage

expect.set_options(timeout=15_000)

STRANGE_GROUP = "Khơ-me Nam Bộ"
GROUP = 300


@pytest.fixture
def desk(world: Stage) -> Iterator[RunningConsole]:
    """The console over the world's ledger, by the world's clock."""
    database = world.connector.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with console_over(database, replay_rate="400") as running:
        running.connector.__dict__["now"] = world.clock
        yield running


@pytest.fixture
def page(chromium: Browser, desk: RunningConsole) -> Iterator[Page]:
    with person_at(chromium, desk.url) as person:
        yield person


def log_in(page: Page, name: str) -> None:
    page.goto("/login")
    page.get_by_label("Tên tài khoản").fill(name)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hôm nay")


def strange(serial: int) -> dict[str, Any]:
    event = bodies.event(bodies.code(serial))
    for side in ("BenNam", "BenNu"):
        event["HoSo"]["ToKhai"][side]["DanToc"] = "Kinh"
    event["HoSo"]["ToKhai"]["BenNam"]["DanToc"] = STRANGE_GROUP
    return event


@contextmanager
def at_work(world: Stage, desk: RunningConsole) -> Iterator[None]:
    """Workers, in a thread: jobs go on, and what is due is delivered."""
    ends = threading.Event()

    def work() -> None:
        while not ends.is_set():
            moved = desk.connector.replays.work()
            moved_too = world.deliver(Route.APPLICATION)
            if not (moved.released or moved.ended or moved_too):
                ends.wait(0.1)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join(60)


def test_a_group_of_three_hundred_is_understood_rehearsed_and_replayed(
    page: Page, desk: RunningConsole, world: Stage
) -> None:
    for start in range(1, GROUP + 1, 100):
        world.submit(*(strange(serial) for serial in range(start, start + 100)))
    desk.add("lan", Role.OPERATOR)
    log_in(page, "lan")

    # What is stuck, and one of them: why.
    page.get_by_role("link", name=f"{GROUP} thông điệp không hợp lệ").click()
    page.get_by_label("Mã hồ sơ").fill(bodies.code(7))
    page.get_by_role("button", name="Lọc", exact=True).click()
    page.get_by_role("link", name=bodies.code(7)).click()
    expect(page.get_by_text("Tên dân tộc không có trong danh mục")).to_be_visible()

    # What would help, and what helps.
    page.get_by_role("link", name="Nguyên nhân").click()
    page.get_by_role("link", name=f"ETHNICITY_UNKNOWN: “{STRANGE_GROUP}”").click()
    page.get_by_label("Dân tộc", exact=True).select_option("05")
    page.get_by_role("button", name="Thử", exact=True).click()
    expect(page.get_by_text(f"{GROUP} trong {GROUP} thông điệp sẽ đi được")).to_be_visible()
    page.get_by_label("Lý do").fill("Công văn 12 của Sở")
    page.get_by_role("button", name="Nhận “").click()
    expect(page.get_by_text("Đã nhận tên gọi này")).to_be_visible()

    # The plan, and its run: watched, paused, resumed, to the end.
    page.get_by_role("button", name=f"Lập kế hoạch cho {GROUP} thông điệp").click()
    page.get_by_label("Lý do").fill("Đã nhận tên gọi", timeout=60_000)
    with at_work(world, desk):
        page.get_by_role("button", name="Chạy", exact=True).click()
        page.get_by_label("Lý do").fill("xem thử")
        page.get_by_role("button", name="Tạm dừng").click()
        expect(page.get_by_role("button", name="Chạy tiếp")).to_be_visible()
        page.get_by_label("Lý do").fill("ổn cả")
        page.get_by_role("button", name="Chạy tiếp").click()
        expect(page.get_by_text("Đã kết thúc.")).to_be_visible(timeout=90_000)
    expect(page.locator("ul.counts li").nth(1)).to_have_text(f"{GROUP}đã gửi")
    expect(page.get_by_text("Không có thông điệp nào kết thúc khác với khi thử")).to_be_visible()
    assert len({effect["subject"] for effect in world.sandboxes.effects("ministry", "submission")}) == GROUP
    page.goto("/causes")
    expect(page.get_by_text("Không có thông điệp nào đang dừng")).to_be_visible()


def test_a_job_is_stopped_and_what_was_not_sent_stays_as_it_was(page: Page, desk: RunningConsole, world: Stage) -> None:
    world.submit(*(strange(serial) for serial in range(1, 21)))
    desk.add("lan", Role.OPERATOR)
    log_in(page, "lan")
    page.goto("/messages?state=invalid")
    page.get_by_role("button", name="tất cả khớp bộ lọc").click()
    page.get_by_label("Lý do").fill("thử")
    page.get_by_role("button", name="Chạy", exact=True).click()
    page.get_by_label("Lý do").fill("thôi, sửa tại nguồn")
    page.get_by_role("button", name="Dừng hẳn").click()

    expect(page.get_by_text("Đã kết thúc.")).to_be_visible()
    expect(page.locator("ul.counts li").nth(2)).to_have_text("20bỏ qua")
    assert world.row("SELECT count(*) FROM message WHERE state = 'invalid'")[0] == 20


def test_what_is_revealed_is_audited_and_a_viewer_is_refused(
    chromium: Browser, page: Page, desk: RunningConsole, world: Stage
) -> None:
    world.submit(strange(1))
    desk.add("lan", Role.OPERATOR)
    desk.add("xem", Role.VIEWER)
    desk.add("kiem", Role.AUDITOR)
    log_in(page, "lan")
    page.goto("/dossiers")
    page.get_by_label("Mã hồ sơ").fill(bodies.code(1))
    page.get_by_role("button", name="Tìm").first.click()
    page.get_by_role("link", name="Xem Gửi hồ sơ").click()
    where = page.url
    name = strange(1)["HoSo"]["ToKhai"]["BenNam"]["HoTen"]
    expect(page.get_by_text(name)).to_have_count(0)
    page.locator("summary", has_text="Xem đầy đủ").click()
    page.locator("#reveal-reason").fill("Công dân hỏi tại quầy")
    page.get_by_role("button", name="Xem đầy đủ").click()
    expect(page.get_by_text(name).first).to_be_visible()
    page.get_by_role("link", name="Che lại").click()
    assert page.url == where
    expect(page.get_by_text(name)).to_have_count(0)

    with person_at(chromium, desk.url) as viewer:
        log_in(viewer, "xem")
        viewer.goto(where)
        expect(viewer.get_by_text("tài khoản của bạn không có quyền này").first).to_be_visible()
        expect(viewer.get_by_role("button", name="Xem đầy đủ")).to_have_count(0)
    with person_at(chromium, desk.url) as auditor:
        log_in(auditor, "kiem")
        auditor.get_by_role("link", name="Nhật ký truy cập").click()
        auditor.get_by_label("Việc", exact=True).select_option("reveal")
        auditor.get_by_role("button", name="Xem", exact=True).click()
        expect(auditor.get_by_role("cell", name="Công dân hỏi tại quầy")).to_be_visible()
        auditor.get_by_role("button", name="Kiểm tra chuỗi niêm phong").click()
        expect(auditor.get_by_role("status").first).to_contain_text("Nguyên vẹn")


def test_the_keyboard_alone_reaches_a_stuck_message_and_overrides_it(
    page: Page, desk: RunningConsole, world: Stage
) -> None:
    event = bodies.event(bodies.code(1))
    event["HoSo"]["ToKhai"]["BenNam"]["SoDinhDanh"] = "089198001234"
    world.submit(event)
    desk.add("lan", Role.OPERATOR)
    log_in(page, "lan")

    def reach(name: str, role: str = "link") -> None:
        """By the tabulator key, as far as it takes; the focus can be seen all the way."""
        wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
        for _ in range(80):
            page.keyboard.press("Tab")
            if wanted.evaluate("element => element === document.activeElement"):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"the keyboard does not reach {name}")

    reach("1 thông điệp không hợp lệ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thông điệp")
    reach(bodies.code(1))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Làm được gì")).to_be_visible()
    summary = page.locator("summary", has_text="Bỏ qua lỗi")
    for _ in range(80):
        page.keyboard.press("Tab")
        if summary.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Đã đối chiếu giấy khai sinh")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Đã bỏ qua lỗi")).to_be_visible()
    assert world.row("SELECT state FROM message")[0] == "ready"


def test_an_open_list_keeps_its_place_while_messages_come_and_go(
    page: Page, desk: RunningConsole, world: Stage
) -> None:
    world.submit(*(bodies.event(bodies.code(serial)) for serial in (1, 2)))
    desk.add("lan", Role.OPERATOR)
    log_in(page, "lan")
    page.goto("/messages")
    row = page.get_by_role("row", name=bodies.code(2))
    row.get_by_role("checkbox").check()
    first = page.locator("tbody tr").first.inner_text()
    world.deliver(Route.APPLICATION)
    world.submit(bodies.event(bodies.code(3)))

    expect(row.get_by_text("đã giao")).to_be_visible()
    expect(page.get_by_text("thông điệp mới khớp bộ lọc")).to_be_visible()
    expect(row.get_by_role("checkbox")).to_be_checked()
    assert page.locator("tbody tr").first.inner_text().split()[:4] == first.split()[:4]
    page.get_by_text("thông điệp mới khớp bộ lọc").click()
    expect(page.get_by_role("link", name=bodies.code(3)).first).to_be_visible()
