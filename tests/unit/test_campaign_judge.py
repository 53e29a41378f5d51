"""The campaign's judge on recorded runs: an honest one is clean, and every planted defect is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from campaign.life import Life, Row, Standing, Step, Terms, Try, flaws
from campaign.report import Outcome
from connector.sandbox.verdict import Verdict
from tests.unit.judged_world import World, data_of, dossiers, finished

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TERMS = Terms(now=NOW, patience=timedelta(seconds=30), tries=5)
SUBJECT = "000.12.83.H01-261120-0001"
AT_WORK = Standing(submissions=1)
LONG_AGO = NOW - timedelta(minutes=5)

TAKEN = Step(1, None, "take_in", "ready")
CLAIMED = Step(2, "ready", "claim", "sending")
DELIVERED = Step(3, "sending", "deliver", "delivered")
GOOD = Try("delivered", counted=True)


def row(**more: object) -> Row:
    usual = {"message_id": "m-1", "route": "application", "subject": SUBJECT, "version": 1, "seq": 1}
    return Row(**usual | {"state": "delivered", "fence": 1, "attempts": 1} | more)  # type: ignore[arg-type]


def honest(**more: object) -> Life:
    """A message that was delivered at its first attempt."""
    return replace(Life(row=row(), steps=[TAKEN, CLAIMED, DELIVERED], tries=[GOOD]), **more)  # type: ignore[arg-type]


def later(life: Life, version: int = 2, places: int = 10) -> Life:
    """The same life, some time later, of the next version."""
    steps = [replace(step, place=step.place + places) for step in life.steps]
    return replace(life, row=replace(life.row, message_id="m-2", version=version, seq=2), steps=steps)


def waiting(state: str, **more: object) -> Life:
    """A message that has not moved since it was taken in."""
    taken = replace(TAKEN, became=state)
    return Life(row=row(state=state, fence=0, attempts=0, **more), steps=[taken], tries=[])


def judged(*lives: Life, standing: Standing | None = AT_WORK) -> list[tuple[str, str]]:
    return [(flaw.kind, flaw.why) for flaw in flaws(lives, standing, TERMS)]


def outcome(verdict: Verdict, *lives: Life, unfinished: tuple[str, ...] = ()) -> Outcome:
    counts = {"messages": len(lives), "attempts": 0, "retried": 0, "leases_ended": 0, "already_there": 0, "states": {}}
    return Outcome(
        seed=1,
        verdict=verdict,
        flaws=list(flaws(lives, AT_WORK, TERMS)),
        unfinished=unfinished,
        ledger=counts,
        faults={},
        killed={},
    )


# -- the whole verdict ------------------------------------------------------------------------------------------------


def test_an_honest_run_is_clean() -> None:
    world = finished(*dossiers(3))
    ended = outcome(world.verdict(), honest(), later(honest()))
    assert ended.clean
    assert not any(ended.wrongs().values())


def drop_a_message(world: World) -> None:
    world.province.all.remove(world.province.first("result"))


def double_an_effect(world: World) -> None:
    told = world.province.first("progress", TrangThai=9)
    world.province.all.insert(world.province.all.index(told) + 1, told)


def swap_a_pair(world: World) -> None:
    effects = world.province.all
    first, second = (effects.index(world.province.first("progress", TrangThai=status)) for status in (4, 9))
    effects[first], effects[second] = effects[second], effects[first]


def alter_a_diacritic(world: World) -> None:
    """The ministry was given another vowel than the citizen wrote."""
    sent = world.ministry.first("submission")
    data = data_of(sent)
    member = next(name for name, value in data.items() if name.endswith("HoTen") and value)
    data[member] = data[member][:-1] + ("ấ" if data[member][-1] != "ấ" else "ầ")
    sent["body"]["data"] = json.dumps(data, ensure_ascii=False)


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (drop_a_message, "lost"),
        (double_an_effect, "doubled"),
        (swap_a_pair, "out_of_order"),
        (alter_a_diacritic, "altered"),
    ],
)
def test_a_planted_defect_in_the_partners_records_is_found(plant: Callable[[World], None], kind: str) -> None:
    world = finished(*dossiers(2))
    plant(world)
    ended = outcome(world.verdict(), honest())
    assert ended.wrongs()[kind] >= 1
    assert not ended.clean


def test_an_unexplained_message_and_an_unfinished_dossier_are_each_enough_to_fail() -> None:
    clean = finished(*dossiers(1)).verdict()
    unexplained = outcome(clean, honest(row=row(state="ready", due_at=NOW)))
    assert unexplained.wrongs()["unexplained"] >= 1
    assert not unexplained.clean
    assert not outcome(clean, honest(), unfinished=("a dossier",)).clean


# -- the life of a message --------------------------------------------------------------------------------------------


def test_a_message_whose_state_its_history_does_not_say_is_unexplained() -> None:
    found = judged(honest(row=row(state="refused")))
    assert ("unexplained", "application m-1 (refused): the history ends as delivered") in found


def test_a_message_without_a_history_is_unexplained() -> None:
    assert judged(honest(steps=[])) != []


@pytest.mark.parametrize(
    "steps",
    [
        [CLAIMED, DELIVERED],
        [TAKEN, DELIVERED],
        [TAKEN, CLAIMED, replace(CLAIMED, place=3), replace(DELIVERED, place=4)],
        [TAKEN, CLAIMED, replace(DELIVERED, was="ready")],
        [TAKEN, CLAIMED, replace(DELIVERED, move="claim")],
        [TAKEN, CLAIMED, replace(DELIVERED, move="teleport")],
    ],
    ids=["no beginning", "never claimed", "claimed twice", "from elsewhere", "no such move", "no such word"],
)
def test_a_history_that_is_no_path_of_the_table_is_found(steps: list[Step]) -> None:
    assert any(kind == "unexplained" for kind, _ in judged(honest(steps=steps)))


def test_the_counts_must_agree_with_the_history() -> None:
    assert judged(honest(row=replace(row(), fence=2))) != []
    assert judged(honest(row=replace(row(), attempts=0))) != []
    assert judged(honest(tries=[GOOD, Try("unreachable", counted=False)])) != []
    assert judged(honest(tries=[Try("unreachable", counted=True)])) != []


def test_a_message_that_was_delivered_twice_is_doubled() -> None:
    steps = [TAKEN, CLAIMED, DELIVERED, replace(CLAIMED, was="delivered"), replace(DELIVERED, place=9)]
    twice = honest(row=replace(row(), fence=2, attempts=2), steps=steps, tries=[GOOD, GOOD])
    assert "doubled" in {kind for kind, _ in judged(twice)}


def test_a_replay_delivers_again_and_is_no_double() -> None:
    again = [Step(4, "delivered", "replay", "ready", "asked for"), replace(CLAIMED, place=5)]
    steps = [TAKEN, CLAIMED, DELIVERED, *again, replace(DELIVERED, place=6)]
    assert judged(honest(row=replace(row(), fence=2, attempts=2), steps=steps, tries=[GOOD, GOOD])) == []


def test_a_lane_whose_later_version_was_delivered_first_is_out_of_order() -> None:
    assert judged(honest(), later(honest())) == []
    [(kind, why)] = judged(honest(), later(honest(), places=-1))
    assert kind == "out_of_order"
    assert why.endswith("version 2 was delivered before an earlier one")


# -- what is not at its end -------------------------------------------------------------------------------------------


def test_a_message_that_is_due_and_that_nobody_takes_is_unexplained() -> None:
    assert judged(waiting("ready", due_at=LONG_AGO)) != []
    assert judged(waiting("ready", due_at=NOW)) == []


def test_a_message_behind_another_of_its_lane_may_be_overdue() -> None:
    first = replace(waiting("ready", due_at=NOW), row=row(state="ready", due_at=NOW, fence=0, attempts=0))
    second = later(waiting("ready", due_at=LONG_AGO))
    assert judged(first, second) == []


def test_a_lease_that_ended_unnoticed_is_unexplained() -> None:
    on_the_line = honest(steps=[TAKEN, CLAIMED], tries=[], row=row(state="sending", lease_until=NOW))
    on_the_line = replace(on_the_line, row=replace(on_the_line.row, attempts=0))
    assert judged(on_the_line) == []
    assert judged(replace(on_the_line, row=replace(on_the_line.row, lease_until=LONG_AGO))) != []


@pytest.mark.parametrize(
    ("hold", "standing", "right"),
    [
        ("document", Standing(submissions=1, awaits_document=True), True),
        ("document", AT_WORK, False),
        ("request", Standing(submissions=1), True),
        ("request", Standing(submissions=1, asked_for=1), False),
        ("request", Standing(submissions=0), True),
        ("area", AT_WORK, False),
        ("document", None, False),
    ],
)
def test_a_hold_must_have_a_reason_that_holds(hold: str, standing: Standing | None, right: bool) -> None:
    assert (judged(waiting("held", hold=hold), standing=standing) == []) is right


def test_a_withdrawal_waits_only_for_an_application_that_is_still_on_its_way() -> None:
    withdrawal = waiting("held", hold="application")
    withdrawal = replace(withdrawal, row=replace(withdrawal.row, route="withdrawal", message_id="m-9"))
    assert judged(withdrawal, waiting("ready", due_at=NOW)) == []
    assert judged(withdrawal, honest()) != []


@pytest.mark.parametrize(
    ("state", "move", "tries"),
    [
        ("refused", "refuse", [Try("unreachable", counted=True)]),
        ("exhausted", "exhaust", [Try("unreachable", counted=True)]),
        ("invalid", "quarantine", [Try("invalid", counted=True)]),
    ],
)
def test_an_end_without_its_reason_is_unexplained(state: str, move: str, tries: list[Try]) -> None:
    steps = [TAKEN, CLAIMED, Step(3, "sending", move, state)]
    assert judged(honest(row=row(state=state), steps=steps, tries=tries)) != []


def test_giving_up_needs_a_reason() -> None:
    given_up = Step(2, "ready", "cancel", "cancelled", "the citizen asked")
    life = honest(row=replace(row(state="cancelled"), fence=0, attempts=0), steps=[TAKEN, given_up], tries=[])
    assert judged(life) == []
    assert judged(replace(life, steps=[TAKEN, replace(given_up, why="")])) != []
