"""Areas × procedures as `rollout list`, `status` and the console show them."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from connector.adapters import areas, backlog
from connector.domain import units
from connector.domain.rollout import PROCEDURES, Mode, Modes, Rule, mode_of, places_above
from connector.domain.units import EVERYWHERE, Area, Level
from schemas.values import Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One area and procedure. `units` are its commune codes today; `rule` is the rule that decides, of this area or a
    wider one, and None where nobody made one; `held` are messages that lie in the area and are held for it."""

    area: Area
    units: tuple[str, ...]
    procedure: Procedure
    rule: Rule | None
    held: int

    @property
    def mode(self) -> Mode:
        return mode_of(self.rule)

    @property
    def is_own(self) -> bool:
        """Whether the mode was set for this very area."""
        return self.rule is not None and self.rule.area == self.area.slug

    @property
    def since(self) -> datetime | None:
        return self.rule.since if self.rule else None


def lines(db: Connection, today: date) -> list[Line]:
    """The province, every district area, and each commune that has a mode of its own."""
    modes = areas.read(db)
    held = _held(db, modes)
    codes = _codes(today)
    shown = [area for area in units.areas() if area.level is not Level.COMMUNE or _has_rule(modes, area)]
    return [
        Line(
            area=area,
            units=codes.get(area.slug, ()),
            procedure=procedure,
            rule=modes.rule_of(places_above(area.slug), procedure),
            held=held[area.slug, procedure],
        )
        for area in shown
        for procedure in PROCEDURES
    ]


def of_area(db: Connection, area: Area) -> list[Line]:
    """One area, also a commune without a mode of its own."""
    modes = areas.read(db)
    unit = units.unit_of(area.slug)
    return [
        Line(
            area=area,
            units=(unit.code,) if unit else (),
            procedure=procedure,
            rule=modes.rule_of(places_above(area.slug), procedure),
            held=backlog.count_in(db, area.slug, procedure),
        )
        for procedure in PROCEDURES
    ]


def _has_rule(modes: Modes, area: Area) -> bool:
    return any((area.slug, procedure) in modes.rules for procedure in PROCEDURES)


def _codes(today: date) -> dict[str, tuple[str, ...]]:
    """Per area the communes it has today."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for unit in units.communes_of(EVERYWHERE, today):
        for place in units.areas_of(unit.code, today):
            found[place].append(unit.code)
    return {place: tuple(codes) for place, codes in found.items()}


def _held(db: Connection, modes: Modes) -> Counter[tuple[str, Procedure]]:
    found: Counter[tuple[str, Procedure]] = Counter()
    for area, procedure, number in backlog.held_by_place(db):
        for place in {area or EVERYWHERE, EVERYWHERE}:
            found[place, procedure or PROCEDURES[0]] += number
    for area, procedure in modes.rules:
        if units.unit_of(area):
            found[area, procedure] = backlog.count_in(db, area, procedure)
    return found
