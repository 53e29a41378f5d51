"""What is judged of a submission before it is taken: the envelope, the form in `data`, the attachments."""

import base64
import binascii
from collections.abc import Iterator
from datetime import date
from typing import Any

from connector.sandbox.canon import NotJson, digest, parse
from connector.sandbox.clock import read_ministry_instant
from connector.sandbox.forms import Breach, Form, contract

LARGEST_FILE = 10 * 1024 * 1024
_SENTENCES = {
    "long": "{} có độ dài vượt quá số lượng cho phép",
    "missing": "{} không tồn tại",
    "form": "{} có định dạng không đúng",
    "unknown": "{} có định dạng không đúng",
}
_STILL_MARRIED = (1, 5)


class Judge:
    """Field sentences of a submission, as nhanHoSoDKHT gives them."""

    def __init__(self) -> None:
        components = contract("ministry")["components"]
        self._envelope = Form({"$ref": "#/components/schemas/Submission"}, components)
        self._forms = {
            "LTKH": Form({"$ref": "#/components/schemas/MarriageForm"}, components),
            "LTKT": Form({"$ref": "#/components/schemas/DeathForm"}, components),
        }

    def envelope(self, body: Any) -> list[str]:
        sentences = _said(self._envelope.breaches(body))
        if not sentences and read_ministry_instant(body["ngayTiepNhan"]) is None:
            sentences.append(_SENTENCES["form"].format("ngayTiepNhan"))
        return sentences

    def form(self, module: str, data: str) -> tuple[dict[str, Any], list[str]]:
        """The form in `data` and what is wrong with it."""
        try:
            form = parse(data)
        except NotJson:
            return {}, [_SENTENCES["form"].format("data")]
        breaches = self._forms[module].breaches(form)
        if not isinstance(form, dict):
            return {}, [_SENTENCES["form"].format("data")]
        broken = {breach.path[:1] for breach in breaches}
        breaches += [Breach((name,), "form") for name in _impossible(form) if (name,) not in broken]
        return form, _said(breaches)


def _impossible(form: dict[str, Any]) -> Iterator[str]:
    """Dates that no calendar has, and people who are still married."""
    for name, value in form.items():
        if "Ngay" in name[1:] or name.startswith("ngay"):
            if isinstance(value, str) and not _on_a_calendar(value):
                yield name
        elif name.endswith("LoaiTinhTrangHonNhan") and value in _STILL_MARRIED:
            yield name


def _on_a_calendar(text: str) -> bool:
    """`dd.MM.yyyy`, `MM.yyyy` or `yyyy`; other shapes are the schema's business."""
    parts = text.split(".")
    try:
        year, month, day = (int(part) for part in ([*reversed(parts), "1", "1"])[:3])
        date(year, month, day)
    except ValueError:
        return False
    return True


def _said(breaches: list[Breach]) -> list[str]:
    return list(dict.fromkeys(_SENTENCES[breach.kind].format(breach.dotted or "data") for breach in breaches))


def attachments(files: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """What is kept of each attachment (its hash and size, never its bytes), and what is wrong."""
    kept: list[dict[str, Any]] = []
    wrong: list[str] = []
    for place, file in enumerate(files):
        about = {name: file[name] for name in ("id", "loaiGiayTo", "tenGiayTo", "tenTepDinhKem", "huyGiayTo")}
        try:
            content = base64.b64decode(file["duLieuTepDinhKem"], validate=True)
        except (binascii.Error, ValueError):
            wrong.append(_SENTENCES["form"].format(f"fileDinhKem.{place}.duLieuTepDinhKem"))
            continue
        if len(content) > LARGEST_FILE:
            wrong.append(_SENTENCES["long"].format(f"fileDinhKem.{place}.duLieuTepDinhKem"))
        if not content and not file["huyGiayTo"]:
            wrong.append(_SENTENCES["missing"].format(f"fileDinhKem.{place}.duLieuTepDinhKem"))
        if any(file["id"] == other["id"] for other in kept):
            wrong.append(_SENTENCES["form"].format(f"fileDinhKem.{place}.id"))
        kept.append({**about, "sha256": digest(content), "size": len(content)})
    return kept, wrong
