"""Processes that end with the one that started them, and process numbers that cannot be mistaken."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def tied_to_parent(deadly: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` after which the child gets `deadly` when we die, even by SIGKILL.

    The kernel means the *thread* that started the child: call `Popen` from the main thread, or the child dies with a
    helper thread. Only Linux knows this; elsewhere the next launcher of the same home ends what was left.
    """
    parent = os.getpid()

    def tie() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(deadly), 0, 0, 0)
        if os.getppid() != parent:  # we died between fork and prctl: nobody would send the signal any more
            os._exit(1)

    return tie


def identity(pid: int) -> str | None:
    """When the process `pid` was started, in the system's own words; None when it is gone or a zombie.

    A number alone is given out again, in containers soon; number and start together name one process.
    """
    if sys.platform == "linux":
        return _identity_in_proc(pid)
    asked = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = asked.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def _identity_in_proc(pid: int) -> str | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    # The command's name stands in brackets and may hold anything, brackets too; proc(5) fields count from behind it.
    state, *rest = line.rpartition(")")[2].split()
    return None if state in {"Z", "X", "x"} else rest[18]
