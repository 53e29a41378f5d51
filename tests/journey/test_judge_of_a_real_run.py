"""Defects planted into the records of a real run, and read by the real judge: each is found, and nothing else is."""

import copy
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from connector.intake.states import PROCEDURES
from connector.sandbox.generator import Generated, generate
from connector.sandbox.judge import judge
from connector.sandbox.verdict import Verdict
from tests.servers import TestServers
from tests.unit.judged_world import Record, data_of
from tests.world import Sandboxes, stage_over

SETTINGS = {"retry_schedule": ",".join(["1s"] * 4 + ["2s"] * 6 + ["4s"] * 6), "register_from": "2026-01-01"}


@dataclass
class Run:
    """What both partners have written down about a run in rough weather."""

    sent: list[Generated]
    ministry: Record
    province: Record

    def verdict(self) -> Verdict:
        return judge(self.sent, self.ministry, self.province, registers=True)

    def copy(self) -> "Run":
        return Run(self.sent, copy.deepcopy(self.ministry), copy.deepcopy(self.province))


def kept(control: Any) -> Record:
    record = Record()
    record.all = [{name: value for name, value in effect.items() if name != "n"} for effect in control.each_effect()]
    return record


@pytest.fixture(scope="module")
def real(servers: TestServers, sandboxes: Sandboxes) -> Iterator[Run]:
    with servers.database() as database, stage_over(database, sandboxes, **SETTINGS) as world:
        sandboxes.at_work(supplement=0.2, late_document=0.2, max_supplements=1)
        for watch in world.watches.values():
            watch.sides = "request"
        for partner in (world.ministry, world.province):
            partner.set_faults("rough", {"latency": 0.0})
        sent = list(generate(77, 30, date(2026, 11, 20), faulty=0.1))
        world.province.add_events(
            [one.event for one in sent], {name: content for one in sent for name, content in one.files.items()}
        )
        world.run_until_quiet(100, at_rest=sandboxes.at_rest)
        for _ in range(30):
            world.change("UPDATE feed SET next_at = :now", now=world.clock())
            failed = [world.connector.registers.read(procedure).error for procedure in PROCEDURES]
            world.run_until_quiet(60, at_rest=sandboxes.at_rest)
            if failed == [None, None]:
                break
        yield Run(sent, kept(world.ministry), kept(world.province))


def test_the_run_itself_is_clean(real: Run) -> None:
    verdict = real.verdict()

    assert verdict.wrongs == ()
    assert verdict.delivered > 10
    assert {effect["kind"] for effect in real.province.all} >= {"progress", "result", "entry"}


def excused(run: Run, kind: str) -> set[str]:
    """Dossiers about which such an effect may be missing rightly: a citizen took them back, or, where it is progress,
    the province's own clerks moved them on."""
    events = ("Rut", "TraKetQua") if kind == "progress" else ("Rut",)
    return {
        effect["subject"]
        for effect in run.province.all
        if (effect["kind"] == "event" and effect["body"]["LoaiSuKien"] in events)
        or (effect["kind"] == "move" and kind == "progress")
    }


def drop(record: str, kind: str, **members: Any) -> Callable[[Run], None]:
    """One that nothing of its kind came after: a later submission would show the gap as a wrong order."""

    def plant(run: Run) -> None:
        held: Record = getattr(run, record)
        found = [
            effect
            for effect in held.all
            if effect["kind"] == kind and all(effect["body"][name] == value for name, value in members.items())
        ]
        of_subject = Counter(effect["subject"] for effect in found)
        left = excused(run, kind)
        held.all.remove(
            next(effect for effect in found if of_subject[effect["subject"]] == 1 and effect["subject"] not in left)
        )

    return plant


def double(record: str, kind: str, **members: Any) -> Callable[[Run], None]:
    def plant(run: Run) -> None:
        held: Record = getattr(run, record)
        effect = held.first(kind, **members)
        held.all.insert(held.all.index(effect) + 1, copy.deepcopy(effect))

    return plant


def swap(run: Run) -> None:
    """Two statuses of one dossier, the other way round."""
    effects = run.province.all
    later = run.province.first("progress", TrangThai=9)
    earlier = next(e for e in effects if e["kind"] == "progress" and e["subject"] == later["subject"])
    first, second = effects.index(earlier), effects.index(later)
    effects[first], effects[second] = effects[second], effects[first]


def other_vowel(text: str) -> str:
    """The same text but for one mark: the first letter that bears one loses it, or an a gets one."""
    plain = [unicodedata.normalize("NFD", letter)[0] for letter in text]
    marked = next((place for place, letter in enumerate(text) if plain[place] != letter), None)
    if marked is None:
        return text.replace("a", "ă", 1)
    return text[:marked] + plain[marked] + text[marked + 1 :]


def another_mark_in_a_submission(run: Run) -> None:
    effect = run.ministry.first("submission")
    data = data_of(effect)
    member = next(name for name, value in data.items() if name.endswith("HoTen") and value)
    data[member] = other_vowel(data[member])
    effect["body"]["data"] = json.dumps(data, ensure_ascii=False)


def another_mark_in_a_result(run: Run) -> None:
    effect = run.province.first("result")
    effect["body"]["NguoiKy"] = other_vowel(effect["body"]["NguoiKy"])


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (drop("ministry", "submission"), "lost"),
        (drop("province", "result"), "lost"),
        (drop("province", "progress", TrangThai=9), "lost"),
        (drop("province", "entry"), "lost"),
        (double("ministry", "submission"), "doubled"),
        (double("province", "progress", TrangThai=9), "doubled"),
        (double("province", "result"), "doubled"),
        (double("province", "entry"), "doubled"),
        (swap, "out_of_order"),
        (another_mark_in_a_submission, "altered"),
        (another_mark_in_a_result, "altered"),
    ],
)
def test_what_is_planted_into_it_is_found(real: Run, plant: Callable[[Run], None], kind: str) -> None:
    spoilt = real.copy()
    plant(spoilt)

    assert kind in {wrong.kind for wrong in spoilt.verdict().wrongs}
