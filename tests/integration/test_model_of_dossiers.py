"""Whole dossiers between both simulated partners in one process: hypothesis chooses who acts, what is lost on the line
and where a worker dies; both partners' records and the ledger are judged at the end.

A longer search: `LIENTHONG_MODEL=long ./run test tests/integration/test_model_of_dossiers.py`.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, text

from campaign.ledger_reading import judge_ledger
from campaign.life import Terms
from connector.adapters import agenda
from connector.adapters.database import make_engine
from connector.adapters.ministry import Ministry
from connector.adapters.province import Province
from connector.adapters.transport import Answer
from connector.delivery.batches import Delivery
from connector.delivery.senders import Senders
from connector.domain.errors import Unreachable
from connector.domain.message import Route
from connector.intake.events import EventIntake
from connector.intake.states import StateIntake
from connector.sandbox.calls import Call, Reply, Routes
from connector.sandbox.judge import judge
from connector.sandbox.ministry.partner import MinistryPartner
from connector.sandbox.province.partner import ProvincePartner
from tests import bodies

POLL: Final = timedelta(seconds=1)
LEASE: Final = timedelta(seconds=10)
SCHEDULE: Final = (timedelta(seconds=1),) * 30
TABLES: Final = "message, body, attempt, history, dossier, feed, sighting, partner"
PROFILES: Final = {
    "short": settings(max_examples=25, stateful_step_count=6, deadline=None),
    "long": settings(max_examples=600, stateful_step_count=10, deadline=None),
}
FATES: Final = ("fine", "fine", "busy", "lost before", "lost after", "dies before", "dies after")
SENT, SUPPLEMENT, IN_WORK, RESULT, HANDED_OVER = 1, 2, 3, 4, 5
PROGRESS: Final = "/apitthc/v1/tien-do"
# What an officer may do in which state; a result is signed at once or later.
ACTS: Final = {
    SENT: ("accept",),
    IN_WORK: ("supplement", "sign", "register", "sign", "supplement", "refuse"),
    RESULT: ("hand_over", "correct"),
    HANDED_OVER: ("correct",),
}
OPEN_AT_THE_PROVINCE: Final = (1, 2, 4, 5, 6, 8)


_SERIAL: Final = st.sampled_from([1, 1, 2, 3])
_WORK: Final = st.tuples(
    st.just("work"),
    st.sampled_from(["ask", "ask", "read", *Route]),
    st.sampled_from(["ministry", "province"]),
    st.sampled_from(FATES),
)
_DECIDE: Final = st.tuples(st.just("decide"), _SERIAL, st.integers(0, 11))
HAPPENINGS: Final = st.one_of(
    *(_WORK,) * 6,
    *(_DECIDE,) * 4,
    st.tuples(st.just("supplement"), _SERIAL),
    st.tuples(st.just("supplement"), _SERIAL),
    st.tuples(st.just("wait"), st.sampled_from([1, 3, 11])),
    st.tuples(st.just("withdraw"), st.just(2)),
)


class Died(BaseException):
    """The worker is gone in the middle of a call: nothing of it runs any more."""


@dataclass(frozen=True)
class Handed:
    event: dict[str, Any]
    sendable: bool = True


class Line:
    """The way to one partner, in place of the transport: what becomes of the next call is decided before it."""

    def __init__(self, partner: MinistryPartner | ProvincePartner) -> None:
        self._routes = Routes(partner.services)
        self._lock = threading.Lock()
        self.fate = "fine"

    def send(
        self, method: str, path: str, *, json_body: bytes | None = None, params: Mapping[str, str | int] | None = None
    ) -> Answer:
        fate, self.fate = self.fate, "fine"
        if fate.endswith("before"):
            raise Died if fate.startswith("dies") else Unreachable("CONNECTION_LOST", "lost")
        with self._lock:
            if fate == "busy" and path == PROGRESS:
                reply = self._first_item_busy(json.loads(json_body or b""))
            else:
                reply = self._handled(Call(method, path, urlencode(params or {}), {}, json_body or b""))
        if fate.endswith("after"):
            raise Died if fate.startswith("dies") else Unreachable("CONNECTION_LOST", "lost", maybe_done=True)
        return Answer(reply.status, reply.body)

    def read(self, method: str, path: str, **call: Any) -> Answer:
        return self.send(method, path, **call)

    def _handled(self, call: Call) -> Reply:
        found = self._routes.find(call)
        assert isinstance(found, tuple), call.path
        return found[0].handle(found[1])

    def _first_item_busy(self, batch: dict[str, list[dict[str, Any]]]) -> Reply:
        """The province takes all items of a call but the first."""
        first, *rest = batch["data"]
        told = {"error_code": "0", "ket_qua": []}
        if rest:
            told = json.loads(self._handled(Call("POST", PROGRESS, "", {}, json.dumps({"data": rest}).encode())).body)
        busy = {"MaSuKien": first["MaSuKien"], "error_code": "BUSY"}
        return Reply.json({**told, "ket_qua": [busy, *told["ket_qua"]]})


class Effects:
    """A partner's record, as the judge reads it."""

    def __init__(self, partner: MinistryPartner | ProvincePartner) -> None:
        self._store = partner.house.store

    def effects(self, after: int = 0, limit: int = 500) -> Mapping[str, Any]:
        return self._store.effects(after, limit)


class DossierModel(RuleBasedStateMachine):
    """Citizens, officers, workers that die, and a clock."""

    engine: Engine
    ministry: MinistryPartner
    province: ProvincePartner

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Handed] = []
        self.lines = {"ministry": Line(self.ministry), "province": Line(self.province)}
        ministry, province = Ministry(self.lines["ministry"]), Province(self.lines["province"])  # type: ignore[arg-type]
        usual: dict[str, Any] = {"now": self.now, "poll_interval": POLL, "worker": "worker"}
        self.events = EventIntake(self.engine, province, lease=LEASE, **usual)
        self.states = StateIntake(self.engine, ministry, patience=LEASE, **usual)
        senders = Senders(ministry, province, now=self.now)
        self.delivery = Delivery(self.engine, senders, schedule=SCHEDULE, lease=LEASE, calls_at_once=1, **usual)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.ministry.house.clock.now(), UTC)

    def _passes(self, seconds: int) -> None:
        """One clock for everybody: no two instants of one dossier share a second, as no two acts of people do."""
        for partner in (self.ministry, self.province):
            partner.house.clock._shift += seconds

    @initialize()
    def empty(self) -> None:
        self.ministry.house.reset()
        self.province.house.reset()
        with self.engine.begin() as db:
            db.execute(text(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE"))
        # Two dossiers are at the ministry already: what is interesting begins there.
        for _ in range(2):
            self._hand_in()
        for what in ("read", Route.APPLICATION):
            self._work(what)

    @precondition(lambda self: len(self.sent) == 2)
    @rule()
    def a_third_citizen_comes(self) -> None:
        self._hand_in()

    @rule(happenings=st.lists(HAPPENINGS, min_size=4, max_size=16))
    def some_time_passes(self, happenings: list[tuple[Any, ...]]) -> None:
        for name, *more in happenings:
            self._passes(2)
            getattr(self, name)(*more)

    # -- what people do -----------------------------------------------------------------------------------------------

    def _hand_in(self) -> None:
        code = bodies.code(len(self.sent) + 1)
        self._publish("HoSoMoi", code)
        self.sent.append(Handed(bodies.event(code)))

    def supplement(self, serial: int) -> None:
        row = self._at_the_province(serial)
        if row is not None and row["status"] == 5:
            self._publish("BoSung", row["code"], row["version"] + 1)

    def withdraw(self, serial: int) -> None:
        row = self._at_the_province(serial)
        if row is not None and row["status"] in OPEN_AT_THE_PROVINCE:
            self._publish("Rut", row["code"], row["version"], TrangThaiHoSo=7)

    def decide(self, serial: int, chance: int) -> None:
        """What an officer may do now, if anything."""
        store = self.ministry.house.store
        row = store.one("SELECT * FROM dossier WHERE code = ?", bodies.code(serial))
        acts = () if row is None or row["withdrawn"] else ACTS.get(row["state"], ())
        if not acts or row is None:
            return
        act = acts[chance % len(acts)]
        if row["state"] == RESULT and not row["signed"]:
            act = "sign"
        signer = {"nguoiKy": f"Lê Văn Ký {chance}"} if act == "correct" else {}
        with store.transaction():
            self.ministry.panel._run(act, row, {}, signer)

    # -- what the connector does --------------------------------------------------------------------------------------

    def work(self, what: str, partner: str, fate: str) -> None:
        self.lines[partner].fate = fate
        with suppress(Died):
            self._work(what)
        self.lines[partner].fate = "fine"

    def wait(self, seconds: int) -> None:
        self._passes(seconds)
        self.delivery.expire()

    # -- and what must have come of it --------------------------------------------------------------------------------

    def teardown(self) -> None:
        self._run_until_quiet()
        ministry, province = Effects(self.ministry), Effects(self.province)
        assert judge(self.sent, ministry, province).wrongs == ()
        terms = Terms(now=self.now(), patience=timedelta(seconds=1), tries=len(SCHEDULE) + 1)
        assert judge_ledger(self.engine, terms) == []

    def _run_until_quiet(self) -> None:
        still = 0
        for _ in range(400):
            before = self._movement()
            with self.engine.begin() as db:
                due = agenda.look(db, self.now())
            self.delivery.expire()
            for what in ("read", "ask", *due.routes):
                self._work(what)
            still = 0 if self._movement() != before else still + 1
            if still == 4:
                return
            self._passes(11)
        raise AssertionError("it does not become quiet")

    def _movement(self) -> tuple[Any, ...]:
        statement = (
            "SELECT (SELECT max(id) FROM history), (SELECT max(id) FROM sighting), (SELECT max(cursor) FROM feed)"
        )
        with self.engine.begin() as db:
            return tuple(db.execute(text(statement)).one())

    def _work(self, what: str) -> None:
        if what == "read":
            self.events.read()
        elif what == "ask":
            self.states.ask()
        else:
            self.delivery.deliver(Route(what))

    def _publish(self, kind: str, code: str, version: int = 1, **changes: Any) -> None:
        event = bodies.event(code, kind, version, **changes)
        if version > 1:
            event["HoSo"]["ToKhai"]["GhiChu"] = f"đã bổ sung lần {version - 1}"
        with self.province.house.store.transaction():
            self.province.panel._dossiers.publish(event)

    def _at_the_province(self, serial: int) -> Any:
        return self.province.house.store.one("SELECT * FROM dossier WHERE code = ?", bodies.code(serial))


@contextmanager
def _engine(database: str) -> Iterator[Engine]:
    engine = make_engine(database, pool_size=3)
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.mark.timeout(3600)
def test_whole_dossiers_come_through_whatever_is_lost_and_whoever_dies(database: str, tmp_path: Path) -> None:
    profile = settings(
        PROFILES[os.environ.get("LIENTHONG_MODEL", "short")],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    ministry = MinistryPartner(tmp_path / "ministry.db", {"officers": False, "pace": 0.01})
    province = ProvincePartner(tmp_path / "province.db", {"citizens": False, "pace": 0.01})
    with _engine(database) as engine:
        parts = {"engine": engine, "ministry": ministry, "province": province}
        run_state_machine_as_test(type("OverThese", (DossierModel,), parts), settings=profile)
    ministry.house.store.close()
    province.house.store.close()
