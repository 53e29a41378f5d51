"""A partner's durable store: one SQLite file, one writer, and the append-only record of what took effect."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connector.sandbox.canon import compact
from connector.sandbox.clock import iso

_COMMON = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tally (what TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (what, name));
CREATE TABLE IF NOT EXISTS effect (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, key TEXT,
    fingerprint TEXT, body TEXT NOT NULL, before INTEGER, after INTEGER, answer TEXT);
CREATE INDEX IF NOT EXISTS effect_kind ON effect (kind);
CREATE INDEX IF NOT EXISTS effect_subject ON effect (subject);
"""


class Store:
    """Everything runs in the server's one thread; a transaction is as long as one handler."""

    def __init__(self, path: Path, schema: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        # synchronous OFF: what is committed survives kill -9. The price is a power cut, which no test makes.
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY;")
        self._db.executescript(_COMMON + schema)
        self._fresh: dict[tuple[str, str], int] = {}

    def close(self) -> None:
        self.flush_tally()
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        return self._db.execute(sql, values)

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._db.execute(sql, values).fetchall()

    def number(self, sql: str, *values: Any) -> float:
        """The first column of the first row, 0 where it is null or missing."""
        row = self.one(sql, *values)
        return 0 if row is None or row[0] is None else row[0]

    # -- the record of effects ------------------------------------------------------------------------------------

    def record(
        self,
        at: float,
        kind: str,
        subject: str,
        *,
        key: str | None = None,
        fingerprint: str | None = None,
        body: Any = None,
        moves: tuple[int | None, int | None] = (None, None),
        answer: str | None = None,
    ) -> None:
        """Append one effect or decision; belongs in the transaction that makes the effect."""
        self._db.execute(
            "INSERT INTO effect (at, kind, subject, key, fingerprint, body, before, after, answer)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            (at, kind, subject, key, fingerprint, compact(body), *moves, answer),
        )

    def effects(self, after: int, limit: int) -> dict[str, Any]:
        rows = self.all("SELECT * FROM effect WHERE n > ? ORDER BY n LIMIT ?", after, limit)
        found = [{**dict(row), "at": iso(row["at"]), "body": json.loads(row["body"])} for row in rows]
        return {"effects": found, "next": rows[-1]["n"] if rows else after}

    # -- small things ---------------------------------------------------------------------------------------------

    def remember(self, name: str, value: Any) -> None:
        self.run(
            "INSERT INTO meta VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            compact(value),
        )

    def recall(self, name: str) -> Any:
        row = self.one("SELECT value FROM meta WHERE name = ?", name)
        return None if row is None else json.loads(row["value"])

    def tally(self, what: str, name: str) -> None:
        """Count in memory; `flush_tally` writes it down, so kill -9 costs the counts of the last moment only."""
        self._fresh[what, name] = self._fresh.get((what, name), 0) + 1

    def flush_tally(self) -> None:
        if not self._fresh:
            return
        rows = [(what, name, n) for (what, name), n in self._fresh.items()]
        self._fresh.clear()
        with self.transaction():
            self._db.executemany(
                "INSERT INTO tally VALUES (?,?,?) ON CONFLICT (what, name) DO UPDATE SET n = n + excluded.n", rows
            )

    def tallies(self, what: str) -> dict[str, int]:
        self.flush_tally()
        return {
            row["name"]: row["n"] for row in self.all("SELECT name, n FROM tally WHERE what = ? ORDER BY name", what)
        }

    def count(self, sql: str, *values: Any) -> dict[str, int]:
        """A two-column query as a mapping."""
        return {str(row[0]): row[1] for row in self.all(sql, *values)}

    def wipe(self, keep: Sequence[str] = ()) -> None:
        """Empty every table but the named ones."""
        self._fresh.clear()
        with self.transaction():
            names = [
                r[0] for r in self.all("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")
            ]
            for name in (name for name in names if name not in keep):
                self.run(f"DELETE FROM {name}")
            self.run("DELETE FROM sqlite_sequence")
