"""The simulated partners as processes, and small clients of them for tests."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests

from connector.sandbox.control import Control
from tests.bodies import code, progress, submission
from tests.contract import Contract, Partner
from tests.recording import Watch

# What a client meets when its connection is closed under it.
LOST = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
CLIENT = ("lienthong", "sandbox")
_TOKEN = {"ministry": "/token", "province": "/oauth2/token"}


class PartnerProcess:
    """One `python -m connector.sandbox.serve`; the same store and port over restarts."""

    def __init__(
        self, partner: Partner, home: Path, settings: Mapping[str, Any], *arguments: str, bind: str = "127.0.0.1:0"
    ) -> None:
        self.partner: Partner = partner
        self._store, self._ready = home / f"{partner}.db", home / f"{partner}.url"
        self.arguments = [*arguments, "--settings", json.dumps(settings)]
        self._bind = bind
        self.start()

    def start(self) -> None:
        self._ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "connector.sandbox.serve", self.partner, "--bind", self._bind]
        command += ["--store", str(self._store), "--ready-file", str(self._ready)]
        self.process = subprocess.Popen([*command, *self.arguments], stderr=subprocess.PIPE)
        try:
            self.url = self._announced()
        except AssertionError:
            self._reap()
            raise
        self._bind = self.url.removeprefix("http://")
        self.control = Control(self.url)

    def _announced(self) -> str:
        """The line on standard error comes once connections are accepted, and the file just behind it."""
        assert self.process.stderr is not None
        line = self.process.stderr.readline().decode()
        assert "listens on" in line, line
        wait_for(self._ready.exists)
        url = self._ready.read_text()
        assert line.rstrip().endswith(url)
        return url

    def kill(self) -> None:
        """SIGKILL: nothing of the process gets another instruction."""
        os.kill(self.process.pid, signal.SIGKILL)
        self._reap()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self._reap()

    def _reap(self) -> int:
        if hasattr(self, "control"):
            self.control.close()
        code = self.process.wait(10)
        assert self.process.stderr is not None
        self.said = self.process.stderr.read().decode()
        self.process.stderr.close()
        return code

    def fresh(self, **settings: Any) -> "Caller":
        """An empty partner with these settings, and a caller with a token."""
        self.control.reset()
        if settings:
            self.control.set(**settings)
        return Caller(self)


class Caller:
    """Calls the partner's services and has every exchange judged by the contract."""

    def __init__(self, process: PartnerProcess, *, judged: str = "both", token: str | None = None) -> None:
        self.process, self.control, self.url = process, process.control, process.url
        self.watch = Watch(_contract(process.partner), judged)
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.hooks["response"].append(self.watch)
        if token is None:
            self.renew()
        else:
            self.token = token

    def renew(self) -> None:
        answer = self.ask_token()
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]

    def ask_token(self, client: tuple[str, str] = CLIENT, grant: str = "client_credentials") -> requests.Response:
        url = self.url + _TOKEN[self.process.partner]
        return self.session.post(url, data={"grant_type": grant}, auth=client, timeout=20)

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """`body` is sent as JSON, or as it is when it is bytes."""
        headers = {"Authorization": f"Bearer {self.token}"}
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        return self.session.request(method, self.url + path, data=data, headers=headers, timeout=20, **more)

    def unjudged(self, *args: Any, **more: Any) -> requests.Response:
        """A call that breaks the contract on purpose: only its answer is judged."""
        self.watch.sides = "response"
        try:
            return self.call(*args, **more)
        finally:
            self.watch.sides = "both"

    def service(self, name: str, body: Any, *, good: bool = True) -> dict[str, Any]:
        """One of the ministry's services; its envelope."""
        answer = (self.call if good else self.unjudged)("POST", f"/hotich/1.0/{name}", body)
        assert answer.status_code == 200, answer.status_code
        envelope: dict[str, Any] = answer.json()
        return envelope

    def write(self, serial: int = 1) -> requests.Response:
        """A call with an effect, at either partner: a submission, or progress of a dossier that is there."""
        if self.process.partner == "ministry":
            return self.call("POST", "/hotich/1.0/nhanHoSoDKHT", submission(code(serial)))
        return self.call("POST", "/apitthc/v1/tien-do", {"data": [progress(code(serial), 4, f"K{serial}")]})

    def told(self, answer: requests.Response) -> str:
        """How a write was answered: done, or again."""
        body = answer.json()
        if self.process.partner == "ministry":
            return {None: "done", "110": "again"}[body["errorCode"]]
        return {"0": "done", "DUP": "again"}[body["ket_qua"][0]["error_code"]]

    def taken(self) -> int:
        """How many writes took effect."""
        return len(self.effects("submission", "progress"))

    def faults(self) -> dict[str, int]:
        counted: dict[str, int] = self.control.counts()["faults"]
        return counted

    def effects(self, *kinds: str) -> list[dict[str, Any]]:
        return [effect for effect in self.control.each_effect() if not kinds or effect["kind"] in kinds]


@cache
def _contract(partner: Partner) -> Contract:
    return Contract(partner)


@contextmanager
def partner_process(partner: Partner, home: Path, *arguments: str, **settings: Any) -> Iterator[PartnerProcess]:
    process = PartnerProcess(partner, home, settings, *arguments)
    try:
        yield process
    finally:
        assert process.stop() == 0
        assert "Traceback" not in process.said, process.said


def wait_for(condition: Any, seconds: float = 10.0) -> Any:
    """Ask every hundredth of a second until the answer is yes; returns it."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return answer
