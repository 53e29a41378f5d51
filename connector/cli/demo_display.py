"""What a demo shows while it runs, and how it ends."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import text

from connector.adapters.database import make_engine
from connector.cli.output import say, write_table
from connector.domain.message import State
from connector.sandbox.control import Control
from connector.sandbox.generator import Generated
from connector.sandbox.verdict import Verdict

# On a screen that is no terminal, a line every so many seconds.
QUIET_EVERY: Final = 5.0
_REPEATED: Final = text(
    "SELECT count(*) FROM attempt WHERE outcome NOT IN ('delivered', 'already-there', 'refused', 'conflict', 'invalid')"
)
_WAITING: Final = (State.READY.value, State.SENDING.value)


class Display:
    """The stages of the journey, retries and the partners' faults, live on standard error."""

    def __init__(self, database_url: str, ministry: Control, province: Control, total: int) -> None:
        self._engine = make_engine(database_url, pool_size=1)
        self._partners: Mapping[str, Control] = {"ministry": ministry, "province": province}
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("hồ sơ đã xong / dossiers at their end"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        )
        self._task = self._bar.add_task("", total=total)
        self._live = Live(self._bar, console=self._console, refresh_per_second=4) if self._console.is_terminal else None
        self._said_at = 0.0
        self._messages: dict[tuple[str, str], int] = {}
        self._total = total
        self.retried = 0
        self.movement = 0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
        self._engine.dispose()

    def show(self, ended: int) -> None:
        """One look at the ledger and the partners."""
        with self._engine.begin() as db:
            rows = db.execute(text("SELECT route, state, count(*) AS n FROM message GROUP BY route, state")).all()
            self._messages = {(row.route, row.state): row.n for row in rows}
            self.retried = db.execute(_REPEATED).scalar_one()
            self.movement = db.execute(text("SELECT coalesce(max(id), 0) FROM history")).scalar_one() + ended
        counts = {name: partner.counts() for name, partner in self._partners.items()}
        if self._live:
            self._bar.update(self._task, completed=ended)
            self._live.update(Group(self._bar, self._stages(), self._faults(counts)))
        elif time.monotonic() - self._said_at >= QUIET_EVERY or ended == self._total:
            self._said_at = time.monotonic()
            say(self._line(ended, counts))

    def on_the_way(self) -> int:
        """Messages that are ready or being sent."""
        return sum(number for (_, state), number in self._messages.items() if state in _WAITING)

    def _stages(self) -> Table:
        """Only the states that something is in: eighty columns have no room for all of them."""
        table = Table(box=None, padding=(0, 2, 0, 0))
        states = [state for state in State if any(state == seen for _, seen in self._messages)]
        table.add_column("")
        for state in states:
            table.add_column(state.value, justify="right", no_wrap=True)
        for route in sorted({route for route, _ in self._messages}):
            table.add_row(route, *(str(self._messages.get((route, state.value), "")) for state in states))
        return table

    def _faults(self, counts: Mapping[str, Mapping[str, Any]]) -> str:
        return f"thử lại / retried: {self.retried}\n" + "\n".join(
            f"{name}: " + (", ".join(f"{kind} {n}" for kind, n in found["faults"].items()) or "không sự cố / no faults")
            for name, found in counts.items()
        )

    def _line(self, ended: int, counts: Mapping[str, Mapping[str, Any]]) -> str:
        faults = sum(sum(found["faults"].values()) for found in counts.values())
        return (
            f"{ended}/{self._total} xong / at their end, {self.on_the_way()} đang đi / on the way, "
            f"{self.retried} thử lại / retried, {faults} sự cố / faults"
        )


def ending(
    sent: Sequence[Generated], verdict: Verdict, display: Display, ended: Mapping[str, bool], seconds: float
) -> bool:
    """Prints the table and, as the last line, the JSON document; whether everything is as it must be."""
    figures = {
        "dossiers": verdict.dossiers,
        "delivered": verdict.delivered,
        "results": verdict.results,
        "invalid": verdict.invalid,
        "retried": display.retried,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "out_of_order": verdict.out_of_order,
        "altered": verdict.altered,
        "unexpected": verdict.unexpected,
        "unfinished": sum(not at_end for at_end in ended.values()) if ended else len(sent),
        "seconds": round(seconds, 1),
    }
    write_table(["", ""], [(_WORDS[name], number) for name, number in figures.items()], numbers=[1])
    for wrong in verdict.wrongs[:20]:
        say(f"{wrong.kind}: {wrong.dossier}: {wrong.why}")
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()
    return verdict.clean and bool(ended) and all(ended.values())


_WORDS: Final = {
    "dossiers": "hồ sơ / dossiers",
    "delivered": "bộ đã nhận / taken by the ministry",
    "results": "kết quả về tỉnh / results stored at the province",
    "invalid": "không hợp lệ, giữ lại / invalid, rightly kept back",
    "retried": "lần thử lại / attempts repeated",
    "lost": "mất / lost",
    "doubled": "trùng / doubled",
    "out_of_order": "sai thứ tự / out of order",
    "altered": "sai nội dung / altered",
    "unexpected": "không được gửi / should not have been sent",
    "unfinished": "chưa xong / not at their end",
    "seconds": "giây / seconds",
}
