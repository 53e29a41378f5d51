"""What both partners' effect records say about each dossier, read page by page and kept as little as will do.

A record is a partner's own append-only list of what took effect there, in order (`/control/effects`): `n`, `kind`,
`subject`, `key`, `fingerprint`, `body`, `before`, `after`, `answer`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from connector.sandbox.books import Books

SUPPLEMENT, RESULT, HANDED_OVER, REFUSED = 2, 4, 5, 6
REJECTED, WITHDRAWN, DONE, RETURNED = 3, 7, 9, 10
_PAGE = 500

Effect = Mapping[str, Any]


class Sent(Protocol):
    """An event that the province put into its feed."""

    @property
    def event(self) -> dict[str, Any]: ...
    @property
    def sendable(self) -> bool: ...


class Record(Protocol):
    """A partner's control interface, as far as it is read here."""

    def effects(self, after: int = 0, limit: int = ...) -> Mapping[str, Any]:
        """`{"effects": [...], "next": n}`, the effects with a number above `after`."""
        ...


@dataclass(slots=True)
class Trail:
    """One dossier on both sides, without anything of its content but the province's own versions, as compact JSON.

    `faulty` are the versions that must not be sent; `told` the statuses that progress brought to the province.
    """

    code: str
    versions: dict[int, bytes] = field(default_factory=dict)
    faulty: set[int] = field(default_factory=set)
    asked_back: bool = False
    rounds: list[int] = field(default_factory=list)
    state: int | None = None
    signed: bool = False
    withdrawn: bool = False
    too_late: bool = False
    status: int | None = None
    told: set[int] = field(default_factory=set)
    results: int = 0

    @property
    def sendable(self) -> bool:
        return any(version not in self.faulty for version in self.versions)

    def add_version(self, dossier: Mapping[str, Any], *, sendable: bool) -> None:
        """The first content of a version stays; a later copy with another one is a conflict and is not sent."""
        version = int(dossier["PhienBan"])
        if version not in self.versions:
            self.versions[version] = json.dumps(dossier, ensure_ascii=False).encode()
            if not sendable:
                self.faulty.add(version)

    def at_end(self, *, handed_over: bool) -> bool:
        """Whether nothing more is to come on either side.

        `handed_over` is False where the ministry's officers do not hand over, and 4 with its document is the end.
        """
        if not self.sendable:
            return True
        if self.withdrawn or self.status == WITHDRAWN:
            return self.withdrawn or not self.rounds or self.state in (RESULT, HANDED_OVER, REFUSED)
        if self.state == REFUSED:
            return REJECTED in self.told
        if self.state == HANDED_OVER:
            return self.results > 0 and (RETURNED in self.told or self.status == RETURNED)
        return not handed_over and self.state == RESULT and self.signed and self.results > 0 and DONE in self.told


class Trails(dict[str, Trail]):
    """The trail of every dossier by its code."""

    def __init__(self, sent: Iterable[Sent]) -> None:
        super().__init__()
        for item in sent:
            dossier = item.event["HoSo"]
            trail = self.of(str(dossier["MaHoSo"]))
            if item.event["LoaiSuKien"] == "Rut":
                trail.asked_back = True
            else:
                trail.add_version(dossier, sendable=item.sendable)

    def of(self, code: str) -> Trail:
        return self.setdefault(code, Trail(code))

    def at_ministry(self, effect: Effect) -> None:
        """Takes in one effect of the ministry."""
        if effect["kind"] not in ("submission", "state", "withdrawal", "withdrawal-denied"):
            return
        trail = self.of(effect["subject"])
        body = effect["body"]
        match effect["kind"]:
            case "submission":
                trail.rounds.append(int(body["lanGui"]))
            case "state":
                trail.state = int(body["trangThai"])
                trail.signed = has_document(body)
            case "withdrawal":
                trail.withdrawn = True
            case "withdrawal-denied":
                trail.too_late = True

    def at_province(self, effect: Effect) -> None:
        """Takes in one effect of the province: ours, and what its own clerks and citizens do."""
        kind, body, after = effect["kind"], effect["body"], effect.get("after")
        if kind not in ("event", "move", "progress", "result", "result-replaced"):
            return
        trail = self.of(effect["subject"])
        if kind == "event":
            trail.asked_back |= body["LoaiSuKien"] == "Rut"
            trail.add_version(body["HoSo"], sendable=True)
        elif kind == "progress":
            after = int(body["TrangThai"])
            trail.told.add(after)
        elif kind == "result":
            trail.results += 1
        if after is not None:
            trail.status = after
            trail.asked_back |= after == WITHDRAWN


def has_document(state: Mapping[str, Any]) -> bool:
    """Whether a DossierState carries a result with its signed document."""
    text = state.get("ketQuaXuLy")
    if state["trangThai"] not in (RESULT, HANDED_OVER) or not text:
        return False
    result = json.loads(text)
    return bool(result.get("giayKetHon") or result.get("giayKhaiTu"))


def pages(record: Record, after: int = 0) -> Iterator[Effect]:
    """Every effect after the given number, a page in memory at a time."""
    while True:
        page = record.effects(after=after, limit=_PAGE)
        yield from page["effects"]
        if not page["effects"] or page["next"] == after:
            return
        after = page["next"]


class Watch:
    """Follows both records and knows who is at the end; each look reads only what is new.

    With `registers`, a dossier with a register entry is at its end only when the province has the entry, too.
    """

    def __init__(
        self,
        sent: Iterable[Sent],
        ministry: Record,
        province: Record,
        *,
        handed_over: bool = True,
        registers: bool = False,
    ) -> None:
        self.trails = Trails(sent)
        self._books = Books() if registers else None
        self._sent = tuple(self.trails)
        self._handed_over = handed_over
        self._ministry, self._province = ministry, province
        self._read = [0, 0]

    def look(self) -> dict[str, bool]:
        """Per code of a sent dossier whether it is at its end on both sides."""
        for effect in pages(self._ministry, self._read[0]):
            self.trails.at_ministry(effect)
            if self._books:
                self._books.at_ministry(effect)
            self._read[0] = effect["n"]
        for effect in pages(self._province, self._read[1]):
            self.trails.at_province(effect)
            if self._books:
                self._books.at_province(effect)
            self._read[1] = effect["n"]
        waiting = self._books.waiting() if self._books else frozenset()
        return {
            code: code not in waiting and self.trails[code].at_end(handed_over=self._handed_over) for code in self._sent
        }
