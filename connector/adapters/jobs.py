"""Replay jobs, as rows. Their counts are the database's own: triggers make them from the items (see job_tables)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, select, text, update

from connector.adapters.job_tables import replay_job, replay_note
from connector.adapters.locks import Lock
from connector.domain.replay import ACTIVE, ENDED, ItemState, JobState, Verb

# Clicks of one person on the same thing are one click for so long after the job began, even when it is over already.
SAME_CLICK: Final = timedelta(seconds=60)
# Plans that nobody ran are removed after this.
PLANS_KEPT: Final = timedelta(days=1)
_ACTIVE: Final = [state.value for state in ACTIVE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A replay job. planned = sent + skipped + failed + remaining, always."""

    job_id: UUID
    verb: Verb
    state: JobState
    reason: str
    by: str
    wanted: str
    insist: bool
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    paused_why: str | None
    wave_step: int
    wave: int
    wave_released: int
    wave_sent: int
    wave_failed: int
    released_at: datetime | None
    known_codes: frozenset[str]
    planned: int
    sent: int
    skipped: int
    failed: int
    remaining: int

    @property
    def is_over(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Note:
    """What was done with a job: `freeze`, `run`, `wave`, `pause`, `resume`, `stop`, `end`."""

    at: datetime
    move: str
    by: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What a job is made of, beside its list."""

    job_id: UUID
    verb: Verb
    by: str
    reason: str
    request_key: bytes
    wanted: str
    insist: bool


def create(db: Connection, new: NewJob, now: datetime) -> None:
    """A job that is being planned, still without items."""
    db.execute(
        insert(replay_job).values(
            id=new.job_id,
            verb=new.verb.value,
            state=JobState.PLANNING.value,
            reason=new.reason,
            by=new.by,
            request_key=new.request_key,
            wanted=new.wanted,
            insist=new.insist,
            created_at=now,
        )
    )
    note(db, new.job_id, "freeze", now=now, by=new.by, why=new.reason)


def same_request(db: Connection, request_key: bytes, now: datetime) -> UUID | None:
    """The job that this click made already. Whoever asks holds the click until commit: another waits here."""
    db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(encode(:key, 'hex'), 0))"), {"key": request_key})
    j = replay_job.c
    asked = (j.request_key == request_key) & (j.state.in_(_ACTIVE) | (j.created_at > now - SAME_CLICK))
    return db.scalar(select(j.id).where(asked).order_by(j.seq.desc()).limit(1))


def twin_of(db: Connection, job_id: UUID) -> UUID | None:
    """The active job of the same wish as this plan's, if there is one."""
    j = replay_job.c
    key = select(j.request_key).where(j.id == job_id).scalar_subquery()
    return db.scalar(select(j.id).where(j.request_key == key, j.state.in_(_ACTIVE), j.id != job_id))


def hold_starts(db: Connection) -> None:
    """One job starts at a time: two that share messages must not start between each other's looks."""
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.JOB_STARTS.value})


def look(db: Connection, job_id: UUID) -> Job | None:
    """A job as it stands; None when there is none."""
    row = db.execute(_SELECT.where(replay_job.c.id == job_id)).mappings().one_or_none()
    return None if row is None else _job(row)


def lock(db: Connection, job_id: UUID, *, wait: bool = True) -> Job | None:
    """A job that nobody else changes until commit. Without `wait`, None when another has it."""
    statement = _SELECT.where(replay_job.c.id == job_id).with_for_update(skip_locked=not wait)
    row = db.execute(statement).mappings().one_or_none()
    return None if row is None else _job(row)


def page(db: Connection, *, limit: int, states: Collection[JobState] = ()) -> list[Job]:
    """Jobs, newest first. Without `states`, all that were ever run."""
    wanted = [state.value for state in states or (*ACTIVE, *ENDED)]
    rows = db.execute(
        _SELECT.where(replay_job.c.state.in_(wanted)).order_by(replay_job.c.seq.desc()).limit(limit)
    ).mappings()
    return [_job(row) for row in rows]


def notes(db: Connection, job_id: UUID) -> list[Note]:
    """What was done with a job, in order."""
    n = replay_note.c
    rows = db.execute(select(n.at, n.move, n.by, n.why).where(n.job_id == job_id).order_by(n.id))
    return [Note(row.at, row.move, row.by, row.why) for row in rows]


def to_work_on(db: Connection) -> Sequence[UUID]:
    """Jobs that have something to do, oldest first."""
    return db.execute(_TO_WORK_ON).scalars().all()


def change(db: Connection, job_id: UUID, **values: Any) -> None:
    """Writes columns of a job that the caller has locked; counts follow from items and cannot be written."""
    db.execute(update(replay_job).where(replay_job.c.id == job_id).values(**values))


def note(db: Connection, job_id: UUID, move: str, *, now: datetime, by: str, why: str = "") -> None:
    db.execute(insert(replay_note).values(job_id=job_id, at=now, move=move, by=by, why=why))


def know_codes(db: Connection, job_id: UUID) -> None:
    """Codes that items of this job were foreseen to fail with, or failed with, are no news from here on."""
    db.execute(_KNOW_CODES, {"job": job_id})


def discard(db: Connection, job_id: UUID) -> bool:
    """Removes a plan that was never run; whether there was one."""
    gone = db.execute(
        text("DELETE FROM replay_job WHERE id = :job AND state IN ('planning', 'planned')"), {"job": job_id}
    )
    return gone.rowcount > 0


def forget_plans(db: Connection, now: datetime) -> int:
    """Removes plans that nobody ran for a day."""
    return db.execute(
        text("DELETE FROM replay_job WHERE state IN ('planning', 'planned') AND created_at < :before"),
        {"before": now - PLANS_KEPT},
    ).rowcount


def count_active(db: Connection) -> int:
    """Jobs that are not over, plans not counted."""
    return db.scalar(select(func.count()).select_from(replay_job).where(replay_job.c.state.in_(_ACTIVE))) or 0


def _job(row: RowMapping) -> Job:
    values: dict[str, Any] = dict(row)
    values["job_id"] = values.pop("id")
    values["verb"], values["state"] = Verb(values["verb"]), JobState(values["state"])
    values["known_codes"] = frozenset(values["known_codes"])
    return Job(**values)


_SELECT: Final = select(
    *(c for c in replay_job.c if c.name not in ("seq", "request_key")),
)

_TO_WORK_ON: Final = text(f"""
    SELECT j.id FROM replay_job j
    WHERE j.state IN ('planning', 'running', 'stopping')
       OR (j.state = 'paused' AND EXISTS (
           SELECT FROM replay_item i WHERE i.job_id = j.id AND i.state = '{ItemState.RELEASED}'))
    ORDER BY j.seq
""")

_KNOW_CODES: Final = text("""
    UPDATE replay_job SET known_codes = (
        SELECT coalesce(array_agg(DISTINCT code), '{}') FROM (
            SELECT unnest(foreseen) FROM replay_item WHERE job_id = :job
            UNION SELECT cause FROM replay_item WHERE job_id = :job AND cause IS NOT NULL
            UNION SELECT code FROM replay_item WHERE job_id = :job AND state = 'failed' AND code IS NOT NULL
        ) seen (code))
    WHERE id = :job
""")
