"""Seeded mischief: what a machine room, a network and a partner can do to a running system."""

import heapq
import itertools
import math
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from random import Random
from typing import Final

import psycopg
import redis
import requests
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from campaign.system import LEASE, Role, System
from connector.sandbox.control import ControlError

STOPS_WITHIN: Final = 15.0
PARTNERS: Final = ("ministry", "province")
log = structlog.get_logger(__name__)

_AWAY: Final = (requests.RequestException, ControlError, OSError, psycopg.Error, redis.RedisError)


class Killer:
    """Does one thing after another at random moments, on average `every` seconds apart.

    What has an end (an outage, a frozen process) is undone by itself. `outage_ended` is told the partner whenever one
    answers again.
    """

    def __init__(
        self,
        system: System,
        seed: int,
        *,
        every: float,
        only: Collection[str] = (),
        outage_ended: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._system = system
        self._random = Random(f"mischief:{seed}")
        self._every = every
        self._outage_ended = outage_ended
        self._due_at = time.monotonic() + every
        self._undo: list[tuple[float, int, Callable[[], None]]] = []
        self._ticket = itertools.count()
        self._away: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.last = ""
        self._deeds = [(name, weight, deed) for name, weight, deed in self._table() if not only or name in only]

    def _table(self) -> Sequence[tuple[str, float, Callable[[], bool]]]:
        """Each deed says whether it could be done at this moment."""
        around = self._system.surroundings
        return (
            ("kill-worker-group", 2, lambda: self._kill(self._system.workers(), everyone=True)),
            ("kill-worker-parent", 1, lambda: self._kill(self._system.workers(), everyone=False)),
            ("kill-worker-child", 3, self._kill_a_child),
            ("freeze-worker", 1, self._freeze_a_worker),
            ("kill-beat", 1, lambda: self._kill(self._system.beats(), everyone=True)),
            ("kill-console", 0.5, lambda: self._kill(self._system.consoles(), everyone=True)),
            ("kill-partner", 1.5, lambda: self._kill([self._partner_role()], everyone=True)),
            ("freeze-partner", 1, self._freeze_a_partner),
            ("outage-close", 1, lambda: self._outage("close")),
            ("outage-503", 1, lambda: self._outage("503")),
            ("revoke-tokens", 1, self._revoke),
            ("flush-broker", 1.5, lambda: self._redis("FLUSHALL")),
            ("cut-broker-clients", 1, lambda: self._redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")),
            ("kill-broker", 1, lambda: self._strike(self._system.broker.pid, signal.SIGKILL)),
            ("freeze-broker", 0.5, self._freeze_the_broker),
            ("cut-database-sessions", 2, self._cut_sessions),
            ("cut-cable", 1.5, lambda: around.cut(self._random, self._later)),
            ("swallow-cable", 1.5, lambda: around.swallow(self._random, self._later)),
            ("fill-disk", 0.7, lambda: around.fill_disk(self._random)),
            ("jump-clock", 1, lambda: around.jump(self._random, self._later)),
            ("kill-database-backend", 0.7, self._kill_a_backend),
            ("kill-database", 0.7, lambda: self._strike(self._system.postgres.pid, signal.SIGKILL)),
            ("restart-database", 0.7, self._restart_the_database),
        )

    def work(self) -> None:
        """Undoes what is due to end, and does the next thing when its moment has come."""
        now = time.monotonic()
        while self._undo and self._undo[0][0] <= now:
            heapq.heappop(self._undo)[2]()
        if now < self._due_at:
            return
        self._due_at = now + self._random.expovariate(1 / self._every)
        weights = [weight for _, weight, _ in self._deeds]
        [(name, _, deed)] = self._random.choices(self._deeds, weights)
        done = False
        with suppress(*_AWAY):
            done = deed()
        if done:
            self.counts[name] += 1
            self.last = name
            log.info("campaign.deed", process=name)

    def stop(self) -> None:
        """No more deeds; what lasts is undone when `work` is called next."""
        self._due_at = math.inf
        self._undo = [(0.0, ticket, undo) for _, ticket, undo in self._undo]

    def _later(self, seconds: float, undo: Callable[[], None]) -> None:
        heapq.heappush(self._undo, (time.monotonic() + seconds, next(self._ticket), undo))

    # -- processes ----------------------------------------------------------------------------------------------------

    def _kill(self, roles: Sequence[Role], *, everyone: bool) -> bool:
        role = self._random.choice(roles)
        if not role.alive():
            return False
        role.send(signal.SIGKILL, everyone=everyone)
        return True

    def _kill_a_child(self) -> bool:
        role = self._random.choice(self._system.workers())
        children = role.members() if role.alive() else []
        return bool(children) and self._strike(self._random.choice(sorted(children)), signal.SIGKILL)

    def _freeze_a_worker(self) -> bool:
        """For longer than its lease: what it settles when it wakes is late."""
        running = [role for role in self._system.workers() if role.alive() and not role.frozen]
        if len(running) < 2:
            return False
        role = self._random.choice(running)
        role.freeze()
        log.info("campaign.frozen", process=role.name)
        self._later(LEASE * self._random.uniform(1.2, 1.8), role.thaw)
        return True

    @staticmethod
    def _strike(pid: int | None, number: signal.Signals) -> bool:
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    # -- partners -----------------------------------------------------------------------------------------------------

    def _partner_role(self) -> Role:
        return self._system.partner(self._random.choice(PARTNERS))

    def _freeze_a_partner(self) -> bool:
        """The network swallows what is sent there: connections stand, and no answer comes."""
        name = self._random.choice(PARTNERS)
        role = self._system.partner(name)
        if name in self._away or not role.alive():
            return False
        role.freeze()
        self._away.add(name)
        self._later(self._random.uniform(3, 9), lambda: self._thaw_partner(name))
        return True

    def _thaw_partner(self, name: str) -> None:
        self._system.partner(name).thaw()
        self._back(name)

    def _outage(self, mode: str) -> bool:
        name = self._random.choice(PARTNERS)
        if name in self._away:
            return False
        self._system.controls[name].outage(mode)
        self._away.add(name)
        self._later(self._random.uniform(3, 15), lambda: self._end_outage(name))
        return True

    def _end_outage(self, name: str) -> None:
        try:
            self._system.controls[name].outage("off")
        except _AWAY:  # killed meanwhile; its settings stay over a restart
            self._later(0.5, lambda: self._end_outage(name))
        else:
            self._back(name)

    def _back(self, name: str) -> None:
        self._away.discard(name)
        log.info("campaign.outage_ended", partner=name)
        self._outage_ended(name)

    def _revoke(self) -> bool:
        name = self._random.choice(PARTNERS)
        if name in self._away:
            return False
        self._system.controls[name].revoke_tokens()
        return True

    # -- servers ------------------------------------------------------------------------------------------------------

    def _redis(self, *words: str) -> bool:
        path = str(self._system.broker.sockets / "valkey.sock")
        with redis.Redis(unix_socket_path=path, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
            client.execute_command(*words)
        return True

    def _freeze_the_broker(self) -> bool:
        pid = self._system.broker.pid
        if not self._strike(pid, signal.SIGSTOP):
            return False
        self._later(self._random.uniform(2, 6), lambda: self._thaw(pid))
        return True

    def _thaw(self, pid: int | None) -> None:
        self._strike(pid, signal.SIGCONT)

    def _restart_the_database(self) -> bool:
        """A fast stop. One that hangs is ended hard, as a service manager does."""
        pid = self._system.postgres.pid
        if not self._strike(pid, signal.SIGINT):
            return False
        self._later(STOPS_WITHIN, lambda: self._end_hard(pid))
        return True

    def _end_hard(self, pid: int | None) -> None:
        if pid == self._system.postgres.pid and self._system.postgres.alive():
            log.warning("campaign.database_did_not_stop")
            self._strike(pid, signal.SIGKILL)

    def _cut_sessions(self) -> bool:
        """Every session or half of them, in whatever transaction it is."""
        share = self._random.choice((0.5, 1.0))
        with psycopg.connect(self._system.urls.database, connect_timeout=2, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lienthong'"
                " AND random() < %s",
                (share,),
            )
        return True

    def _kill_a_backend(self) -> bool:
        """SIGKILL of one backend: the postmaster ends all the others and recovers."""
        with psycopg.connect(self._system.urls.database, connect_timeout=2, autocommit=True) as db:
            rows = db.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'lienthong'").fetchall()
        return bool(rows) and self._strike(self._random.choice(sorted(pid for (pid,) in rows)), signal.SIGKILL)
