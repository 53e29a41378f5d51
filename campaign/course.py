"""The course of a campaign: fire for some minutes, then calm weather until everything is at its end, then judgement."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import requests
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from campaign.desk import Desk
from campaign.ledger_reading import judge_ledger, ledger_counts
from campaign.life import Terms
from campaign.mischief import PARTNERS, Killer
from campaign.recovery import Recoveries
from campaign.report import Outcome
from campaign.supply import Supply
from campaign.system import TRIES, System, started
from connector.adapters.database import make_engine
from connector.sandbox.control import Control, ControlError
from connector.sandbox.judge import judge
from connector.sandbox.trail import Watch
from connector.sandbox.verdict import Verdict

# The share of the time in which dossiers come in.
COMING_IN: Final = 0.75
TICK: Final = 0.1
LOOK: Final = 2.0
SAY: Final = 5.0
# The verdict costs a reading of both records: it is asked for so often at most.
JUDGE: Final = 8.0
# In calm weather nothing moves for this long: what is not at its end by then does not get there.
STANDSTILL: Final = 90.0
PATIENCE: Final = timedelta(seconds=30)
_AWAY: Final = (requests.RequestException, ControlError, SQLAlchemyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a campaign is to do. `every` is the mean of seconds between two deeds of the killer, `only` names some.
    `rates` are other shares for some kinds of the partners' own faults."""

    seed: int
    dossiers: int
    minutes: float
    workers: int = 2
    beats: int = 2
    every: float = 2.5
    only: Collection[str] = ()
    faults: str = "rough"
    rates: Mapping[str, float] = field(default_factory=dict)


def run(plan: Plan, home: Path, say: Callable[[str], None]) -> Outcome:
    """The whole campaign in `home`, which keeps logs, ledger and both partners' records."""
    began = time.monotonic()
    with started(home, workers=plan.workers, beats=plan.beats, faults=plan.faults, seed=plan.seed) as system:
        course = _Course(plan, system, say)
        try:
            course.fire()
            course.calm()
            return course.outcome(time.monotonic() - began)
        finally:
            course.engine.dispose()


class _Course:
    def __init__(self, plan: Plan, system: System, say: Callable[[str], None]) -> None:
        self._plan, self._system, self._say = plan, system, say
        self.engine: Engine = make_engine(system.urls.database, pool_size=1)
        ministry, province = self._partners()
        seconds = plan.minutes * 60
        self._recoveries = Recoveries(self.engine)
        self._killer = Killer(
            system, plan.seed, every=plan.every, only=plan.only, outage_ended=self._recoveries.outage_ended
        )
        self._supply = Supply(plan.seed, plan.dossiers, seconds * COMING_IN, ministry, province)
        self._watch = Watch(self._supply.all, ministry, province, registers=True)
        self._desk = Desk(plan.seed, ministry)
        self._ended: dict[str, bool] = {}
        self._began = time.monotonic()
        self._ends = self._began + seconds
        self._looked_at = self._said_at = 0.0
        self._movement = 0

    def _partners(self) -> tuple[Control, Control]:
        return self._system.controls["ministry"], self._system.controls["province"]

    # -- the two parts ------------------------------------------------------------------------------------------------

    def fire(self) -> None:
        self._supply.people_at_work()
        for control in self._partners():
            control.set_faults(self._plan.faults, self._plan.rates)
        while time.monotonic() < self._ends:
            self._killer.work()
            self._tick()

    def calm(self) -> None:
        """Everything up and friendly; waits until all is at its end, or nothing moves any more."""
        self._killer.stop()
        friendly: set[str] = set()
        moved_at, last, judged_at = time.monotonic(), -1, 0.0
        while time.monotonic() - moved_at < STANDSTILL:
            self._killer.work()
            friendly |= {name for name in self._system.controls if name not in friendly and self._calm_down(name)}
            self._tick()
            if self._movement != last:
                moved_at, last = time.monotonic(), self._movement
            if len(friendly) == len(PARTNERS) and time.monotonic() - judged_at >= JUDGE and self._is_quiet():
                judged_at = time.monotonic()
                if not self._judge().wrongs:
                    return

    def _calm_down(self, name: str) -> bool:
        with suppress(*_AWAY):
            self._system.controls[name].outage("off")
            self._system.controls[name].set_faults("calm")
            return True
        return False

    def _tick(self) -> None:
        time.sleep(TICK)
        self._system.mend()
        self._supply.hand_in(time.monotonic() - self._began)
        now = time.monotonic()
        if now - self._looked_at >= LOOK:
            self._looked_at = now
            with suppress(*_AWAY):
                self._look()
            self._recoveries.look()
        if now - self._said_at >= SAY:
            self._said_at = now
            self._say(self._line())

    def _look(self) -> None:
        self._ended = self._watch.look()
        if time.monotonic() < self._ends:
            self._supply.correct(self._watch.trails.values())
            self._desk.work()
        with self.engine.begin() as db:
            moves = int(db.scalar(text("SELECT coalesce(max(id), 0) FROM history")) or 0)
        self._movement = moves + sum(self._ended.values()) + self._supply.handed_in

    def _is_quiet(self) -> bool:
        if not self._supply.done or not self._ended or not all(self._ended.values()):
            return False
        try:
            with self.engine.begin() as db:
                return not db.scalar(text("SELECT EXISTS (SELECT 1 FROM message WHERE state IN ('ready', 'sending'))"))
        except SQLAlchemyError:
            return False

    def _line(self) -> str:
        seconds = time.monotonic() - self._began
        return (
            f"{seconds:.0f} s: {self._supply.handed_in}/{self._plan.dossiers} handed in, "
            f"{sum(self._ended.values())} at their end, {sum(self._killer.counts.values())} deeds"
            f" (last {self._killer.last or 'none'}), {self._supply.corrections} corrected"
        )

    # -- the end ------------------------------------------------------------------------------------------------------

    def _judge(self) -> Verdict:
        return judge(self._supply.all, *self._partners(), registers=True)

    def outcome(self, seconds: float) -> Outcome:
        verdict = self._judge()
        terms = Terms(now=datetime.now(UTC), patience=PATIENCE, tries=TRIES)
        faults: Counter[str] = Counter()
        for name, control in self._system.controls.items():
            faults.update({f"{name} {kind}": n for kind, n in control.counts()["faults"].items()})
        return Outcome(
            seed=self._plan.seed,
            verdict=verdict,
            flaws=judge_ledger(self.engine, terms),
            unfinished=[code for code, ended in self._watch.look().items() if not ended],
            ledger=ledger_counts(self.engine),
            faults=dict(sorted(faults.items())),
            killed=dict(sorted(self._killer.counts.items())),
            unasked_deaths=self._system.unasked_deaths(),
            corrections=self._supply.corrections,
            desk={
                "walk_ins": self._desk.walk_ins,
                "annotations": self._desk.annotations,
                "cancellations": self._desk.cancellations,
            },
            recovery=self._recoveries.figures(),
            seconds=seconds,
        )
