"""The ledger against a small model of its rules: hypothesis tries sequences that no one thought of, and shrinks them.

The model knows states, lanes, leases and fences, and is written from the rules, not from the statements. A longer
search: `LIENTHONG_MODEL=long ./run test tests/integration/test_model.py`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from campaign.ledger_reading import judge_ledger
from campaign.life import Terms
from connector.adapters import ledger
from connector.adapters import ledger_statements as statements
from connector.adapters.database import make_engine
from connector.adapters.ledger import Claimed
from connector.domain import attempts as ways
from connector.domain.attempts import Attempt, Settlement
from connector.domain.errors import (
    Conflict,
    DeliveryError,
    Invalid,
    NotExpectedNow,
    Refused,
    Throttled,
    Unauthorised,
    Unreachable,
)
from connector.domain.message import Draft, Hold, Move, Route, State
from schemas.findings import Code, finding

LEASE: Final = timedelta(seconds=10)
SCHEDULE: Final = (timedelta(seconds=2), timedelta(seconds=4))
START: Final = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ROUTES: Final = (Route.APPLICATION, Route.PROGRESS)
SUBJECTS: Final = ("a", "b")
TABLES: Final = "message, body, attempt, history"
ERRORS: Final[dict[str, DeliveryError]] = {
    "unreachable": Unreachable("DOWN", "away", maybe_done=True),
    "throttled": Throttled("HTTP_429", "patience", asked=timedelta(seconds=3)),
    "unauthorised": Unauthorised("HTTP_401", "no"),
    "refused": Refused("101", "no"),
    "conflict": Conflict("110", "other"),
    "invalid": Invalid(finding(Code.FILE_MISMATCH, "/HoSo/TaiLieuNop/0")),
}
COUNTED: Final = ("unreachable", "refused", "conflict")
PROFILES: Final = {
    "short": settings(max_examples=60, stateful_step_count=30, deadline=None),
    "long": settings(max_examples=1500, stateful_step_count=60, deadline=None),
}


@dataclass
class Expected:
    """A message as the rules have it."""

    message_id: UUID
    route: Route
    subject: str
    version: int
    seq: int
    state: State
    due_at: datetime | None = None
    lease_until: datetime | None = None
    fence: int = 0
    attempts: int = 0
    suspect: bool = False
    moves: list[tuple[str, State]] = field(default_factory=list)

    def become(self, move: str, state: State, due_at: datetime | None = None) -> None:
        self.moves.append((move, state))
        self.state, self.due_at, self.lease_until = state, due_at, None

    def is_before(self, other: "Expected") -> bool:
        same_lane = (self.route, self.subject) == (other.route, other.subject)
        return same_lane and (self.version, self.seq) < (other.version, other.seq)


class LedgerModel(RuleBasedStateMachine):
    """Several workers, a clock that a rule moves, people who hold, cancel, restore and replay."""

    engine: Engine
    tickets: Bundle[Claimed] = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.known: dict[UUID, Expected] = {}
        self.keys: set[bytes] = set()

    @initialize()
    def empty(self) -> None:
        with self.engine.begin() as db:
            db.execute(text(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE"))

    # -- what happens -------------------------------------------------------------------------------------------------

    @rule(
        route=st.sampled_from(ROUTES),
        subject=st.sampled_from(SUBJECTS),
        version=st.integers(1, 4),
        content=st.integers(0, 1),
        state=st.sampled_from([State.READY, State.READY, State.READY, State.HELD, State.INVALID]),
        delay=st.integers(0, 3),
    )
    def take_in(self, route: Route, subject: str, version: int, content: int, state: State, delay: int) -> None:
        due = self.now + timedelta(seconds=delay)
        draft = Draft(
            message_id=uuid4(),
            route=route,
            subject=subject,
            version=version,
            source_key=f"{route}{subject}{version}{content}".encode(),
            body=b"{}",
            state=state,
            hold=Hold.AREA if state is State.HELD else None,
            due_at=due,
            findings=(finding(Code.CONTRACT, ""),) if state is State.INVALID else (),
        )
        with self.engine.begin() as db:
            taken = ledger.take_in(db, [draft], self.now, "intake")
        known_already = draft.source_key in self.keys
        assert (taken.new, taken.duplicates) == ((frozenset(), 1) if known_already else ({draft.message_id}, 0))
        if not known_already:
            self.keys.add(draft.source_key)
            one = Expected(draft.message_id, route, subject, version, len(self.known), state)
            one.become("take_in", state, due if state is State.READY else None)
            self.known[one.message_id] = one

    @rule(target=tickets, route=st.sampled_from(ROUTES), limit=st.integers(1, 3), suspects=st.booleans())
    def claim(self, route: Route, limit: int, suspects: bool) -> Any:
        expected = self._due(route, suspects)[:limit]
        with self.engine.begin() as db:
            claimed = self._claim(db, route, limit, suspects)
        self._expect_claimed(claimed, expected)
        return multiple(*claimed)

    @rule(target=tickets, route=st.sampled_from(ROUTES), first=st.integers(1, 2), second=st.integers(1, 3))
    def two_workers_claim_at_the_same_time(self, route: Route, first: int, second: int) -> Any:
        """The second one looks while the first one's transaction is open: it skips what is locked, lane and all."""
        due = self._due(route, suspects=False)
        with self.engine.connect() as one, self.engine.connect() as other:
            mine = self._claim(one, route, first, suspects=False)
            theirs = self._claim(other, route, second, suspects=False)
            other.commit()
            one.commit()
        self._expect_claimed(mine, due[:first])
        self._expect_claimed(theirs, due[first : first + second])
        return multiple(*mine, *theirs)

    @rule(ticket=consumes(tickets), way=st.sampled_from(["delivered", "held", "put-back", *ERRORS]))
    def settle(self, ticket: Claimed, way: str) -> None:
        """With the right fence or an old one: whoever comes too late changes nothing."""
        settlement = self._settlement(ticket, way)
        one = self.known[ticket.message_id]
        is_ours = one.state is State.SENDING and one.fence == ticket.fence
        with self.engine.begin() as db:
            settled = ledger.settle(db, [settlement], self.now, "worker")
        assert settled == ({ticket.message_id} if is_ours else frozenset())
        if is_ours:
            self._expect_settled(one, way, settlement)

    @rule(target=tickets, ticket=tickets, way=st.sampled_from(["delivered", *ERRORS]), taken_again=st.booleans())
    def a_frozen_worker_settles_after_its_lease(self, ticket: Claimed, way: str, taken_again: bool) -> Any:
        """Its message is another's by then, or nobody's."""
        self.now += LEASE + timedelta(seconds=1)
        self.expire()
        again = self.claim(ticket.route, 3, suspects=True) if taken_again else multiple()
        self.settle(ticket, way)
        return again

    @rule(seconds=st.sampled_from([1, 2, 5, 11]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def expire(self) -> None:
        late = {one.message_id for one in self.known.values() if one.lease_until and one.lease_until < self.now}
        with self.engine.begin() as db:
            found = ledger.expired(db, self.now)
            ends = [
                ways.lease_ended(
                    Attempt(message_id=message_id, fence=fence, attempts=count, findings=(), at=self.now),
                    schedule=SCHEDULE,
                    now=self.now,
                    luck=0.5,
                )
                for message_id, fence, count in found
            ]
            settled = ledger.settle(db, ends, self.now, "beat")
        assert settled == late
        for message_id in late:
            one = self.known[message_id]
            spent = one.attempts + 1 > len(SCHEDULE)
            wait = timedelta() if not one.attempts or spent else SCHEDULE[one.attempts]
            one.attempts += 1
            one.suspect = True
            if spent:
                one.become("exhaust", State.EXHAUSTED)
            else:
                one.become("expire", State.READY, self.now + wait)

    @rule(
        move=st.sampled_from(
            [
                (Move.HOLD, State.HELD),
                (Move.RELEASE, State.READY),
                (Move.SUPERSEDE, State.SUPERSEDED),
                (Move.CANCEL, State.CANCELLED),
                (Move.RESTORE, State.READY),
                (Move.REPLAY, State.READY),
            ]
        ),
        version=st.integers(1, 4),
        subject=st.sampled_from(SUBJECTS),
    )
    def somebody_moves(self, move: tuple[Move, State], version: int, subject: str) -> None:
        """A batch in which some may be moved so and some may not."""
        verb, became = move
        chosen = [one for one in self.known.values() if (one.subject, one.version) == (subject, version)]
        able = {one.message_id for one in chosen if one.state in _STARTS[verb]}
        with self.engine.begin() as db:
            ids = [one.message_id for one in chosen]
            hold = Hold.AREA if became is State.HELD else None
            moved = ledger.move(db, ids, verb, became, now=self.now, by="Lan", why="it is so", hold=hold)
        assert moved == able
        for message_id in able:
            self.known[message_id].become(verb.value, became, self.now if became is State.READY else None)

    # -- what must be true after each of them -------------------------------------------------------------------------

    @invariant()
    def the_ledger_is_as_the_rules_have_it(self) -> None:
        with self.engine.begin() as db:
            rows = db.execute(text("SELECT id, state, due_at, lease_until, fence, attempts FROM message")).all()
            history = db.execute(text("SELECT message_id, move, became FROM history ORDER BY id")).all()
        assert {row.id: tuple(row)[1:] for row in rows} == {
            one.message_id: (one.state, one.due_at, one.lease_until, one.fence, one.attempts)
            for one in self.known.values()
        }
        told: dict[UUID, list[tuple[str, State]]] = {}
        for line in history:
            told.setdefault(line.message_id, []).append((line.move, State(line.became)))
        assert told == {one.message_id: one.moves for one in self.known.values()}

    @invariant()
    def one_message_of_a_lane_is_on_the_line(self) -> None:
        sending = [(one.route, one.subject) for one in self.known.values() if one.state is State.SENDING]
        assert len(sending) == len(set(sending))

    def teardown(self) -> None:
        """The campaign's judge reads the same rows: no history but a path of the table, no count that disagrees."""
        if self.known:
            flaws = judge_ledger(self.engine, Terms(now=self.now, patience=timedelta(days=1), tries=len(SCHEDULE) + 1))
            assert [flaw for flaw in flaws if flaw.kind == "unexplained" and "no reason" not in flaw.why] == []

    # -- the rules ----------------------------------------------------------------------------------------------------

    def _due(self, route: Route, suspects: bool) -> list[Expected]:
        """Ready, due, nothing earlier of its lane on its way, and nothing of it on the line; oldest first."""
        on_the_line = {(one.route, one.subject) for one in self.known.values() if one.state is State.SENDING}
        open_ones = [one for one in self.known.values() if one.state in _ON_ITS_WAY]
        due = [
            one
            for one in self.known.values()
            if one.route is route and one.state is State.READY and one.suspect is suspects
            if one.due_at is not None and one.due_at <= self.now
            if (one.route, one.subject) not in on_the_line
            if not any(other.is_before(one) for other in open_ones)
        ]
        return sorted(due, key=lambda one: (one.due_at, one.seq))

    def _claim(self, db: Connection, route: Route, limit: int, suspects: bool) -> list[Claimed]:
        return ledger.claim(db, route, limit=limit, now=self.now, lease=LEASE, worker="worker", suspects=suspects)

    def _expect_claimed(self, claimed: list[Claimed], expected: list[Expected]) -> None:
        for one in expected:
            one.become("claim", State.SENDING)
            one.lease_until = self.now + LEASE
            one.fence += 1
        assert sorted((c.message_id, c.fence) for c in claimed) == sorted((e.message_id, e.fence) for e in expected)

    def _settlement(self, ticket: Claimed, way: str) -> Settlement:
        attempt = Attempt(
            message_id=ticket.message_id, fence=ticket.fence, attempts=ticket.attempts, findings=(), at=self.now
        )
        if way == "delivered":
            return ways.delivered(attempt, repeated=False, http_status=200)
        if way == "held":
            return ways.held_again(attempt, NotExpectedNow("110", "not now"), Hold.REQUEST, "not expected")
        if way == "put-back":
            return ways.put_back(attempt, ERRORS["unreachable"], self.now)
        return ways.failed(attempt, ERRORS[way], schedule=SCHEDULE, now=self.now, luck=0.5)

    def _expect_settled(self, one: Expected, way: str, settlement: Settlement) -> None:
        failures = one.attempts + 1
        one.attempts += way in (*COUNTED, "delivered", "held")
        one.suspect = False
        move, state, wait = _ENDS.get(way, ("postpone", State.READY, None))
        if way == "unreachable" and failures > len(SCHEDULE):
            move, state = "exhaust", State.EXHAUSTED
        elif way == "unreachable":
            wait = SCHEDULE[failures - 1]
        one.become(move, state, None if wait is None else self.now + wait)
        assert settlement.became is state


_ON_ITS_WAY: Final = (State.HELD, State.READY, State.SENDING, State.EXHAUSTED)
_STARTS: Final = {
    Move.HOLD: (State.READY,),  # from the line only its worker holds, with its fence
    Move.RELEASE: (State.HELD,),
    Move.SUPERSEDE: (State.HELD, State.READY, State.INVALID, State.REFUSED, State.EXHAUSTED),
    Move.CANCEL: (State.HELD, State.INVALID, State.READY, State.REFUSED, State.EXHAUSTED),
    Move.RESTORE: (State.CANCELLED,),
    Move.REPLAY: (State.INVALID, State.REFUSED, State.EXHAUSTED, State.DELIVERED),
}
_ENDS: Final = {
    "delivered": ("deliver", State.DELIVERED, None),
    "held": ("hold", State.HELD, None),
    "throttled": ("postpone", State.READY, timedelta(seconds=3)),
    "unauthorised": ("postpone", State.READY, ways.CLOSED_PAUSE),
    "put-back": ("postpone", State.READY, ways.CLOSED_PAUSE),
    "refused": ("refuse", State.REFUSED, None),
    "conflict": ("refuse", State.REFUSED, None),
    "invalid": ("quarantine", State.INVALID, None),
}


@contextmanager
def _engine(database: str) -> Iterator[Engine]:
    engine = make_engine(database, pool_size=2)
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.mark.timeout(1800)
def test_the_ledger_does_what_the_model_says(database: str) -> None:
    profile = settings(
        PROFILES[os.environ.get("LIENTHONG_MODEL", "short")],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    with _engine(database) as engine:
        machine = type("OverThisDatabase", (LedgerModel,), {"engine": engine})
        run_state_machine_as_test(machine, settings=profile)


# What the rules rest on, taken out of the statements one at a time: the model has to miss each.
PLANTED: Final = {
    "the fence": ("SETTLE", "THEN m.fence END = s.fence", "THEN s.fence END = s.fence"),
    "the state that is settled": ("SETTLE", "CASE WHEN m.state = 'sending' THEN m.fence END", "m.fence"),
    "the lane": ("CLAIM", "AND ((e.version, e.seq) < (m.version, m.seq) OR e.state = 'sending')", "AND false"),
    "an attempt's count": ("SETTLE", "m.attempts + CAST(s.counted AS int)", "m.attempts"),
    "the due time": ("CLAIM", "AND m.due_at <= :now", ""),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", PLANTED)
def test_a_rule_that_is_taken_out_of_the_ledger_is_missed(
    database: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    statement, part, instead = PLANTED[name]
    whole = getattr(statements, statement).text
    assert part in whole
    monkeypatch.setattr(statements, statement, text(whole.replace(part, instead)))
    # It need not be made small here: that it is found is enough.
    profile = settings(
        PROFILES["short"],
        max_examples=400,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    with _engine(database) as engine:
        machine = type("OverThisDatabase", (LedgerModel,), {"engine": engine})
        with pytest.raises((AssertionError, IntegrityError, FlakyFailure)):
            run_state_machine_as_test(machine, settings=profile)
