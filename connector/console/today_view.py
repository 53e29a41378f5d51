"""What the first page shows: the routes with what flows on them, alerts, partners, and the last day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from connector.adapters import areas, jobs, overview, today, traffic
from connector.adapters.overview import NEEDS_PERSON, OVERDUE_AFTER, WAITING, Overview
from connector.adapters.partners import Standing
from connector.adapters.today import Health
from connector.console.charts import Chart, chart
from connector.domain.alerts import Alarm, alarms
from connector.domain.message import DESTINATION, Partner, Route, State
from connector.domain.replay import JobState
from connector.domain.rollout import Mode
from connector.settings import Settings

CHART_BACK: Final = timedelta(hours=24)
CHART_STEP: Final = timedelta(hours=1)
HEALTH_BACK: Final = timedelta(hours=1)
_MOST_PAUSED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One route now. The rates are per minute; `failed` are attempts of the last quarter of an hour."""

    route: Route
    to: Partner
    waiting: int
    held: int
    stopped: int
    oldest: datetime | None
    taken_in_rate: float
    delivered_rate: float
    failed: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class PartnerNow:
    partner: Partner
    standing: Standing
    health: Health


@dataclass(frozen=True, slots=True)
class Now:
    """What changes from moment to moment."""

    at: datetime
    flows: tuple[Flow, ...]
    alarms: tuple[Alarm, ...]
    partners: tuple[PartnerNow, ...]
    waiting: int
    empty_at: datetime | None


def look(db: Connection, now: datetime, settings: Settings, shown: Callable[[str], bool]) -> Now:
    """The ledger at this instant. `shown` tells which areas this person may see."""
    paused = len(jobs.page(db, limit=_MOST_PAUSED, states=(JobState.PAUSED,)))
    found = overview.look(db, now, settings.document_alert)
    health = today.health(db, now - HEALTH_BACK)
    return Now(
        at=now,
        flows=_flows(db, found, now),
        alarms=tuple(_alarms(found, now, paused, _frozen(db, shown))),
        partners=tuple(PartnerNow(one, found.partners[one], health[one]) for one in Partner),
        waiting=found.total(WAITING),
        empty_at=found.empty_at,
    )


def charts(db: Connection, now: datetime) -> dict[Route, Chart]:
    """The last day of each route, hour by hour."""
    series = traffic.series(db, now, back=CHART_BACK, width=CHART_STEP)
    return {route: chart(points) for route, points in series.items()}


def _flows(db: Connection, found: Overview, now: datetime) -> tuple[Flow, ...]:
    since, rates = today.oldest(db), traffic.rates(db, now)
    flows = []
    for route in Route:
        counts, rate = found.counts[route], rates[route]
        minutes = max((now - rate.at).total_seconds() / 60, 1.0)
        flows.append(
            Flow(
                route=route,
                to=DESTINATION[route],
                waiting=sum(counts[state] for state in WAITING),
                held=counts[State.HELD],
                stopped=sum(counts[state] for state in NEEDS_PERSON),
                oldest=since.get(route),
                taken_in_rate=rate.taken_in / minutes,
                delivered_rate=rate.delivered / minutes,
                failed=rate.failed,
                is_closed=found.partners[DESTINATION[route]].breaker == "open",
            )
        )
    return tuple(flows)


def _frozen(db: Connection, shown: Callable[[str], bool]) -> dict[str, tuple[datetime, str]]:
    """Frozen areas: since when, and why; of two procedures the one that was frozen first."""
    rules = sorted(areas.read(db).rules.values(), key=lambda rule: rule.since, reverse=True)
    return {
        rule.area: (rule.since, f"{rule.why} ({rule.by})")
        for rule in rules
        if rule.mode is Mode.FROZEN and shown(rule.area)
    }


def _alarms(found: Overview, now: datetime, paused_jobs: int, frozen: dict[str, tuple[datetime, str]]) -> list[Alarm]:
    return list(
        alarms(
            counts={state: found.total([state]) for state in NEEDS_PERSON},
            closed={
                partner.value: (standing.until, standing.why)
                for partner, standing in found.partners.items()
                if standing.breaker != "closed"
            },
            frozen=frozen,
            due_since=found.due_since,
            overdue_after=OVERDUE_AFTER,
            paused_jobs=paused_jobs,
            late_documents=found.late_documents,
            now=now,
        )
    )
