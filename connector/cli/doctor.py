"""`lienthong doctor`: whether this machine has all it needs, one line a check."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import typer

from connector import settings
from connector.cli.checkup import Check, checks
from connector.cli.endings import NEEDS_ATTENTION, SERVICE_AWAY
from connector.cli.output import AsJson, write_json, write_line
from connector.settings import BadSettings


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Khám máy / checks settings, database, schema, clocks, broker, both partners and disk, one line each.

    Exit 1 when a check failed, 69 when the database cannot be reached, 78 for bad settings.
    """
    said = _Said(as_json)
    try:
        given = settings.load()
    except BadSettings as error:
        said.add(Check("settings", False, "; ".join(error.faults)))
        said.end()
        raise
    for check in checks(given):
        said.add(check)
    said.end()
    if any(check.away for check in said.checks):
        raise typer.Exit(SERVICE_AWAY)
    if not all(check.ok for check in said.checks):
        raise typer.Exit(NEEDS_ATTENTION)


@dataclass
class _Said:
    """Lines for people appear as they come: a partner that does not answer takes its time."""

    as_json: bool
    checks: list[Check] = field(default_factory=list)

    def add(self, check: Check) -> None:
        self.checks.append(check)
        if not self.as_json:
            write_line(f"{'✓' if check.ok else '✗'} {check.name}: {check.text}")

    def end(self) -> None:
        if self.as_json:
            write_json(as_document(self.checks))


def as_document(found: Sequence[Check]) -> dict[str, Any]:
    """The JSON of `doctor`."""
    return {
        "checks": [{"name": check.name, "ok": check.ok, "text": check.text} for check in found],
        "ok": all(check.ok for check in found),
    }
