"""A change of modes: what it would let go, shown first, and then done. Nothing held is ever dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, and_, false, func, not_, or_, select, text

from connector.adapters import areas, audit, backlog, ledger, shadow, shadow_states
from connector.adapters.areas import Change
from connector.adapters.audit import Action
from connector.adapters.backlog import HELD_BY_AREA, Backlog
from connector.adapters.database import make_engine
from connector.adapters.tables import message
from connector.domain.message import Hold, Move, Route, State
from connector.domain.rollout import PROCEDURES, Mode, Modes, mode_of, narrower, places_above
from connector.domain.units import EVERYWHERE
from schemas.values import Procedure

BATCH: Final = 500


class Fate(StrEnum):
    """What becomes of what was held when an area is opened."""

    SEND = "send"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An area's mode as it is to be. `first_day`: what was received before it is skipped, though the rest is sent.
    At `until` the mode is what it was before."""

    area: str
    procedures: tuple[Procedure, ...]
    mode: Mode
    by: str
    why: str
    fate: Fate = Fate.SEND
    first_day: date | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do: what it lets go, what it would give up, in how long the rest is gone, and which narrower
    areas keep a mode of their own."""

    released: Backlog
    skipped: Backlog
    takes: timedelta
    own_mode: tuple[tuple[str, Procedure, Mode], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change did. `changed` are the procedures whose mode is another now; `held` were ready and are held."""

    changed: tuple[Procedure, ...]
    released: int
    skipped: int
    held: int


def preview(db: Connection, wish: Wish, *, rate: int) -> Preview:
    """What this wish would do at this moment."""
    modes = areas.read(db)
    nothing = Backlog({}, None)
    released = skipped = nothing
    if wish.mode is not Mode.FROZEN:
        released = backlog.look(db, and_(_decided(modes, wish), _goes(wish)))
    if wish.mode is Mode.LIVE:
        skipped = backlog.look(db, and_(_decided(modes, wish), _skipped(wish)))
    own = [(area, one, rule.mode) for (area, one), rule in modes.rules.items() if one in wish.procedures]
    return Preview(
        released,
        skipped,
        timedelta(seconds=-(-released.total // rate)),
        tuple(sorted(line for line in own if narrower(wish.area, line[0]) and line[2] is not wish.mode)),
    )


def carry_out(engine: Engine, wish: Wish, now: datetime) -> Outcome:
    """Changes the modes, and what follows at once: what is skipped is cancelled before the area opens, what is ready in
    an area that closes is held. What is let go goes in waves, by the beat.

    It may die at any point: called again, it goes on. What is claimed meanwhile is kept back at the door.
    """
    skipped = _skip(engine, wish, now) if wish.mode is Mode.LIVE else 0
    with engine.begin() as db:
        modes = areas.alone(db)
        released = 0
        if wish.mode is not Mode.FROZEN:
            released = backlog.look(db, and_(_decided(modes, wish), _goes(wish))).total
        changes = [
            _change(modes, wish, procedure, released, skipped)
            for procedure in wish.procedures
            if not _holds_already(modes, wish, procedure)
        ]
        if changes:
            areas.write(db, changes, now)
            details = {"mode": wish.mode, "procedures": [one.procedure for one in changes], "skipped": skipped}
            audit.record(
                db, Action.CHANGE_ROLLOUT, at=now, who=wish.by, reason=wish.why, target=wish.area, details=details
            )
    held = 0 if wish.mode is Mode.LIVE else sweep(engine, now, by=wish.by)
    return Outcome(tuple(change.procedure for change in changes), released, skipped, held)


def open_everywhere(database_url: str, now: datetime, *, by: str, why: str) -> None:
    """Every area live, for an installation that is there to be looked at or measured."""
    engine = make_engine(database_url, pool_size=1)
    try:
        carry_out(engine, Wish(area=EVERYWHERE, procedures=PROCEDURES, mode=Mode.LIVE, by=by, why=why), now)
    finally:
        engine.dispose()


def sweep(engine: Engine, now: datetime, *, by: str) -> int:
    """Holds what is ready where an area is closed; returns how many. Without it the same happens when they are
    claimed."""
    swept = 0
    while True:
        with engine.begin() as db:
            modes = areas.steady(db)
            ids = backlog.oldest(db, message.c.state == State.READY.value, backlog.may_not_go(modes), limit=BATCH)
            moved = ledger.move(
                db, ids, Move.HOLD, State.HELD, now=now, by=by, why="its area was closed", hold=Hold.AREA
            )
        swept += len(moved)
        if not moved:
            return swept


def _change(modes: Modes, wish: Wish, procedure: Procedure, released: int, skipped: int) -> Change:
    before = modes.rule_of(places_above(wish.area), procedure)
    was = mode_of(before)
    # What was set for a time is not what comes after: a freeze that is made longer would never end.
    lasting = before.then if before and before.then else was
    return Change(
        area=wish.area,
        procedure=procedure,
        was=was,
        mode=wish.mode,
        by=wish.by,
        why=wish.why,
        until=wish.until,
        then=lasting if wish.until else None,
        released=released,
        skipped=skipped,
    )


def _holds_already(modes: Modes, wish: Wish, procedure: Procedure) -> bool:
    rule = modes.rules.get((wish.area, procedure))
    return rule is not None and (rule.mode, rule.until) == (wish.mode, wish.until)


def _decided(modes: Modes, wish: Wish) -> ColumnElement[bool]:
    """Messages about which the wish decides."""
    return or_(*(backlog.obeys(modes, wish.area, procedure) for procedure in wish.procedures))


def _goes(wish: Wish) -> ColumnElement[bool]:
    """Of what the wish decides about: what it lets go."""
    if wish.mode is not Mode.LIVE:
        return backlog.begun()
    return not_(func.coalesce(_skipped(wish), false()))


def _skipped(wish: Wish) -> ColumnElement[bool]:
    """What is given up: never what belongs to a dossier that was begun, or a family stood between two systems. What
    clerks have registered by hand, or begun to, is not sent in any case, or it was registered twice."""
    given_up = not_(backlog.begun(or_on_the_line=True))
    if wish.fate is Fate.SKIP:
        return given_up
    early = message.c.received_on < wish.first_day if wish.first_day else false()
    return and_(given_up, or_(shadow.entered_by_hand(), shadow_states.known_there(), early))


def _skip(engine: Engine, wish: Wish, now: datetime) -> int:
    """Cancels what is skipped, while its area is closed still; its dossiers are carried by hand from now on."""
    number = 0
    while True:
        with engine.begin() as db:
            modes = areas.steady(db)
            wanted = and_(_decided(modes, wish), _skipped(wish))
            ids = backlog.oldest(db, HELD_BY_AREA, wanted, limit=BATCH)
            subjects = _give_up_dossiers(db, ids)
            others = _waiting_behind(db, subjects)
            why = f"skipped when {wish.area} was opened: {wish.why}"
            moved = ledger.move(db, [*ids, *others], Move.CANCEL, State.CANCELLED, now=now, by=wish.by, why=why)
        number += len(moved)
        if not moved:
            return number


def _give_up_dossiers(db: Connection, ids: Sequence[UUID]) -> list[str]:
    rows = db.execute(
        text(
            "UPDATE dossier SET by_hand = true WHERE code IN"
            " (SELECT code FROM dossier WHERE code IN (SELECT subject FROM message WHERE id = ANY(:ids)"
            "   AND route = 'application') ORDER BY code FOR UPDATE) RETURNING code"
        ),
        {"ids": list(ids)},
    )
    return [row.code for row in rows]


def _waiting_behind(db: Connection, subjects: Sequence[str]) -> list[UUID]:
    """Supplements and withdrawals that waited for something that does not come any more."""
    m = message.c
    routes = [Route.APPLICATION.value, Route.WITHDRAWAL.value]
    waits = and_(m.state == State.HELD.value, m.hold != Hold.AREA.value, m.route.in_(routes))
    return list(db.scalars(select(m.id).where(m.subject.in_(subjects), waits)))
