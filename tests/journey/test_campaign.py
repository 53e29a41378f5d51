"""A short campaign with another seed each time; the long ones are in docs/reliability.md."""

import json
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(900)
def test_nothing_is_lost_doubled_or_overtaken_under_fire(capfd: pytest.CaptureFixture[str]) -> None:
    seed = secrets.randbelow(1_000_000)
    words = ["--seed", str(seed), "--dossiers", "120", "--minutes", "1.2", "--every", "1.5", "--json"]
    with capfd.disabled():  # on success, too: a log of CI must say what was tried
        print(f"\n./run campaign {' '.join(words)}", file=sys.stderr, flush=True)

    ended = subprocess.run(
        [sys.executable, "-m", "campaign", *words], cwd=ROOT, capture_output=True, text=True, timeout=850, check=False
    )

    print(ended.stderr[-4000:])
    assert ended.returncode == 0, f"seed {seed}: {ended.stdout}"
    figures = json.loads(ended.stdout)
    assert figures["seed"] == seed
    assert figures["dossiers"] == 120
    assert figures["delivered"] + figures["invalid"] > 100
    assert sum(figures["killed"].values()) > 0
