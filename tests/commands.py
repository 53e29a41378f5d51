"""The commands as tests call them: within this process, or as a process of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connector.cli.main import app


class Commands:
    """Runs commands with these settings and no others, in an empty working directory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path, **settings: str) -> None:
        for name in [name for name in os.environ if name.startswith("LIENTHONG_")]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(directory)
        self._monkeypatch = monkeypatch
        self._directory = directory
        self.set(**settings)

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"LIENTHONG_{name.upper()}", value)

    def run(self, *words: str, code: int = 0) -> Result:
        """Within this process. What nobody caught is raised here."""
        result = CliRunner().invoke(app, words, catch_exceptions=False)
        assert result.exit_code == code, (result.exit_code, result.stderr)
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        """The one document on standard output."""
        return json.loads(self.run(*words, "--json", code=code).stdout)

    def start(self, *words: str, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """As a process of its own; whoever starts it waits for it."""
        command = [sys.executable, "-P", "-m", "connector", *words]
        root = str(Path(__file__).parent.parent)
        return subprocess.Popen(
            command,
            cwd=self._directory,
            env={**os.environ, "PYTHONPATH": root, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def finished(self, *words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a process of its own."""
        with self.start(*words, environment=environment) as process:
            out, err = process.communicate(timeout=60)
        return process.returncode, out, err
