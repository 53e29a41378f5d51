"""What a person does with a replay job: run it, pause it, go on with it, stop it. Each act is one row's change; the
workers obey it with their next step."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine

from connector.adapters import job_items, jobs
from connector.adapters.jobs import Job
from connector.domain.replay import JobState


class NotPossible(Exception):
    """A person asked for what cannot be done; nothing was changed. The text says why, in both languages."""


class Control:
    """Starts and steers jobs. Whoever calls has seen to it that the person may."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def run(self, job_id: UUID, *, by: str, reason: str) -> Job:
        """Runs a plan exactly as it was frozen; one that runs already stays as it is, and so
        does a job of the very same wish: that one is returned. Raises NotPossible."""
        why = needed(reason)
        now = self._now()
        with self._engine.begin() as db:
            jobs.hold_starts(db)
            job = _there(jobs.lock(db, job_id))
            if job.state is JobState.PLANNING:
                raise NotPossible("kế hoạch chưa xong / the plan is not ready yet; wait for it, then run it")
            if job.state is not JobState.PLANNED:
                return job
            twin = jobs.twin_of(db, job_id)
            if twin is not None:
                return _there(jobs.look(db, twin))
            jobs.change(db, job_id, state=JobState.RUNNING.value, reason=why, by=by, started_at=now)
            job_items.engage(db, job_id, now)
            jobs.note(db, job_id, "run", now=now, by=by, why=why)
            return _there(jobs.look(db, job_id))

    def pause(self, job_id: UUID, *, by: str, reason: str) -> Job:
        """Nothing more is put on the line; what is there goes its way. Raises NotPossible."""
        why = needed(reason)
        with self._engine.begin() as db:
            job = _active(jobs.lock(db, job_id))
            if job.state is JobState.RUNNING:
                jobs.change(db, job_id, state=JobState.PAUSED.value, paused_why=why)
                jobs.note(db, job_id, "pause", now=self._now(), by=by, why=why)
            elif job.state is JobState.STOPPING:
                raise NotPossible("đợt gửi lại đang dừng hẳn / the job is being stopped already")
            return _there(jobs.look(db, job_id))

    def resume(self, job_id: UUID, *, by: str, reason: str) -> Job:
        """Goes on, with a wave of one again: what made it pause is tried on a single message first. Raises
        NotPossible."""
        why = needed(reason)
        with self._engine.begin() as db:
            job = _active(jobs.lock(db, job_id))
            if job.state is JobState.STOPPING:
                raise NotPossible("đợt gửi lại đang dừng hẳn / the job is being stopped already")
            if job.state is JobState.PAUSED:
                jobs.know_codes(db, job_id)
                jobs.change(db, job_id, state=JobState.RUNNING.value, paused_why=None, **first_wave(job.wave + 1))
                jobs.note(db, job_id, "resume", now=self._now(), by=by, why=why)
            return _there(jobs.look(db, job_id))

    def stop(self, job_id: UUID, *, by: str, reason: str) -> Job:
        """What was not put on the line is skipped; what is there is awaited. Raises NotPossible."""
        why = needed(reason)
        now = self._now()
        with self._engine.begin() as db:
            job = _active(jobs.lock(db, job_id))
            if job.state is not JobState.STOPPING:
                jobs.change(db, job_id, state=JobState.STOPPING.value, paused_why=None)
                job_items.stop_pending(db, job_id, now)
                jobs.note(db, job_id, "stop", now=now, by=by, why=why)
                end_if_empty(db, job_id, now)
            return _there(jobs.look(db, job_id))


def first_wave(number: int) -> dict[str, int]:
    """The columns of a job whose next wave has this number and one message."""
    return {"wave_step": 0, "wave": number, "wave_released": 0, "wave_sent": 0, "wave_failed": 0}


def end_if_empty(db: Connection, job_id: UUID, now: datetime) -> None:
    """A job that is being stopped is stopped once nothing of it is on the line."""
    job = jobs.look(db, job_id)
    if job is not None and job.state is JobState.STOPPING and job.remaining == 0:
        jobs.change(db, job_id, state=JobState.STOPPED.value, ended_at=now)
        jobs.note(db, job_id, "end", now=now, by=job.by)


def needed(reason: str) -> str:
    """The reason, which must be one. Raises NotPossible."""
    if not reason.strip():
        raise NotPossible("cần nêu lý do / a reason is needed; nothing was changed")
    return reason.strip()


def _there(job: Job | None) -> Job:
    if job is None:
        raise NotPossible("không có đợt gửi lại này / there is no such job; `lienthong replay jobs` lists them")
    return job


def _active(job: Job | None) -> Job:
    found = _there(job)
    if found.is_over:
        raise NotPossible(f"đợt gửi lại đã kết thúc / the job is over already ({found.state}); nothing was changed")
    if found.state in (JobState.PLANNING, JobState.PLANNED):
        raise NotPossible("kế hoạch này chưa chạy / this plan was never run; nothing was changed")
    return found
