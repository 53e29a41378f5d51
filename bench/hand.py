"""One process that works when it is told to. `python -m bench.hand KIND WHAT` says `ready`, waits for a line, works,
and writes what it did as JSON. Settings come from the environment, as for a worker."""

import json
import socket
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import requests

from bench.material import Material
from connector import logs, settings, wiring
from connector.domain.message import Route
from connector.settings import require_partner
from connector.wiring import Connector
from schemas import ministry
from schemas.values import Procedure

_LONG: Final = timedelta(minutes=10)
_AT_ONCE: Final = 32
_CONNECTIONS: Final = 4

Work = Callable[[], dict[str, Any]]


def limit(given: dict[str, Any]) -> Work:
    """L: one session, one kept-alive connection, prepared bodies, nothing else."""
    bodies = _bodies(given)
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Authorization": "Bearer stub", "Content-Type": "application/json; charset=utf-8"})
    url = _ministry_url() + ministry.SUBMIT
    session.post(url.replace(ministry.SUBMIT, ministry.STATES), data=b"{}").raise_for_status()  # connected

    def work() -> dict[str, Any]:
        for body in bodies:
            session.post(url, data=body, timeout=10).raise_for_status()
        return {"done": len(bodies)}

    return work


def pipeline(given: dict[str, Any]) -> Work:
    """The same bodies over raw sockets, many requests ahead of their answers: what the stub itself can do."""
    bodies = _bodies(given)
    address = urlsplit(_ministry_url())
    head = f"POST {ministry.SUBMIT} HTTP/1.1\r\nHost: stub\r\nContent-Length: %d\r\n\r\n"
    batches = []
    for start in range(0, len(bodies), _AT_ONCE):
        some = bodies[start : start + _AT_ONCE]
        batches.append((len(some), b"".join((head % len(body)).encode() + body for body in some)))
    peers = [socket.create_connection((str(address.hostname), address.port or 80)) for _ in range(_CONNECTIONS)]

    def work() -> dict[str, Any]:
        for start in range(0, len(batches), _CONNECTIONS):
            turn = list(zip(peers, batches[start : start + _CONNECTIONS], strict=False))
            for peer, (_, batch) in turn:
                peer.sendall(batch)
            for peer, (count, _) in turn:
                answered = 0
                while answered < count:
                    answered += peer.recv(1 << 18).count(b"HTTP/1.1 200")
        return {"done": len(bodies)}

    return work


def deliver(given: dict[str, Any]) -> Work:
    """Delivery alone, as a worker's task does it, without the queue in front."""
    connector, route = _connector(), Route(given["route"])
    # Connected, with a token, its parts made: a worker is, too.
    connector.agenda()
    (connector.ministry if route is Route.APPLICATION else connector.province).check_access()
    delivery = connector.delivery

    def work() -> dict[str, Any]:
        report = delivery.deliver(route, budget=_LONG)
        return {"done": report.claimed, "outcomes": report.outcomes}

    return work


def intake(given: dict[str, Any]) -> Work:
    """Intake alone: the feed read to its end, checked and written."""
    connector = _connector()
    connector.province.check_access()
    connector.agenda()
    events = connector.events

    def work() -> dict[str, Any]:
        taken = 0
        while taken < given["count"]:
            report = events.read(pages=1_000_000)
            taken += report.taken
            if not report.taken:
                break
        return {"done": taken}

    return work


def register(given: dict[str, Any]) -> Work:
    """One register read, and then whatever is due delivered."""
    connector = _connector()
    connector.ministry.check_access()
    connector.province.check_access()
    registers, delivery = connector.registers, connector.delivery

    def work() -> dict[str, Any]:
        began = time.monotonic()
        taken = invalid = 0
        while taken < given["count"]:
            report = registers.read(cast(Procedure, given["procedure"]), budget=_LONG)
            taken, invalid = taken + report.taken, invalid + report.invalid
            if not report.taken:
                break
        seconds = time.monotonic() - began
        return {
            "done": taken,
            "invalid": invalid,
            "seconds": seconds,
            "delivered": delivery.deliver(Route.REGISTER, budget=_LONG).claimed,
        }

    return work


def _connector() -> Connector:
    given = settings.load(warn=lambda _: None)
    assert given.database_url
    return wiring.connect(given, given.database_url.get_secret_value())


def _ministry_url() -> str:
    return require_partner(settings.load(warn=lambda _: None), "ministry").url


def _bodies(given: dict[str, Any]) -> list[bytes]:
    material = Material.load(Path(given["material"]))
    return [material.body(number) for number in range(given["first"], given["first"] + given["count"])]


KINDS: Final[dict[str, Callable[[dict[str, Any]], Work]]] = {
    "limit": limit,
    "pipeline": pipeline,
    "deliver": deliver,
    "intake": intake,
    "register": register,
}


def main() -> None:
    logs.configure()
    work = KINDS[sys.argv[1]](json.loads(sys.argv[2]))
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    done = work()
    print(json.dumps({**done, "cpu": time.process_time() - began}), flush=True)


if __name__ == "__main__":
    main()
