"""Who may do what: the whole table of roles and rights, and what areas take away."""

import itertools

import pytest

from connector.domain import units
from connector.domain.rights import EVERYWHERE_ONLY, RIGHTS, Holder, Right, Role, may, may_at, rights_of

EXPECTED = {
    Role.VIEWER: "view own",
    Role.OPERATOR: "view own reveal search_person replay override cancel",
    Role.ROLLOUT: "view own change_rollout",
    Role.AUDITOR: "view own read_audit",
    Role.ADMIN: " ".join(Right),
}
LONG_XUYEN = frozenset({"long-xuyen"})


@pytest.mark.parametrize(("role", "right"), itertools.product(Role, Right))
def test_a_role_gives_what_the_table_says_and_nothing_else(role: Role, right: Right) -> None:
    assert may(Holder("lan", frozenset({role})), right) == (right.value in EXPECTED[role].split())


def test_every_role_is_in_the_table() -> None:
    assert RIGHTS.keys() == set(Role)


@pytest.mark.parametrize("roles", [set(pair) for pair in itertools.combinations(Role, 2)])
def test_two_roles_give_what_either_gives(roles: set[Role]) -> None:
    both = set(rights_of(Holder("lan", frozenset(roles))))

    assert both == set().union(*(rights_of(Holder("lan", frozenset({role}))) for role in roles))


@pytest.mark.parametrize("right", Right)
def test_without_a_role_or_disabled_nobody_may_do_anything(right: Right) -> None:
    assert not may(Holder("lan", frozenset()), right)
    assert not may(Holder("lan", frozenset(Role), disabled=True), right)
    assert not may_at(Holder("lan", frozenset(Role), disabled=True), right, "long-xuyen")


@pytest.mark.parametrize("right", Right)
def test_a_limited_account_has_no_right_that_knows_no_area(right: Right) -> None:
    assert may(Holder("lan", frozenset(Role), LONG_XUYEN), right) == (right not in EVERYWHERE_ONLY)


@pytest.mark.parametrize(
    ("area", "inside"),
    [("long-xuyen", True), ("chau-doc", False), ("all", False), (None, False), ("nowhere", False), ("", False)],
)
def test_a_limited_account_acts_inside_its_areas_only(area: str | None, inside: bool) -> None:
    limited = Holder("lan", frozenset({Role.ADMIN}), LONG_XUYEN)

    assert may_at(limited, Right.REPLAY, area) == inside
    assert may_at(Holder("lan", frozenset({Role.ADMIN})), Right.REPLAY, area)


def test_a_district_holds_its_communes() -> None:
    limited = Holder("lan", frozenset({Role.ROLLOUT}), LONG_XUYEN)
    commune = units.resolve_area("30292@2023-06-01", units.FIRST_DAY)

    assert commune is not None
    assert may_at(limited, Right.CHANGE_ROLLOUT, commune.slug)
    assert units.enclosing(commune.slug) == (commune.slug, "long-xuyen", "all")
    assert units.enclosing("all") == ("all",)
