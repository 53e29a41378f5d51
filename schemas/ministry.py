"""The ministry's forms (contracts/ministry.openapi.yaml), their member names as aliases. `Form` says how they are read.

The ministry writes a person's members flat, with a prefix for the person (`chongHoTen`, `voHoTen`). Here a person is a
form of its own, and the prefix is the alias of the place where it stands; `FlatForm` takes one shape into the other.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.reading import Fault, Form, may, must, pointer
from schemas.values import (
    CivilDay,
    CountryCode,
    DossierCode,
    Fingerprint,
    Int,
    Moment,
    NotAFlag,
    OfNumbers,
    Procedure,
    Text,
    TwoDigits,
    UnitCode,
)

DATE_SEPARATOR: Final = "."
INSTANT_FORMAT: Final = "%d/%m/%Y %H:%M:%S"
MODULES: Final[dict[Procedure, str]] = {"marriage": "LTKH", "death": "LTKT"}
REGISTERS: Final[dict[Procedure, Literal["KH", "KT"]]] = {"marriage": "KH", "death": "KT"}
TOKEN_PATH: Final = "/token"
SUBMIT: Final = "/hotich/1.0/nhanHoSoDKHT"
WITHDRAW: Final = "/hotich/1.0/rutHoSo"
STATES: Final = "/hotich/1.0/layKetQua"
ENTRIES: Final = "/hotich/1.0/dsHoSoDangKy"
FULL_ENTRIES: Final = "/hotich/1.0/traDanhSachHoSo"
CODES_PER_CALL: Final = 50
ENTRIES_PER_CALL: Final = 100

PaperKind = Annotated[Int, Field(ge=1, le=8)]


class Address(Form):
    country: CountryCode | None = may("quocGia")
    province: Text | None = may("maTinh")
    district: Annotated[Text, Field(pattern="^[0-9]{3}$")] | None = may("maHuyen")
    commune: UnitCode | None = may("maXa")
    detail: Text | None = must("dcChiTiet", max_length=250)


class FlatForm(Form):
    """A form whose parts are written flat: the member `chongHoTen` is `HoTen` of the part with the prefix `chong`."""

    parts: ClassVar[tuple[tuple[str, str, type[Form]], ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _flat_members_go_to_their_parts(cls, value: Any) -> Any:
        return cls._gathered(value)

    @classmethod
    def _gathered(cls, value: Any) -> Any:
        """What belongs to no part stays where it is."""
        if not isinstance(value, dict):
            return value
        gathered = dict(value)
        for member, prefix, part in cls.parts:
            if prefix not in gathered and member not in gathered:
                names = [field.alias or name for name, field in part.model_fields.items()]
                inside = {name: gathered.pop(prefix + name) for name in names if prefix + name in gathered}
                gathered[prefix] = inside
        return gathered

    def to_wire(self) -> dict[str, Any]:
        wire = super().to_wire()
        for _, prefix, _part in self.parts:
            for name, value in wire.pop(prefix, {}).items():
                wire[prefix + name] = value
        return wire

    def missing(self, at: str = "") -> Iterator[str]:
        prefixes = tuple(f"{at}/{prefix}/" for _, prefix, _part in self.parts)
        for place in super().missing(at):
            yield self._flat(place, prefixes)

    @staticmethod
    def _flat(place: str, prefixes: tuple[str, ...]) -> str:
        for prefix in prefixes:
            if place.startswith(prefix):
                return prefix[:-1] + place[len(prefix) :]
        return place

    @classmethod
    def _salvage(cls, value: object) -> "tuple[Self | None, tuple[Fault, ...]]":
        form, faults = super()._salvage(cls._gathered(value))
        prefixes = tuple(f"/{prefix}/" for _, prefix, _part in cls.parts)
        return form, tuple(Fault(cls._flat(fault.pointer, prefixes), fault.kind) for fault in faults)


def flat_pointer(prefix: str, member: str, *rest: str | int) -> str:
    """Where a part's member stands in the flat body."""
    return pointer((prefix + member, *rest))


class SpouseFields(Form):
    full_name: Text | None = may("HoTen", max_length=100)
    birth_date: CivilDay | None = may("NgaySinh")
    ethnicity: TwoDigits | None = may("DanToc")
    other_ethnicity: Text | None = may("DanTocKhac")
    nationality: CountryCode | None = may("QuocTich")
    other_nationality: Text | None = may("QuocTichKhac")
    residence_kind: Annotated[Literal[1, 2, 3], OfNumbers] | None = may("LoaiCuTru")
    residence: Address | None = may("NoiCuTru")
    paper_kind: PaperKind | None = may("LoaiGiayToTuyThan")
    other_paper: Text | None = may("GiayToKhac")
    paper_number: Text | None = may("SoGiayToTuyThan", max_length=20)
    paper_issued_on: CivilDay | None = may("NgayCapGiayToTuyThan")
    paper_issued_by: Text | None = may("NoiCapGiayToTuyThan", max_length=200)
    personal_number: Annotated[Text, Field(pattern="^[0-9]{12}$")] | None = may("SoDDCN")
    ordinal: Annotated[Int, Field(ge=1)] | None = may("SoLanKH")
    marital_status: Annotated[Literal[1, 2, 3, 4, 5, 6], OfNumbers] | None = may("LoaiTinhTrangHonNhan")
    marital_status_text: Text | None = may("TinhTrangHonNhan", max_length=500)


class MarriageFields(FlatForm):
    parts = (("husband", "chong", SpouseFields), ("wife", "vo", SpouseFields))

    kind: Annotated[Literal[1, 2], OfNumbers] | None = may("loaiDangKy")
    office: UnitCode | None = may("noiDangKy")
    related_since: CivilDay | None = may("ngayXacLapQuanHeHonNhan")
    copies: Annotated[Int, Field(ge=0, le=50)] | None = may("soLuongBanSao")
    note: Text | None = may("ghiChu", max_length=2000)
    husband: SpouseFields | None = may("chong")
    wife: SpouseFields | None = may("vo")


class DeceasedFields(Form):
    full_name: Text | None = may("HoTen", max_length=100)
    gender: Annotated[Literal[1, 2, 3], OfNumbers] | None = may("GioiTinh")
    birth_date: CivilDay | None = may("NgaySinh")
    ethnicity: TwoDigits | None = may("DanToc")
    other_ethnicity: Text | None = may("DanTocKhac")
    nationality: CountryCode | None = may("QuocTich")
    other_nationality: Text | None = may("QuocTichKhac")
    personal_number: Annotated[Text, Field(pattern="^[0-9]{12}$")] | None = may("SoDDCN")
    residence_kind: Annotated[Literal[1, 2, 3], OfNumbers] | None = may("LoaiCuTru")
    residence: Address | None = may("NoiCuTru")
    paper_kind: PaperKind | None = may("LoaiGiayToTuyThan")
    other_paper: Text | None = may("GiayToKhac")
    paper_number: Text | None = may("SoGiayToTuyThan", max_length=20)
    paper_issued_on: CivilDay | None = may("NgayCapGiayToTuyThan")
    paper_issued_by: Text | None = may("NoiCapGiayToTuyThan", max_length=200)
    death_date: CivilDay | None = may("NgayChet")
    death_time: Text | None = may("GioPhutChet", pattern="^[0-9]{2}:[0-9]{2}$")
    death_place: Address | None = may("NoiChet")
    cause: Text | None = may("NguyenNhanChet", max_length=500)


class NoticeFields(Form):
    kind: Annotated[Int, Field(ge=1, le=6)] | None = may("Loai")
    number: Text | None = may("So", max_length=50)
    issued_on: CivilDay | None = may("Ngay")
    issued_by: Text | None = may("CoQuanCap", max_length=200)


class DeclarantFields(Form):
    full_name: Text | None = may("HoTen", max_length=100)
    relationship: Text | None = may("QuanHe", max_length=100)
    paper_kind: PaperKind | None = may("LoaiGiayToTuyThan")
    other_paper: Text | None = may("GiayToKhac")
    paper_number: Text | None = may("SoGiayToTuyThan", max_length=20)
    paper_issued_on: CivilDay | None = may("NgayCapGiayToTuyThan")
    paper_issued_by: Text | None = may("NoiCapGiayToTuyThan", max_length=200)
    phone: Text | None = may("SoDienThoai")
    email: Text | None = may("Email")


class DeathFields(FlatForm):
    parts = (
        ("deceased", "nkt", DeceasedFields),
        ("notice", "gbt", NoticeFields),
        ("declarant", "nyc", DeclarantFields),
    )

    kind: Annotated[Literal[1, 2, 4, 5], OfNumbers] | None = may("loaiDangKy")
    office: UnitCode | None = may("noiDangKy")
    copies: Annotated[Int, Field(ge=0, le=50)] | None = may("soLuongBanSao")
    note: Text | None = may("ghiChu", max_length=2000)
    deceased: DeceasedFields | None = may("nkt")
    notice: NoticeFields | None = may("gbt")
    declarant: DeclarantFields | None = may("nyc")


class Attachment(Form):
    number: Int | None = must("id")
    paper_kind: Int | None = must("loaiGiayTo")
    paper_name: Text | None = must("tenGiayTo")
    file_name: Text | None = must("tenTepDinhKem")
    removed: Annotated[Literal[0, 1], OfNumbers] | None = must("huyGiayTo")
    content: Text | None = must("duLieuTepDinhKem")


class Submission(Form):
    """The body of `nhanHoSoDKHT`. Its key is the dossier code with `ordinal` (lanGui)."""

    office: UnitCode | None = must("maDonVi")
    module: Text | None = must("module")
    dossier_code: DossierCode | None = must("maHoSoMCDT")
    ordinal: Annotated[Int, Field(ge=1)] | None = must("lanGui")
    received_at: Moment | None = must("ngayTiepNhan")
    data: Text | None = must("data")
    files: list[Attachment] | None = may("fileDinhKem")


class Withdrawal(Form):
    dossier_code: DossierCode | None = must("maHoSoMCDT")
    module: Text | None = must("module")
    reason: Text | None = must("lyDo", max_length=500)
    happened_at: Moment | None = must("thoiDiem")


class StateQuestion(Form):
    province: TwoDigits | None = must("maTinh")
    module: Text | None = must("module")
    dossier_codes: list[DossierCode] | None = must("maDinhDanhHoSo")


class EntryQuestion(Form):
    province: TwoDigits | None = must("maTinh")
    register_kind: Text | None = must("module")
    since: Moment | None = must("tuThoiDiem")
    until: Moment | None = must("denThoiDiem")
    page: Int | None = must("trang")
    size: Int | None = must("soLuong")


class FullEntryQuestion(Form):
    province: TwoDigits | None = must("maTinh")
    register_kind: Text | None = must("module")
    ids: list[Int] | None = must("dsMaHoSo")


class Envelope(Form):
    """What every service answers. Done is `status` "1" or 1; the texts are for people only."""

    status: Annotated[Literal["1", "0", 1, 0], NotAFlag] | None = must("status")
    status_text: Text | None = may("statusDescription")
    code: Text | None = may("errorCode")
    text: Text | None = may("errorDescription")
    value: Any = may("value")

    @property
    def done(self) -> bool:
        return self.status in ("1", 1)


class SubmissionReceipt(Form):
    ministry_code: Text | None = must("maHoSoLT", max_length=50)
    received_at: Moment | None = may("thoiGianTiepNhan")
    fingerprint: Fingerprint | None = may("dauVanTay")


class DossierState(Form):
    office: UnitCode | None = must("maDonVi")
    province: TwoDigits | None = must("maTinh")
    module: Literal["LTKH", "LTKT"] | None = must("module")
    ministry_code: Text | None = must("maHoSoLT")
    dossier_code: DossierCode | None = must("maHoSoMCDT")
    ordinal: Annotated[Int, Field(ge=1)] | None = must("lanGui")
    state: Int | None = must("trangThai")
    happened_at: Moment | None = must("thoiGianThucHien")
    note: Text | None = may("ghiChu")
    person: Text | None = may("nguoiXuLy")
    title: Text | None = may("chucDanh")
    department: Text | None = may("phongBanXuLy")
    content: Text | None = may("noiDungXuLy")
    supplement_until: Moment | None = may("hanBoSungHoSo")
    result: Text | None = may("ketQuaXuLy")


class MarriageResult(MarriageFields):
    office: UnitCode | None = must("noiDangKy")
    number: Text | None = must("soDangKy")
    book: Text | None = must("quyenSo")
    page: Text | None = may("trangSo")
    registered_on: CivilDay | None = must("ngayDangKy")
    signer: Text | None = must("nguoiKy")
    signer_title: Text | None = must("chucVuNguoiKy")
    clerk: Text | None = must("nguoiThucHien")
    result_code: Literal["KQ.G15.000032"] | None = must("maGiayToKetQua")
    paper: Text | None = may("giayKetHon")


class DeathResult(DeathFields):
    office: UnitCode | None = must("noiDangKy")
    number: Text | None = must("soDangKy")
    book: Text | None = must("quyenSo")
    page: Text | None = may("trangSo")
    signer: Text | None = must("nguoiKy")
    signer_title: Text | None = must("chucVuNguoiKy")
    clerk: Text | None = must("nguoiThucHien")
    result_code: Literal["KQ.G15.000034"] | None = must("maGiayToKetQua")
    paper: Text | None = may("giayKhaiTu")


class Annotation(Form):
    kind: (
        Literal[
            "CAI_CHINH", "LY_HON", "HUY_KET_HON", "CONG_NHAN_KET_HON", "TUYEN_BO_CHET", "HUY_TUYEN_BO_CHET", "THU_HOI"
        ]
        | None
    ) = must("loai")
    basis: Text | None = must("canCu")
    noted_on: CivilDay | None = must("ngayGhiChu")
    content: Text | None = may("noiDung")


class EntryHead(Form):
    entry_id: Int | None = must("id")
    registering_office: UnitCode | None = must("maDonVi")
    dossier_code: Text | None = may("maHoSoMCDT")
    number: Text | None = must("so")
    book: Text | None = must("quyenSo")
    registered_on: CivilDay | None = must("ngayDangKy")
    updated_at: Moment | None = must("ngayCapNhat")
    version: Annotated[Int, Field(ge=1)] | None = must("phienBan")
    condition: Annotated[Literal[1, 2], OfNumbers] | None = must("trangThaiBanGhi")
    fingerprint: Fingerprint | None = must("dauVanTay")


class EntryExtras(Form):
    page: Text | None = may("trangSo")
    signer: Text | None = may("nguoiKy")
    signer_title: Text | None = may("chucVuNguoiKy")
    clerk: Text | None = may("nguoiThucHien")
    annotations: list[Annotation] | None = may("ghiChuBienDong")


class MarriageEntry(MarriageFields, EntryExtras, EntryHead):
    """One version of an entry of the marriage register. The names of both are required, all else may be unknown."""


class DeathEntry(DeathFields, EntryExtras, EntryHead):
    """One version of an entry of the death register. The name of the deceased is required, all else may be unknown."""


ENTRIES_OF: Final[dict[Procedure, type[MarriageEntry] | type[DeathEntry]]] = {
    "marriage": MarriageEntry,
    "death": DeathEntry,
}


class EntryPage(Form):
    total: Int | None = must("tongSo")
    entries: list[Any] | None = must("danhSach")
