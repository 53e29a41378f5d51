"""The names that this installation takes for values of a catalogue, as rows; each process looks again after seconds."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from connector.adapters.job_tables import alias
from connector.domain.aliases import ETHNICITY, Alias, Aliases

KEPT_FOR: Final = 5.0


@dataclass(frozen=True, slots=True)
class Adopted:
    """An alias with who took it up, when and why."""

    alias: Alias
    at: datetime
    by: str
    why: str


def load(db: Connection) -> Aliases:
    """All of them, as checks and mappings use them."""
    rows = db.execute(select(alias.c.folded, alias.c.value).where(alias.c.kind == ETHNICITY))
    return Aliases({row.folded: row.value for row in rows})


def adopted(db: Connection) -> list[Adopted]:
    """All of them, newest first."""
    rows = db.execute(select(alias).order_by(alias.c.at.desc(), alias.c.name))
    return [Adopted(Alias(row.kind, row.name, row.value), row.at, row.by, row.why) for row in rows]


def adopt(db: Connection, one: Alias, *, now: datetime, by: str, why: str) -> None:
    """Takes up an alias, or gives a known name another value. It holds for what is checked from now on."""
    values = {"name": one.name, "value": one.value, "at": now, "by": by, "why": why}
    statement = insert(alias).values(kind=one.kind, folded=one.folded, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["kind", "folded"], set_=values))


def drop(db: Connection, one: Alias) -> bool:
    """Takes an alias back; whether there was one."""
    gone = db.execute(delete(alias).where(alias.c.kind == one.kind, alias.c.folded == one.folded))
    return gone.rowcount > 0


class AliasTable:
    """The present aliases of one process. What was adopted elsewhere is known here within seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known = Aliases()
        self._until = 0.0

    def __call__(self, *, fresh: bool = False) -> Aliases:
        with self._lock:
            if fresh or time.monotonic() >= self._until:
                with self._engine.begin() as db:
                    self._known = load(db)
                self._until = time.monotonic() + KEPT_FOR
            return self._known
