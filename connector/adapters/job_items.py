"""The messages of a replay job, as rows: the frozen list, what was foreseen of each, and what became of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping, func, insert, literal, select, text

from connector.adapters import job_statements as statements
from connector.adapters.job_tables import replay_item
from connector.adapters.ledger import read_findings
from connector.adapters.tables import message
from connector.adapters.views import Filter, conditions
from connector.domain.message import Route, State
from connector.domain.rehearsal import Rehearsal
from connector.domain.replay import ItemState, Prospect, agrees

WAITS_BEHIND: Final = statements.WAITS_BEHIND


@dataclass(frozen=True, slots=True)
class Place:
    """An item of a job, by its place in the list."""

    place: int
    message_id: UUID
    prospect: Prospect | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a rehearsal said of the item at a place. `cause` is the code for which its message stands."""

    place: int
    rehearsal: Rehearsal
    cause: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How the item at a place ended."""

    place: int
    state: ItemState
    outcome: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The message of an item that was put on the line, as it is now."""

    place: int
    prospect: Prospect | None
    state: State
    last_code: str | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """An item as people look at it, with its message as it is now. `codes` are those foreseen, `code` the real one."""

    place: int
    message_id: UUID
    route: Route
    subject: str
    version: int
    message_state: State
    state: ItemState
    cause: str | None
    prospect: Prospect | None
    codes: tuple[str, ...]
    note: str | None
    waits_for: UUID | None
    wave: int | None
    released_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    code: str | None


def page(
    db: Connection, job_id: UUID, *, limit: int, after: int = 0, states: Collection[ItemState] = ()
) -> list[ItemView]:
    """Items behind the place `after`, in the order of the list."""
    wanted = [state.value for state in states or ItemState]
    rows = db.execute(statements.PAGE, {"job": job_id, "after": after, "limit": limit, "states": wanted}).mappings()
    return [_item(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Compared:
    """How many items of a job were foreseen so and ended so. `as_foreseen` is None while they are open."""

    prospect: Prospect | None
    state: ItemState
    outcome: str | None
    code: str | None
    count: int

    @property
    def as_foreseen(self) -> bool | None:
        return agrees(self.prospect, self.state)


@dataclass(frozen=True, slots=True)
class PlanTotals:
    """How many messages a frozen plan has, in the ways people ask."""

    messages: int
    prospects: dict[str, int]
    areas: dict[str, int]
    procedures: dict[str, int]
    causes: dict[str, int]
    ages: dict[str, int]

    def by_name(self) -> dict[str, object]:
        return asdict(self)


def totals(db: Connection, job_id: UUID, now: datetime) -> PlanTotals:
    """The totals of a plan by prospect, area, procedure, cause and age (`1h`, `1d`, `7d`, `30d` at most, `older`)."""
    kinds = ("prospects", "areas", "procedures", "causes", "ages")
    counted: dict[str, dict[str, int]] = {kind: {} for kind in kinds}
    number = 0
    for row in db.execute(statements.TOTALS, {"job": job_id, "now": now}):
        if row.kind == "all":
            number = row.number
        else:
            counted[row.kind][row.word or "-"] = row.number
    return PlanTotals(number, *(counted[kind] for kind in kinds))


def compared(db: Connection, job_id: UUID) -> list[Compared]:
    """What was rehearsed beside what happened, most frequent first."""
    rows = db.execute(statements.COMPARED, {"job": job_id})
    return [
        Compared(
            Prospect(row.prospect) if row.prospect else None, ItemState(row.state), row.outcome, row.code, row.number
        )
        for row in rows
    ]


def freeze(db: Connection, job_id: UUID, wanted: Filter) -> int:
    """Writes the list of a job: every message of the filter at this moment, oldest lane first. Returns how many."""
    m = message.c
    lanes = select(
        *(m.id, m.version, m.seq),
        func.min(m.seq).over(partition_by=(m.route, m.subject)).label("first"),
    ).where(*conditions(wanted))
    one = lanes.subquery()
    order = (one.c.first, one.c.version, one.c.seq)
    placed = select(one.c.id, one.c.first, func.row_number().over(order_by=order).label("place")).subquery()
    lane = func.min(placed.c.place).over(partition_by=placed.c.first)
    listed = select(literal(job_id), placed.c.place, lane, placed.c.id, literal(ItemState.LISTED.value))
    columns = ["job_id", "place", "lane", "message_id", "state"]
    return db.execute(insert(replay_item).from_select(columns, listed)).rowcount


def blank(db: Connection, job_id: UUID, limit: int) -> list[Place]:
    """Items that nothing was foreseen of yet."""
    rows = db.execute(
        text(
            "SELECT place, message_id, prospect FROM replay_item"
            " WHERE job_id = :job AND prospect IS NULL AND state = 'listed' ORDER BY place LIMIT :limit"
        ),
        {"job": job_id, "limit": limit},
    )
    return [Place(row.place, row.message_id, None) for row in rows]


def foresee(db: Connection, job_id: UUID, found: Sequence[Foreseen]) -> None:
    """Keeps what would happen with these items."""
    if not found:
        return
    db.execute(
        statements.FORESEE,
        {
            "job": job_id,
            "places": [one.place for one in found],
            "prospects": [one.rehearsal.prospect.value for one in found],
            "codes": [" ".join(one.rehearsal.codes) for one in found],
            "waits": [one.rehearsal.waits_for for one in found],
            "notes": [one.rehearsal.note or None for one in found],
            "causes": [one.cause for one in found],
        },
    )


def engage(db: Connection, job_id: UUID, now: datetime) -> None:
    """The listed items are this job's to do now; but for those that another job has, which are skipped."""
    db.execute(statements.SKIP_ENGAGED, {"job": job_id, "now": now})
    db.execute(
        text("UPDATE replay_item SET state = 'pending' WHERE job_id = :job AND state = 'listed'"), {"job": job_id}
    )


def next_pending(db: Connection, job_id: UUID, limit: int) -> list[Place]:
    """What goes next: in the order of the list, and of one lane only the first that has not ended."""
    rows = db.execute(statements.NEXT, {"job": job_id, "limit": limit})
    return [Place(row.place, row.message_id, Prospect(row.prospect) if row.prospect else None) for row in rows]


def release(db: Connection, job_id: UUID, places: Sequence[int], *, wave: int, now: datetime) -> None:
    """These were put on the line."""
    db.execute(statements.RELEASE, {"job": job_id, "places": list(places), "wave": wave, "now": now})


def end(db: Connection, job_id: UUID, ended: Iterable[Ended], *, wave: int, now: datetime) -> None:
    """These are over. One that was put on the line keeps the wave that it was put there with."""
    rows = list(ended)
    if rows:
        db.execute(
            statements.END,
            {
                "job": job_id,
                "places": [one.place for one in rows],
                "states": [one.state.value for one in rows],
                "outcomes": [one.outcome for one in rows],
                "codes": [one.code for one in rows],
                "wave": wave,
                "now": now,
            },
        )


def stop_pending(db: Connection, job_id: UUID, now: datetime) -> None:
    """What was not put on the line will not be."""
    db.execute(statements.STOP, {"job": job_id, "now": now})


def outcomes(db: Connection, job_id: UUID) -> list[Outcome]:
    """What became of the messages on the line that are not on their way any more, or that stand behind one that
    stopped."""
    return [_outcome(row) for row in db.execute(statements.OUTCOMES, {"job": job_id}).mappings()]


def on_the_line(db: Connection, job_id: UUID, *, before: datetime) -> tuple[int, int]:
    """How many items are on the line; and how many of them have been since before `before`, and only fail."""
    row = db.execute(statements.ON_THE_LINE, {"job": job_id, "before": before}).one()
    return row.open, row.troubled


def has_pending(db: Connection, job_id: UUID) -> bool:
    """Whether anything is left to put on the line."""
    found = db.scalar(
        text("SELECT 1 FROM replay_item WHERE job_id = :job AND state = 'pending' LIMIT 1"), {"job": job_id}
    )
    return found is not None


def _item(row: RowMapping) -> ItemView:
    return ItemView(
        **{
            **row,
            "route": Route(row["route"]),
            "message_state": State(row["message_state"]),
            "state": ItemState(row["state"]),
            "prospect": Prospect(row["prospect"]) if row["prospect"] else None,
            "codes": tuple(row["codes"]),
        }
    )


def _outcome(row: RowMapping) -> Outcome:
    codes = tuple(one.code.value for one in read_findings(row["findings"]) if one.blocks)
    return Outcome(row["place"], Prospect(row["prospect"]), State(row["state"]), row["last_code"], codes)
