"""How a campaign ended: one table for people, one JSON document for scripts."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from campaign.life import Flaw
from connector.sandbox.verdict import Verdict

WRONGS: Final = ("lost", "doubled", "out_of_order", "altered", "unexpected", "unfinished", "unexplained")
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything a campaign came to. `ledger` counts messages and attempts; `killed` and `faults` what was done to
    it."""

    seed: int
    verdict: Verdict
    flaws: Sequence[Flaw]
    unfinished: Sequence[str]
    ledger: Mapping[str, Any]
    faults: Mapping[str, int]
    killed: Mapping[str, int]
    unasked_deaths: Mapping[str, int] = field(default_factory=dict)
    corrections: int = 0
    desk: Mapping[str, int] = field(default_factory=dict)
    recovery: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def wrongs(self) -> dict[str, int]:
        """Counts by kind; the partners' records and the ledger each have their say."""
        of_ledger = {kind: sum(flaw.kind == kind for flaw in self.flaws) for kind in WRONGS}
        of_records = {kind: len(self.verdict.found(kind)) for kind in ("lost", "altered", "unexpected")}
        return {
            "lost": of_records["lost"],
            "doubled": self.verdict.doubled + of_ledger["doubled"],
            "out_of_order": self.verdict.out_of_order + of_ledger["out_of_order"],
            "altered": of_records["altered"],
            "unexpected": of_records["unexpected"],
            "unfinished": len(self.unfinished),
            "unexplained": of_ledger["unexplained"],
        }

    @property
    def clean(self) -> bool:
        return not any(self.wrongs().values())

    def figures(self) -> dict[str, Any]:
        """The JSON document."""
        return {
            "seed": self.seed,
            "clean": self.clean,
            "dossiers": self.verdict.dossiers,
            "delivered": self.verdict.delivered,
            "results": self.verdict.results,
            "invalid": self.verdict.invalid,
            "corrections": self.corrections,
            "registers": dict(self.desk),
            "messages": self.ledger["messages"],
            "attempts": self.ledger["attempts"],
            "retried": self.ledger["retried"],
            "leases_ended": self.ledger["leases_ended"],
            "already_there": self.ledger["already_there"],
            "states": self.ledger["states"],
            **self.wrongs(),
            "faults": dict(self.faults),
            "killed": dict(self.killed),
            "unasked_deaths": dict(self.unasked_deaths),
            "recovery": dict(self.recovery),
            "seconds": round(self.seconds, 1),
        }


def write(outcome: Outcome, *, only_json: bool) -> None:
    """Findings on standard error; on standard output a table, and as its last line the JSON document."""
    findings = [
        *(f"{wrong.kind}: {wrong.dossier}: {wrong.why}" for wrong in outcome.verdict.wrongs),
        *(f"{flaw.kind}: {flaw.subject}: {flaw.why}" for flaw in outcome.flaws),
        *(f"unfinished: {code}" for code in outcome.unfinished),
    ]
    for line in findings[:_SHOWN]:
        print(f"campaign: {line}", file=sys.stderr)
    if len(findings) > _SHOWN:
        print(f"campaign: … and {len(findings) - _SHOWN} more", file=sys.stderr)
    figures = outcome.figures()
    if not only_json:
        Console(width=100, highlight=False).print(_table(figures))
    sys.stdout.write(json.dumps(figures, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _table(figures: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("", justify="right")
    for name, value in figures.items():
        if isinstance(value, Mapping):
            table.add_row(f"[bold]{name}[/bold]", "")
            for key, number in value.items():
                table.add_row(f"  {key}", json.dumps(number))
        else:
            table.add_row(name.replace("_", " "), str(value))
    return table
