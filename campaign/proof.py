"""`./run campaign --seeds 1-10`: campaign, models and a rough demonstration on every seed asked for.

One line of JSON for each run, as soon as it has ended; exit code 0 only when all of them were clean.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
KINDS: Final = ("campaign", "model", "demo")
MODELS: Final = ("tests/integration/test_model.py", "tests/integration/test_model_of_dossiers.py")
_KEPT: Final = ("lost", "doubled", "out_of_order", "altered", "unexpected", "unfinished", "unexplained", "messages")


def main(words: Sequence[str] | None = None) -> int:
    """Runs them one after the other."""
    asked = _parser().parse_args(words)
    clean = True
    for seed in _seeds(asked.seeds):
        for kind in asked.only.split(","):
            clean &= _run(kind, seed, asked)
    return 0 if clean else 1


def _run(kind: str, seed: int, asked: argparse.Namespace) -> bool:
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, *_command(kind, seed, asked)],
        cwd=ROOT,
        env=os.environ | {"LIENTHONG_HOME": str(asked.home)} if asked.home else None,
        stdout=subprocess.PIPE,
        stderr=None if asked.loud else subprocess.PIPE,
        text=True,
        check=False,
    )
    clean = ended.returncode == 0
    line = {"kind": kind, "seed": seed, "clean": clean, "seconds": round(time.monotonic() - began, 1)}
    print(json.dumps(line | _figures(ended.stdout)), flush=True)
    if not clean and ended.stderr:
        print(ended.stderr[-4000:], file=sys.stderr, flush=True)
    return clean


def _command(kind: str, seed: int, asked: argparse.Namespace) -> list[str]:
    count = str(asked.dossiers)
    if kind == "campaign":
        return [
            "-P",
            "-m",
            "campaign",
            "--seed",
            str(seed),
            "--dossiers",
            count,
            "--minutes",
            str(asked.minutes),
            "--json",
        ]
    if kind == "demo":
        return ["-P", "-m", "connector", "demo", "--seed", str(seed), "--dossiers", count, "--faults", "rough"]
    # By the door: tests need more packages than a campaign.
    return [str(ROOT / "run"), "test", "-q", "-n", "0", f"--hypothesis-seed={seed}", *MODELS]


def _figures(said: str) -> dict[str, Any]:
    """What the last line says, where it is a document."""
    try:
        found = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    kept = {name: found[name] for name in _KEPT if name in found}
    return kept | {name: sum(found[name].values()) for name in ("killed", "faults") if name in found}


def _seeds(text: str) -> Iterator[int]:
    """`3`, `1-10` or `1,4,7-9`."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="campaign --seeds", description=__doc__)
    parser.add_argument("--seeds", required=True, help="as in 3, 1-10 or 1,4,7-9")
    parser.add_argument("--only", default=",".join(KINDS), help="some of campaign, model and demo, comma-separated")
    parser.add_argument("--dossiers", type=int, default=300, help="of each campaign and each demonstration")
    parser.add_argument("--minutes", type=float, default=2.0, help="of mischief in each campaign")
    parser.add_argument("--home", type=Path, help="where demonstrations keep their data; default: LIENTHONG_HOME")
    parser.add_argument("--loud", action="store_true", help="show what the runs say on standard error")
    return parser


if __name__ == "__main__":
    sys.exit(main())
