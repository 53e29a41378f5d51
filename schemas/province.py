"""The province's forms (contracts/province.openapi.yaml), their member names as aliases. `Form` says how they are
read."""

import hashlib
import json
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from schemas.reading import Form, may, must
from schemas.values import (
    CivilDay,
    CountryCode,
    DossierCode,
    Fingerprint,
    Flag,
    Int,
    Moment,
    OfNumbers,
    Procedure,
    Text,
    UnitCode,
)

DATE_SEPARATOR: Final = "/"
INSTANT_FORMAT: Final = "%Y%m%d%H%M%S"

TOKEN_PATH: Final = "/oauth2/token"
FEED: Final = "/apitthc/v1/su-kien"
FEED_CURSOR: Final = "con_tro"
FEED_SIZE: Final = "so_luong"
DOSSIER: Final = "/apitthc/v1/ho-so/{code}"
FILE: Final = "/apitthc/v1/tep/{file_id}"
PROGRESS: Final = "/apitthc/v1/tien-do"
RESULT: Final = "/apitthc/v1/ho-so/{code}/ket-qua"
REGISTER_ENTRY: Final = "/apitthc/v1/so-ho-tich/{entry}/phien-ban/{version}"
REGISTER_COMPARISON: Final = "/apitthc/v1/so-ho-tich/doi-soat"
ITEMS_PER_CALL: Final = 100

# MaTTHC, first two dot groups → the procedure, whether it is a re-registration and whether it is for a foreign element.
PROCEDURES: Final[dict[str, tuple[Procedure, bool, bool]]] = {
    "1.000894": ("marriage", False, False),
    "1.004746": ("marriage", True, False),
    "2.000806": ("marriage", False, True),
    "1.000656": ("death", False, False),
    "1.005461": ("death", True, False),
}
RESULT_CODES: Final[dict[Procedure, str]] = {"marriage": "KQ.G15.000032", "death": "KQ.G15.000034"}


# LoaiSuKien
EventKind = Literal["HoSoMoi", "BoSung", "Rut", "TraKetQua"]
NEW: Final = "HoSoMoi"
SUPPLEMENTED: Final = "BoSung"
WITHDRAWN: Final = "Rut"
HANDED_OVER: Final = "TraKetQua"


class Place(Form):
    country: CountryCode | None = must("QuocGia")
    province: Text | None = may("MaTinh", pattern="^([0-9]{2})?$")  # empty is absent
    district: UnitCode | None = may("MaHuyen")
    commune: UnitCode | None = may("MaXa")
    detail: Text | None = may("DiaChi", max_length=250)


class Paper(Form):
    kind: Annotated[Int, Field(ge=2, le=10)] | None = must("Loai")
    other_kind: Text | None = may("TenLoaiKhac")
    number: Text | None = must("So")
    issued_on: CivilDay | None = may("NgayCap")
    issued_by: Text | None = may("NoiCap", max_length=200)


class Decision(Form):
    number: Text | None = must("So", max_length=60)
    decided_on: CivilDay | None = must("Ngay")
    agency: Text | None = must("CoQuan", max_length=200)


class Spouse(Form):
    full_name: Text | None = must("HoTen")
    birth_date: CivilDay | None = must("NgaySinh")
    ethnicity: Text | None = may("DanToc")
    nationality: CountryCode | None = must("QuocTich")
    other_nationality: Text | None = may("QuocTichKhac")
    residence_kind: Annotated[Literal[1, 2, 3], OfNumbers] | None = must("LoaiCuTru")
    residence: Place | None = must("NoiCuTru")
    personal_number: Text | None = may("SoDinhDanh")
    paper: Paper | None = must("GiayTo")
    ordinal: Annotated[Int, Field(ge=1)] | None = must("LanKetHon")
    marital_status: Annotated[Literal[1, 2, 3, 4, 5, 6], OfNumbers] | None = must("TinhTrangHonNhan")
    divorce: Decision | None = may("LyHon")
    spouse_death: Decision | None = may("VoChongTruocChet")


class MarriageForm(Form):
    husband: Spouse | None = must("BenNam")
    wife: Spouse | None = must("BenNu")
    kind: Annotated[Literal[1, 2], OfNumbers] | None = must("LoaiDangKy")
    related_since: CivilDay | None = may("NgayXacLapQuanHe")
    planned_on: CivilDay | None = may("NgayDuKienDangKy")
    copies: Annotated[Int, Field(ge=0, le=50)] | None = must("SoBanSao")
    note: Text | None = may("GhiChu")


class Deceased(Form):
    full_name: Text | None = must("HoTen")
    birth_date: CivilDay | None = must("NgaySinh")
    gender: Annotated[Literal[1, 2, 3], OfNumbers] | None = must("GioiTinh")
    ethnicity: Text | None = may("DanToc")
    nationality: CountryCode | None = must("QuocTich")
    other_nationality: Text | None = may("QuocTichKhac")
    personal_number: Text | None = may("SoDinhDanh")
    paper: Paper | None = may("GiayTo")
    residence_kind: Annotated[Literal[1, 2, 3], OfNumbers] | None = must("LoaiCuTru")
    residence: Place | None = must("NoiCuTruCuoi")
    death_date: CivilDay | None = must("NgayChet")
    death_time: Text | None = may("GioPhutChet", pattern="^([0-9]{2}:[0-9]{2})?$")  # empty is absent
    death_place: Place | None = must("NoiChet")
    cause: Text | None = must("NguyenNhanChet", max_length=500)


class DeathNotice(Form):
    kind: Annotated[Literal[1, 2, 3, 4, 5, 6], OfNumbers] | None = must("Loai")
    number: Text | None = must("So", max_length=50)
    issued_on: CivilDay | None = must("Ngay")
    issued_by: Text | None = must("CoQuanCap", max_length=200)


class Declarant(Form):
    full_name: Text | None = must("HoTen")
    relationship: Text | None = must("QuanHe", max_length=100)
    personal_number: Text | None = may("SoDinhDanh")
    paper: Paper | None = must("GiayTo")
    residence: Place | None = may("NoiCuTru")
    phone: Text | None = may("SoDienThoai")
    email: Text | None = may("Email")


class DeathForm(Form):
    deceased: Deceased | None = must("NguoiChet")
    notice: DeathNotice | None = may("GiayBaoTu")
    declarant: Declarant | None = must("NguoiYeuCau")
    kind: Annotated[Literal[1, 2, 4, 5], OfNumbers] | None = must("LoaiDangKy")
    copies: Annotated[Int, Field(ge=0, le=50)] | None = must("SoBanSao")
    note: Text | None = may("GhiChu")


def _which_form(value: Any) -> str:
    """Marriage or death; a body without its main part is still known by its other parts."""
    if isinstance(value, DeathForm):
        return "death"
    names = {name for name, member in value.items() if member is not None} if isinstance(value, dict) else set()
    if "NguoiChet" in names or (not names & {"BenNam", "BenNu"} and "NguoiYeuCau" in names):
        return "death"
    return "marriage"


AnyForm = Annotated[
    Annotated[DeathForm, Tag("death")] | Annotated[MarriageForm, Tag("marriage")], Discriminator(_which_form)
]


class Owner(Form):
    full_name: Text | None = must("HoTen")
    personal_number: Text | None = may("SoDinhDanh")
    phone: Text | None = may("SoDienThoai")
    email: Text | None = may("Email")


class AttachedFile(Form):
    file_id: Text | None = must("TepDinhKemId", max_length=64)
    file_name: Text | None = must("TenTepDinhKem")
    paper_kind: Int | None = must("LoaiGiayTo")
    paper_name: Text | None = must("TenGiayTo")
    sha256: Fingerprint | None = must("MaBam")
    size: Int | None = must("KichThuoc")
    removed: Flag | None = may("DaHuy")


class Dossier(Form):
    code: DossierCode | None = must("MaHoSo")
    version: Annotated[Int, Field(ge=1)] | None = must("PhienBan")
    procedure_code: Text | None = must("MaTTHC")
    procedure_name: Text | None = may("TenTTHC")
    agency: Text | None = must("MaDonViTiepNhan")
    office: UnitCode | None = must("MaDonViDangKy")
    channel: Annotated[Literal[1, 2, 3], OfNumbers] | None = must("KenhThucHien")
    submitted_at: Moment | None = may("NgayNop")
    received_at: Moment | None = must("NgayTiepNhan")
    due_at: Moment | None = must("NgayHenTra")
    needs_verification: Flag | None = must("CanXacMinh")
    status: Annotated[Int, Field(ge=1, le=10)] | None = must("TrangThaiHoSo")
    owner: Owner | None = must("ChuHoSo")
    form: AnyForm | None = must("ToKhai")
    files: list[AttachedFile] | None = may("TaiLieuNop")


class DossierEvent(Form):
    event_id: Text | None = must("MaSuKien", max_length=64)
    kind: EventKind | None = must("LoaiSuKien")
    happened_at: Moment | None = must("ThoiDiem")
    reason: Text | None = may("LyDo", max_length=500)
    dossier: Dossier | None = must("HoSo")


class Progress(Form):
    """One item of `tien-do`."""

    key: Text | None = must("MaSuKien", max_length=64)
    dossier_code: DossierCode | None = must("MaHoSo")
    person: Text | None = must("NguoiXuLy")
    title: Text | None = may("ChucDanh")
    department: Text | None = may("PhongBanXuLy")
    happened_at: Moment | None = must("ThoiDiemXuLy")
    content: Text | None = must("NoiDungXuLy", max_length=2000)
    status: Annotated[Int, Field(ge=1, le=10)] | None = must("TrangThai")
    ministry_code: Text | None = may("MaHoSoLienThong")
    supplement_until: Moment | None = may("HanBoSung")


class ResultPaper(Form):
    name: Text | None = must("TenGiayTo")
    file_name: Text | None = must("TenTep")
    sha256: Fingerprint | None = must("MaBam")
    content: Text | None = must("NoiDungTep")


class Result(Form):
    """The body of `ket-qua`. Its key is the dossier code with `fingerprint`."""

    result_code: Literal["KQ.G15.000032", "KQ.G15.000034"] | None = must("MaKetQua")
    number: Annotated[Int, Field(ge=1)] | None = must("SoDangKy")
    year: Int | None = must("NamDangKy")
    book: Text | None = must("QuyenSo")
    page: Text | None = may("TrangSo")
    registered_on: CivilDay | None = must("NgayDangKy")
    office: UnitCode | None = must("MaDonViDangKy")
    signer: Text | None = must("NguoiKy")
    signer_title: Text | None = must("ChucVuNguoiKy")
    clerk: Text | None = may("NguoiThucHien")
    ministry_code: Text | None = may("MaHoSoLienThong")
    content: AnyForm | None = must("NoiDung")
    paper: ResultPaper | None = must("GiayToKetQua")
    fingerprint: Fingerprint | None = must("DauVanTay")
    replaces: Fingerprint | None = may("ThayThe")

    def fingerprinted(self) -> str:
        """`DauVanTay`: the SHA-256 of the canonical JSON without itself, ThayThe and null members."""
        form = self.to_wire()
        form.pop("DauVanTay", None)
        form.pop("ThayThe", None)
        return hashlib.sha256(canonical_json(form)).hexdigest()


class Annotation(Form):
    kind: Text | None = must("Loai")
    basis: Text | None = must("CanCu")
    noted_on: CivilDay | None = must("NgayGhiChu")
    content: Text | None = may("NoiDung")


class RegisterEntry(Form):
    """The body of `so-ho-tich/{MaBanGhi}/phien-ban/{PhienBan}`."""

    register_kind: Literal["KH", "KT"] | None = must("Loai")
    dossier_code: DossierCode | None = may("MaHoSo")
    number: Annotated[Int, Field(ge=1)] | None = must("SoDangKy")
    year: Int | None = must("NamDangKy")
    book: Text | None = must("QuyenSo")
    page: Text | None = may("TrangSo")
    registered_on: CivilDay | None = must("NgayDangKy")
    office: UnitCode | None = must("MaDonViDangKy")
    condition: Annotated[Literal[1, 2], OfNumbers] | None = must("TinhTrang")
    signer: Text | None = may("NguoiKy")
    signer_title: Text | None = may("ChucVuNguoiKy")
    content: AnyForm | None = must("NoiDung")
    annotations: list[Annotation] | None = may("BienDong")
    fingerprint: Fingerprint | None = must("DauVanTay")


class EventPage(Form):
    """A page of `su-kien`, its events still unread."""

    events: list[Any] | None = must("DuLieu")
    cursor: Text | None = must("ConTroTiep")
    more: Flag | None = must("ConNua")


class AnswerPlace(Form):
    pointer: Text | None = may("truong")
    text: Text | None = may("loi")


class Answer(Form):
    """What every service of the province says of itself."""

    code: Text | None = must("error_code")
    message: Text | None = may("message")
    places: list[AnswerPlace] | None = may("chi_tiet")


class ItemAnswer(Answer):
    key: Text | None = must("MaSuKien")


class ProgressBatch(Form):
    items: list[Progress] | None = must("data")


class ProgressAnswer(Form):
    code: Text | None = must("error_code")
    items: list[ItemAnswer] | None = must("ket_qua")


def canonical_json(value: object) -> bytes:
    """Keys sorted, no spaces, UTF-8: what both sides take a fingerprint of."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
