"""The console's board of areas: what it shows, to whom, and how a mode is changed with a preview and a reason."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from connector.domain import units
from connector.domain.area_map import TILES
from connector.domain.message import State
from connector.domain.rights import Role
from connector.domain.rollout import Mode
from tests.areas import set_area
from tests.consoles import Browser, RunningConsole, console_over
from tests.ledger_rows import NOW, Rows, draft, rows_in

HERE = "/areas/long-xuyen"
LIVE = {"mode": "live", "procedure": "all", "fate": "send", "hours": "0", "reason": "QĐ 12"}


@pytest.fixture
def console(closed_database: str) -> Iterator[RunningConsole]:
    with console_over(closed_database) as running:
        running.clock.passes(NOW - running.clock())
        yield running


@pytest.fixture
def rows(closed_database: str) -> Iterator[Rows]:
    with rows_in(closed_database) as found:
        yield found


@pytest.fixture
def lead(console: RunningConsole) -> Browser:
    return console.logged_in("lan", Role.ROLLOUT)


def page(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def asked(rows: Rows, statement: str) -> list[Any]:
    with rows.engine.begin() as db:
        return [tuple(row) for row in db.execute(text(statement))]


def test_every_district_has_a_tile_of_its_own() -> None:
    assert TILES.keys() == {area.slug for area in units.areas() if area.level is units.Level.DISTRICT}
    assert len(set(TILES.values())) == len(TILES)


def test_a_fresh_installation_is_off_on_the_map_and_on_the_board(lead: Browser) -> None:
    html = page(lead, "/areas")

    assert html.count('class="tile"') == len(TILES)
    assert "Thành phố Long Xuyên: kết hôn tắt, khai tử tắt" in html
    assert "đang chạy</span>" not in re.sub(r'<p class="legend">.*?</p>', "", html, flags=re.S)


def test_the_board_tells_modes_backlog_traffic_and_who_decided(
    lead: Browser, rows: Rows, console: RunningConsole
) -> None:
    rows.take_in(draft(1), draft(2, procedure="death"))
    set_area(rows.engine, "long-xuyen", Mode.LIVE, NOW, procedures=("death",), why="QĐ 12/2023")
    rows.take_in(draft(3, procedure="death"))
    rows.deliver()

    html = page(lead, "/areas")
    assert "QĐ 12/2023" in html
    assert "lead@test" in html
    assert "Thành phố Long Xuyên: kết hôn tắt, khai tử đang chạy" in html
    [death] = re.findall(r"<tr>(?:(?!</tr>).)*long-xuyen(?:(?!</tr>).)*Khai tử.*?</tr>", html, flags=re.S)
    assert re.findall(r'<td class="number">(\d+)', death) == ["1", "0", "1"]


def test_a_change_is_seen_before_it_is_made_and_looking_changes_nothing(lead: Browser, rows: Rows) -> None:
    rows.take_in(draft(1), draft(2))

    html = page(lead, f"{HERE}?mode=live&procedure=all&fate=send")
    assert "Cho đi 2 thông điệp" in html
    assert "Bỏ qua 2 thông điệp" in page(lead, f"{HERE}?mode=live&procedure=all&fate=skip")
    assert asked(rows, "SELECT count(*) FROM area_change") == [(0,)]


def test_a_change_leaves_who_why_and_when(lead: Browser, rows: Rows) -> None:
    rows.take_in(draft(1))
    answer = lead.post(HERE, LIVE)

    assert "Đã đổi chế độ" in answer.text
    assert asked(rows, "SELECT DISTINCT mode, by, why FROM area_change") == [("live", "lan", "QĐ 12")]
    assert ("change_rollout", "lan", "long-xuyen", True) in asked(
        rows, "SELECT action, who, target, allowed FROM audit"
    )
    assert asked(rows, "SELECT draining FROM rollout_state") == [(True,)]
    assert "QĐ 12" in page(lead, HERE)


def test_readiness_and_the_preview_look_at_what_is_new_first(lead: Browser, rows: Rows) -> None:
    set_area(rows.engine, "long-xuyen", Mode.SHADOW, NOW)
    rows.take_in(draft(1))
    page(lead, f"{HERE}/readiness")
    assert asked(rows, "SELECT count(*) FROM shadow_application") == [(1,)]

    rows.take_in(draft(2))
    page(lead, f"{HERE}?mode=frozen&procedure=all&fate=send")
    assert asked(rows, "SELECT count(*) FROM shadow_application") == [(1,)]
    page(lead, f"{HERE}?mode=live&procedure=all&fate=send")
    assert asked(rows, "SELECT count(*) FROM shadow_application") == [(2,)]


def test_readiness_tells_what_the_ministry_has_by_hand(lead: Browser, rows: Rows) -> None:
    set_area(rows.engine, "long-xuyen", Mode.SHADOW, NOW)
    [first, _] = rows.take_in(draft(1), draft(2))
    with rows.engine.begin() as db:
        db.execute(
            text(
                "INSERT INTO shadow_state (code, message_id, procedure, changed_at, state, state_at)"
                " SELECT subject, id, procedure, created_at, 6, created_at FROM message WHERE id = :id"
            ),
            {"id": first},
        )

    html = page(lead, f"{HERE}/readiness")
    assert "1 hồ sơ chưa gửi: 1 đã có ở Bộ do nhập tay (trạng thái 6: 1); 1 bị từ chối dù hợp lệ" in html
    assert "quyết định như hệ thống kiểm" in html


def test_a_frozen_area_is_an_alarm_on_the_first_page_until_it_is_opened(
    lead: Browser, rows: Rows, console: RunningConsole
) -> None:
    set_area(rows.engine, "long-xuyen", Mode.FROZEN, NOW, by="guard", why="3 of 10 messages failed")
    elsewhere = console.logged_in("minh", Role.ROLLOUT, areas=frozenset({"chau-doc"}))

    assert "Thành phố Long Xuyên bị đóng băng từ" in page(lead, "/")
    assert "3 of 10 messages failed (guard)" in page(lead, "/today/now")
    assert f'href="{HERE}"' in page(lead, "/today/now")
    assert "bị đóng băng" not in page(elsewhere, "/")

    set_area(rows.engine, "long-xuyen", Mode.LIVE, NOW)
    assert "bị đóng băng" not in page(lead, "/")


def test_closing_holds_what_is_ready_and_a_freeze_may_end_by_itself(lead: Browser, rows: Rows) -> None:
    set_area(rows.engine, "long-xuyen", Mode.LIVE, NOW)
    rows.take_in(draft(1))
    lead.post(HERE, LIVE | {"mode": "frozen", "hours": "2"})

    assert rows.states() == [State.HELD]
    assert asked(rows, 'SELECT DISTINCT until - since, "then" FROM area_mode')[0][1] == "live"


def test_without_a_reason_nothing_is_changed(lead: Browser, rows: Rows) -> None:
    assert lead.post(HERE, LIVE | {"reason": " "}).status_code == 422
    assert asked(rows, "SELECT count(*) FROM area_change") == [(0,)]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.AUDITOR])
def test_who_has_not_the_right_sees_and_changes_nothing(console: RunningConsole, rows: Rows, role: Role) -> None:
    browser = console.logged_in("minh", role)

    assert "Đổi chế độ" not in page(browser, HERE)
    assert browser.post(HERE, LIVE).status_code == 403
    assert asked(rows, "SELECT count(*) FROM area_change") == [(0,)]
    assert ("change_rollout", False) in asked(rows, "SELECT action, allowed FROM audit")


def test_a_rollout_role_of_one_area_sees_and_changes_that_area_only(console: RunningConsole, rows: Rows) -> None:
    browser = console.logged_in("minh", Role.ROLLOUT, areas=frozenset({"long-xuyen"}))

    assert page(browser, "/areas").count('class="tile"') == 1
    page(browser, "/areas/chau-doc", 404)
    assert browser.post("/areas/chau-doc", LIVE).status_code == 404
    assert browser.post("/areas/all", LIVE).status_code == 404
    assert asked(rows, "SELECT count(*) FROM area_change") == [(0,)]
    browser.post(HERE, LIVE)
    assert asked(rows, "SELECT count(*) FROM area_change") == [(2,)]


def test_readiness_is_a_page_and_what_lacks_is_shown_before_opening(lead: Browser, rows: Rows) -> None:
    set_area(rows.engine, "long-xuyen", Mode.SHADOW, NOW)
    rows.take_in(draft(1))

    assert "Khuyến nghị: chưa mở." in page(lead, f"{HERE}/readiness")
    assert "Chưa đạt ngưỡng: đầu mối" in page(lead, f"{HERE}?mode=live")
    assert "chưa đạt" in page(lead, "/areas")


@pytest.mark.parametrize("path", ["/areas/atlantis", "/areas/atlantis/readiness"])
def test_an_area_that_is_none_is_not_there(lead: Browser, path: str) -> None:
    page(lead, path, 404)


@pytest.mark.parametrize(
    "query", ["mode=open", "mode=live&fate=burn", "mode=live&procedure=divorce", "mode=live&hours=-1"]
)
def test_what_cannot_be_read_changes_nothing(lead: Browser, query: str) -> None:
    page(lead, f"{HERE}?{query}", 422)


def test_a_commune_of_another_day_has_its_page(lead: Browser) -> None:
    assert "Bình Khánh" in page(lead, "/areas/phuong-binh-khanh-long-xuyen")
