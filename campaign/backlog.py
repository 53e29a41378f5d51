"""How soon a backlog is gone after an outage of each partner: calm weather, nobody kills, a clock runs."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from campaign.recovery import Recoveries
from campaign.supply import Supply
from campaign.system import System, started
from connector.adapters.database import make_engine

TICK: Final = 0.1
# The backlog has come in when it has not grown for so many seconds.
STILL: Final = 6.0
# A partner that was away for a while has a breaker at its longest pause.
LONGEST: Final = 900.0


def measure(home: Path, *, dossiers: int, workers: int, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds to the first delivery and to an empty backlog, for each partner, and how large the backlog was.

    Raises TimeoutError when a part takes longer than a quarter of an hour.
    """
    with started(home, workers=workers, beats=1, faults="calm", seed=seed) as system:
        engine = make_engine(system.urls.database, pool_size=1)
        try:
            return _Measure(system, engine, say).both(Supply(seed, dossiers, 0.0, *_controls(system)))
        finally:
            engine.dispose()


def _controls(system: System) -> Any:
    return system.controls["ministry"], system.controls["province"]


class _Measure:
    def __init__(self, system: System, engine: Engine, say: Callable[[str], None]) -> None:
        self._system, self._engine, self._say = system, engine, say

    def both(self, supply: Supply) -> dict[str, Any]:
        """The ministry is away while dossiers come in, then the province while the ministry decides them."""
        ministry, province = _controls(self._system)
        ministry.set(officers=False)
        ministry.outage("close")
        self._until(lambda: not supply.hand_in(1.0) and supply.done)
        ministry_figures = self._come_back("ministry")
        province.outage("close")
        ministry.set(officers=True)
        return {"ministry": ministry_figures, "province": self._come_back("province")}

    def _come_back(self, partner: str) -> dict[str, Any]:
        self._until_still()
        recoveries = Recoveries(self._engine)
        self._system.controls[partner].outage("off")
        recoveries.outage_ended(partner)
        self._until(lambda: _is_over(recoveries))
        [one] = recoveries.all
        self._say(f"{partner}: {one.backlog} waited, first after {one.first_delivery} s, empty after {one.empty} s")
        return {"backlog": one.backlog, "first_delivery": one.first_delivery, "empty_backlog": one.empty}

    def _until_still(self) -> None:
        waiting, since = -1, time.monotonic()

        def grows_no_more() -> bool:
            nonlocal waiting, since
            with suppress(SQLAlchemyError), self._engine.begin() as db:
                now = db.scalar(text("SELECT count(*) FROM message WHERE state = 'ready'"))
                if now != waiting:
                    waiting, since = now, time.monotonic()
            return time.monotonic() - since > STILL

        self._until(grows_no_more)

    def _until(self, is_so: Callable[[], bool]) -> None:
        ends = time.monotonic() + LONGEST
        while not is_so():
            if time.monotonic() > ends:
                raise TimeoutError
            self._system.mend()
            time.sleep(TICK)


def _is_over(recoveries: Recoveries) -> bool:
    recoveries.look()
    return all(one.empty is not None and one.first_delivery is not None for one in recoveries.all)
