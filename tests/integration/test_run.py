"""The door to the project: it makes an environment once, repairs one, and turns into the command.

Each test has a project of its own whose locks list nothing, so that no package index is needed.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = '''
import os, signal, sys

def main() -> None:
    """Says what it was given; `wait` waits for a signal."""
    print("command", *sys.argv[1:], flush=True)
    if "wait" in sys.argv:
        signal.pause()
    raise SystemExit(7)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A name with a blank and letters beyond ASCII, as people's folders have."""
    project = tmp_path / "liên thông"
    commands = project / "connector" / "cli"
    commands.mkdir(parents=True)
    for package in (commands.parent, commands):
        (package / "__init__.py").touch()
    (commands / "main.py").write_text(COMMAND)
    shutil.copy(ROOT / "connector" / "__main__.py", project / "connector")
    shutil.copy(ROOT / "run", project)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (project / lock).write_text("# nothing\n")
    return project


def start(project: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONPATH": "/nonexistent"}
    command = [sys.executable, str(project / "run"), *words]
    return subprocess.Popen(
        command,
        cwd=project.parent,
        env=environment,
        encoding="utf-8",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=90)
    return process.returncode, out, err


def test_the_first_run_makes_the_environment_and_later_ones_are_silent(project: Path) -> None:
    code, out, err = outcome(start(project, "lienthong", "status", "--json"))
    assert (code, out) == (7, "command status --json\n")
    assert "run: making .venv with Python" in err
    assert "from requirements.lock" in err

    assert outcome(start(project, "demo", "--keep")) == (7, "command demo --keep\n", "")

    installed = subprocess.run([project / ".venv" / "bin" / "lienthong", "x"], cwd="/", capture_output=True, text=True)
    assert (installed.returncode, installed.stdout) == (7, "command x\n")


def test_two_first_runs_at_once_do_not_disturb_each_other(project: Path) -> None:
    both = [start(project, "lienthong", name) for name in ("one", "two")]
    (code, out, err), (other_code, other_out, other_err) = [outcome(process) for process in both]

    assert (code, out) == (7, "command one\n")
    assert (other_code, other_out) == (7, "command two\n")
    assert (err + other_err).count("making .venv") == 1


def test_an_interrupted_set_up_is_repaired_by_the_next_run(project: Path) -> None:
    process = start(project, "lienthong", "x")
    assert process.stderr is not None
    assert "making .venv" in process.stderr.readline()
    process.kill()
    process.communicate()

    code, out, err = outcome(start(project, "lienthong", "y"))

    assert (code, out) == (7, "command y\n")
    assert "removing .venv" in err
    assert sorted(path.name for path in project.glob(".venv*")) == [".venv"]


def test_a_changed_lock_is_installed_over_what_is_there(project: Path) -> None:
    outcome(start(project, "setup"))
    assert outcome(start(project, "lienthong", "x"))[2] == ""  # what development needs includes what running needs

    (project / "requirements.lock").write_text("# still nothing\n")
    code, _, err = outcome(start(project, "lienthong", "x"))

    assert code == 7
    assert "making" not in err
    assert "from requirements.lock" in err


def test_a_project_that_was_moved_gets_its_environment_anew(project: Path) -> None:
    outcome(start(project, "lienthong", "x"))
    moved = project.rename(project.with_name("elsewhere"))

    code, out, err = outcome(start(moved, "lienthong", "y"))

    assert (code, out) == (7, "command y\n")
    assert "making .venv" in err


def test_a_signal_reaches_the_command_itself(project: Path) -> None:
    process = start(project, "lienthong", "wait")
    assert process.stdout is not None
    assert process.stdout.readline() == "command wait\n"

    process.terminate()

    assert outcome(process)[0] == -signal.SIGTERM


def test_a_wrong_verb_is_wrong_usage_and_sets_nothing_up(project: Path) -> None:
    assert outcome(start(project, "dance")) == (2, "", "run: there is no verb 'dance'; ./run --help lists them\n")
    assert outcome(start(project))[0] == 2
    assert outcome(start(project, "--help"))[0] == 0
    assert not (project / ".venv").exists()
