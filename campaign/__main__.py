"""`python -m campaign`, or `./run campaign`: the real system under seeded mischief, judged by the partners' records
and the ledger."""

import argparse
import json
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from campaign import proof, report
from campaign.backlog import measure
from campaign.course import Plan, run
from connector import logs


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0 only when nothing is wrong. The last line of standard output is one JSON document.

    With `--seeds` several runs of several kinds are made (proof.py).
    """
    given = sys.argv[1:] if words is None else words
    if any(word.startswith("--seeds") for word in given):
        return proof.main(given)
    asked = _parser().parse_args(given)
    seed = secrets.randbelow(1_000_000) if asked.seed is None else asked.seed
    home = Path(tempfile.mkdtemp(prefix="campaign-", dir=asked.home))
    logs.configure((home / "campaign.log").open("a"), json=True)
    # However we are told to end, the processes end with us.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    _say(f"seed {seed}: {asked.dossiers} dossiers, {asked.minutes} minutes; logs in {home}")
    if asked.backlog:
        print(json.dumps(measure(home, dossiers=asked.backlog, workers=asked.workers, seed=seed, say=_say)))
        return 0
    plan = Plan(
        seed=seed,
        dossiers=asked.dossiers,
        minutes=asked.minutes,
        workers=asked.workers,
        beats=asked.beats,
        every=asked.every,
        only=[name for name in asked.only.split(",") if name],
        faults=asked.faults,
        rates=asked.rates,
    )
    outcome = run(plan, home, _say)
    report.write(outcome, only_json=asked.json)
    if outcome.clean and not asked.keep:
        shutil.rmtree(home, ignore_errors=True)
    else:
        _say(f"seed {seed}: {'clean' if outcome.clean else 'NOT CLEAN'}; everything is kept in {home}")
    return 0 if outcome.clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="campaign",
        description=__doc__,
        epilog="--seeds 1-10 proves several seeds: ./run campaign --seeds 1-10 --help",
    )
    parser.add_argument("--seed", type=int, help="the same seed, the same dossiers and deeds; random when not given")
    parser.add_argument("--dossiers", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=2.0, help="how long mischief lasts; then calm until the end")
    parser.add_argument("--workers", type=int, default=2, help="worker processes, each with two children")
    parser.add_argument("--beats", type=int, default=2)
    parser.add_argument("--every", type=float, default=2.5, help="mean of seconds between two deeds of the killer")
    parser.add_argument("--only", default="", help="deeds, comma-separated; all when not given")
    parser.add_argument("--faults", choices=["calm", "rough"], default="rough", help="what the partners do themselves")
    parser.add_argument("--rates", type=_rates, default={}, help="other shares of faults: busy=0.03,throttled=0.05")
    parser.add_argument("--home", type=Path, help="where the campaign's directory is made; default: the temporary one")
    parser.add_argument("--backlog", type=int, help="only measure: so many dossiers wait for each partner's return")
    parser.add_argument("--keep", action="store_true", help="keep logs and records of a clean campaign, too")
    parser.add_argument("--json", action="store_true", help="nothing but the JSON document on standard output")
    return parser


def _rates(text: str) -> dict[str, float]:
    return {name: float(share) for name, _, share in (part.partition("=") for part in text.split(",") if part)}


def _say(line: str) -> None:
    print(f"campaign: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
