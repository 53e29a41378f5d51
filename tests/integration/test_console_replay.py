"""Causes, replay jobs and acts on single messages, as the console's pages do them."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from connector.domain.errors import Unreachable
from connector.domain.message import Route
from connector.domain.rights import Role
from tests.consoles import Browser, RunningConsole, console_over
from tests.scene import NOW, STRANGE_GROUP, Scene, code, scene_in, wedding

STRANGE = {"ToKhai__BenNam__DanToc": STRANGE_GROUP}
GENDER = {"ToKhai__BenNam__SoDinhDanh": "089196999001"}
SHORT = {"ToKhai__BenNu__SoDinhDanh": "0891"}


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


def rows_of(console: RunningConsole, statement: str, **values: Any) -> list[Any]:
    with console.connector.engine.begin() as db:
        return list(db.execute(text(statement), values))


def id_of(console: RunningConsole, serial: int) -> str:
    [row] = rows_of(
        console, "SELECT id FROM message WHERE subject = :s AND route = 'application' AND version = 1", s=code(serial)
    )
    return str(row.id)


def state_of(console: RunningConsole, serial: int) -> str:
    [row] = rows_of(console, "SELECT state FROM message WHERE id = :id", id=id_of(console, serial))
    return str(row.state)


def page(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def cause_of(browser: Browser, word: str) -> str:
    [found] = re.findall(rf'href="(/causes/[0-9a-f]+)"><span class="code">{word}', page(browser, "/causes"))
    return str(found)


def planned(browser: Browser, **fields: Any) -> str:
    """Makes a plan; its page's address."""
    answer = browser.post("/jobs/plan", fields, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def work(console: RunningConsole, scene: Scene) -> None:
    """What workers do, until no job runs: waves, each delivered before the next."""
    ends = time.monotonic() + 60
    while rows_of(console, "SELECT 1 FROM replay_job WHERE state IN ('planning', 'running', 'stopping')"):
        assert time.monotonic() < ends, rows_of(console, "SELECT * FROM replay_item")
        console.connector.replays.work()
        scene.deliver(Route.APPLICATION, at=console.clock())


# Causes


def test_messages_that_stopped_are_grouped_by_cause_with_what_to_do(lan: Browser, scene: Scene) -> None:
    assert "Không có thông điệp nào đang dừng" in page(lan, "/causes")
    scene.submit(*(wedding(serial, **STRANGE) for serial in range(1, 5)), wedding(9, **SHORT))
    html = page(lan, "/causes")

    assert html.index("ETHNICITY_UNKNOWN") < html.index("ID_LENGTH")
    assert f"“{STRANGE_GROUP}”" in html
    assert "Cán bộ một cửa sửa hồ sơ tại nguồn" in html
    assert "4 không hợp lệ" in html


def test_the_messages_of_a_cause_can_be_listed(lan: Browser, scene: Scene) -> None:
    scene.submit(wedding(1, **STRANGE), wedding(2, **SHORT))
    cause = cause_of(lan, "ID_LENGTH").rpartition("/")[2]

    assert re.findall(r'<td class="subject"><a href="[^"]+">([^<]+)', page(lan, f"/messages?cause={cause}")) == [
        code(2)
    ]
    assert "Không còn thông điệp nào dừng vì nguyên nhân này" in page(lan, "/messages?cause=0123456789ab")
    assert page(lan, "/causes/0123456789ab", 404)


def test_a_rehearsal_says_how_many_would_pass_if_a_name_were_known_and_changes_nothing(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(*(wedding(serial, **STRANGE) for serial in range(1, 4)), wedding(4, **STRANGE, **SHORT))
    where = cause_of(lan, "ETHNICITY_UNKNOWN")
    html = page(lan, f"{where}/rehearsal?value=05")

    assert f"Nếu “{STRANGE_GROUP}” là Khơ-me: 3 trong 4 thông điệp sẽ đi được" in html
    assert rows_of(console, "SELECT 1 FROM alias") == []
    assert {state_of(console, serial) for serial in range(1, 5)} == {"invalid"}
    assert "Tên này không nhận được" in page(lan, f"{where}/rehearsal?value=99", 422)


def test_adopting_a_name_takes_a_reason_and_is_written_down(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1, **STRANGE))
    where = cause_of(lan, "ETHNICITY_UNKNOWN")

    assert lan.post(f"{where}/adopt", {"value": "05", "reason": " "}).status_code == 422
    assert "Đã nhận tên gọi này" in lan.post(f"{where}/adopt", {"value": "05", "reason": "Công văn 12"}).text
    [alias] = rows_of(console, "SELECT name, value, by, why FROM alias")
    assert tuple(alias) == (STRANGE_GROUP, "05", "lan", "Công văn 12")
    [line] = rows_of(console, "SELECT who, reason, target FROM audit WHERE action = 'change_aliases'")
    assert (line.who, line.reason) == ("lan", "Công văn 12")


def test_who_is_limited_to_an_area_adopts_no_name_for_all(console: RunningConsole, scene: Scene) -> None:
    scene.submit(wedding(1, MaDonViDangKy="30376", **STRANGE), wedding(2, MaDonViDangKy="30307", **STRANGE))
    browser = console.logged_in("tan", Role.OPERATOR, areas=frozenset({"tan-chau"}))
    where = cause_of(browser, "ETHNICITY_UNKNOWN")

    assert "1 không hợp lệ" in page(browser, where)
    assert browser.post(f"{where}/adopt", {"value": "05", "reason": "x"}).status_code == 403
    assert rows_of(console, "SELECT 1 FROM alias") == []


# Replay jobs


def test_a_group_is_planned_run_and_watched_to_its_end(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.submit(*(wedding(serial, **STRANGE) for serial in range(1, 9)))
    where = cause_of(lan, "ETHNICITY_UNKNOWN")
    lan.post(f"{where}/adopt", {"value": "05", "reason": "Công văn 12"})
    job = planned(lan, cause=where.rpartition("/")[2])
    plan = page(lan, job)
    running = lan.post(f"{job}/run", {"reason": "Đã nhận tên gọi"}).text
    work(console, scene)
    done = page(lan, job)

    assert "<b>8</b>sẽ gửi" in plan
    assert "đang chạy" in running
    assert '<span class="tag go">xong</span>' in done
    assert "<b>8</b>đã gửi" in done
    assert "Không có thông điệp nào kết thúc khác với khi thử" in done
    assert {state_of(console, serial) for serial in range(1, 9)} == {"delivered"}
    assert page(lan, "/jobs").count(job) == 1


def test_a_plan_changes_nothing_until_it_is_run_with_a_reason(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1, **SHORT), wedding(2, **SHORT))
    job = planned(lan, m=id_of(console, 1))

    assert "vẫn không hợp lệ" in page(lan, job)
    assert "Kế hoạch chưa chạy" in page(lan, "/jobs")
    assert lan.post(f"{job}/run", {"reason": ""}).status_code == 422
    assert rows_of(console, "SELECT state FROM replay_job") == [("planned",)]


def test_all_that_match_a_filter_are_planned_and_nothing_else(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(*(wedding(serial, **SHORT) for serial in (1, 2, 3)), wedding(4, **STRANGE))
    job = planned(lan, which="all", query="state=invalid&code=ID_LENGTH")

    assert set(re.findall(r'class="subject"><a href="[^"]+">([^<]+)', page(lan, job))) == {code(n) for n in (1, 2, 3)}


@pytest.mark.parametrize(
    "fields",
    [{}, {"m": "rubbish"}, {"which": "all", "query": "state=lost"}, {"cause": "0123456789ab"}],
    ids=["nothing", "rubbish", "a filter that cannot be read", "a cause that is gone"],
)
def test_a_plan_of_nothing_is_no_plan(console: RunningConsole, lan: Browser, fields: dict[str, str]) -> None:
    answer = lan.post("/jobs/plan", fields)

    assert answer.status_code == 422
    assert "Chưa có gì thay đổi" in answer.text
    assert rows_of(console, "SELECT 1 FROM replay_job") == []


def test_a_job_is_paused_resumed_and_stopped_by_a_person(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.submit(*(wedding(serial, **GENDER) for serial in range(1, 4)))
    for serial in range(1, 4):
        lan.post(f"/messages/{id_of(console, serial)}/cancel", {"reason": "thử"})
        lan.post(f"/messages/{id_of(console, serial)}/restore", {"reason": "thử"})
    job = planned(lan, which="all", query="state=invalid")
    lan.post(f"{job}/run", {"reason": "chạy"})

    assert "tạm dừng" in lan.post(f"{job}/pause", {"reason": "chờ đã"}).text
    assert "1 đợt gửi lại đang tạm dừng" in page(lan, "/")
    assert "đang chạy" in lan.post(f"{job}/resume", {"reason": "tiếp"}).text
    stopped = lan.post(f"{job}/stop", {"reason": "thôi"}).text
    assert "đã dừng" in stopped
    again = lan.post(f"{job}/pause", {"reason": "muộn"})
    assert again.status_code == 409
    assert "đợt gửi lại đã kết thúc" in again.text
    assert "the job is over" not in again.text
    acts = rows_of(console, "SELECT details FROM audit WHERE action = 'replay' AND target LIKE 'job:%' ORDER BY id")
    assert [re.findall(r'"act":"(\w+)"', row.details)[0] for row in acts] == ["run", "pause", "resume", "stop", "pause"]


def test_a_page_that_shows_another_state_is_asked_to_come_again(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1, **GENDER))
    job = planned(lan, m=id_of(console, 1))

    assert lan.get(f"{job}/live?state=planning").headers["hx-refresh"] == "true"
    assert "hx-refresh" not in lan.get(f"{job}/live?state=planned").headers


def test_twenty_clicks_at_once_send_a_message_once(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.submit(wedding(1))
    scene.fail(Unreachable("READ_TIMEOUT", "no answer"), at=NOW)
    where = f"/messages/{id_of(console, 1)}/replay"
    fields = {"csrf": lan.token(), "reason": "đối tác đã trở lại", "click": "c1"}
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: lan.session.post(lan.url + where, data=fields, timeout=60), range(20)))
    work(console, scene)

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert state_of(console, 1) == "delivered"
    moves = rows_of(console, "SELECT move FROM history WHERE move IN ('replay', 'deliver')")
    assert sorted(row.move for row in moves) == ["deliver", "replay"]


def test_a_viewer_neither_plans_nor_steers(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.submit(wedding(1, **GENDER))
    job = planned(lan, m=id_of(console, 1))
    viewer = console.logged_in("xem", Role.VIEWER)

    assert "Tài khoản của bạn không điều khiển được đợt này" in page(viewer, job)
    assert viewer.post("/jobs/plan", {"m": id_of(console, 1)}).status_code == 403
    assert viewer.post(f"{job}/run", {"reason": "x"}).status_code == 403
    assert 'name="m"' not in page(viewer, "/messages")
    assert rows_of(console, "SELECT state FROM replay_job") == [("planned",)]


def test_who_is_limited_to_an_area_plans_and_steers_inside_it_only(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1, MaDonViDangKy="30376", **GENDER), wedding(2, MaDonViDangKy="30307", **GENDER))
    others = planned(lan, which="all", query="state=invalid")
    another = planned(lan, which="all", query=f"state=invalid&dossier={code(2)}")
    browser = console.logged_in("tan", Role.OPERATOR, areas=frozenset({"tan-chau"}))
    mine = planned(browser, which="all", query="state=invalid")

    assert code(2) not in page(browser, mine)
    assert code(2) not in page(browser, others)
    assert code(2) not in page(browser, another)
    assert code(2) in page(lan, "/jobs")
    assert code(2) not in page(browser, "/jobs")
    assert browser.post(f"{others}/run", {"reason": "x"}).status_code == 403
    assert browser.post(f"{mine}/run", {"reason": "x"}).status_code == 200


def test_who_was_moved_to_another_area_no_longer_steers_what_was_planned_before(
    console: RunningConsole, scene: Scene
) -> None:
    scene.submit(wedding(1, MaDonViDangKy="30376", **GENDER))
    browser = console.logged_in("tan", Role.OPERATOR, areas=frozenset({"tan-chau"}))
    job = planned(browser, which="all", query="state=invalid")
    with console.connector.engine.begin() as db:
        db.execute(text("UPDATE account SET areas = '{long-xuyen}' WHERE name = 'tan'"))

    assert "Tài khoản của bạn không điều khiển được đợt này" in page(browser, job)
    assert browser.post(f"{job}/run", {"reason": "x"}).status_code == 403
    assert rows_of(console, "SELECT state FROM replay_job") == [("planned",)]


@pytest.mark.parametrize("query", ["dossier=%00", "since=0001-01-01T00:00%2B14:00", "until=9999-12-31T23:59-14:00"])
def test_a_filter_that_nobody_can_mean_is_refused_in_words(lan: Browser, query: str) -> None:
    assert lan.post("/jobs/plan", {"which": "all", "query": query}).status_code == 422
    assert lan.get(f"/messages?{query}").status_code < 500


# One message


def test_an_overridable_finding_is_overridden_by_name_and_the_message_goes(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1, **GENDER))
    where = f"/messages/{id_of(console, 1)}"
    html = lan.post(f"{where}/override", {"code": "ID_GENDER_MISMATCH", "reason": "Đã đối chiếu giấy khai sinh"}).text

    assert "Đã bỏ qua lỗi" in html
    assert "đã bỏ qua bởi lan" in html
    assert state_of(console, 1) == "ready"
    [line] = rows_of(console, "SELECT who, reason, message_id FROM audit WHERE action = 'override'")
    assert line.who == "lan"


def test_a_message_is_given_up_and_taken_back(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.submit(wedding(1, **SHORT))
    where = f"/messages/{id_of(console, 1)}"

    assert "đã hủy" in lan.post(f"{where}/cancel", {"reason": "nhập nhầm"}).text
    assert state_of(console, 1) == "cancelled"
    assert "Đã khôi phục" in lan.post(f"{where}/restore", {"reason": "nhầm người"}).text
    assert state_of(console, 1) == "invalid"
    whys = rows_of(console, "SELECT by, why FROM history WHERE move IN ('cancel', 'restore') ORDER BY id")
    assert [tuple(row) for row in whys] == [("lan", "nhập nhầm"), ("lan", "nhầm người")]


def test_what_cannot_be_done_says_why_and_changes_nothing(console: RunningConsole, lan: Browser, scene: Scene) -> None:
    scene.submit(wedding(1, **SHORT))
    answer = lan.post(f"/messages/{id_of(console, 1)}/override", {"code": "ID_LENGTH", "reason": "x"})

    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert state_of(console, 1) == "invalid"


def test_a_delivered_message_goes_again_only_when_a_person_insists(
    console: RunningConsole, lan: Browser, scene: Scene
) -> None:
    scene.submit(wedding(1))
    scene.deliver(Route.APPLICATION, at=NOW)
    where = f"/messages/{id_of(console, 1)}"

    assert 'name="insist"' in page(lan, where)
    lan.post(f"{where}/replay", {"reason": "x", "click": "a"})
    work(console, scene)
    assert len(rows_of(console, "SELECT 1 FROM history WHERE move = 'deliver'")) == 1
    lan.post(f"{where}/replay", {"reason": "Bộ báo mất", "insist": "yes", "click": "a"})
    work(console, scene)
    assert len(rows_of(console, "SELECT 1 FROM history WHERE move = 'deliver'")) == 2
