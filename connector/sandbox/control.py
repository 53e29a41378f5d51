"""A client of the control interface, for tests, the demo and the judge."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import requests


class ControlError(Exception):
    """The control interface refused a call; the text is its reason."""


class Control:
    """One partner's control interface.

    Every method raises requests.RequestException when the partner is away and ControlError when it refuses.
    """

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    # -- both partners --------------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        return self._get("health")

    def reset(self) -> None:
        """Empty the store, the script and the counts; settings as at the start."""
        self._post("reset", {})

    def settings(self) -> dict[str, Any]:
        return self._get("settings")

    def set(self, **changes: Any) -> dict[str, Any]:
        """Change settings (connector.sandbox.options); they stay over a restart."""
        return self._post("settings", changes)

    def faults(self) -> dict[str, Any]:
        return self._get("faults")

    def set_faults(self, profile: str, rates: Mapping[str, float] | None = None) -> dict[str, Any]:
        """`calm` or `rough`, with other shares for some kinds."""
        return self._post("faults", {"profile": profile, "rates": dict(rates or {})})

    def outage(self, mode: str) -> None:
        """`off`, `close` (every call's connection is reset) or `503`."""
        self._post("outage", {"mode": mode})

    def script(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Answers for the next calls (connector.sandbox.script.Scripted)."""
        self._post("script", [dict(answer) for answer in answers])

    def revoke_tokens(self) -> None:
        self._post("tokens/revoke", {})

    def counts(self) -> dict[str, Any]:
        """`dossiers` by state, `effects` by kind, `faults` by kind, `requests` by service, `working`, …"""
        return self._get("counts")

    def effects(self, after: int = 0, limit: int = 500) -> dict[str, Any]:
        """`{"effects": […], "next": N}`, in the order in which they happened."""
        return self._get("effects", after=after, limit=limit)

    def each_effect(self, after: int = 0, limit: int = 500) -> Iterator[dict[str, Any]]:
        """Every effect behind `after`, a page at a time."""
        while True:
            page = self.effects(after, limit)
            yield from page["effects"]
            if len(page["effects"]) < limit:
                return
            after = page["next"]

    def dossiers(self, after: str = "", limit: int = 500) -> dict[str, Any]:
        """`{"dossiers": […], "next": code or None}`, in the order of their codes."""
        return self._get("dossiers", after=after, limit=limit)

    def each_dossier(self, limit: int = 500) -> Iterator[dict[str, Any]]:
        return self._each("dossiers", limit)

    def dossier(self, code: str) -> dict[str, Any]:
        """One dossier with all its history."""
        return self._get(f"dossiers/{code}")

    def entries(self, after: int | str = "", limit: int = 500) -> dict[str, Any]:
        """`{"entries": […], "next": …}`: the newest version of each register entry."""
        return self._get("entries", after=after, limit=limit)

    def each_entry(self, limit: int = 500) -> Iterator[dict[str, Any]]:
        return self._each("entries", limit)

    # -- province -------------------------------------------------------------------------------------------------

    def add_events(self, events: Iterable[Mapping[str, Any]], files: Mapping[str, bytes | None] | None = None) -> None:
        """Dossier events for the feed, with the files they name; a file of None is taken away."""
        coded = [
            {"id": name, "base64": None if content is None else base64.b64encode(content).decode()}
            for name, content in (files or {}).items()
        ]
        self._post("events", {"events": [dict(event) for event in events], "files": coded})

    def add_raw(self, items: Iterable[str] = (), broken_page: str | None = None) -> None:
        """Texts for the feed as they are; `broken_page` is answered once in place of the next page."""
        broken = {} if broken_page is None else {"broken_page": broken_page}
        self._post("raw-events", {"items": list(items), **broken})

    def move(self, code: str, status: int) -> dict[str, Any]:
        """A clerk moves a dossier."""
        return self._post(f"dossiers/{code}/move", {"status": status})

    # -- ministry -------------------------------------------------------------------------------------------------

    def act(self, code: str, act: str, changes: Mapping[str, Any] | None = None, **members: Any) -> dict[str, Any]:
        """What an officer does: accept, supplement, refuse, register, sign, correct, hand_over.

        `changes` go into the registered result, `members` replace members of the state that is shown.
        """
        return self._post(f"dossiers/{code}/act", {"act": act, "changes": dict(changes or {}), **members})

    def enter(self, module: str, members: Mapping[str, Any]) -> int:
        """A register entry made at the ministry's desk (`KH` or `KT`); returns its id."""
        done = self.change_entries([{"module": module, "members": dict(members)}])
        return int(done[0]["id"])

    def change_entries(self, items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """New entries (`module`, `members`) and new versions (`id`, `changes`, `annotation`, `cancel`)."""
        changed: list[dict[str, Any]] = self._post("entries", {"entries": [dict(item) for item in items]})["entries"]
        return changed

    # -- the wire -------------------------------------------------------------------------------------------------

    def _each(self, what: str, limit: int) -> Iterator[dict[str, Any]]:
        after: Any = ""
        while after is not None:
            page = self._get(what, after=after, limit=limit)
            yield from page[what]
            after = page["next"]

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._read(self._session.get(f"{self.url}/control/{path}", params=query, timeout=self._timeout))

    def _post(self, path: str, body: Any) -> dict[str, Any]:
        return self._read(self._session.post(f"{self.url}/control/{path}", json=body, timeout=self._timeout))

    @staticmethod
    def _read(response: requests.Response) -> dict[str, Any]:
        if response.status_code != 200:
            raise ControlError(f"{response.status_code} {response.text[:500]}")
        read: dict[str, Any] = response.json()
        return read
