"""Whatever a partner sends: the checks never raise, and every finding points into the body."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.checks import applications, results, states
from connector.domain.sameness import content_key
from schemas.findings import Finding
from schemas.ministry import DeathEntry, DossierState, MarriageEntry
from schemas.province import DossierEvent
from tests.dossier_events import death, findings, marriage, marriage_of_2025
from tests.ministry_answers import death_result, entry, marriage_result, state

SPECIAL = [
    "",
    " ",
    "\x00",
    "VN",
    "89",
    "30283",
    "99999",
    "31/12/9999",
    "01/01/0001",
    "99991231235959",
    "00010101000000",
]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(SPECIAL),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> list[Place]:
    """Every place in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [place for name, item in inside for place in places(item, (*at, name))]


def put(body: Any, place: Place, value: Any) -> None:
    """Puts a value at a place, as far as it still exists after earlier changes."""
    *above, last = place
    try:
        for step in above:
            body = body[step]
        body[last] = value
    except (TypeError, LookupError):
        return


@st.composite
def mutations(draw: st.DrawFn, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(bodies))))
    for _ in range(draw(st.integers(1, 4))):
        put(body, draw(st.sampled_from(places(body))), draw(VALUES))
    return body


def assert_resolvable(found: list[Finding], body: Any) -> None:
    """A pointer leads to a member, or to one that is absent from an object that is there."""
    for one in found:
        assert one.vi
        assert one.en
        at = body
        steps = one.pointer.split("/")[1:]
        for number, step in enumerate(steps, start=1):
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(at, list):
                at = at[int(step)]
            else:
                assert isinstance(at, dict)
                assert step in at or number == len(steps)
                at = at.get(step)


@settings(max_examples=400)
@given(mutations([marriage(), death(), marriage_of_2025()]))
def test_a_changed_event_is_judged_and_every_finding_points_into_it(event: dict[str, Any]) -> None:
    form, faults = DossierEvent.read(json.dumps(event).encode())

    assert_resolvable(applications.check(form, faults), event)
    assert_resolvable(applications.check_withdrawal(form, faults), event)
    if form is not None and form.dossier is not None:
        assert len(content_key(form.dossier)) == 32


@given(mutations([marriage(), death(), marriage_of_2025()]))
def test_each_fault_of_a_body_is_told_at_its_place(event: dict[str, Any]) -> None:
    form, faults = DossierEvent.read(json.dumps(event).encode())

    assert {fault.pointer for fault in faults} <= {one.pointer for one in applications.check(form, faults)}


@settings(max_examples=200)
@given(mutations([state(result=marriage_result()), state("LTKT", 5, death_result()), state(number=2)]))
def test_a_changed_state_is_judged_and_every_finding_points_into_it(body: dict[str, Any]) -> None:
    form, faults = DossierState.read(json.dumps(body).encode())
    assert_resolvable(states.check_state(form, faults), body)
    if form is not None:
        results.check_result(form, *results.read_result(form), None)


@settings(max_examples=300)
@given(mutations([marriage_result(), death_result()]), st.sampled_from([marriage(), death()]))
def test_a_changed_result_is_judged_and_every_finding_points_into_its_text(
    result: dict[str, Any], application: dict[str, Any]
) -> None:
    body = state("LTKH" if "giayKetHon" in result else "LTKT", result=result)
    form, _ = DossierState.read(json.dumps(body).encode())
    event, _ = DossierEvent.read(json.dumps(application).encode())
    assert form is not None
    assert event is not None

    found = results.check_result(form, *results.read_result(form), event.dossier)
    assert_resolvable(found, {**body, "ketQuaXuLy": result})


@settings(max_examples=200)
@given(mutations([entry(), {**marriage_result(), **entry(), "ghiChuBienDong": [{"loai": "LY_HON", "canCu": "1"}]}]))
def test_a_changed_entry_is_judged_and_every_finding_points_into_it(body: dict[str, Any]) -> None:
    for kind in (MarriageEntry, DeathEntry):
        assert_resolvable(results.check_entry(*kind.read(json.dumps(body).encode())), body)


@pytest.mark.parametrize("event", [marriage(), death()])
def test_each_member_taken_away_alone_is_judged(event: dict[str, Any]) -> None:
    for place in places(event):
        body = json.loads(json.dumps(event))
        above = body
        for step in place[:-1]:
            above = above[step]
        if isinstance(above, dict):
            del above[place[-1]]
            assert_resolvable(findings(body), body)
