"""The ministry's officers, who work through the dossiers on their desk."""

import random
import sqlite3

from connector.sandbox.ministry.answers import Ministry
from connector.sandbox.ministry.desk import HANDED_OVER, IN_WORK, RESULT, SENT, Desk

_AT_ONCE = 50


class Officers:
    """What becomes of a dossier is decided by the seed, its code and its round alone."""

    def __init__(self, house: Ministry, desk: Desk) -> None:
        self._house, self._desk = house, desk

    def work(self) -> float | None:
        """Take what is due, a bounded number of steps; returns the seconds until the next, None if nothing waits."""
        if not self._house.options.officers:
            return None
        query = "SELECT * FROM dossier WHERE next_at <= ? ORDER BY next_at LIMIT ?"
        if due := self._house.store.all(query, self._house.clock.now(), _AT_ONCE):
            with self._house.store.transaction():
                for row in due:
                    self._step(row)
        first = self._house.store.one("SELECT min(next_at) FROM dossier WHERE next_at IS NOT NULL")
        return None if first is None or first[0] is None else max(0.0, first[0] - self._house.clock.now())

    def _step(self, row: sqlite3.Row) -> None:
        if row["withdrawn"]:
            self._rest(row)
        elif row["state"] == SENT:
            self._desk.show(row, IN_WORK)
        elif row["state"] == IN_WORK:
            self._decide(row)
        elif row["state"] == RESULT and not row["signed"]:
            self._desk.register(row, {}, signed=True)
        elif row["state"] == RESULT and self._house.options.hand_over:
            self._desk.show(row, HANDED_OVER)
        else:
            self._rest(row)

    def _decide(self, row: sqlite3.Row) -> None:
        options = self._house.options
        if row["round"] <= options.max_supplements and self._draw(row, "supplement") < options.supplement:
            self._desk.supplement(row, {})
        elif self._draw(row, "refuse") < options.refuse:
            self._desk.refuse(row, {})
        else:
            self._desk.register(row, {}, signed=self._draw(row, "late") >= options.late_document)

    def _draw(self, row: sqlite3.Row, what: str) -> float:
        return random.Random(f"{self._house.options.seed}:{row['code']}:{row['round']}:{what}").random()

    def _rest(self, row: sqlite3.Row) -> None:
        self._house.store.run("UPDATE dossier SET next_at = NULL WHERE code = ?", row["code"])
