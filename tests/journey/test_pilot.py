"""The pilot from end to end: Long Xuyên first, judged at every step by what took effect at the partners."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connector.domain.message import Route
from connector.domain.units import area_of
from connector.sandbox.expectation import ministry_form
from connector.sandbox.generator import Generated, generate
from connector.sandbox.judge import judge
from connector.sandbox.matching import AnyText, Mentions, OneOf
from schemas.ministry import INSTANT_FORMAT, Submission
from schemas.values import VIETNAM
from tests import bodies
from tests.commands import Commands
from tests.integration.register_books import read
from tests.partners import PartnerProcess, partner_process, wait_for
from tests.world import RESTING, Clock, Sandboxes, Stage

WEEK = [date(2025, 6, day) for day in (16, 17, 18, 19, 20)]
LAST, FIRST = date(2025, 6, 30), date(2025, 7, 1)
WHY = ("--reason", "thí điểm / the pilot")
HERE, THERE = "long-xuyen", "chau-doc"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=VIETNAM)


class Pilot:
    """A fresh installation between two partners, at a time that the test chooses."""

    def __init__(self, database: str, processes: list[PartnerProcess], commands: Commands) -> None:
        self._processes = processes
        self._database = database
        self._commands = commands
        self.sent: dict[str, Generated] = {}
        self.by_hand: set[str] = set()
        self.brought: set[str] = set()
        sandboxes = Sandboxes(*processes)
        sandboxes.ministry.set(officers=False, **RESTING)
        sandboxes.province.set(citizens=False, **RESTING)
        self.world = Stage(database, sandboxes, release_rate="9", register_from="2025-06-01")
        self._set_clock(at(WEEK[0], 7))

    def _set_clock(self, moment: datetime) -> None:
        clock = Clock()
        clock.passes(moment - datetime.now(UTC))
        self.world.clock._ahead = clock._ahead
        self._commands.set(clock=moment.isoformat())

    def jump(self, moment: datetime) -> None:
        """Time passes for all three systems. The partners go on where they were."""
        for process in self._processes:
            process.stop()
            process.arguments[1] = moment.isoformat()
            process.start()
        sandboxes = Sandboxes(*self._processes)
        sandboxes.ministry.set(**RESTING)
        sandboxes.province.set(**RESTING)
        self.world.sandboxes = sandboxes
        self.world.ministry, self.world.province = sandboxes.ministry, sandboxes.province
        self._set_clock(moment)

    def command(self, *words: str, code: int = 0) -> Any:
        self._commands.set(clock=self.world.clock().isoformat())
        return self._commands.json(*words, code=code)

    def set_to(self, area: str, mode: str, *words: str, code: int = 0) -> Any:
        return self.command("rollout", "set", area, "all", mode, *WHY, *words, code=code)

    def hand_in(self, dossiers: Iterable[Generated]) -> list[Generated]:
        chosen = list(dossiers)
        files = {name: content for one in chosen for name, content in one.files.items()}
        self.world.province.add_events([one.event for one in chosen], files)
        self.world.read_events()
        self.sent |= {one.code: one for one in chosen}
        return chosen

    def submitted(self) -> list[str]:
        """Dossiers of which a submission of ours took effect at the ministry, in that order."""
        found = [effect["subject"] for effect in self.world.sandboxes.effects("ministry", "submission")]
        for code in self.brought:
            found.remove(code)
        return found

    def told(self) -> int:
        """How often something took effect at the province because of us."""
        kinds = ("progress", "result", "register", "entry")
        return len(self.world.sandboxes.effects("province", *kinds))

    def held(self, area: str) -> int:
        lines = self.command("rollout", "list")["areas"]
        return sum(int(line["held"]) for line in lines if line["area"] == area)

    def rest(self) -> None:
        """Officers and clerks at work until nothing moves any more, registers read."""
        self.world.sandboxes.at_work(supplement=0.0, refuse=0.0, late_document=0.0)
        for _ in range(2):
            self.world.run_until_quiet(90, at_rest=self.world.sandboxes.at_rest)
            self.registers()
        self.world.ministry.set(officers=False)
        self.world.province.set(citizens=False, clerks_hand_over=False)

    def registers(self) -> None:
        for procedure in ("marriage", "death"):
            read(self.world, procedure)
        self.world.deliver()

    def types(self, one: Generated, changes: Callable[[dict[str, Any]], dict[str, Any]] = dict, *, code: bool) -> None:
        """A clerk enters a dossier into the ministry's register by hand."""
        form = changes(_typed(ministry_form(one.event["HoSo"])))
        office = one.event["HoSo"]["MaDonViDangKy"]
        members = {"maDonVi": office, **({"maHoSoMCDT": one.code} if code else {}), **form}
        register = "KT" if "NguoiChet" in one.event["HoSo"]["ToKhai"] else "KH"
        self.world.ministry.change_entries([{"module": register, "members": members}])
        self.by_hand.add(one.code)

    def brings(self, one: Generated, *acts: str) -> None:
        """A clerk brings a dossier to the ministry without us, and officers decide it."""
        dossier = one.event["HoSo"]
        body = bodies.submission(
            one.code,
            _typed(ministry_form(dossier)),
            module="LTKT" if "NguoiChet" in dossier["ToKhai"] else "LTKH",
            maDonVi=dossier["MaDonViDangKy"],
            ngayTiepNhan=self.world.clock().astimezone(VIETNAM).strftime(INSTANT_FORMAT),
        )
        form, _ = Submission.read_value(body)
        assert form is not None
        self.world.connector.ministry.submit(form, "")
        for act in acts:
            self.world.ministry.act(one.code, act)
        self.brought.add(one.code)
        self.by_hand.add(one.code)


def _typed(value: Any) -> Any:
    """What a clerk makes of a form in which the contracts leave something open."""
    if isinstance(value, OneOf):
        return value.values[0]
    if isinstance(value, Mentions):
        return ", ".join(ways[0] for ways in value.parts)
    if isinstance(value, AnyText):
        return None
    if isinstance(value, dict):
        members = {name: _typed(one) for name, one in value.items()}
        return {name: one for name, one in members.items() if one is not None}
    return value


def of_area(area: str, days: Iterable[date], number: int, *, seed: int, faulty: float = 0.0) -> Iterator[Generated]:
    """So many dossiers of an area on each of these days."""
    for day in days:
        found = 0
        for one in generate(seed, 5000, day, faulty=faulty):
            if area_of(one.event["HoSo"]["MaDonViDangKy"], day) == area:
                yield one
                found += 1
            if found == number:
                break


def of_office(code: str, day: date, number: int, *, seed: int) -> Iterator[Generated]:
    found = (one for one in generate(seed, 20_000, day, faulty=0.0) if one.event["HoSo"]["MaDonViDangKy"] == code)
    for _ in range(number):
        yield next(found)


@pytest.fixture
def pilot(closed_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Pilot]:
    start = ("--clock-start", at(WEEK[0], 7).isoformat())
    commands = Commands(monkeypatch, tmp_path, database_url=closed_database, ready_compared="8", release_rate="9")
    with (
        partner_process("ministry", tmp_path, *start) as ministry,
        partner_process("province", tmp_path, *start) as other,
    ):
        found = Pilot(closed_database, [ministry, other], commands)
        yield found
        found.world.close()


@pytest.mark.timeout(400)
def test_long_xuyen_is_the_first_and_nothing_is_sent_that_should_not_be(pilot: Pilot) -> None:
    world = pilot.world

    # All is off, and what comes is written down.
    early = pilot.hand_in(of_area(HERE, [WEEK[0]], 14, seed=1))
    others = pilot.hand_in(of_area(THERE, [WEEK[0]], 4, seed=1))
    pilot.rest()
    assert (pilot.submitted(), pilot.told()) == ([], 0)
    assert (pilot.held(HERE), pilot.held(THERE), pilot.held("all")) == (14, 4, 18)

    # Long Xuyên in shadow for a week, while clerks type most of it by hand.
    pilot.set_to(HERE, "shadow")
    week = pilot.hand_in(of_area(HERE, WEEK[1:], 4, seed=2))
    pilot.jump(at(WEEK[-1], 16))
    for number, one in enumerate(week[:12]):
        pilot.types(one, _in_capitals if number == 0 else _later_born if number == 1 else dict, code=number % 2 == 0)
    pilot.brings(early[0], "refuse")
    pilot.registers()
    pilot.rest()
    world.connector.hand_states.look()
    pilot.rest()
    assert (pilot.submitted(), pilot.told()) == ([], 0)

    # Readiness.
    found = pilot.command("rollout", "readiness", HERE, code=1)
    assert (found["dossiers"], found["valid"], found["would_have_gone"]) == (30, 30, 30)
    assert found["entries_found"] == {"code": 6, "people": 6}
    assert (found["compared"], found["agreeing"], found["cosmetic_only"]) == (12, 11, 1)
    assert (found["by_hand"]["states"], found["by_hand"]["refused_though_valid"]) == ({"6": 1}, 1)
    assert {one["name"] for one in found["criteria"] if not one["met"]} == {"contact", "matching", "decided"}

    # Live, with what is held sent in order: not what was entered by hand.
    refused = pilot.set_to(HERE, "live", code=2)
    assert set(refused["short_of"]) == {"contact", "matching", "decided"}
    assert pilot.submitted() == []
    done = pilot.set_to(HERE, "live", "--backlog", "send", "--yes")
    assert (done["skipped"], done["released"]) == (13, 17 + 12)
    waves = _waves(pilot)
    backlog = [*early[1:], *week[12:]]
    assert len(waves) > 1
    assert max(len(wave) for wave in waves) < len(backlog)
    assert _is_in_order(world, waves)
    pilot.rest()
    live = {one.code for one in backlog}
    assert set(pilot.submitted()) == live
    assert all(world.sandboxes.status(code) == 10 for code in live)

    # Another district is opened, and frozen in the middle of its deliveries.
    more = pilot.hand_in(of_area(THERE, [WEEK[-1]], 26, seed=3))
    frozen = _frozen_in_the_middle(pilot, {one.code for one in (*others, *more)})
    after = pilot.hand_in(of_area(HERE, [WEEK[-1]], 2, seed=4))
    pilot.rest()
    assert set(pilot.submitted()) == live | frozen | {one.code for one in after}
    assert {world.sandboxes.status(code) for code in frozen} == {2}
    live |= {one.code for one in after}
    pilot.set_to(THERE, "live", "--yes")
    pilot.rest()
    live |= {one.code for one in (*others, *more)}
    assert set(pilot.submitted()) == live

    # Midnight of 2025-07-01: the same code is another place, and Long Xuyên goes on in its successors.
    pilot.set_to("30292@2025-06-30", "frozen")
    pilot.jump(at(LAST, 23, 50))
    before = pilot.hand_in([*of_area(HERE, [LAST], 3, seed=5), *of_office("30292", LAST, 2, seed=6)])
    pilot.rest()  # the offices of old register until midnight
    pilot.jump(at(FIRST, 0, 10))
    behind = pilot.hand_in([*of_area(HERE, [FIRST], 3, seed=7), *of_office("30292", FIRST, 2, seed=8)])
    foreign = pilot.hand_in(of_area("rach-gia", [FIRST], 2, seed=9))
    pilot.rest()
    kept = {one.code for one in before if one.event["HoSo"]["MaDonViDangKy"] == "30292"}
    assert len(kept) >= 2
    live |= {one.code for one in (*before, *behind)} - kept
    assert set(pilot.submitted()) == live
    assert pilot.held("rach-gia") == len(foreign)

    # Closed again: what was begun is finished, what is new is held.
    pilot.set_to("30292@2025-06-30", "live", "--yes")
    world.connector.draining.look()
    world.deliver(Route.APPLICATION)
    live |= set(pilot.submitted())
    assert live & kept
    pilot.set_to(HERE, "off", code=1)  # the commune that is no more keeps a mode of its own
    late = pilot.hand_in(of_area(HERE, [FIRST], 3, seed=10))
    pilot.rest()
    assert set(pilot.submitted()) == live
    assert not live & {one.code for one in late}
    assert all(world.sandboxes.status(code) == 10 for code in live)

    _nothing_is_lost(pilot, live)


def _in_capitals(form: dict[str, Any]) -> dict[str, Any]:
    name = "nktHoTen" if "nktHoTen" in form else "chongHoTen"
    return {**form, name: form[name].upper()}


def _later_born(form: dict[str, Any]) -> dict[str, Any]:
    name = "nycQuanHe" if "nycQuanHe" in form else "chongNgaySinh"
    return {**form, name: "01.01.1990" if name == "chongNgaySinh" else "Cháu ngoại của người quen"}


def _waves(pilot: Pilot) -> list[list[str]]:
    """What each second of the beat let go and was sent."""
    world, found = pilot.world, []
    for _ in range(8):
        known = len(pilot.submitted())
        world.connector.draining.look()
        world.deliver(Route.APPLICATION)
        found.append(pilot.submitted()[known:])
        world.clock.passes(timedelta(seconds=1))
    return [wave for wave in found if wave]


def _is_in_order(world: Stage, waves: list[list[str]]) -> bool:
    """Whether what went in one wave was taken in before what went in the next."""
    seqs = {row.subject: row.seq for row in world.messages(Route.APPLICATION)}
    return all(max(seqs[code] for code in one) < min(seqs[code] for code in two) for one, two in pairwise(waves))


def _frozen_in_the_middle(pilot: Pilot, codes: set[str]) -> set[str]:
    """Opens the district, freezes it while a worker sends; the dossiers that were on the line by then."""
    world = pilot.world
    pilot.set_to(THERE, "live", "--yes")
    for _ in range(8):
        world.connector.draining.look()
        world.clock.passes(timedelta(seconds=1))
    world.ministry.set(latency=[1.3, 1.3], rates={"latency": 1.0})
    worker = threading.Thread(target=world.deliver, args=(Route.APPLICATION,))
    worker.start()
    wait_for(lambda: world.rows("SELECT 1 FROM message WHERE state = 'sending'"), 10)
    pilot.set_to(THERE, "frozen")
    worker.join(30)
    world.ministry.set(latency=[0.0, 0.001], rates={"latency": 0.0})
    sent = codes & set(pilot.submitted())
    assert 0 < len(sent) <= 8
    return sent


def _nothing_is_lost(pilot: Pilot, live: set[str]) -> None:
    """Every dossier is delivered, held for its area, or given up because clerks had entered it."""
    rows = pilot.world.rows("SELECT subject, state, hold FROM message WHERE route = 'application'")
    states = {row.subject: (row.state, row.hold) for row in rows}
    assert states.keys() == pilot.sent.keys()
    assert {code for code, (state, _) in states.items() if state == "delivered"} == live
    assert {code for code, (state, _) in states.items() if state == "cancelled"} == pilot.by_hand
    assert {state for code, state in states.items() if code not in live | pilot.by_hand} == {("held", "area")}
    assert len(pilot.submitted()) == len(live)
    found = judge([pilot.sent[code] for code in sorted(live)], pilot.world.ministry, pilot.world.province)
    assert [wrong for wrong in found.wrongs if wrong.dossier not in pilot.brought] == []
