"""The guard: an area in its first days after opening is frozen by itself when too much of what it sends fails."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine

from connector.adapters import areas, audit, backlog, readiness
from connector.adapters.areas import Change
from connector.adapters.audit import Action
from connector.domain.rollout import Mode, Modes, Rule
from connector.rollout.changes import sweep

GUARD: Final = "guard"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an area is watched, from how many ended messages on, and which share of them may fail."""

    watched: timedelta
    least: int
    share: float


def watch(engine: Engine, limits: Limits, now: datetime) -> tuple[str, ...]:
    """Freezes what fails too much; returns its areas with their procedures."""
    with engine.begin() as db:
        modes = areas.read(db)
        failing = [(rule, why) for rule in modes.rules.values() if (why := _why(db, modes, rule, limits, now))]
    if not failing:
        return ()
    with engine.begin() as db:
        modes = areas.alone(db)
        # Somebody may have changed it meanwhile: then it is their mode.
        changes = [
            _frozen(rule, why)
            for rule, why in failing
            if (found := modes.rules.get((rule.area, rule.procedure))) and found.change == rule.change
        ]
        if changes:
            areas.write(db, changes, now)
        for one in changes:
            details = {"mode": one.mode, "procedures": [one.procedure]}
            audit.record(db, Action.CHANGE_ROLLOUT, at=now, who=GUARD, reason=one.why, target=one.area, details=details)
    sweep(engine, now, by=GUARD)
    return tuple(f"{one.area}/{one.procedure}" for one in changes)


def _why(db: Connection, modes: Modes, rule: Rule, limits: Limits, now: datetime) -> str | None:
    """Why this area has to be frozen; None when it need not be."""
    if rule.mode is not Mode.LIVE or now - rule.since > limits.watched:
        return None
    arrived, failed = readiness.outcomes(db, backlog.obeys(modes, rule.area, rule.procedure), rule.since)
    if arrived + failed < limits.least or failed / (arrived + failed) <= limits.share:
        return None
    return f"{failed} of {arrived + failed} messages failed since it was opened by {rule.by}"


def _frozen(rule: Rule, why: str) -> Change:
    return Change(area=rule.area, procedure=rule.procedure, was=rule.mode, mode=Mode.FROZEN, by=GUARD, why=why)
