"""Workers and beats as processes of their own over a stage's ledger and partners."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.partners import CLIENT
from tests.world import Stage


class Role:
    """`lienthong worker` or `lienthong beat` as processes of their own, in a session that can be killed as a whole."""

    def __init__(self, name: str, log: Path, environment: Mapping[str, str]) -> None:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("LIENTHONG_")}
        self._log = log
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "connector", name],
                cwd=log.parent,
                env={**inherited, "PYTHONPATH": str(Path(__file__).parents[1]), **environment},
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def says(self, word: str) -> bool:
        assert self.process.poll() is None, self.said()
        return word in self.said()

    def has_process(self, pid: int) -> bool:
        """Whether this number is one of its processes."""
        try:
            return os.getsid(pid) == self.process.pid
        except ProcessLookupError:
            return False

    def kill(self) -> None:
        """SIGKILL to every process of it at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def end(self) -> int:
        """Told to stop; its exit code."""
        self.process.terminate()
        return self.process.wait(60)


class Roles:
    """Starts roles over a stage's ledger and partners, and leaves none running."""

    def __init__(self, stage: Stage, broker: str, home: Path, **urls: str) -> None:
        given = stage.settings
        partners = {name: process.url for name, process in stage.sandboxes.processes.items()} | urls
        settings = {
            "database_url": given.database_url.get_secret_value() if given.database_url else "",
            "broker_url": broker,
            "concurrency": "2",
            **{
                name: f"{getattr(given, name).total_seconds():g}s"
                for name in ("poll_interval", "http_timeout", "lease")
            },
            "retry_schedule": ",".join(f"{wait.total_seconds():g}s" for wait in given.retry_schedule),
            **{f"{name}_url": url for name, url in partners.items()},
            **{f"{name}_client_id": CLIENT[0] for name in partners},
            **{f"{name}_client_secret": CLIENT[1] for name in partners},
        }
        self._environment = {f"LIENTHONG_{name.upper()}": value for name, value in settings.items()}
        self._home = home
        self._started: list[Role] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        for role in self._started:
            if role.process.poll() is None:
                role.kill()

    def start(self, name: str, **environment: str) -> Role:
        role = Role(name, self._home / f"{name}-{len(self._started)}.log", self._environment | environment)
        self._started.append(role)
        return role
