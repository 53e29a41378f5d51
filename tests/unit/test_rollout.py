"""Which rule decides about a message, and what it lets go."""

from datetime import UTC, date, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import units
from connector.domain.rollout import PROCEDURES, Mode, Modes, Rule, goes, mode_of, narrower, places_above
from connector.domain.unit_table import read_table
from schemas.values import Procedure

PILOT, LAST, REFORM = date(2023, 6, 1), date(2025, 6, 30), date(2025, 7, 1)
AT = datetime(2023, 6, 1, tzinfo=UTC)
slugs = st.sampled_from([area.slug for area in units.areas()])
places = st.sampled_from([(unit.code, unit.valid_from) for unit in read_table().communes])


def modes(**by_area: Mode) -> Modes:
    """Rules for both procedures; areas with underscores for hyphens."""
    rules = {}
    for number, (area, procedure) in enumerate(product(by_area, PROCEDURES), start=1):
        slug = area.replace("_", "-")
        rules[slug, procedure] = Rule(
            area=slug, procedure=procedure, mode=by_area[area], change=number, since=AT, by="lead", why="a test"
        )
    return Modes(1, rules)


def mode_at(found: Modes, office: str, on: date, procedure: Procedure = "marriage") -> Mode:
    return mode_of(found.rule_for(procedure, office=office, on=on, area=None))


def test_what_nobody_opened_is_off() -> None:
    assert mode_at(modes(), "30280", PILOT) is Mode.OFF
    assert mode_at(modes(chau_doc=Mode.LIVE), "30280", PILOT) is Mode.OFF


def test_the_most_specific_rule_wins() -> None:
    commune = units.areas_of("30280", PILOT)[0].replace("-", "_")
    found = modes(all=Mode.OFF, long_xuyen=Mode.LIVE, **{commune: Mode.FROZEN})

    assert mode_at(found, "30280", PILOT) is Mode.FROZEN
    assert mode_at(found, "30283", PILOT) is Mode.LIVE
    assert mode_at(found, "30316", PILOT) is Mode.OFF


def test_a_procedure_is_opened_by_itself() -> None:
    both = modes(long_xuyen=Mode.LIVE)
    found = Modes(1, {key: rule for key, rule in both.rules.items() if key[1] == "death"})

    assert mode_at(found, "30280", PILOT, "death") is Mode.LIVE
    assert mode_at(found, "30280", PILOT, "marriage") is Mode.OFF


@pytest.mark.parametrize("code", ["30292", "30301", "30307", "30313"])
def test_long_xuyen_goes_on_in_the_units_that_succeeded_it(code: str) -> None:
    assert mode_at(modes(long_xuyen=Mode.LIVE), code, REFORM) is Mode.LIVE


def test_codes_that_were_used_again_never_mix() -> None:
    before, after = (units.areas_of("30292", day)[0].replace("-", "_") for day in (LAST, REFORM))
    assert before != after

    found = modes(**{before: Mode.LIVE})
    assert mode_at(found, "30292", LAST) is Mode.LIVE
    assert mode_at(found, "30292", REFORM) is Mode.OFF


def test_an_office_that_nobody_knows_obeys_the_province_s_rule() -> None:
    assert mode_at(modes(all=Mode.LIVE), "99999", PILOT) is Mode.LIVE
    assert mode_of(modes(all=Mode.LIVE).rule_for("death", office=None, on=None, area=None)) is Mode.LIVE
    assert mode_of(modes(long_xuyen=Mode.LIVE).rule_for("death", office=None, on=None, area="long-xuyen")) is Mode.LIVE


def test_what_was_begun_is_finished_unless_it_is_frozen() -> None:
    assert {mode for mode in Mode if goes(mode, begun=True)} == {Mode.OFF, Mode.SHADOW, Mode.LIVE}
    assert {mode for mode in Mode if goes(mode, begun=False)} == {Mode.LIVE}


@given(places, slugs)
def test_a_rule_decides_exactly_where_its_area_covers(place: tuple[str, date], slug: str) -> None:
    code, on = place
    covered = slug in units.areas_of(code, on)

    assert (mode_at(modes(**{slug.replace("-", "_"): Mode.LIVE}), code, on) is Mode.LIVE) == covered


@given(slugs, slugs)
def test_an_area_is_narrower_than_those_it_lies_in(one: str, other: str) -> None:
    assert narrower(one, other) == (one in places_above(other)[1:])
