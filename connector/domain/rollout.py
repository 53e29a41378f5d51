"""Which areas are open, and what that means for a message. The most specific rule wins: commune, district area, `all`.

A message belongs to the area of its office on the day it was received: a code alone names no place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from connector.domain.message import Route
from connector.domain.units import EVERYWHERE, areas_of, unit_of
from schemas.values import Procedure

PROCEDURES: Final[tuple[Procedure, ...]] = ("marriage", "death")


# A mode that is to end, or begin, later than this was mistyped; what a database keeps, and the rest of us, ends before
# the year 10000.
LATEST_YEAR: Final = 2999


class Mode(StrEnum):
    """What an area lets happen."""

    OFF = "off"  # written down and held
    SHADOW = "shadow"  # checked and mapped too, never sent
    LIVE = "live"  # sent
    FROZEN = "frozen"  # held for now, also what was begun


# Routes that exist only for dossiers whose application we sent.
BEGUN_ROUTES: Final = frozenset({Route.PROGRESS, Route.RESULT, Route.WITHDRAWAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The mode of one area and procedure. `change` is the number of the change that made it, in the history of changes.

    At `until` the mode becomes `then` by itself; None: it stays until somebody changes it.
    """

    area: str
    procedure: Procedure
    mode: Mode
    change: int
    since: datetime
    by: str
    why: str
    until: datetime | None = None
    then: Mode | None = None


@dataclass(frozen=True, slots=True)
class Modes:
    """All rules at one moment. What no rule speaks of is off."""

    version: int
    rules: Mapping[tuple[str, Procedure], Rule]
    _known: dict[tuple[str | None, date | None, str | None, str | None], Rule | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def rule_for(
        self, procedure: Procedure | None, *, office: str | None, on: date | None, area: str | None
    ) -> Rule | None:
        """The rule that decides about a message; None where there is none, which means off.

        A message whose procedure nobody knows obeys the rules of marriages.
        """
        key = (office, on, area, procedure)
        if key not in self._known:
            self._known[key] = self.rule_of(places_of(office, on, area), procedure or PROCEDURES[0])
        return self._known[key]

    def rule_of(self, places: Sequence[str], procedure: Procedure) -> Rule | None:
        """The first rule among these areas, the most specific first."""
        return next((self.rules[place, procedure] for place in places if (place, procedure) in self.rules), None)


def narrower(wide: str, other: str) -> bool:
    """Whether an area lies within another one and is not it."""
    if wide == other:
        return False
    unit = unit_of(other)
    return wide == EVERYWHERE or (unit is not None and wide in areas_of(unit.code, unit.valid_from))


def mode_of(rule: Rule | None) -> Mode:
    """What nobody opened is off."""
    return rule.mode if rule else Mode.OFF


def number_of(rule: Rule | None) -> int | None:
    """What a message keeps of the rule that decided about it: the number of the change that made it."""
    return rule.change if rule else None


def places_of(office: str | None, on: date | None, area: str | None) -> tuple[str, ...]:
    """The areas a message lies in, the most specific first. One whose office nobody knows lies in `all` at least."""
    found = areas_of(office, on) if office and on else ()
    if found:
        return found
    return (area, EVERYWHERE) if area else (EVERYWHERE,)


def places_above(area: str) -> tuple[str, ...]:
    """An area and the wider ones it lies in, the most specific first."""
    unit = unit_of(area)
    if unit is not None:
        return areas_of(unit.code, unit.valid_from)
    return (EVERYWHERE,) if area == EVERYWHERE else (area, EVERYWHERE)


def goes(mode: Mode, *, begun: bool) -> bool:
    """Whether a message may be sent. A dossier begun while its area was live is finished, unless it is frozen."""
    return mode is Mode.LIVE or (begun and mode is not Mode.FROZEN)


def in_words(rule: Rule | None) -> str:
    """The rule in a line of history."""
    if rule is None:
        return "no area that it lies in was opened"
    return f"{rule.area}/{rule.procedure} is {rule.mode} (change {rule.change})"
