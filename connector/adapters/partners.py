"""The two partners' doors, as rows: whether anything may go, as every worker on every machine sees it."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Literal

from sqlalchemy import Connection, text

from connector.domain.breaker import Breaker, after_calls, after_error, in_the_present, is_failure
from connector.domain.errors import DeliveryError
from connector.domain.message import Partner

_COLUMNS: Final = tuple(field.name for field in fields(Breaker))


class Door(Enum):
    OPEN = "open"
    PROBE = "probe"  # one call may go, to see whether the partner is back
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a partner's breaker stands, in the words of `status`; until when nothing goes, and why."""

    breaker: Literal["closed", "open", "half-open"]
    until: datetime | None
    why: str | None


def door(db: Connection, partner: Partner, *, now: datetime, lease: timedelta) -> Door:
    """Whether calls may go to the partner now. PROBE is given to one caller; who gets it says with `note` how it went.

    A probe whose worker dies is given to another after `lease`.
    """
    row = db.execute(
        text("SELECT tripped, closed_until FROM partner WHERE name = :name"), {"name": partner.value}
    ).one_or_none()
    if row is None or (row.closed_until is None and not row.tripped):
        return Door.OPEN
    if row.closed_until is not None and row.closed_until > now:
        return Door.SHUT
    if not row.tripped:
        return Door.OPEN
    taken = db.execute(
        text(
            "UPDATE partner SET probe_until = :until WHERE name = :name AND tripped"
            " AND (closed_until IS NULL OR closed_until <= :now) AND (probe_until IS NULL OR probe_until <= :now)"
            " RETURNING name"
        ),
        {"name": partner.value, "now": now, "until": now + lease},
    ).one_or_none()
    return Door.SHUT if taken is None else Door.PROBE


def note(db: Connection, partner: Partner, *, good: int, errors: list[DeliveryError], now: datetime) -> bool:
    """Tells how calls went, and gives a probe back; returns whether the partner was found away or closed by this.

    Comes last in a transaction: its row is everybody's.
    """
    bad = sum(is_failure(error) for error in errors)
    row = db.execute(_STANDING, {"name": partner.value}).one_or_none()
    if row is None:
        db.execute(text("INSERT INTO partner (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": partner.value})
        row = db.execute(_STANDING, {"name": partner.value}).one()
    before = in_the_present(Breaker(**row._mapping), now)
    after = after_calls(before, good=good, bad=bad, now=now)
    for error in errors:
        after = after_error(after, error, now)
    db.execute(_NOTE, {"name": partner.value, **{column: getattr(after, column) for column in _COLUMNS}})
    return after.tripped and not before.tripped


def give_back(db: Connection, partner: Partner, door_: Door, now: datetime) -> None:
    """A probe that was not needed, because there was nothing to ask or to send, is another's."""
    if door_ is Door.PROBE:
        note(db, partner, good=0, errors=[], now=now)


def shut(db: Connection, now: datetime) -> frozenset[Partner]:
    """Partners to whom nothing may go at this instant, because of a pause or because another worker's probe is out."""
    rows = db.execute(
        text("SELECT name FROM partner WHERE closed_until > :now OR (tripped AND probe_until > :now)"), {"now": now}
    )
    return frozenset(Partner(row.name) for row in rows)


def not_open(db: Connection, now: datetime) -> frozenset[Partner]:
    """Partners that are left alone at this instant, or of whom it is still to be seen whether they are back."""
    rows = db.execute(text("SELECT name FROM partner WHERE tripped OR closed_until > :now"), {"now": now})
    return frozenset(Partner(row.name) for row in rows)


def standing(db: Connection, now: datetime) -> dict[Partner, Standing]:
    """How both breakers stand."""
    found = dict.fromkeys(Partner, Standing("closed", None, None))
    for row in db.execute(text("SELECT name, tripped, closed_until, why FROM partner")):
        until = row.closed_until if row.closed_until is not None and row.closed_until > now else None
        state: Literal["closed", "open", "half-open"] = "closed"
        if row.tripped:
            state = "half-open" if until is None else "open"
        why = row.why if row.tripped or until else None
        found[Partner(row.name)] = Standing(state, until, why)
    return found


_STANDING: Final = text(f"SELECT {', '.join(_COLUMNS)} FROM partner WHERE name = :name FOR UPDATE")
_NOTE: Final = text(
    f"UPDATE partner SET {', '.join(f'{c} = :{c}' for c in _COLUMNS)}, probe_until = NULL WHERE name = :name"
)
