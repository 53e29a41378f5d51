"""What the modes of areas keep back: which messages they are, how many, and the next that may go.

The same rules as `domain.rollout`, as conditions on the table `message`: a backlog of a hundred thousand is not read to
find ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, case, exists, false, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from connector.adapters.tables import attempt, dossier, message
from connector.domain.message import Hold, Route, State
from connector.domain.rollout import BEGUN_ROUTES, PROCEDURES, Mode, Modes, narrower
from connector.domain.units import EVERYWHERE, unit_of
from schemas.values import Procedure

_m: Final = message.c
HELD_BY_AREA: Final = and_(_m.state == State.HELD.value, _m.hold == Hold.AREA.value)


@dataclass(frozen=True, slots=True)
class Backlog:
    """So many messages, by route, and when the oldest was taken in."""

    routes: dict[Route, int]
    oldest: datetime | None

    @property
    def total(self) -> int:
        return sum(self.routes.values())


def lies_in(area: str) -> ColumnElement[bool]:
    """Messages whose office lay in this area on the day they were received."""
    unit = unit_of(area)
    if unit is not None:
        return and_(_m.office == unit.code, _m.received_on.between(unit.valid_from, unit.valid_to or date.max))
    return true() if area == EVERYWHERE else _m.area == area


def obeys(modes: Modes, area: str, procedure: Procedure) -> ColumnElement[bool]:
    """Messages about which this area's rule decides: those that no rule of a narrower area speaks of."""
    inner = [other for other, one in modes.rules if one == procedure and narrower(area, other)]
    outside = [not_(func.coalesce(lies_in(other), false())) for other in inner]
    return and_(func.coalesce(_m.procedure, PROCEDURES[0]) == procedure, lies_in(area), *outside)


def begun(*, or_on_the_line: bool = False) -> ColumnElement[bool]:
    """Messages of dossiers that the ministry has from us, or may have."""
    code = case((_m.route == Route.REGISTER.value, _m.dossier), else_=_m.subject)
    other = aliased(message, name="application")
    unknown = exists().where(attempt.c.message_id == other.c.id, attempt.c.maybe_done)
    sent = or_(unknown, other.c.state == State.SENDING.value) if or_on_the_line else unknown
    return or_(
        _m.route.in_([route.value for route in sorted(BEGUN_ROUTES)]),
        exists().where(dossier.c.code == code, dossier.c.submissions > 0),
        exists().where(other.c.subject == code, other.c.route == Route.APPLICATION.value, sent),
    )


def may_go(modes: Modes) -> ColumnElement[bool]:
    """Messages that the modes let go."""
    live = [obeys(modes, area, procedure) for area, procedure, mode in _rules(modes) if mode is Mode.LIVE]
    ending = [
        obeys(modes, area, procedure) for area, procedure, mode in _rules(modes) if mode not in (Mode.LIVE, Mode.FROZEN)
    ]
    return or_(false(), *live, and_(begun(), or_(false(), *ending)))


def may_not_go(modes: Modes) -> ColumnElement[bool]:
    """Messages that the modes keep back. What is on the line counts as begun."""
    frozen = [obeys(modes, area, procedure) for area, procedure, mode in _rules(modes) if mode is Mode.FROZEN]
    closed = [
        obeys(modes, area, procedure) for area, procedure, mode in _rules(modes) if mode not in (Mode.LIVE, Mode.FROZEN)
    ]
    return or_(false(), *frozen, and_(not_(begun(or_on_the_line=True)), or_(false(), *closed)))


def look(db: Connection, wanted: ColumnElement[bool]) -> Backlog:
    """How much is held for its area, of what is wanted."""
    rows = db.execute(
        select(_m.route, func.count().label("number"), func.min(_m.created_at).label("oldest"))
        .where(HELD_BY_AREA, wanted)
        .group_by(_m.route)
    ).all()
    found = {Route(row.route): int(row.number) for row in rows}
    return Backlog(
        {route: found[route] for route in Route if route in found}, min((row.oldest for row in rows), default=None)
    )


def held_by_place(db: Connection) -> Sequence[tuple[str | None, Procedure | None, int]]:
    """How many messages are held for their area: (district area, procedure, number)."""
    rows = db.execute(select(_m.area, _m.procedure, func.count()).where(HELD_BY_AREA).group_by(_m.area, _m.procedure))
    return [(area, procedure, int(number)) for area, procedure, number in rows]


def count_in(db: Connection, area: str, procedure: Procedure) -> int:
    """How many messages of an area are held for it."""
    mine = and_(HELD_BY_AREA, lies_in(area), _m.procedure == procedure)
    return int(db.execute(select(func.count()).select_from(message).where(mine)).scalar_one())


def oldest(db: Connection, state: ColumnElement[bool], wanted: ColumnElement[bool], *, limit: int) -> list[UUID]:
    """The first of these messages, in the order of intake."""
    return list(db.scalars(select(_m.id).where(state, wanted).order_by(_m.seq).limit(limit)))


def _rules(modes: Modes) -> list[tuple[str, Procedure, Mode]]:
    """Every rule, and the one that nobody made: what no rule speaks of is off."""
    unmade = [(EVERYWHERE, one, Mode.OFF) for one in PROCEDURES if (EVERYWHERE, one) not in modes.rules]
    return [*((area, one, rule.mode) for (area, one), rule in modes.rules.items()), *unmade]
