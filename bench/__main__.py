"""`python -m bench`: measures, and prints a table and then one line of JSON on standard output."""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench import rates, report, standing
from bench.processes import Failed
from bench.rates import Rate
from bench.report import Results
from bench.stage import WORKERS, Sizes, Stage, set_up
from connector.local.home import LocalError

# In the order of a round.
ROUNDS: Final[dict[str, Callable[[Stage], Rate]]] = {
    "L": rates.limit,
    "stub": rates.stub_alone,
    "N": rates.plain_queue,
    "e2e": rates.end_to_end,
    "delivery": rates.delivery,
    "intake": rates.intake,
    "progress": rates.progress,
    "register": rates.register,
}
ONCE: Final = ("rows", "memory", "idle")
DEFAULT: Final = Sizes(size=3000, plain=1000, rows=1_000_000, memory=(1_000, 100_000), events=40, seconds=60)
QUICK: Final = Sizes(size=500, plain=300, rows=20_000, memory=(200, 1_000), events=6, seconds=5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when everything was measured, whether goals were reached or not; 1 when something could not be."""
    given = _parser().parse_args(arguments)
    wanted = given.only.split(",") if given.only else [*ROUNDS, *ONCE]
    if unknown := [name for name in wanted if name not in ROUNDS and name not in ONCE]:
        print(f"bench: no such figure: {', '.join(unknown)}; there are {', '.join((*ROUNDS, *ONCE))}", file=sys.stderr)
        return 2
    sizes, rounds = _sizes(given), given.rounds or (1 if given.quick else 5)
    began = time.monotonic()
    home = given.keep or Path(tempfile.mkdtemp(prefix="lt-bench-"))
    try:
        with set_up(home, sizes) as stage:
            results = _measured(stage, wanted, rounds)
    except (Failed, LocalError) as failure:  # the logs stay
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except BaseException:
        _clear(home, given.keep)
        raise
    _clear(home, given.keep)
    found = list(report.figures(results))
    if not given.json:
        print(report.table(found))
    print(report.document(found, rounds=rounds, sizes=asdict(sizes), seconds=time.monotonic() - began))
    return 0


def _clear(home: Path, keep: Path | None) -> None:
    if keep is None:
        shutil.rmtree(home, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "./run bench", description="Measures a bare loop, a plain task queue and this system."
    )
    parser.add_argument("--only", metavar="NAMES", help=f"some of {','.join((*ROUNDS, *ONCE))}")
    parser.add_argument("--rounds", type=_number, metavar="N", help="interleaved rounds; 5, or 1 with --quick")
    parser.add_argument("--size", type=_number, metavar="N", help=f"dossiers a round ({DEFAULT.size})")
    parser.add_argument(
        "--rows", type=_number, metavar="N", help=f"finished messages in the full ledger ({DEFAULT.rows})"
    )
    parser.add_argument("--quick", action="store_true", help="a minute or two, to see that it works; proves nothing")
    parser.add_argument("--json", action="store_true", help="the line of JSON alone")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new directory for servers and logs that stays")
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _sizes(given: argparse.Namespace) -> Sizes:
    usual = QUICK if given.quick else DEFAULT
    size = _even(given.size or usual.size)
    plain = usual.plain if given.size is None else max(given.size // 3, 10)
    return Sizes(size, plain, given.rows or usual.rows, usual.memory, usual.events, usual.seconds)


def _even(size: int) -> int:
    """Each of the processes gets the same number."""
    return -(-size // WORKERS) * WORKERS


def _measured(stage: Stage, wanted: Sequence[str], rounds: int) -> Results:
    results = Results()
    # A ratio needs what it is a ratio to.
    turns = {
        name: measure for name, measure in ROUNDS.items() if name in wanted or (name == "L" and set(wanted) - set(ONCE))
    }
    for number in range(1, rounds + 1):
        for name, measure in turns.items():
            rate = measure(stage)
            results.rates.setdefault(name, []).append(rate)
            _say(f"round {number}/{rounds}: {name} {rate.a_second:,.0f}/s")
    if "rows" in wanted:
        _say(f"filling a ledger with {stage.sizes.rows:,} messages")
        _with_rows(stage, results, rounds)
    for name, look in (("memory", standing.memory), ("idle", standing.idle)):
        if name in wanted:
            _say(name)
            results.rest[name] = look(stage)
    return results


def _with_rows(stage: Stage, results: Results, rounds: int) -> None:
    with standing.full_ledger(stage) as full:
        results.rest["looks"] = {**standing.looks(stage, full), "rows": stage.sizes.rows}
        for number in range(rounds):
            for name, rate in (
                ("empty", rates.delivery(stage)),
                ("full", standing.delivery_with_rows(stage, full, number)),
            ):
                results.rates.setdefault(name, []).append(rate)
                _say(f"round {number + 1}/{rounds}: {name} ledger {rate.a_second:,.0f}/s")


def _say(line: str) -> None:
    """Standard output belongs to the table."""
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
