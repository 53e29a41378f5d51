"""The verdict on a run, from both partners' effect records and the dossiers that were sent; never from our own ledger.

Findings name a dossier by its code and a member by its pointer, never a value.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from connector.sandbox import comparison
from connector.sandbox.books import Books
from connector.sandbox.expected_result import digest_of
from connector.sandbox.trail import (
    DONE,
    HANDED_OVER,
    REFUSED,
    REJECTED,
    RESULT,
    RETURNED,
    WITHDRAWN,
    Effect,
    Record,
    Sent,
    Trail,
    Trails,
    Watch,
    has_document,
    pages,
)
from connector.sandbox.verdict import Kind, Verdict, Wrong

# province.openapi.yaml, /tien-do. Staying where it is, is always allowed.
_MOVES = {
    1: {2, 3, 7},
    2: {4, 5, 7, 8},
    4: {3, 5, 6, 7, 8, 9},
    5: {2, 4, 7, 8},
    6: {4, 7, 8},
    8: {4, 7, 9},
    9: {10, 4},
}
_OTHER_DATA_UNDER_THE_KEY = "110"


def judge(
    sent: Iterable[Sent], ministry: Record, province: Record, *, handed_over: bool = True, registers: bool = False
) -> Verdict:
    """Reads both records to their end and finds what was lost, doubled, out of order, altered or unexpected.

    Memory holds a few kilobytes per dossier, and one page of a record. `handed_over` is False where the ministry's
    officers stop at the result. With `registers` every register entry is judged too; findings name it as `KH-7`.
    """
    hearing = _Hearing(sent)
    books = Books()
    for effect in pages(province):
        if effect["kind"] in ("event", "move"):
            hearing.trails.at_province(effect)
    for trail in hearing.trails.values():
        trail.status = None
    for effect in pages(ministry):
        hearing.trails.at_ministry(effect)
        hearing.at_ministry(effect)
        books.at_ministry(effect)
    for effect in pages(province):
        hearing.at_province(effect)
        hearing.trails.at_province(effect)
        books.at_province(effect)
    verdict = hearing.verdict(handed_over=handed_over)
    return replace(verdict, wrongs=(*verdict.wrongs, *books.wrongs, *books.lost())) if registers else verdict


def reached_end(
    sent: Iterable[Sent], ministry: Record, province: Record, *, handed_over: bool = True
) -> dict[str, bool]:
    """Per dossier code whether it is at its end on both sides; an unsendable one is from the start.

    Whoever asks again and again keeps a Watch, which reads only what is new.
    """
    return Watch(sent, ministry, province, handed_over=handed_over).look()


@dataclass(slots=True)
class _Case:
    """What a judge remembers of one dossier besides its trail. Bodies are compact JSON without documents."""

    version: int = 0
    states: list[bytes] = field(default_factory=list)
    registered: str = ""
    results: list[bytes] = field(default_factory=list)
    editions: list[str] = field(default_factory=list)
    stored: int = -1
    too_late: set[str] = field(default_factory=set)
    instant: str = ""
    items: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)


class _Hearing:
    def __init__(self, sent: Iterable[Sent]) -> None:
        self.trails = Trails(sent)
        self._sent = frozenset(self.trails)
        self._cases: dict[str, _Case] = {}
        self._wrongs: list[Wrong] = []

    def _case(self, code: str) -> _Case:
        return self._cases.setdefault(code, _Case())

    def _find(self, kind: Kind, code: str, why: str) -> None:
        self._wrongs.append(Wrong(kind, code, why))

    # -- the ministry's record ---------------------------------------------------------------------------------------

    def at_ministry(self, effect: Effect) -> None:
        """Judges an effect that the trails have taken in."""
        code = effect["subject"]
        match effect["kind"]:
            case "submission":
                self._submission(self.trails.of(code), effect["body"])
            case "submission-denied" if effect["answer"] == _OTHER_DATA_UNDER_THE_KEY:
                self._find("doubled", code, f"submission {effect['body'].get('lanGui')} sent again with other data")
            case "state":
                self._state(self._case(code), effect["body"])
            case "withdrawal" if not self.trails.of(code).asked_back:
                self._find("unexpected", code, "withdrawn although nobody asked")

    def _submission(self, trail: Trail, body: Any) -> None:
        code, case, number = trail.code, self._case(trail.code), trail.rounds[-1]
        earlier = trail.rounds[:-1]
        if not trail.sendable:
            self._find(
                "unexpected", code, "sent although a check must stop it" if trail.versions else "nobody knows it"
            )
            return
        if number in earlier:
            self._find("doubled", code, f"submission {number} took effect twice")
        elif number != max(earlier, default=0) + 1:
            self._find("out_of_order", code, f"submission {number} after {max(earlier, default=0)}")
        match = comparison.submission(body, trail.versions, case.version)
        if match.differing:
            self._find("altered", code, f"submission {number}: {', '.join(match.differing)}")
        elif match.index in trail.faulty:
            self._find("unexpected", code, f"version {match.index} was sent although a check must stop it")
        elif match.index == case.version and number not in earlier:
            self._find("doubled", code, f"version {match.index} submitted again as submission {number}")
        elif match.index < case.version:
            self._find("out_of_order", code, f"version {match.index} submitted after version {case.version}")
        case.version = max(case.version, match.index)

    def _state(self, case: _Case, body: dict[str, Any]) -> None:
        bare = {name: value for name, value in body.items() if name != "ketQuaXuLy"}
        case.states.append(_compact(bare))
        if body["trangThai"] in (RESULT, HANDED_OVER):
            case.registered = case.registered or body["thoiGianThucHien"]
        if not has_document(body):
            return
        result = json.loads(body["ketQuaXuLy"])
        for member in ("giayKetHon", "giayKhaiTu"):
            if result.get(member):
                result[member] = digest_of(result[member])
        text = _compact(result).decode()
        # A death result names no day of registration. It is the state's own, or that of the first state of the entry,
        # which may have come without the document.
        instants = [body["thoiGianThucHien"]]
        if body["module"] == "LTKT" and case.registered[:10] != instants[0][:10]:
            instants.insert(0, case.registered)
        for instant in instants:
            case.results.append(_compact(bare | {"ketQuaXuLy": text, "thoiGianThucHien": instant}))
            case.editions.append(hashlib.sha256(text.encode()).hexdigest())

    # -- the province's record ---------------------------------------------------------------------------------------

    def at_province(self, effect: Effect) -> None:
        """Judges an effect before the trails take it in."""
        code, kind = effect["subject"], effect["kind"]
        if kind == "progress":
            self._progress(code, effect)
        elif kind in ("result", "result-replaced"):
            self._result(code, effect)
        elif kind == "result-denied" and effect["answer"] == "STATE" and effect["before"] == RETURNED:
            self._too_late(code, effect)

    def _progress(self, code: str, effect: Effect) -> None:
        trail, case, item = self.trails.of(code), self._case(code), effect["body"]
        status = int(item["TrangThai"])
        if not trail.rounds:
            self._find("unexpected", code, f"status {status} of a dossier that the ministry never had")
            return
        content = hashlib.sha256(_compact({k: v for k, v in item.items() if k != "MaSuKien"})).hexdigest()
        if content in case.items or item["MaSuKien"] in case.keys:
            self._find("doubled", code, f"status {status} took effect twice")
        case.items.add(content)
        case.keys.add(item["MaSuKien"])
        if item["ThoiDiemXuLy"] < case.instant:
            self._find("out_of_order", code, f"status {status} is older than the one before it")
        case.instant = max(case.instant, item["ThoiDiemXuLy"])
        before = effect.get("before") if effect.get("before") is not None else trail.status
        if before is not None and status != before and status not in _MOVES.get(before, ()):
            self._find("out_of_order", code, f"status {status} after {before}")
        if status == DONE and not trail.results:
            self._find("out_of_order", code, "status 9 before the result")
        if differing := comparison.progress(item, case.states):
            self._find("altered", code, f"status {status}: {', '.join(differing)}")

    def _result(self, code: str, effect: Effect) -> None:
        trail, case = self.trails.of(code), self._case(code)
        if not case.results or not trail.versions:
            self._find("unexpected", code, "a result that the ministry never gave")
            return
        if effect["kind"] == "result" and trail.results:
            self._find("doubled", code, "the result was stored twice")
        match = comparison.result(effect["body"], case.results, self._applied(trail, case), case.stored)
        if match.differing:
            self._find("altered", code, f"result: {', '.join(match.differing)}")
        elif match.index < case.stored:
            self._find("out_of_order", code, "an older result after a newer one")
        elif effect["kind"] == "result-replaced" and case.editions[match.index] == case.editions[case.stored]:
            self._find("doubled", code, "the result was replaced by itself")
        case.stored = max(case.stored, match.index)

    def _too_late(self, code: str, effect: Effect) -> None:
        """A correction that the province takes no more, because the citizen has the paper; the register tells it."""
        trail, case = self.trails.of(code), self._case(code)
        if case.results and trail.versions:
            match = comparison.result(effect["body"], case.results, self._applied(trail, case), case.stored)
            if not match.differing:
                case.too_late.add(case.editions[match.index])

    @staticmethod
    def _applied(trail: Trail, case: _Case) -> Any:
        return json.loads(trail.versions.get(case.version) or trail.versions[min(trail.versions)])

    # -- the end -----------------------------------------------------------------------------------------------------

    def verdict(self, *, handed_over: bool) -> Verdict:
        mine = [self.trails[code] for code in sorted(self._sent)]
        for trail in mine:
            if trail.sendable and (why := self._lost(trail)):
                self._find("lost", trail.code, why)
        return Verdict(
            dossiers=len(mine),
            delivered=sum(bool(trail.rounds) for trail in mine),
            results=sum(bool(trail.results) for trail in mine),
            invalid=sum(not trail.sendable and not trail.rounds for trail in mine),
            unfinished=sum(not trail.at_end(handed_over=handed_over) for trail in mine),
            wrongs=tuple(self._wrongs),
        )

    def _lost(self, trail: Trail) -> str | None:
        """What never took effect although the other side is done with the dossier."""
        ended = trail.state in (RESULT, HANDED_OVER, REFUSED)
        if trail.asked_back or trail.status == WITHDRAWN:
            unanswered = bool(trail.rounds) and not (trail.withdrawn or trail.too_late or ended)
            return "the withdrawal never took effect at the ministry" if unanswered else None
        if not trail.rounds:
            return "never took effect at the ministry"
        if trail.state == REFUSED:
            return None if REJECTED in trail.told else "the refusal never took effect at the province"
        if trail.state in (RESULT, HANDED_OVER) and trail.signed:
            return self._lost_result(trail)
        return None

    def _lost_result(self, trail: Trail) -> str | None:
        case = self._case(trail.code)
        if not trail.results:
            return "the result was never stored at the province"
        newest = case.editions[-1]
        if case.stored >= 0 and case.editions[case.stored] != newest and newest not in case.too_late:
            return "the newest result was never stored at the province"
        by_a_clerk = trail.status in (DONE, RETURNED) and RETURNED not in trail.told
        if DONE not in trail.told and not by_a_clerk:
            return "status 9 never took effect at the province"
        if trail.state == HANDED_OVER and RETURNED not in trail.told and trail.status != RETURNED:
            return "status 10 never took effect at the province"
        return None


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
