"""The figures of a run, each beside its goal: a table for people and one line of JSON."""

import json
import os
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final, Literal

from bench.rates import Rate


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table. `goal` None: nothing was promised. `unit` is empty for a ratio."""

    name: str
    value: float
    goal: float | None = None
    sense: Literal["at least", "at most"] = "at least"
    unit: str = ""
    spread: tuple[float, float] | None = None

    @property
    def reached(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.sense == "at least" else self.value <= self.goal


@dataclass(slots=True)
class Results:
    """What was measured: rates by figure and round, and the rest by name."""

    rates: dict[str, list[Rate]] = field(default_factory=dict)
    rest: dict[str, dict[str, float]] = field(default_factory=dict)

    def a_second(self, name: str) -> float:
        return statistics.median(rate.a_second for rate in self.rates[name])


# Ratios of the table: name, what over what, a factor, the goal.
_RATIOS: Final[tuple[tuple[str, str, str, float, float | None], ...]] = (
    ("delivery alone / L", "delivery", "L", 1.0, 0.75),
    ("application end to end / L", "e2e", "L", 1.0, 0.55),
    ("application end to end / N", "e2e", "N", 1.0, 4.0),
    ("intake alone, one process / L per process", "intake", "L", 2.0, 1.0),
    ("progress / L", "progress", "L", 1.0, 2.0),
    ("register, read and delivered / L", "register", "L", 1.0, None),
    ("delivery with a full ledger / with an empty one", "full", "empty", 1.0, 0.9),
)
_SLOWEST_LOOK: Final = 0.2
_READS: Final = 10


def figures(results: Results) -> Iterator[Figure]:
    """Everything that can be said of what was measured."""
    for name, rates in results.rates.items():
        seconds = [rate.a_second for rate in rates]
        yield Figure(f"{name}: a second", results.a_second(name), unit="1/s", spread=(min(seconds), max(seconds)))
        for more in sorted({key for rate in rates for key in rate.more}):
            yield Figure(f"{name}: {more}", statistics.median(rate.more[more] for rate in rates))
        for who in sorted({key for rate in rates for key in rate.cpu}):
            yield Figure(f"{name}: CPU of {who}", statistics.median(rate.cpu[who] for rate in rates), unit="us each")
    for name, over, under, factor, goal in _RATIOS:
        if over in results.rates and under in results.rates:
            yield _ratio(results, name, over, under, factor, goal)
    yield from _standing(results.rest)


def _ratio(results: Results, name: str, over: str, under: str, factor: float, goal: float | None) -> Figure:
    """The ratio of medians; its spread is that of the rounds, each of which measured both."""
    pairs = zip(results.rates[over], results.rates[under], strict=True)
    rounds = [factor * one.a_second / other.a_second for one, other in pairs]
    value = factor * results.a_second(over) / results.a_second(under)
    return Figure(name, value, goal, spread=(min(rounds), max(rounds)))


def _standing(rest: Mapping[str, Mapping[str, float]]) -> Iterator[Figure]:
    if found := rest.get("looks"):
        # On a slow machine: so many times one indexed read.
        goal = max(_SLOWEST_LOOK, _READS * found["indexed_read"])
        yield Figure("`status`, full ledger", found["status"], goal, "at most", "s")
        yield Figure("`messages list`, first page, full ledger", found["list"], goal, "at most", "s")
        yield Figure("the command `status`, with its start", found["status_command"], unit="s")
        yield Figure("the command `messages list`, with its start", found["list_command"], unit="s")
        yield Figure("rows of the full ledger", found["rows"])
    if found := rest.get("memory"):
        yield Figure("memory of a worker, many messages / few", found["ratio"], 1.2, "at most")
        yield Figure("memory of a worker after many", found["after"] / 2**20, unit="MB")
    if found := rest.get("idle"):
        yield Figure("idle: an event until the ministry has it, p95", found["p95"], 1.5, "at most", "s")
        yield Figure("idle: the same, median", found["p50"], unit="s")
        yield Figure("idle: CPU of all processes, share of a core", found["cpu"], 0.03, "at most")


def table(found: Sequence[Figure]) -> str:
    """Lines of fixed columns."""
    rows = [("figure", "value", "goal", "", "rounds from - to")]
    for one in found:
        goal = "" if one.goal is None else f"{'>=' if one.sense == 'at least' else '<='} {_short(one.goal)}"
        mark = {None: "", True: "reached", False: "NOT reached"}[one.reached]
        spread = "" if one.spread is None else f"{_short(one.spread[0])} - {_short(one.spread[1])}"
        rows.append((one.name, f"{_short(one.value)} {one.unit}".strip(), goal, mark, spread))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def document(found: Sequence[Figure], *, rounds: int, sizes: Mapping[str, object], seconds: float) -> str:
    """One line of JSON: the machine, what was asked for, and every figure."""
    return json.dumps(
        {
            "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()},
            "rounds": rounds,
            "sizes": dict(sizes),
            "seconds": round(seconds, 1),
            "figures": [{**asdict(one), "reached": one.reached} for one in found],
        },
        ensure_ascii=False,
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
