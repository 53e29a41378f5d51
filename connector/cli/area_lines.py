"""An area with its mode, as `rollout list` and `status` show it."""

from typing import Any

from connector.cli.output import for_people, instant
from connector.rollout.board import Line


def line_as_document(line: Line) -> dict[str, Any]:
    """The JSON of `rollout list` (contract operating.md). `rule` is the area whose rule decides, null where nobody made
    one; at `until` the mode ends by itself."""
    rule = line.rule
    return {
        "area": line.area.slug,
        "name": line.area.name,
        "units": list(line.units),
        "procedure": line.procedure,
        "mode": line.mode,
        "since": instant(line.since),
        "by": rule.by if rule else None,
        "why": rule.why if rule else None,
        "held": line.held,
        "rule": rule.area if rule else None,
        "until": instant(rule.until) if rule else None,
    }


def in_one_line(line: Line) -> str:
    """For people: what the area lets happen, and why, when it was decided for itself."""
    rule = line.rule
    said = f"{line.area.name} ({line.area.slug}) {line.procedure}: {line.mode}, giữ lại / held {line.held}"
    if rule is None:
        return said
    until = f" đến / until {for_people(rule.until)}" if rule.until else ""
    return f"{said}; từ / since {for_people(rule.since)}{until}, {rule.by}: {rule.why}"
