"""The console's pages over a real ledger: what they show, what they hide, to whom, and what they say when there is
nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from connector.domain.message import Hold, Route
from connector.domain.rights import Role
from schemas.findings import Code, finding
from tests.consoles import Browser, RunningConsole, console_over
from tests.ledger_rows import draft
from tests.scene import NOW, STRANGE_GROUP, Scene, code, scene_in, wedding

GENDER = {"ToKhai__BenNam__SoDinhDanh": "089196999001"}


@pytest.fixture
def console(database: str) -> Iterator[RunningConsole]:
    with console_over(database) as running:
        running.clock.passes(NOW - running.clock())
        yield running


@pytest.fixture
def scene(database: str) -> Iterator[Scene]:
    with scene_in(database) as found:
        yield found


@pytest.fixture
def lan(console: RunningConsole) -> Browser:
    return console.logged_in("lan", Role.OPERATOR)


def rows_of(console: RunningConsole, statement: str) -> list[Any]:
    with console.connector.engine.begin() as db:
        return list(db.execute(text(statement)))


def id_of(console: RunningConsole, subject: str, route: Route = Route.APPLICATION) -> str:
    [row] = rows_of(
        console, f"SELECT id FROM message WHERE subject = '{subject}' AND route = '{route}' AND version = 1"
    )
    return str(row.id)


def page(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def subjects(html: str) -> list[str]:
    return re.findall(r'<td class="subject"><a href="/messages/[0-9a-f-]{36}">([^<]+)<', html)


# Today


def test_an_empty_ledger_says_so_on_every_page(lan: Browser) -> None:
    assert "Không có việc gì cần người xử lý" in page(lan, "/")
    assert "Không có thông điệp nào đang chờ gửi" in page(lan, "/")
    assert "Sổ chưa có thông điệp nào" in page(lan, "/messages")
    assert "Không có thông điệp nào khớp bộ lọc" in page(lan, "/messages?state=refused")


def test_today_shows_what_flows_and_what_needs_a_person(lan: Browser, scene: Scene) -> None:
    scene.everything()
    html = page(lan, "/")

    assert "32 thông điệp không hợp lệ" in html
    assert "3 kết quả chưa có bản ký quá lâu" in html
    assert html.count("<figure>") == len(Route)
    assert '<a href="/messages?route=application&amp;state=ready&amp;state=sending">10</a>' in html
    assert STRANGE_GROUP not in html


def test_the_piece_that_is_renewed_is_the_same_as_on_the_page(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    console.clock.stands_still()
    scene.everything()

    assert page(lan, "/today/now").strip() in page(lan, "/")


# Messages


def test_messages_come_newest_first_and_a_page_stays_where_it_is(lan: Browser, scene: Scene) -> None:
    scene.submit(*(wedding(serial) for serial in range(1, 61)))
    first = page(lan, "/messages")
    scene.submit(*(wedding(serial) for serial in range(61, 65)))
    [older] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = page(lan, older.replace("&amp;", "&"))

    assert subjects(first) == [code(serial) for serial in range(60, 10, -1)]
    assert subjects(second) == [code(serial) for serial in range(10, 0, -1)]
    assert "Hết danh sách" in second


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=invalid", {3}),
        ("state=ready&route=application", {1, 2}),
        ("code=ID_GENDER_MISMATCH", {3}),
        (f"dossier=%20{code(2)}", {2}),
        ("route=result", {9}),
        ("procedure=death", set()),
        ("area=tan-chau", {1}),
        ("area=30307", set()),
        ("area=all", {1, 2, 3, 9}),
        ("since=2h", {1, 2, 3}),
        ("until=2026-11-24T12:00", {9}),
        ("since=2026-11-25T00:00&until=2026-11-25T23:00&state=invalid", {3}),
    ],
)
def test_messages_are_filtered(lan: Browser, scene: Scene, query: str, found: set[int]) -> None:
    scene.take_in(_result(9), at=NOW - timedelta(days=2))
    scene.submit(wedding(1, MaDonViDangKy="30376"), wedding(2, MaDonViDangKy="30316"), wedding(3, **GENDER))

    assert {int(subject[-4:]) for subject in subjects(page(lan, f"/messages?{query}"))} == found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=lost", "Không có trạng thái này"),
        ("route=x", "Không có tuyến này"),
        ("procedure=birth", "Không có thủ tục này"),
        ("area=atlantis", "Không có địa bàn này"),
        ("code=%3Cb%3E", "Mã lỗi chỉ gồm"),
        ("since=gestern", "Không đọc được thời điểm bắt đầu"),
        ("until=99999d", "Không đọc được thời điểm kết thúc"),
    ],
)
def test_what_cannot_be_read_of_a_filter_is_said_and_does_not_narrow(
    lan: Browser, scene: Scene, query: str, said: str
) -> None:
    scene.submit(wedding(1))
    html = page(lan, f"/messages?{query}")

    assert said in html
    assert "<b>" not in html
    assert subjects(html) == [code(1)]


def test_an_open_page_learns_of_changes_without_a_row_that_moves(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1), wedding(2))
    html = page(lan, "/messages?route=application")
    [live] = re.findall(r'hx-get="(/messages/live[^"]+)"', html)
    scene.send(None)
    scene.submit(wedding(3))
    piece = page(lan, live.replace("&amp;", "&"))

    assert re.findall(r'<span id="s(\d+)" hx-swap-oob="true">', piece)
    assert piece.count("đã giao") == piece.count("sẵn sàng") == 1
    assert "1 thông điệp mới khớp bộ lọc" in piece
    assert code(3) not in piece


def test_rubbish_in_the_address_of_a_live_page_does_no_harm(lan: Browser) -> None:
    assert page(lan, "/messages/live?shown=a,,-1,99999999999999999999,7&newest=1").strip()
    assert page(lan, "/messages/live?newest=-1", 422)


# One message


def test_a_message_shows_its_life_its_findings_and_what_can_be_done(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1, **GENDER))
    html = page(lan, f"/messages/{id_of(console, code(1))}")

    assert "ID_GENDER_MISMATCH" in html
    assert "Bên nam · Số định danh" in html
    assert "tiếp nhận" in html
    for act in ("replay", "refetch", "override", "cancel", "reveal"):
        assert f'/{act}" class="stack"' in html
    assert "<b>Khôi phục</b>: không làm được khi thông điệp “không hợp lệ”" in html


def test_a_message_says_what_it_waits_for_and_what_waits_for_it(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    supplement = wedding(1, PhienBan=2) | {"LoaiSuKien": "BoSung", "MaSuKien": "sk-2"}
    scene.submit(wedding(1), supplement)
    first = id_of(console, code(1))
    [second] = [str(row.id) for row in rows_of(console, "SELECT id FROM message WHERE version = 2")]

    assert f'<a href="/messages/{second}">phiên bản 2</a>' in page(lan, f"/messages/{first}")
    assert f'<a href="/messages/{first}">phiên bản 1</a>' in page(lan, f"/messages/{second}")


def test_personal_data_are_hidden_everywhere(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.everything()
    ids = [row.id for row in rows_of(console, "SELECT DISTINCT ON (route, state) id FROM message")]
    pages = [page(lan, path) for path in ("/", "/messages", *(f"/messages/{one}" for one in ids))]

    assert len(pages) > 9
    for html in pages:
        for secret in ("Khải", "Thủy", "KHẢI", "0890960", "Lý Thái Tổ", STRANGE_GROUP):
            assert secret not in html


def test_revealing_takes_a_reason_is_written_down_and_is_in_no_address(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(6))
    where = f"/messages/{id_of(console, code(6))}/reveal"
    without = lan.post(where, {"reason": "  "})
    shown = lan.post(where, {"reason": "Công dân hỏi tại quầy"}, allow_redirects=False)

    assert without.status_code == 422
    assert "Lê Quốc Khải" not in without.text
    assert shown.status_code == 200
    assert "Lê Quốc Khải" in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    assert page(lan, where, 405)
    [line] = rows_of(console, "SELECT who, reason, allowed, message_id FROM audit WHERE action = 'reveal'")
    assert (line.who, line.reason, line.allowed) == ("lan", "Công dân hỏi tại quầy", True)
    assert str(line.message_id) in where


def test_a_viewer_may_look_but_not_reveal(console: RunningConsole, scene: Scene) -> None:
    scene.submit(wedding(6))
    viewer = console.logged_in("xem", Role.VIEWER)
    where = f"/messages/{id_of(console, code(6))}"

    html = page(viewer, where)
    assert "tài khoản của bạn không có quyền này" in html
    assert f'action="{where}' not in html
    refused = viewer.post(f"{where}/reveal", {"reason": "tò mò"})
    assert refused.status_code == 403
    assert "Khải" not in refused.text
    assert [row.allowed for row in rows_of(console, "SELECT allowed FROM audit WHERE action = 'reveal'")] == [False]


def test_who_is_limited_to_an_area_sees_nothing_else(console: RunningConsole, scene: Scene) -> None:
    scene.submit(wedding(1, MaDonViDangKy="30376"), wedding(2, MaDonViDangKy="30307"))
    browser = console.logged_in("tan", Role.OPERATOR, areas=frozenset({"tan-chau"}))

    assert subjects(page(browser, "/messages")) == [code(1)]
    assert page(browser, f"/messages/{id_of(console, code(1))}")
    assert page(browser, f"/messages/{id_of(console, code(2))}", 403)
    assert rows_of(console, "SELECT 1 FROM audit WHERE NOT allowed AND who = 'tan'")


def test_a_message_that_is_not_there_is_not_there(lan: Browser) -> None:
    assert page(lan, "/messages/0190a0a0-0000-7000-8000-000000000000", 404)
    assert page(lan, "/messages/nonsense", 422)


def test_every_page_speaks_english_too(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.everything()
    lan.get("/language/en")
    one = id_of(console, code(100))

    assert "Needs a person" in page(lan, "/")
    assert "Dossier" in page(lan, "/messages")
    assert "What can be done" in page(lan, f"/messages/{one}")
    assert "Husband · Ethnic group" in page(lan, f"/messages/{one}")


def test_a_held_result_says_what_it_waits_for(lan: Browser, scene: Scene) -> None:
    scene.take_in(_result(5, findings=(finding(Code.RESULT_WITHOUT_FILE, "/x"),), hold=Hold.DOCUMENT))

    assert "chờ bản điện tử" in page(lan, "/messages?state=held")


def _result(serial: int, **more: Any) -> Any:
    return draft(serial, route=Route.RESULT, subject=code(serial), due_at=NOW, **more)


# Dossiers


def test_a_dossier_is_found_by_its_code_and_shows_both_sides(lan: Browser, scene: Scene) -> None:
    scene.everything()
    html = page(lan, f"/dossiers?code={code(7)}%20")

    assert "9 · Đã xử lý xong" in html
    assert "4 · đã đăng ký" in html
    assert "LT-7" in html
    assert "23/11/2026 17:00" in html  # its source's due instant
    assert html.count('id="r-') == 3
    assert "Bộ đã cho biết" in html


def test_a_register_entry_is_looked_at_like_a_dossier(lan: Browser, scene: Scene) -> None:
    scene.everything()

    assert "Sổ hộ tịch" in page(lan, "/dossiers/KH-7")


def test_a_dossier_that_nobody_sent_is_named_and_not_there(lan: Browser, scene: Scene) -> None:
    scene.submit(wedding(1))

    assert f"Không có hồ sơ {code(99)}" in page(lan, f"/dossiers?code={code(99)}", 404)
    assert "&lt;b&gt;" in page(lan, "/dossiers/%3Cb%3E", 404)


def test_a_dossier_of_another_area_is_not_there_for_who_is_limited(console: RunningConsole, scene: Scene) -> None:
    scene.submit(wedding(1, MaDonViDangKy="30376"), wedding(2, MaDonViDangKy="30307"))
    browser = console.logged_in("tan", Role.OPERATOR, areas=frozenset({"tan-chau"}))

    assert page(browser, f"/dossiers/{code(1)}")
    assert page(browser, f"/dossiers/{code(2)}", 404)


def test_a_search_by_a_number_is_written_down_without_the_number(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1, **GENDER), wedding(2))
    answer = lan.post("/dossiers/by-number", {"number": "089196.999 001", "reason": "Điện thoại của UBND phường"})

    assert re.findall(r'href="/dossiers/([^"]+)">', answer.text) == [code(1)]
    [line] = rows_of(console, "SELECT * FROM audit WHERE action = 'search_person'")
    assert (line.who, line.reason) == ("lan", "Điện thoại của UBND phường")
    assert "089196" not in str(tuple(line))
    assert lan.post("/dossiers/by-number", {"number": "089196999001", "reason": ""}).status_code == 422


def test_a_viewer_may_not_search_for_a_person(console: RunningConsole) -> None:
    viewer = console.logged_in("xem", Role.VIEWER)

    assert "by-number" not in page(viewer, "/dossiers")
    assert viewer.post("/dossiers/by-number", {"number": "089196999001", "reason": "x"}).status_code == 403


# Audit


def test_the_chain_is_verified_and_one_altered_byte_shows(console: RunningConsole, lan: Browser) -> None:
    auditor = console.logged_in("kiem", Role.AUDITOR)
    assert "Nguyên vẹn" in auditor.post("/audit/verify").text
    with console.connector.engine.begin() as db:
        db.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        db.execute(text("UPDATE audit SET who = 'kien' WHERE id = 1"))
        db.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))

    verdict = auditor.post("/audit/verify").text
    assert "Không nguyên vẹn: 1 chỗ" in verdict
    assert "dòng 1 bị sửa" in verdict
    assert lan.post("/audit/verify").status_code == 403
