"""Whether an area is ready: what came, what would have been sent, and how it compares with what clerks entered."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_

from connector.adapters import areas, backlog, partners, readiness, shadow, shadow_states
from connector.adapters.readiness import Intake
from connector.adapters.shadow_states import Tally
from connector.adapters.tables import message
from connector.domain import shadowing
from connector.domain.dossiers import HAS_RESULT, REFUSED
from connector.domain.message import Partner
from connector.domain.rollout import Mode, Modes, mode_of, places_above
from connector.domain.side_by_side import Difference
from schemas.values import Procedure

USUAL: Final = timedelta(days=7)
# Of what an area that is off would have sent, so much is tried.
SAMPLE: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What is asked of an area: shares of 1, the least number of entries compared, the most causes still open."""

    valid: float
    matching: float
    compared: int
    causes: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """One threshold, what was found, and whether that is enough."""

    name: str
    found: str
    wanted: str
    met: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One member over all compared entries."""

    name: str
    same: int
    cosmetic: int
    legal: int

    @property
    def rate(self) -> float:
        """The share that says the same."""
        return (self.same + self.cosmetic) / (self.same + self.cosmetic + self.legal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Register entries: how many were seen, how many belong to a dossier here and how that was known; of those
    compared, how many agree, and how many of these are spelled otherwise somewhere. `fields` has the worst first."""

    entries: int
    by_code: int
    by_people: int
    compared: int
    agreeing: int
    cosmetic: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class ByHand:
    """Dossiers that were never sent and about which the ministry was asked: how many, and how many of them it has
    from clerks' hands, by state. `refused` and `done` are decided otherwise than our checks: refused there though
    valid here, registered there though invalid here."""

    asked: int
    states: Mapping[int, int]
    refused: int
    done: int

    @property
    def known(self) -> int:
        return sum(self.states.values())

    @property
    def decided(self) -> int:
        return sum(number for state, number in self.states.items() if state in (*HAS_RESULT, REFUSED))

    @property
    def agreeing(self) -> int:
        """Decided as our checks would have it."""
        return self.decided - self.refused - self.done


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What is known of an area since an instant. `sendable` of the valid ones could be mapped, the others by fault."""

    area: str
    procedures: tuple[Procedure, ...]
    modes: Mapping[Procedure, Mode]
    since: datetime
    intake: Intake
    sendable: int
    faults: Mapping[str, int]
    comparison: Comparison
    by_hand: ByHand
    contact: str | None
    criteria: tuple[Criterion, ...]

    @property
    def ready(self) -> bool:
        return all(one.met for one in self.criteria)

    @property
    def short_of(self) -> tuple[Criterion, ...]:
        return tuple(one for one in self.criteria if not one.met)


def look(
    db: Connection,
    area: str,
    procedures: Sequence[Procedure],
    thresholds: Thresholds,
    *,
    now: datetime,
    since: datetime | None = None,
) -> Readiness:
    """What was found since then: by default since shadow began, at least a week."""
    modes = areas.read(db)
    begun = since or _shadow_since(modes, area, procedures, now)
    wanted = and_(backlog.lies_in(area), message.c.procedure.in_(procedures))
    came = readiness.intake(db, wanted, begun)
    sendable, faults = _sendings(db, wanted, begun)
    compared = _comparison(db, wanted, begun)
    hand = _by_hand(shadow_states.tallies(db, wanted, begun))
    contact = readiness.contact(db, area)
    doors = {name: door.breaker for name, door in partners.standing(db, now).items()}
    return Readiness(
        area=area,
        procedures=tuple(procedures),
        modes={one: mode_of(modes.rule_of(places_above(area), one)) for one in procedures},
        since=begun,
        intake=came,
        sendable=sendable,
        faults=faults,
        comparison=compared,
        by_hand=hand,
        contact=contact,
        criteria=tuple(_criteria(came, faults, (compared, hand), contact, doors, thresholds)),
    )


def _shadow_since(modes: Modes, area: str, procedures: Sequence[Procedure], now: datetime) -> datetime:
    rules = [modes.rule_of(places_above(area), one) for one in procedures]
    return min([now - USUAL, *(rule.since for rule in rules if rule and rule.mode is Mode.SHADOW)])


def _sendings(db: Connection, wanted: ColumnElement[bool], since: datetime) -> tuple[int, dict[str, int]]:
    """What could be sent, and the faults of the rest. What shadow has not looked at is tried now."""
    sendable, faults = shadow.sendings(db, wanted, since)
    found = Counter(faults)
    for one in shadow.unmapped(db, and_(wanted, message.c.created_at >= since), SAMPLE):
        fault = shadowing.would_send(one.body).fault
        if fault is None:
            sendable += 1
        else:
            found[fault] += 1
    return sendable, dict(found)


def _comparison(db: Connection, wanted: ColumnElement[bool], since: datetime) -> Comparison:
    entries = shadow.seen_entries(db, wanted, since)
    compared = [entry["fields"] for entry in entries if entry["fields"] is not None]
    counts: dict[str, Counter[str]] = {}
    for fields in compared:
        for name, difference in fields.items():
            counts.setdefault(name, Counter())[difference] += 1
    agreeing = [fields for fields in compared if Difference.LEGAL not in fields.values()]
    found = [
        Field(name, one[Difference.NONE], one[Difference.COSMETIC], one[Difference.LEGAL])
        for name, one in counts.items()
    ]
    return Comparison(
        entries=len(entries),
        by_code=sum(entry["found_by"] == "code" for entry in entries),
        by_people=sum(entry["found_by"] == "people" for entry in entries),
        compared=len(compared),
        agreeing=len(agreeing),
        cosmetic=sum(Difference.COSMETIC in fields.values() for fields in agreeing),
        fields=tuple(sorted(found, key=lambda one: (one.rate, one.name))),
    )


def _by_hand(tallies: Sequence[Tally]) -> ByHand:
    states: Counter[int] = Counter()
    for one in tallies:
        if one.state is not None:
            states[one.state] += one.number
    return ByHand(
        asked=sum(one.number for one in tallies),
        states=dict(sorted(states.items())),
        refused=sum(one.number for one in tallies if one.state == REFUSED and one.valid),
        done=sum(one.number for one in tallies if one.state in HAS_RESULT and not one.valid),
    )


def _criteria(
    came: Intake,
    faults: Mapping[str, int],
    by_clerks: tuple[Comparison, ByHand],
    contact: str | None,
    doors: Mapping[Partner, str],
    wanted: Thresholds,
) -> Iterator[Criterion]:
    compared, hand = by_clerks
    valid = _share(came.valid, came.taken)
    yield Criterion(
        "valid", _percent(valid), f">= {_percent(wanted.valid)}", valid is not None and valid >= wanted.valid
    )
    enough = compared.compared >= wanted.compared
    yield Criterion("compared", str(compared.compared), f">= {wanted.compared}", enough)
    match = _share(compared.agreeing, compared.compared)
    met = match is not None and match >= wanted.matching
    yield Criterion("matching", _percent(match), f">= {_percent(wanted.matching)}", met)
    decided = _share(hand.agreeing, hand.decided)
    # Where clerks decided nothing under the dossier's code, the entries alone speak.
    met = decided is None or decided >= wanted.matching
    yield Criterion("decided", _percent(decided), f">= {_percent(wanted.matching)}", met)
    causes = len(faults) + sum(one.rate < wanted.matching for one in compared.fields)
    yield Criterion("causes", str(causes), f"<= {wanted.causes}", causes <= wanted.causes)
    closed = [name for name, breaker in doors.items() if breaker != "closed"]
    yield Criterion("partners", ", ".join(closed) or "well", "well", not closed)
    yield Criterion("contact", contact or "-", "named", contact is not None)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}%"
