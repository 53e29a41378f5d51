"""The beat: looks at the ledger every second or sooner, and tells the workers what is due. Several beats do no harm."""

import time
from datetime import datetime
from typing import Any, Final

import structlog
from celery.beat import Scheduler
from kombu.exceptions import OperationalError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from connector.adapters.agenda import Agenda
from connector.adapters.locks import Lock
from connector.domain.breaker import TOLERANCE
from workers.app import connector
from workers.tasks import EXPIRES

PAUSE: Final = 1.0
ALARMS_EVERY: Final = 60.0
TRAFFIC_EVERY: Final = 15.0
# A beat that says nothing for so many seconds (frozen, or cut off without a word) has its session ended, and with it
# the lock.
SILENCE: Final = 10
# One that cannot reach the broker stands back for so long, for another that may.
STANDS_BACK: Final = 3.0

log = structlog.stdlib.get_logger(__name__)


class LedgerScheduler(Scheduler):
    """Sends what the ledger says is due. It keeps no schedule and no file of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._lock: Connection | None = None
        self._latest: datetime | None = None
        self._alarms_at = self._traffic_at = self._mends_at = self._stands_back_until = 0.0
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Nothing is scheduled: the ledger is asked."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One look; returns the seconds until the next."""
        began = time.monotonic()
        try:
            if not self._leads():
                return PAUSE
            if self._clock_was_set_back() or time.monotonic() >= self._mends_at:
                self._mends_at = time.monotonic() + connector().settings.lease.total_seconds()
                self._hint("mend_clock")
            agenda = connector().agenda()
            self._send(agenda)
        except SQLAlchemyError as error:
            log.warning("beat.database_away", reason_code=type(error).__name__)
            self._let_go()
            return PAUSE
        except OperationalError:
            log.warning("beat.broker_away")
            self._let_go()
            self._stands_back_until = time.monotonic() + STANDS_BACK
            return PAUSE
        return max(agenda.wait.total_seconds() - (time.monotonic() - began), 0.05)

    def close(self) -> None:
        self._let_go()
        super().close()

    def _leads(self) -> bool:
        """Whether this beat holds the lock, or gets it now."""
        if time.monotonic() < self._stands_back_until:
            return False
        if self._lock is None:
            self._lock = connector().engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if not self._lock.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": Lock.BEAT.value}).scalar_one():
                self._let_go()
                return False
            self._lock.execute(text(f"SET idle_session_timeout = '{SILENCE}s'"))
            log.info("beat.leads")
        self._lock.execute(text("SELECT 1"))
        return True

    def _let_go(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.invalidate()  # back in the pool it would keep the lock
            lock.close()

    def _clock_was_set_back(self) -> bool:
        """Also said at a beat's first look: the clock may have been set back while none looked."""
        now, before = connector().now(), self._latest
        self._latest = now
        return before is None or now < before - TOLERANCE

    def _send(self, agenda: Agenda) -> None:
        if time.monotonic() >= self._alarms_at:
            self._alarms_at = time.monotonic() + ALARMS_EVERY
            self._hint("sound_alarms")
            self._hint("watch_areas")
        if time.monotonic() >= self._traffic_at:
            self._traffic_at = time.monotonic() + TRAFFIC_EVERY
            self._hint("sum_traffic")
        if agenda.expire:
            self._hint("expire")
        if agenda.drain:
            self._hint("drain")
        if agenda.read_events:
            self._hint("read_events")
        if agenda.ask_states:
            self._hint("ask_states")
        if agenda.replay:
            self._hint("replay")
        for procedure in agenda.read_registers:
            self._hint("read_registers", procedure)
        for route in agenda.routes:
            self._hint("deliver", route.value)

    def _hint(self, name: str, *args: str) -> None:
        self.app.send_task(name, args, expires=EXPIRES)
