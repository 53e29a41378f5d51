"""Finds content that changed on its way: a submission, a result or a progress item against the expectation.

Differences are JSON pointers; a citizen's data is never part of them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.sandbox.expectation import attachments, envelope, ministry_form
from connector.sandbox.expected_result import digest_of, province_result
from connector.sandbox.matching import ANY_TEXT, AnyText, OneOf, differences
from connector.sandbox.spelling import compact_instant, text

Json = dict[str, Any]
_SYSTEM = "Hệ thống liên thông"
# What a ministry state says in the province's national statuses; 4 may also be a step on the way to any of them.
_SAID_AS = {1: (), 2: (5,), 3: (4,), 4: (9,), 5: (9, 10), 6: (3,)}
_STEP = 4


@dataclass(frozen=True, slots=True)
class Match:
    """Which version of a dossier a submission is, or which of the ministry's results a stored one.

    `differing` are pointers; the best match is kept where nothing fits.
    """

    index: int
    differing: tuple[str, ...]


def submission(body: Mapping[str, Any], versions: Mapping[int, bytes], after: int) -> Match:
    """The version that was submitted: the lowest above `after` that fits, else the one that differs least.

    `body` is the recorded Submission with `files` (id, sha256, huyGiayTo, …) in place of the attachments.
    """
    known = {number: json.loads(versions[number]) for number in sorted(versions)}
    found: Json = {**body, "fileDinhKem": body.get("files") or []}
    found.pop("files", None)
    found["fileDinhKem"] = [{k: v for k, v in file.items() if k != "size"} for file in found["fileDinhKem"]]
    try:
        found["data"] = json.loads(body["data"])
    except ValueError:
        return Match(0, ("/data",))
    matches = []
    for number in sorted(known, key=lambda number: (number <= after, number)):
        history = [dossier for earlier, dossier in known.items() if earlier <= number]
        expected = envelope(known[number], int(body["lanGui"])) | {
            "data": _form_or_nothing(known[number]),
            "fileDinhKem": attachments(history),
        }
        matches.append(Match(number, tuple(differences(expected, found))))
        if not matches[-1].differing:
            return matches[-1]
    return min(matches, key=lambda match: (match.index <= after, len(match.differing)), default=Match(0, ("",)))


def _form_or_nothing(dossier: Json) -> Json:
    """A faulty dossier may be too broken to have a form; then nothing sent for it is right."""
    try:
        return ministry_form(dossier)
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}


def result(body: Mapping[str, Any], given: Sequence[bytes], dossier: Json, after: int) -> Match:
    """Which of the ministry's results was stored.

    `given` are DossierStates (compact JSON) with their documents or the digests of these, oldest first.
    """
    found: Json = {name: value for name, value in body.items() if name not in ("DauVanTay", "ThayThe")}
    paper = dict(found["GiayToKetQua"])
    paper["NoiDungTep"] = digest_of(paper["NoiDungTep"])
    found["GiayToKetQua"] = paper
    matches = []
    for index in sorted(range(len(given)), key=lambda index: (index <= after, index)):
        expected = province_result(json.loads(given[index]), dossier)
        matches.append(Match(index, tuple(differences(expected, found))))
        if not matches[-1].differing:
            return matches[-1]
    return min(matches, key=lambda match: len(match.differing), default=Match(-1, ("",)))


def progress(item: Mapping[str, Any], states: Iterable[bytes]) -> tuple[str, ...]:
    """Pointers of a progress item that no state of the ministry, nor our own push, explains."""
    same_instant = []
    for raw in states:
        state = json.loads(raw)
        if compact_instant(state["thoiGianThucHien"]) == item["ThoiDiemXuLy"]:
            same_instant.append(state)
    candidates = [_said(state, item) for state in same_instant if _may_say(state, item)]
    if item["TrangThai"] == _STEP and item["NguoiXuLy"] == _SYSTEM:
        return ()
    if not candidates:
        return ("/TrangThai",) if same_instant else ("/ThoiDiemXuLy",)
    found = {name: value for name, value in item.items() if name not in ("MaSuKien", "MaHoSo")}
    return min((tuple(differences(expected, found)) for expected in candidates), key=len)


def _may_say(state: Json, item: Mapping[str, Any]) -> bool:
    return item["TrangThai"] == _STEP or item["TrangThai"] in _SAID_AS.get(state["trangThai"], ())


def _said(state: Json, item: Mapping[str, Any]) -> Json:
    direct = item["TrangThai"] in _SAID_AS.get(state["trangThai"], ())
    words = text(state.get("ghiChu")) or text(state.get("noiDungXuLy"))
    officer = text(state.get("nguoiXuLy")) or _SYSTEM
    until = state.get("hanBoSungHoSo")
    said: str | AnyText = ANY_TEXT if words is None or not direct else words[:2000]
    return {
        "NguoiXuLy": officer if direct else OneOf((officer, _SYSTEM)),
        "ChucDanh": OneOf((None, text(state.get("chucDanh")))),
        "PhongBanXuLy": OneOf((None, text(state.get("phongBanXuLy")))),
        "ThoiDiemXuLy": compact_instant(state["thoiGianThucHien"]),
        "NoiDungXuLy": said,
        "TrangThai": item["TrangThai"],
        "MaHoSoLienThong": OneOf((None, state["maHoSoLT"])),
        "HanBoSung": compact_instant(until) if until and item["TrangThai"] == 5 else None,
    }
