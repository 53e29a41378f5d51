"""The JSON of plans and jobs (contract operating.md, "JSON of the commands")."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connector.adapters.job_items import Compared
from connector.adapters.jobs import Job, Note
from connector.cli.output import instant
from connector.domain.rehearsal import Rehearsal
from connector.domain.replay import age_of
from connector.domain.stored import Stored
from connector.replay.plans import cause_of


@dataclass(slots=True)
class Totals:
    """How many messages a plan has, by what would happen, area, procedure, cause and age."""

    messages: int = 0
    prospects: Counter[str] = field(default_factory=Counter)
    areas: Counter[str] = field(default_factory=Counter)
    procedures: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    ages: Counter[str] = field(default_factory=Counter)

    def counted(self, found: Iterable[tuple[Stored, Rehearsal]], now: datetime) -> Iterator[tuple[Stored, Rehearsal]]:
        """The same messages, counted on their way."""
        for stored, rehearsal in found:
            self.messages += 1
            self.prospects[rehearsal.prospect.value] += 1
            self.areas[stored.area or "-"] += 1
            self.procedures[stored.procedure or "-"] += 1
            self.causes[cause_of(stored) or "-"] += 1
            self.ages[age_of(stored.created_at, now)] += 1
            yield stored, rehearsal

    def as_document(self) -> dict[str, Any]:
        return {
            "messages": self.messages,
            "prospects": dict(self.prospects),
            "areas": dict(self.areas),
            "procedures": dict(self.procedures),
            "causes": dict(self.causes),
            "ages": dict(self.ages),
        }


def planned(stored: Stored, found: Rehearsal) -> dict[str, Any]:
    """One message of a plan."""
    return {
        "id": str(stored.message_id),
        "route": stored.route,
        "procedure": stored.procedure,
        "subject": stored.subject,
        "version": stored.version,
        "area": stored.area,
        "state": stored.state,
        "cause": cause_of(stored),
        "prospect": found.prospect,
        "note": found.note or None,
        "codes": list(found.codes),
        "findings": [one.model_dump(mode="json") for one in found.findings or ()],
        "hold": found.hold,
        "waits_for": str(found.waits_for) if found.waits_for else None,
    }


def job_document(job: Job) -> dict[str, Any]:
    """A job of `replay run`, `show` and `jobs`."""
    return {
        "job": str(job.job_id),
        "state": job.state,
        "planned": job.planned,
        "sent": job.sent,
        "skipped": job.skipped,
        "failed": job.failed,
        "remaining": job.remaining,
        "verb": job.verb,
        "by": job.by,
        "reason": job.reason,
        "wanted": job.wanted,
        "paused_why": job.paused_why,
        "wave": job.wave,
        "created_at": instant(job.created_at),
        "started_at": instant(job.started_at),
        "ended_at": instant(job.ended_at),
    }


def report_document(job: Job, compared: Iterable[Compared], notes: Iterable[Note]) -> dict[str, Any]:
    """A job of `replay show`: with what was rehearsed beside what happened, and who did what with it."""
    return {
        **job_document(job),
        "compared": [
            {
                "prospect": one.prospect,
                "state": one.state,
                "outcome": one.outcome,
                "code": one.code,
                "count": one.count,
                "as_foreseen": one.as_foreseen,
            }
            for one in compared
        ],
        "history": [{"at": instant(n.at), "move": n.move, "by": n.by, "why": n.why} for n in notes],
    }


def nothing() -> dict[str, Any]:
    """What `replay run` says when no message is meant: no job, and nothing left to do."""
    counts = dict.fromkeys(("planned", "sent", "skipped", "failed", "remaining"), 0)
    return {"job": None, "state": "done", **counts}
