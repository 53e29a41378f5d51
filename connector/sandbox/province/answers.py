"""The province's answers and the HTTP status that goes with each."""

from collections.abc import Sequence
from typing import Any

from connector.sandbox.calls import Reply
from connector.sandbox.forms import Breach
from connector.sandbox.house import House
from connector.sandbox.options import ProvinceOptions

Province = House[ProvinceOptions]

DONE, DUP, CONFLICT, STATE = "0", "DUP", "CONFLICT", "STATE"
NOTFOUND, INVALID, BUSY, CURSOR = "NOTFOUND", "INVALID", "BUSY", "CURSOR"

_STATUS = {DONE: 200, DUP: 200, CONFLICT: 409, STATE: 409, NOTFOUND: 404, INVALID: 422, BUSY: 503, CURSOR: 410}
_MESSAGE = {
    DONE: "Thành công",
    DUP: "Đã ghi nhận trước đó với cùng nội dung",
    CONFLICT: "Khóa đã có với nội dung khác",
    STATE: "Trạng thái hiện tại của hồ sơ không cho phép",
    NOTFOUND: "Không tìm thấy hồ sơ",
    INVALID: "Nội dung không đúng quy định",
    BUSY: "Hệ thống bận, thử lại sau",
    CURSOR: "Con trỏ không còn dùng được",
}
_FAULT = {
    "missing": "thiếu thành phần bắt buộc",
    "long": "quá độ dài cho phép",
    "form": "không đúng kiểu hoặc định dạng",
    "unknown": "thành phần không có trong quy định",
}


def answer(code: str, breaches: Sequence[Breach] = ()) -> dict[str, Any]:
    """An Answer; never quotes what was sent."""
    details = [{"truong": breach.pointer, "loi": _FAULT[breach.kind]} for breach in breaches]
    return {"error_code": code, "message": _MESSAGE[code], "chi_tiet": details or None}


def reply(code: str, breaches: Sequence[Breach] = ()) -> Reply:
    return Reply.json(answer(code, breaches), _STATUS[code])
