"""What is known of a dossier, and what follows: the same messages whatever the order in which things became known."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import dossiers as rules
from connector.domain.dossiers import Changes, Facts, Step
from connector.domain.message import Route, State
from connector.domain.statuses import MOVES, rank

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
POLL = timedelta(seconds=30)
CODE = "H01.12-261120-0001"

Sighting = tuple[int, int]  # state, minute


def facts(**more: object) -> Facts:
    known = Facts(
        code=CODE,
        procedure="marriage",
        office="30292",
        received_on=date(2026, 11, 20),
        area="long-xuyen",
        version=1,
        planned=2,
        changed_at=NOW,
    )
    return known._replace(**more)  # type: ignore[arg-type]


def accept(known: Facts, ordinal: int = 1, now: datetime = NOW) -> Changes:
    return rules.accepted(
        known,
        ordinal=ordinal,
        application_id=UUID(int=ordinal),
        ministry_code="LT-1",
        body=b"acceptance",
        now=now,
        poll=POLL,
    )


def see(known: Facts, state: int, minute: int, ordinal: int = 1, *, result_waits: bool = False) -> Changes:
    if rules.is_stale(known, state, NOW + timedelta(minutes=minute)):
        return Changes(facts=known)
    return rules.state_seen(
        known,
        state=state,
        happened_at=NOW + timedelta(minutes=minute),
        ordinal=ordinal,
        item=f"{state}@{minute}".encode(),
        now=NOW,
        poll=POLL,
        result_waits=result_waits,
    )


def store_result(known: Facts, *, result_waits: bool = False) -> Changes:
    return rules.result_stored(known, fingerprint="f" * 64, item=b"result", now=NOW, result_waits=result_waits)


def statuses(steps: Sequence[Step]) -> list[int]:
    return [step.status for step in steps]


def told(known: Facts, *states: Sighting) -> tuple[Facts, list[Step]]:
    steps: list[Step] = []
    for state, minute in states:
        change = see(known, state, minute)
        known, steps = change.facts, [*steps, *change.steps]
    return known, steps


# -- the push and what the ministry does ------------------------------------------------------------------------------


def test_an_accepted_push_tells_the_province_that_work_goes_on() -> None:
    change = accept(facts())

    assert statuses(change.steps) == [4]
    assert change.steps[0].event == "acceptance"
    assert (change.facts.submissions, change.facts.planned, change.facts.ask_at) == (1, 4, NOW + POLL)


def test_the_ministrys_states_become_the_provinces_statuses() -> None:
    known = accept(facts()).facts
    after, steps = told(known, (1, 0), (3, 1), (2, 2), (3, 3), (6, 4))

    assert statuses(steps) == [4, 5, 4, 3]
    assert after.ask_at is None


def test_a_refusal_after_a_question_goes_by_the_step_that_the_province_needs() -> None:
    known = accept(facts()).facts
    assert statuses(told(known, (2, 1), (6, 2))[1]) == [5, 4, 3]


def test_a_result_is_told_only_once_the_province_has_it() -> None:
    known, steps = told(accept(facts()).facts, (3, 1), (4, 2))
    assert statuses(steps) == [4]

    assert statuses(store_result(known).steps) == [9]


def test_a_handed_over_result_is_done_first_and_handed_over_then() -> None:
    known, _ = told(accept(facts()).facts, (5, 2))
    assert statuses(store_result(known).steps) == [9, 10]


def test_a_hand_over_that_is_seen_after_the_result_was_stored_is_told_at_once() -> None:
    known, _ = told(accept(facts()).facts, (4, 1))
    known = store_result(known).facts

    change = see(known, 5, 2)

    assert statuses(change.steps) == [10]
    assert see(change.facts, 5, 3).steps == ()


def test_a_correction_that_is_on_its_way_goes_before_the_hand_over() -> None:
    known = store_result(told(accept(facts()).facts, (4, 1))[0]).facts

    seen = see(known, 5, 2, result_waits=True)

    assert seen.steps == ()
    assert statuses(store_result(seen.facts).steps) == [10]


def test_a_first_result_is_done_and_the_hand_over_waits_for_its_correction() -> None:
    known, _ = told(accept(facts()).facts, (5, 2))
    stored = store_result(known, result_waits=True)

    assert statuses(stored.steps) == [9]
    assert statuses(rules.hand_over(stored.facts).steps) == [10]


def test_a_replaced_result_is_not_told_as_done_again() -> None:
    known, _ = told(accept(facts()).facts, (4, 1))
    once = store_result(known).facts

    assert store_result(once).steps == ()


def test_a_result_after_a_question_goes_back_to_work_first() -> None:
    known, _ = told(accept(facts()).facts, (2, 1), (4, 2))
    assert statuses(store_result(known).steps) == [4, 9]


def test_what_the_clerks_handed_over_themselves_is_not_handed_over_again() -> None:
    known, _ = told(accept(facts()).facts, (4, 1))
    known = rules.moved_at_province(store_result(known).facts, 10)

    assert see(known, 5, 2).steps == ()


def test_an_acceptance_that_is_learned_late_is_not_told_behind_the_ministrys_own_state() -> None:
    known, steps = told(facts(), (2, 1))
    change = accept(known)

    assert statuses(steps) == [5]
    assert change.steps == ()
    assert change.facts.submissions == 1


def test_the_acceptance_of_a_supplement_is_told_after_the_question_that_asked_for_it() -> None:
    known, _ = told(accept(facts()).facts, (2, 1))
    known = rules.seen_at_province(known, version=2, status=2)

    assert statuses(accept(known, 2).steps) == [4]


# -- how long a dossier is asked about --------------------------------------------------------------------------------


def test_a_dossier_is_asked_about_until_it_is_refused() -> None:
    assert told(accept(facts()).facts, (6, 1))[0].ask_at is None


def test_a_dossier_is_asked_about_for_thirty_days_after_it_was_handed_over() -> None:
    known, _ = told(accept(facts()).facts, (5, 1))
    known = store_result(known).facts
    almost = rules.asked(known, now=NOW + timedelta(days=30) - timedelta(seconds=1), poll=POLL)
    ended = rules.asked(known, now=NOW + timedelta(days=30), poll=POLL)

    assert almost.ask_at is not None
    assert ended.ask_at is None


def test_a_result_that_was_never_handed_over_is_asked_about_for_thirty_days_after_its_delivery() -> None:
    known, _ = told(accept(facts()).facts, (4, 1))
    assert rules.asked(known, now=NOW + timedelta(days=400), poll=POLL).ask_at is not None

    known = store_result(known).facts
    assert rules.asked(known, now=NOW + timedelta(days=31), poll=POLL).ask_at is None


@given(st.timedeltas(timedelta(0), timedelta(days=300)))
def test_a_quiet_dossier_is_asked_about_again_within_six_hours(quiet: timedelta) -> None:
    known = accept(facts()).facts
    now = NOW + quiet
    again = rules.asked(known, now=now, poll=POLL).ask_at

    assert again is not None
    assert now + POLL <= again <= now + timedelta(hours=6)


# -- supplements ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "is_supplement", "has_earlier", "goes"),
    [
        (facts(), False, False, True),
        (facts(), True, False, False),
        (facts(), True, True, True),
        (facts(submissions=1), True, True, False),
        (facts(submissions=1, asked_for=1), True, True, True),
        (facts(submissions=2, asked_for=1), True, True, False),
        (facts(submissions=1, asked_for=1), False, True, True),
        (facts(withdrawn=True), False, False, False),
        (facts(submissions=1, asked_for=1, withdrawn=True), True, True, False),
    ],
)
def test_a_supplement_waits_until_the_ministry_asked_for_it(
    known: Facts, is_supplement: bool, has_earlier: bool, goes: bool
) -> None:
    assert rules.may_go(known, is_supplement=is_supplement, has_earlier=has_earlier) is goes


def test_an_older_event_of_the_province_does_not_bring_back_an_older_status() -> None:
    known = rules.seen_at_province(facts(), version=3, status=2)
    known = rules.moved_at_province(known, 4)

    assert rules.seen_at_province(known, version=2, status=1) == known
    assert rules.seen_at_province(known, version=3, status=1) == known


# -- any order --------------------------------------------------------------------------------------------------------

SIGHTINGS = st.lists(st.tuples(st.sampled_from([1, 2, 3, 4, 5, 6]), st.integers(0, 5)), max_size=25)


def newest(*states: Sighting) -> Sighting:
    return max(states, key=lambda one: (one[1], rank(one[0])))


@given(SIGHTINGS)
def test_what_a_lagging_replica_shows_never_takes_the_known_state_back(seen: list[Sighting]) -> None:
    known = accept(facts()).facts
    for place, (state, minute) in enumerate(seen):
        known = see(known, state, minute).facts
        best = newest(*seen[: place + 1])
        assert (known.state, known.state_at) == (best[0], NOW + timedelta(minutes=best[1]))


@given(SIGHTINGS)
def test_told_statuses_never_go_back_in_time(seen: list[Sighting]) -> None:
    _, steps = told(accept(facts()).facts, *seen)
    minutes = [int(step.body.decode().partition("@")[2]) for step in steps]

    assert minutes == sorted(minutes)


@given(SIGHTINGS, st.sets(st.integers(0, 25)))
def test_a_sequence_of_sightings_and_stored_results_ends_as_its_newest_state_says(
    seen: list[Sighting], stored_after: set[int]
) -> None:
    """An orderly ministry: refused is final, and a result stays a result."""
    known = accept(facts()).facts
    for place, (state, minute) in enumerate(seen):
        over = known.state in (4, 5, 6) and state not in (4, 5)
        if over or known.state == 6 or (known.state == 5 and state == 4) or (state == 1 and known.state):
            continue
        known = see(known, state, minute).facts
        if known.state in (4, 5) and place in stored_after:
            known = store_result(known).facts
    if known.state in (4, 5):
        known = store_result(known).facts

    assert known.planned == {None: 4, 1: 4, 2: 5, 3: 4, 4: 9, 5: 10, 6: 3}[known.state]


@given(SIGHTINGS, st.sets(st.integers(0, 25)), st.integers(1, 10))
def test_every_told_status_is_one_that_the_province_lets_follow_where_any_way_leads(
    seen: list[Sighting], stored_after: set[int], start: int
) -> None:
    known = facts(planned=start)
    steps = list(accept(known).steps)
    known = accept(known).facts
    for place, (state, minute) in enumerate(seen):
        change = see(known, state, minute)
        known, steps = change.facts, [*steps, *change.steps]
        if known.state in (4, 5) and place in stored_after:
            change = store_result(known)
            known, steps = change.facts, [*steps, *change.steps]
    versions = [step.version for step in steps]
    assert versions == list(range(1, len(versions) + 1))

    told_so_far = [start, *statuses(steps)]
    for before, after in pairwise(told_so_far):
        # From where no way leads on, the wanted status alone is sent: the province's refusal then calls a person.
        assert after == before or after in MOVES[before] or not _leads(before, after)


def _leads(before: int, after: int) -> bool:
    seen, front = {before}, {before}
    while front:
        front = {onward for status in front for onward in MOVES[status] & {2, 4, 9, after}} - seen
        seen |= front
    return after in seen


# -- progress as messages ---------------------------------------------------------------------------------------------


def test_a_step_becomes_a_message_that_is_known_again() -> None:
    change = accept(facts())
    one, other = (rules.step_draft(change.facts, change.steps[0], NOW) for _ in range(2))

    assert (one.route, one.state, one.status, one.subject) == (Route.PROGRESS, State.READY, 4, CODE)
    assert one.source_key == other.source_key
    assert one.message_id != other.message_id
    assert one.body == b"acceptance"
    assert "body=" not in repr(one)


def test_facts_and_what_they_lead_to_show_nothing_about_a_citizen() -> None:
    known = facts(state_item=b"a name")
    assert "a name" not in repr(known)
    assert "a name" not in repr(Changes(facts=known))
    step = Step(version=1, status=4, event="acceptance", body=b"a name")
    assert "a name" not in repr(step) + repr(rules.step_draft(known, step, NOW))
