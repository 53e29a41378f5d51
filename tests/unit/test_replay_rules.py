"""What decides how a replay job goes: waves, pauses, rates, and what an end means."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters import ministry, province
from connector.domain.advice import advice_for, is_known
from connector.domain.aliases import Alias, BadAlias, checked, dossier_with, read_alias, table_of
from connector.domain.causes import CauseKey
from connector.domain.labels import general, labelled
from connector.domain.message import Route, State
from connector.domain.replay import (
    ENOUGH_TO_JUDGE,
    ON_THE_LINE,
    OPEN_ITEMS,
    ItemState,
    Prospect,
    Wave,
    agrees,
    ending_of,
    is_over,
    room,
    wave_size,
    why_pause,
)
from schemas.findings import Code, finding
from schemas.province import Dossier, DossierEvent
from tests import dossier_events
from tests.unit.test_docs import raised

waves = st.builds(
    Wave,
    size=st.sampled_from([1, 5, 50, None]),
    released=st.integers(0, 300),
    open=st.integers(0, ON_THE_LINE),
    sent=st.integers(0, 300),
    failed=st.integers(0, 300),
)


def test_waves_grow_and_then_take_the_rest() -> None:
    assert [wave_size(step) for step in range(6)] == [1, 5, 50, None, None, None]


@given(waves, st.integers(1, 1000), st.none() | st.timedeltas(timedelta(0), timedelta(hours=1)))
def test_no_more_goes_on_the_line_than_wave_rate_and_room_allow(wave: Wave, rate: int, since: timedelta | None) -> None:
    number = room(wave, rate=rate, since_last=since)

    assert 0 <= number <= rate
    assert number == 0 or number + wave.open <= ON_THE_LINE
    assert wave.size is None or number == 0 or wave.released + number <= wave.size


@given(waves, st.booleans(), st.floats(0.01, 1))
def test_a_wave_without_an_unforeseen_failure_never_pauses_its_job(wave: Wave, pending: bool, share: float) -> None:
    why = why_pause(wave, pending=pending, largest_share=share)

    assert why is None or wave.failed > 0
    if wave.failed and wave.failed > share * (wave.sent + wave.failed) and is_over(wave, pending=pending):
        assert why == f"failures: {wave.failed} of {wave.sent + wave.failed}"


def test_a_clock_that_was_set_back_stops_no_job() -> None:
    wave = Wave(size=None, released=3, open=0, sent=3, failed=0)
    assert room(wave, rate=20, since_last=timedelta(hours=-2)) == 20
    assert room(wave, rate=20, since_last=timedelta(milliseconds=10)) == 0


def test_a_long_wave_is_judged_before_it_is_over() -> None:
    wave = Wave(size=None, released=100, open=50, sent=0, failed=ENOUGH_TO_JUDGE)
    assert why_pause(wave, pending=True, largest_share=0.2)
    assert why_pause(Wave(None, 100, 50, 0, ENOUGH_TO_JUDGE - 1), pending=True, largest_share=0.2) is None


def test_an_item_ends_when_its_message_has_stopped_in_whatever_way() -> None:
    ended = {state: ending_of(state) for state in State}
    assert {state for state, ending in ended.items() if ending is None} == {State.READY, State.SENDING}
    by_item = {item: {s for s, e in ended.items() if e and e.state is item} for item in ItemState}
    assert by_item[ItemState.SENT] == {State.DELIVERED}
    assert by_item[ItemState.FAILED] == {State.INVALID, State.REFUSED, State.EXHAUSTED}
    assert by_item[ItemState.SKIPPED] == {State.HELD, State.CANCELLED, State.SUPERSEDED}


@given(st.none() | st.sampled_from(Prospect), st.sampled_from(ItemState))
def test_an_open_item_neither_agrees_with_its_rehearsal_nor_contradicts_it(
    prospect: Prospect | None, item: ItemState
) -> None:
    assert (agrees(prospect, item) is None) == (item in OPEN_ITEMS)


# -- causes -----------------------------------------------------------------------------------------------------------


def test_there_is_advice_for_every_code_that_a_message_can_stop_with() -> None:
    codes = {*Code, *ministry.MEANINGS, *province.MEANINGS, *(code for code, _ in raised())}
    assert {code for code in codes if not is_known(code)} == set()
    for code in codes:
        advice = advice_for(code)
        assert advice.vi.endswith(".")
        assert advice.en.endswith(".")
    assert "ask the partner" in advice_for("777").en


def test_a_cause_keeps_its_name_and_differs_from_others() -> None:
    one = CauseKey(Route.APPLICATION, "ETHNICITY_UNKNOWN", "/a/b", "Khơ me Hạ")
    assert one.cause_id == CauseKey(Route.APPLICATION, "ETHNICITY_UNKNOWN", "/a/b", "khơ me hạ").cause_id
    others = {
        CauseKey(Route.RESULT, "ETHNICITY_UNKNOWN", "/a/b", "Khơ me Hạ").cause_id,
        CauseKey(Route.APPLICATION, "ETHNICITY_UNKNOWN", "/a/c", "Khơ me Hạ").cause_id,
        CauseKey(Route.APPLICATION, "ETHNICITY_UNKNOWN", "/a/b", "").cause_id,
    }
    assert one.cause_id not in others
    assert len(others) == 3


def test_a_label_is_shown_only_of_codes_and_names_of_catalogues() -> None:
    values = {"dan": "Khơ me Hạ", "ten": "Trần Thị Mẫu", "so": "089300004321", "xa": "99999", "danToc": "TRẦN THỊ MẪU"}
    body = json.dumps(values).encode()

    def label(code: Code, pointer: str) -> str | None:
        return labelled([finding(code, pointer)], body)[0].label

    assert label(Code.ETHNICITY_UNKNOWN, "/dan") == "Khơ me Hạ"
    assert label(Code.UNIT_NOT_VALID_ON_DATE, "/xa") == "99999"
    assert label(Code.NAME_FORM, "/ten") is None
    assert label(Code.ETHNICITY_UNKNOWN, "/so") is None  # a number in the field for the group is nobody's group
    assert label(Code.ETHNICITY_UNKNOWN, "/nowhere") is None
    assert label(Code.ETHNICITY_UNKNOWN, "/danToc") is None  # somebody's name in the wrong field
    assert label(Code.UNIT_NOT_VALID_ON_DATE, "/ten") is None


def test_places_in_lists_make_no_difference_to_a_cause() -> None:
    assert general("/a/3/b/12") == "/a/*/b/*"
    assert general("/a3/b") == "/a3/b"


# -- aliases ----------------------------------------------------------------------------------------------------------


def test_an_alias_takes_the_place_of_a_name_that_nobody_knows_and_of_no_other() -> None:
    event = dossier_events.marriage()
    event["HoSo"]["ToKhai"]["BenNam"]["DanToc"] = "Khơ me Hạ"
    read, faults = DossierEvent.read(json.dumps(event).encode())
    assert faults == ()
    assert read is not None
    assert read.dossier is not None

    renamed = dossier_with(read.dossier, table_of((read_alias("ethnicity:khơ-me hạ=05"),)))

    assert _groups(renamed) == ["Khơ-me", "Kinh"]
    assert _groups(read.dossier) == ["Khơ me Hạ", "Kinh"]
    assert dossier_with(read.dossier, table_of((Alias("ethnicity", "Lạ", "05"),))) is read.dossier


def _groups(dossier: Dossier) -> list[str]:
    return [getattr(dossier.form, side).ethnicity for side in ("husband", "wife")]


@pytest.mark.parametrize(
    "text",
    ["Khơ me Hạ=05", "ethnicity:=05", "ethnicity:Khơ me Hạ", "ethnicity:Khơ me Hạ=77", "ethnicity:Kinh=05", "x:y=05",
     "ethnicity:Khơ me Hạ=56", "ethnicity:123=05"],
)  # fmt: skip
def test_what_is_no_alias_is_refused(text: str) -> None:
    with pytest.raises(BadAlias):
        read_alias(text)


def test_a_name_that_the_catalogue_calls_unknown_may_become_a_group() -> None:
    assert checked(Alias("ethnicity", "Không xác định", "01")).value == "01"
