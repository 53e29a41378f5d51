"""What to do about a cause: one sentence in each language for every check's code and every word of a partner."""

from typing import Final, NamedTuple

from schemas.findings import SENTENCES, Severity


class Advice(NamedTuple):
    vi: str
    en: str


_CORRECT: Final = Advice(
    "Cán bộ một cửa sửa hồ sơ tại nguồn; bản sửa tự đến và thay bản này.",
    "The clerk corrects the dossier at the source; the corrected version comes by itself and takes this one's place.",
)
_DECIDE: Final = Advice(
    "Đối chiếu giấy tờ; nếu đúng, bỏ qua lỗi kèm lý do, nếu sai, sửa tại nguồn.",
    "Compare with the papers; if they bear it out, override with a reason, else correct it at the source.",
)
_NOTHING: Final = Advice("Không cần làm gì: thông điệp vẫn được gửi.", "Nothing: the message is sent all the same.")
_AGAIN: Final = Advice(
    "Kiểm tra đường truyền và đối tác, rồi gửi lại cả nhóm.",
    "See that the line and the partner are well again, then replay the group.",
)
_ASK_PARTNER: Final = Advice(
    "Gửi mã thông điệp và giờ cho đối tác; khi họ đã sửa, gửi lại cả nhóm.",
    "Give the partner the messages' ids and times; when they have put it right, replay the group.",
)
_OURS: Final = Advice(
    "Báo người phát triển; sau khi cập nhật, gửi lại cả nhóm.",
    "Tell the developers; after the update, replay the group.",
)
_SETTINGS: Final = Advice(
    "Kiểm tra cấu hình truy cập bằng `lienthong doctor`, rồi gửi lại.",
    "Check our credentials with `lienthong doctor`, then replay.",
)
_UNKNOWN: Final = Advice(
    "Mã lạ: hỏi đối tác nghĩa của mã trước khi gửi lại.",
    "A code nobody agreed on: ask the partner what it means before you replay.",
)

_OWN: Final[dict[str, Advice]] = {
    "CONTRACT": Advice(
        "Xem chỗ được nêu; sửa tại nguồn, hoặc báo người phụ trách phần mềm một cửa nếu lặp lại.",
        "See the place named; correct it at the source, or tell who maintains the source's software if it recurs.",
    ),
    "ENCODING_SUSPECT": Advice(
        "Nhập lại họ tên, địa chỉ bằng Unicode tại nguồn.", "Enter names and addresses again in Unicode at the source."
    ),
    "PROCEDURE_UNKNOWN": Advice(
        "Kiểm tra mã thủ tục với danh mục; nếu là thủ tục mới, báo người phát triển.",
        "Check the procedure's code with the catalogue; if it is a new procedure, tell the developers.",
    ),
    "UNIT_NOT_VALID_ON_DATE": Advice(
        "Đối chiếu mã đơn vị với ngày; nếu đơn vị có thật, bảng đơn vị cần cập nhật.",
        "Compare the unit's code with the day; if the unit is real, our table of units needs an update.",
    ),
    "OFFICE_OUTSIDE_PROVINCE": Advice(
        "Hồ sơ thuộc tỉnh khác vào ngày đó: chuyển trả nơi tiếp nhận.",
        "On that day the office belonged to another province: give the dossier back to where it was received.",
    ),
    "ETHNICITY_UNKNOWN": Advice(
        "Nếu là tên gọi khác của một dân tộc: thử `lienthong replay plan --alias`, nhận bằng `lienthong aliases set`, "
        "rồi gửi lại cả nhóm; nếu sai, sửa tại nguồn.",
        "If it is another name of a group: rehearse with `lienthong replay plan --alias`, adopt it with "
        "`lienthong aliases set`, then replay the group; if it is wrong, correct it at the source.",
    ),
    "FILE_MISMATCH": Advice(
        "Yêu cầu nơi nộp tải lại tệp đính kèm, rồi gửi lại.", "Have the file attached anew at the source, then replay."
    ),
    "PAYLOAD_CONFLICT": Advice(
        "Đối chiếu hai bản; hủy bản sai, rồi gửi lại bản đúng.",
        "Compare the two; cancel the wrong one, replay the other.",
    ),
    "TIME_INVALID": _ASK_PARTNER,
    "STATUS_UNKNOWN": _ASK_PARTNER,
    "UNMATCHED_DOSSIER": Advice(
        "Hồ sơ không đi qua đây: đối chiếu với Bộ xem của nơi nào.",
        "The dossier never passed here: find out with the ministry whose it is.",
    ),
    "REGISTER_NUMBER": _ASK_PARTNER,
    "REGISTER_YEAR_MISMATCH": _ASK_PARTNER,
    "REGISTER_NUMBER_DUPLICATE": Advice(
        "Hỏi nơi đăng ký xem số nào đúng; nếu cả hai đúng, bỏ qua lỗi kèm lý do.",
        "Ask the office which number is right; if both are, override with a reason.",
    ),
    "100": _SETTINGS,
    "101": Advice(
        "Đề nghị Bộ cho phép địa chỉ máy của ta, rồi gửi lại.", "Have the ministry allow our address, then replay."
    ),
    "106": Advice(
        "Đề nghị Bộ bổ sung cơ quan đăng ký này, rồi gửi lại cả nhóm.",
        "Have the ministry add this registration office, then replay the group.",
    ),
    "108": Advice(
        "Hỏi Bộ mã tỉnh đang dùng, rồi gửi lại cả nhóm.",
        "Ask the ministry which province code is in use, then replay the group.",
    ),
    "110": Advice(
        "Bộ đang giữ nội dung khác cùng khóa: đối chiếu với Bộ, đừng gửi lại ngay.",
        "The ministry holds another content under the same key: compare with it before anything is sent again.",
    ),
    "111": Advice(
        "Xem hồ sơ ở Bộ đang ở bước nào; gửi lại khi Bộ chờ hồ sơ.",
        "See where the dossier stands at the ministry; replay when it is expected there.",
    ),
    "200": _AGAIN,
    "201": Advice(
        "Bộ không có hồ sơ này: kiểm tra hồ sơ gốc đã gửi chưa.",
        "The ministry has no such dossier: see whether its application was sent.",
    ),
    "302": _OURS,
    "500": Advice(
        "Đọc nội dung bị từ chối cùng Bộ; sửa tại nguồn hoặc quy tắc chuyển đổi, rồi gửi lại.",
        "Find out with the ministry what it rejects; correct the source or our mapping, then replay.",
    ),
    "503": _AGAIN,
    "CONFLICT": Advice(
        "Tỉnh đang giữ nội dung khác cùng khóa: đối chiếu trước khi gửi lại.",
        "The province holds another content under the same key: compare before anything is sent again.",
    ),
    "STATE": Advice(
        "Xem trạng thái hồ sơ trên hệ thống tỉnh; gửi lại sau khi cán bộ chỉnh.",
        "See the dossier's status at the province; replay once a clerk has put it right.",
    ),
    "NOTFOUND": Advice(
        "Tỉnh không có hồ sơ này: kiểm tra mã hồ sơ với tỉnh.",
        "The province does not know the dossier: check its code there.",
    ),
    "INVALID": _OURS,
    "BUSY": _AGAIN,
    "FILE_GONE": Advice(
        "Tệp không còn trên hệ thống tỉnh: nộp lại tệp, rồi gửi lại.",
        "The file is gone from the province: have it attached anew, then replay.",
    ),
    "FILE_NOT_THERE": _AGAIN,
    "FILE_UNSTEADY": _ASK_PARTNER,
    "HTTP_413": Advice("Giảm dung lượng tệp đính kèm tại nguồn.", "Have the attached files made smaller there."),
    "UNSAID": _ASK_PARTNER,
    "ANSWER_GARBLED": _ASK_PARTNER,
    "TOO_LARGE": _ASK_PARTNER,
    "OUR_FAULT": _OURS,
    "LEASE_ENDED": Advice(
        "Xem vì sao tiến trình chết khi gửi; gửi lại từng thông điệp một.",
        "See why workers died while sending it; replay them one at a time.",
    ),
}
_OF_THE_WAY: Final = frozenset(
    {
        *("NO_CONNECTION", "CONNECT_TIMEOUT", "READ_TIMEOUT", "CONNECTION_LOST", "TOO_SLOW", "TOKEN_GARBLED"),
        *("PAGE_GARBLED", "UNANSWERED", "NOT_REACHED", "AREA_CLOSED"),
    }
)
_CLOSED: Final = frozenset({"HTTP_401", "HTTP_403", "TOKEN_REFUSED"})
_BY_SEVERITY: Final = {Severity.ERROR: _CORRECT, Severity.OVERRIDABLE: _DECIDE, Severity.WARNING: _NOTHING}
_SEVERITIES: Final = {code.value: severity for code, (severity, _, _) in SENTENCES.items()}


def advice_for(code: str) -> Advice:
    """What to do about messages that stopped with this code: a check's, or a partner's last word."""
    if code in _OWN:
        return _OWN[code]
    if code in _SEVERITIES:
        return _BY_SEVERITY[_SEVERITIES[code]]
    if code in _CLOSED:
        return _SETTINGS
    if code in _OF_THE_WAY or code.startswith("HTTP_"):
        return _AGAIN
    return _UNKNOWN


def is_known(code: str) -> bool:
    """Whether there is advice for this very code."""
    return advice_for(code) is not _UNKNOWN
