"""What a check says: a stable code, a severity, the place in the source's own body, and a sentence in two languages.

Codes and severities are those of contracts/validation.md. A sentence never quotes a citizen's data.
"""

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from schemas.reading import Fault, FaultKind


class Severity(StrEnum):
    """What a finding does to its message."""

    ERROR = "E"  # nothing is sent; the source must correct it
    OVERRIDABLE = "O"  # nothing is sent until an operator overrides it with a reason
    WARNING = "W"  # sent; the code stays on the message


class Code(StrEnum):
    """Every check of contracts/validation.md, in the order of its two tables."""

    CONTRACT = "CONTRACT"
    ENCODING_SUSPECT = "ENCODING_SUSPECT"
    NAME_FORM = "NAME_FORM"
    NAME_SINGLE_WORD = "NAME_SINGLE_WORD"
    DOSSIER_CODE = "DOSSIER_CODE"
    PROCEDURE_UNKNOWN = "PROCEDURE_UNKNOWN"
    WRONG_PROCEDURE = "WRONG_PROCEDURE"
    UNIT_NOT_VALID_ON_DATE = "UNIT_NOT_VALID_ON_DATE"
    OFFICE_OUTSIDE_PROVINCE = "OFFICE_OUTSIDE_PROVINCE"
    ID_LENGTH = "ID_LENGTH"
    PAPER_FORM = "PAPER_FORM"
    ID_GENDER_MISMATCH = "ID_GENDER_MISMATCH"
    ID_YEAR_MISMATCH = "ID_YEAR_MISMATCH"
    ID_PROVINCE_UNKNOWN = "ID_PROVINCE_UNKNOWN"
    ID_MISSING = "ID_MISSING"
    CMND_EXPIRED = "CMND_EXPIRED"
    ETHNICITY_UNKNOWN = "ETHNICITY_UNKNOWN"
    ETHNICITY_FOREIGNER = "ETHNICITY_FOREIGNER"
    DATE_INVALID = "DATE_INVALID"
    DATE_FUTURE = "DATE_FUTURE"
    PARTIAL_DATE = "PARTIAL_DATE"
    AGE_HUSBAND = "AGE_HUSBAND"
    AGE_WIFE = "AGE_WIFE"
    AGE_IMPLAUSIBLE = "AGE_IMPLAUSIBLE"
    SAME_PERSON = "SAME_PERSON"
    ALREADY_MARRIED = "ALREADY_MARRIED"
    MANUAL_CHECK = "MANUAL_CHECK"
    STATUS_ORDINAL_CONFLICT = "STATUS_ORDINAL_CONFLICT"
    DIVORCE_DOC_REQUIRED = "DIVORCE_DOC_REQUIRED"
    SPOUSE_DEATH_DOC_REQUIRED = "SPOUSE_DEATH_DOC_REQUIRED"
    FORMER_DATE_REQUIRED = "FORMER_DATE_REQUIRED"
    DEATH_BEFORE_BIRTH = "DEATH_BEFORE_BIRTH"
    FUTURE_DEATH = "FUTURE_DEATH"
    TIME_WITHOUT_DATE = "TIME_WITHOUT_DATE"
    NOTICE_REQUIRED = "NOTICE_REQUIRED"
    NOTICE_NUMBER_IS_EXTRACT = "NOTICE_NUMBER_IS_EXTRACT"
    NOTICE_BEFORE_DEATH = "NOTICE_BEFORE_DEATH"
    NOTICE_AFTER_FILING = "NOTICE_AFTER_FILING"
    KIND_MISMATCH = "KIND_MISMATCH"
    DECLARANT_IS_DECEASED = "DECLARANT_IS_DECEASED"
    DUE_MISMATCH = "DUE_MISMATCH"
    FILE_MISMATCH = "FILE_MISMATCH"
    PAYLOAD_CONFLICT = "PAYLOAD_CONFLICT"
    TIME_INVALID = "TIME_INVALID"
    STATUS_UNKNOWN = "STATUS_UNKNOWN"
    UNMATCHED_DOSSIER = "UNMATCHED_DOSSIER"
    RESULT_WITHOUT_FILE = "RESULT_WITHOUT_FILE"
    REGISTER_NUMBER = "REGISTER_NUMBER"
    REGISTER_YEAR_MISMATCH = "REGISTER_YEAR_MISMATCH"
    REGISTER_NUMBER_DUPLICATE = "REGISTER_NUMBER_DUPLICATE"
    DATA_CHANGED = "DATA_CHANGED"


class Finding(BaseModel):
    """One code at one place of one body."""

    model_config = ConfigDict(frozen=True)

    code: Code
    severity: Severity
    pointer: str
    vi: str
    en: str
    overridden_by: str | None = None
    label: str | None = Field(default=None, exclude_if=lambda label: label is None)
    """The value it is about, where that is no citizen's data; absent otherwise."""

    @property
    def blocks(self) -> bool:
        """Whether it keeps the message from being sent."""
        return self.severity is Severity.ERROR or (self.severity is Severity.OVERRIDABLE and self.overridden_by is None)


E, O, W = Severity.ERROR, Severity.OVERRIDABLE, Severity.WARNING  # noqa: E741 - the letters of the contract

SENTENCES: Final[dict[Code, tuple[Severity, str, str]]] = {
    Code.CONTRACT: (E, "Nội dung không đúng cấu trúc đã thống nhất.", "The content breaks the agreed contract."),
    Code.ENCODING_SUSPECT: (E, "Văn bản có ký tự lỗi bảng mã (TCVN3/VNI hoặc ký tự điều khiển).", "The text holds characters left over from another encoding, or control characters."),
    Code.NAME_FORM: (E, "Họ tên phải dài 2-100 ký tự và chỉ gồm chữ cái, khoảng trắng, dấu nháy, gạch nối, dấu chấm.", "A name must have 2-100 characters: letters, spaces, apostrophe, hyphen, full stop."),
    Code.NAME_SINGLE_WORD: (W, "Họ tên công dân Việt Nam chỉ có một chữ.", "A Vietnamese citizen's name has only one word."),
    Code.DOSSIER_CODE: (E, "Mã hồ sơ sai định dạng hoặc phần ngày không có thật.", "The dossier code breaks its pattern, or its date part is no date."),
    Code.PROCEDURE_UNKNOWN: (E, "Mã thủ tục hành chính không thuộc danh sách liên thông.", "The procedure code is not one of the interconnected procedures."),
    Code.WRONG_PROCEDURE: (E, "Tờ khai hoặc yếu tố nước ngoài không khớp với thủ tục.", "The form or the foreign element does not belong to this procedure."),
    Code.UNIT_NOT_VALID_ON_DATE: (E, "Đơn vị hành chính không tồn tại vào ngày được nói đến.", "The administrative unit did not exist on the day it speaks of."),
    Code.OFFICE_OUTSIDE_PROVINCE: (E, "Cơ quan đăng ký thuộc tỉnh khác vào ngày tiếp nhận.", "The registration office belonged to another province on the day received."),
    Code.ID_LENGTH: (E, "Số định danh phải có 12 chữ số; số CMND phải có 9 hoặc 12 chữ số.", "A personal number must have 12 digits; a CMND number 9 or 12."),
    Code.PAPER_FORM: (E, "Số hộ chiếu phải gồm 5-20 ký tự A-Z, 0-9.", "A passport number must be 5-20 of A-Z and 0-9."),
    Code.ID_GENDER_MISMATCH: (O, "Chữ số giới tính của số định danh không khớp với giới tính.", "The gender digit of the personal number is not the person's gender."),
    Code.ID_YEAR_MISMATCH: (O, "Năm sinh trong số định danh không khớp với năm sinh đã khai.", "The year in the personal number is not the declared year of birth."),
    Code.ID_PROVINCE_UNKNOWN: (W, "Ba chữ số đầu của số định danh không phải mã tỉnh.", "The first three digits of the personal number are no province code."),
    Code.ID_MISSING: (W, "Công dân Việt Nam còn sống chưa có số định danh.", "A living Vietnamese citizen has no personal number."),
    Code.CMND_EXPIRED: (O, "CMND 9 số đã hết giá trị sử dụng từ 01/01/2025.", "9-digit CMND cards are not valid any more from 2025-01-01."),
    Code.ETHNICITY_UNKNOWN: (E, "Tên dân tộc không có trong danh mục 54 dân tộc hoặc bị bỏ trống.", "The ethnic group is missing or is none of the 54 groups."),
    Code.ETHNICITY_FOREIGNER: (W, "Dân tộc và quốc tịch không phù hợp với nhau.", "Ethnic group and nationality do not go together."),
    Code.DATE_INVALID: (E, "Ngày hoặc giờ không có thật.", "There is no such calendar date or time."),
    Code.DATE_FUTURE: (E, "Ngày này sau ngày tiếp nhận hồ sơ.", "The date is after the day the dossier was received."),
    Code.PARTIAL_DATE: (W, "Ngày chỉ biết tháng và năm, hoặc chỉ biết năm.", "Only the month and year, or the year, of the date is known."),
    Code.AGE_HUSBAND: (E, "Bên nam chưa đủ 20 tuổi vào ngày đăng ký.", "The husband is younger than 20 on the day of registration."),
    Code.AGE_WIFE: (E, "Bên nữ chưa đủ 18 tuổi vào ngày đăng ký.", "The wife is younger than 18 on the day of registration."),
    Code.AGE_IMPLAUSIBLE: (O, "Tuổi tại thời điểm sự kiện lớn hơn 130.", "The age at the event is above 130."),
    Code.SAME_PERSON: (E, "Hai bên nam, nữ là cùng một người.", "Husband and wife are the same person."),
    Code.ALREADY_MARRIED: (E, "Người khai hiện đang có vợ hoặc chồng.", "The person is married at present."),
    Code.MANUAL_CHECK: (O, "Tình trạng hôn nhân \"khác\": cần cán bộ xem xét.", "Marital status 'other': a person has to look at it."),
    Code.STATUS_ORDINAL_CONFLICT: (E, "Tình trạng hôn nhân mâu thuẫn với số lần kết hôn.", "Marital status and number of the marriage contradict each other."),
    Code.DIVORCE_DOC_REQUIRED: (E, "Đã ly hôn nhưng thiếu bản án hoặc quyết định ly hôn.", "Divorced, but the judgment or decision is missing."),
    Code.SPOUSE_DEATH_DOC_REQUIRED: (E, "Vợ hoặc chồng trước đã chết nhưng thiếu giấy tờ chứng minh.", "Widowed, but the paper about the former spouse's death is missing."),
    Code.FORMER_DATE_REQUIRED: (E, "Đăng ký lại kết hôn nhưng thiếu ngày xác lập quan hệ hôn nhân.", "Registered again, but the day the marriage began is missing."),
    Code.DEATH_BEFORE_BIRTH: (E, "Ngày chết trước ngày sinh.", "The death is before the birth."),
    Code.FUTURE_DEATH: (E, "Thời điểm chết sau thời điểm tiếp nhận hồ sơ.", "The death is after the instant the dossier was received."),
    Code.TIME_WITHOUT_DATE: (E, "Có giờ chết nhưng ngày chết không đầy đủ.", "A time of death with an incomplete date of death."),
    Code.NOTICE_REQUIRED: (E, "Thiếu giấy báo tử hoặc giấy tờ thay thế.", "The death notice or its substitute is missing."),
    Code.NOTICE_NUMBER_IS_EXTRACT: (E, "Số giấy báo tử là số của trích lục khai tử.", "The number of the death notice is that of a death extract."),
    Code.NOTICE_BEFORE_DEATH: (E, "Giấy báo tử ghi ngày trước ngày chết.", "The death notice is dated before the death."),
    Code.NOTICE_AFTER_FILING: (E, "Giấy báo tử ghi ngày sau ngày tiếp nhận hồ sơ.", "The death notice is dated after the day the dossier was received."),
    Code.KIND_MISMATCH: (E, "Loại đăng ký không khớp với số ngày từ ngày chết đến ngày tiếp nhận.", "The kind of registration does not fit the days between death and filing."),
    Code.DECLARANT_IS_DECEASED: (E, "Người yêu cầu chính là người chết.", "The declarant is the deceased."),
    Code.DUE_MISMATCH: (W, "Ngày hẹn trả khác với thời hạn giải quyết theo quy định.", "The promised day is not what the time limit gives."),
    Code.FILE_MISMATCH: (E, "Tệp đính kèm không đúng kích thước hoặc mã băm đã thông báo.", "An attached file has not the announced size or SHA-256."),
    Code.PAYLOAD_CONFLICT: (E, "Cùng hồ sơ và phiên bản đã đến trước đó với nội dung khác.", "The same dossier and version came before with another content."),
    Code.TIME_INVALID: (E, "Không đọc được thời điểm.", "The instant cannot be read."),
    Code.STATUS_UNKNOWN: (E, "Trạng thái ngoài danh mục 1-6.", "The state is outside 1-6."),
    Code.UNMATCHED_DOSSIER: (E, "Hồ sơ chưa từng đi qua hệ thống liên thông này.", "This connector never saw the dossier."),
    Code.RESULT_WITHOUT_FILE: (W, "Đã có kết quả nhưng chưa có bản điện tử đã ký.", "There is a result, but its signed document is not there yet."),
    Code.REGISTER_NUMBER: (E, "Số đăng ký không đúng dạng 15 hoặc 15/2023, hoặc là số trích lục.", "The register number is neither 15 nor 15/2023, or is the number of a copy."),
    Code.REGISTER_YEAR_MISMATCH: (E, "Năm của số hoặc quyển không khớp với năm đăng ký.", "The year of the number or the book is not the year of registration."),
    Code.REGISTER_NUMBER_DUPLICATE: (O, "Số đăng ký này đã thuộc về một bản ghi khác.", "This register number already belongs to another entry."),
    Code.DATA_CHANGED: (W, "Thông tin đã đăng ký khác với hồ sơ đã gửi.", "The data as registered differ from the application."),
}  # fmt: skip

_FAULTS: Final[dict[FaultKind, tuple[str, str]]] = {
    "not_json": ("Nội dung không phải JSON hợp lệ.", "The body is not valid JSON."),
    "not_an_object": ("Nội dung không phải một đối tượng JSON.", "The body is not a JSON object."),
    "missing": ("Thiếu thành phần bắt buộc.", "A required member is missing."),
    "type": ("Thành phần sai kiểu dữ liệu.", "The member has the wrong type."),
    "too_long": ("Thành phần dài quá mức cho phép.", "The member is too long."),
    "too_short": ("Thành phần ngắn hơn mức cho phép.", "The member is too short."),
    "range": ("Giá trị nằm ngoài khoảng cho phép.", "The value is out of range."),
    "enum": ("Giá trị không có trong danh mục cho phép.", "The value is not one of those allowed."),
    "pattern": ("Giá trị không đúng định dạng.", "The value has not the required form."),
    "too_large": ("Nội dung lớn hơn giới hạn tiếp nhận.", "The body is larger than what is taken in."),
}


def finding(code: Code, pointer: str = "", severity: Severity | None = None) -> Finding:
    """A finding with the sentences and, unless another is given, the severity of its code."""
    usual, vi, en = SENTENCES[code]
    return Finding(code=code, severity=severity or usual, pointer=pointer, vi=vi, en=en)


def contract_finding(fault: Fault) -> Finding:
    """CONTRACT at the place of a fault, with a sentence that says what is wrong there."""
    vi, en = _FAULTS[fault.kind]
    return Finding(code=Code.CONTRACT, severity=Severity.ERROR, pointer=fault.pointer, vi=vi, en=en)


def data_changed(members: list[str], pointer: str = "") -> Finding:
    """DATA_CHANGED with the names of the differing members (never their values)."""
    severity, vi, en = SENTENCES[Code.DATA_CHANGED]
    listed = ", ".join(members)
    return Finding(
        code=Code.DATA_CHANGED, severity=severity, pointer=pointer, vi=f"{vi} ({listed})", en=f"{en} ({listed})"
    )
