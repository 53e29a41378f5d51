"""The product as a stranger meets it: `lienthong up` in a home of its own, and what its commands print."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.independent.ministry import Ministry
from tests.independent.province import Province
from tests.independent.stage import CLIENT, SECRET

ROOT = Path(__file__).parents[2]
QUICK = {
    "poll_interval": "200ms",
    "http_timeout": "2s",
    "lease": "5s",
    "retry_schedule": ",".join(["300ms"] * 40),
    "concurrency": "2",
    # Others test here as well.
    "console_bind": "127.0.0.1:0",
}


class Product:
    """The whole connector as one process group over given servers, between two partners."""

    def __init__(self, home: Path, ministry: Ministry, province: Province, **settings: str) -> None:
        self._home = home
        self.log = home / "up.log"
        partners: dict[str, str] = {}
        for name, url in (("ministry", ministry.url), ("province", province.url)):
            partners |= {f"{name}_url": url, f"{name}_client_id": CLIENT, f"{name}_client_secret": SECRET}
        chosen = {"home": str(home), **partners, **QUICK, **settings}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
        self._environment = clean | {f"LIENTHONG_{name.upper()}": value for name, value in chosen.items()}
        self._environment["PYTHONPATH"] = str(ROOT)

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "connector", "up"],
                cwd=self._home,
                env=self._environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            code = self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise
        assert code == 0

    def said(self, *words: str) -> Any:
        """The document that a command prints with --json."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "connector", *words, "--json"],
            cwd=self._home,
            env=self._environment,
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr.decode()
        return json.loads(done.stdout)

    def messages(self, *filters: str) -> list[dict[str, Any]]:
        """Messages, newest first."""
        found: list[dict[str, Any]] = self.said("messages", "list", "--limit", "500", *filters)["messages"]
        return found

    def eventually(self, done: Callable[[], object], seconds: float = 10.0) -> None:
        """Asks again until it holds."""
        ends = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < ends, f"not within {seconds} s"

    def crashes(self) -> list[str]:
        """Lines of the log that speak of something nobody expected."""
        words = ("Traceback", "crashed", "exception", "raised unexpected", "SIGSEGV", "Hard time limit", "died")
        return [line for line in self.log.read_text().splitlines() if any(word in line for word in words)]
