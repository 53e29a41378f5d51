"""The benchmark starts, measures, and says what it found. What the figures are is no test's business."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.rates import Rate
from bench.report import Figure, Results, figures, table

ROOT = Path(__file__).parents[2]


@contextmanager
def ended_with_us(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def bench(*words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "bench", *words]
    started = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    with ended_with_us(started) as process:
        output, errors = process.communicate(timeout=100)
    return process.returncode, output, errors


def test_it_measures_and_ends_with_a_line_of_json() -> None:
    code, output, errors = bench("--only", "delivery", "--size", "20", "--rounds", "1")

    assert code == 0, errors
    *lines, last = output.splitlines()
    found = {one["name"]: one for one in json.loads(last)["figures"]}
    assert found["delivery alone / L"]["value"] > 0
    assert found["delivery alone / L"]["goal"] == 0.75
    assert found["L: a second"]["value"] > 0
    assert lines[0].split()[:3] == ["figure", "value", "goal"]
    assert len(lines) == len(found) + 1


def test_a_name_that_is_no_figure_is_a_usage_error() -> None:
    code, output, errors = bench("--only", "speed")

    assert (code, output) == (2, "")
    assert "no such figure: speed" in errors


def test_ratios_are_of_medians_and_say_how_the_rounds_differed() -> None:
    results = Results({"L": [Rate(100), Rate(100), Rate(400)], "delivery": [Rate(50), Rate(80), Rate(90)]})

    [ratio] = [one for one in figures(results) if one.name == "delivery alone / L"]

    assert ratio.value == 0.8
    assert ratio.spread == (0.225, 0.8)
    assert ratio.reached is True


@pytest.mark.parametrize(("value", "mark"), [(1.5, "reached"), (1.51, "NOT reached")])
def test_a_goal_that_is_an_upper_bound_is_reached_from_below(value: float, mark: str) -> None:
    assert table([Figure("p95", value, 1.5, "at most", "s")]).splitlines()[1].split("  ")[-1] == mark
