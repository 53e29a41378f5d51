"""Processes of a measurement: started, asked, weighed, and ended with us."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from connector.local.kinship import tied_to_parent

_GRACE: Final = 15.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A measurement cannot be made, or does not mean what it should; the text says why."""


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, talks: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A process in a session of its own, ended with the block. `talks`: we read and write its standard files."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else output,
            stderr=output,
            text=True,
            env=dict(os.environ) | dict(environment),
            start_new_session=True,
            preexec_fn=tied_to_parent(signal.SIGKILL),
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def python(module: str, *words: str) -> list[str]:
    """A module of ours in a process of its own."""
    safe = ["-P"] if sys.flags.safe_path else []
    return [sys.executable, *safe, "-m", module, *words]


def by_hand(
    works: Sequence[tuple[str, Mapping[str, Any], Mapping[str, str]]], log: Path
) -> tuple[float, list[dict[str, Any]]]:
    """Lets processes of `bench.hand` work at the same time: (kind, what, environment) each.

    Returns the seconds from the word to begin until the last was done, and what each of them says. Preparing does not
    count. Raises Failed when one of them fails.
    """
    with ExitStack() as stack:
        hands = []
        for kind, what, environment in works:
            command = python("bench.hand", kind, json.dumps(what))
            hands.append(stack.enter_context(running(command, environment, log, talks=True)))
        for hand in hands:
            if _line(hand, log).strip() != "ready":
                raise Failed(f"a process did not begin; see {log}")
        began = time.monotonic()
        for hand in hands:
            assert hand.stdin
            hand.stdin.write("go\n")
            hand.stdin.flush()
        said = [_line(hand, log) for hand in hands]
        took = time.monotonic() - began
    try:
        return took, [json.loads(line) for line in said]
    except ValueError:
        raise Failed(f"a process failed; see {log}") from None


def _line(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise Failed(f"a process ended early; see {log}")
    return line


def descendants(root: int) -> list[int]:
    """All processes below this one, as /proc shows them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found: list[int] = []
    todo = [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """What these used since they began, and their children that have ended."""
    ticks = 0
    for pid in pids:
        with suppress(OSError, IndexError):
            ticks += sum(int(part) for part in _stat(pid)[11:15])
    return ticks / _TICKS


def private_bytes(pid: int) -> int:
    """Memory that would come free with the process: what it shares with its parent does not count."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Private_"))


def _stat(pid: int) -> list[str]:
    # Counted from behind the name, which may hold anything: [0] is the state, [1] the parent (proc(5)).
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
