"""Dossiers that hypothesis makes: every kind of paper, status, place and partial date, optional members or none."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from tests.unit import mapping_samples as samples

_LETTERS = st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậòóọỏõ ĐÐ\u00a0\u200bA\u0323")
TEXTS = st.lists(_LETTERS, min_size=1, max_size=8).map("".join)
NAMES = TEXTS.map(lambda text: f"Lê {text}")
CIVIL_DATES = st.builds(
    lambda day, form: format(day, form),
    st.dates(date(1900, 1, 1), date(2022, 12, 31)),
    st.sampled_from(["%d/%m/%Y", "%m/%Y", "%Y"]),
)
PERSONAL_NUMBERS = st.integers(0, 10**12 - 1).map("{:012d}".format)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


PLACES = st.one_of(
    st.builds(samples.place, DiaChi=_maybe(TEXTS)),
    st.builds(samples.place, MaTinh=st.just("92"), MaHuyen=st.just("916"), MaXa=st.just("31117")),
    st.fixed_dictionaries({"QuocGia": st.sampled_from(["KH", "US", "TW"]), "DiaChi": _maybe(TEXTS)}),
)
PAPERS = st.fixed_dictionaries(
    {
        "Loai": st.sampled_from([2, 3, 4, 5, 6, 7, 8, 9, 10]),
        "So": st.sampled_from(["351234567", "089 196.999001", "c1234567", "QĐ-12/3", "00000"]),
    },
    optional={"TenLoaiKhac": _maybe(TEXTS), "NgayCap": _maybe(CIVIL_DATES), "NoiCap": _maybe(TEXTS)},
)
DECISIONS = st.fixed_dictionaries({"So": TEXTS, "Ngay": CIVIL_DATES, "CoQuan": TEXTS})
SPOUSES = st.builds(
    samples.spouse,
    HoTen=NAMES,
    NgaySinh=CIVIL_DATES,
    DanToc=st.sampled_from(["Kinh", "khmer", "Khơ-me", "Chăm", "H'Mông", "Ðê"]),
    QuocTich=st.sampled_from(["VN", "US"]),
    QuocTichKhac=_maybe(TEXTS),
    LoaiCuTru=st.integers(1, 3),
    NoiCuTru=PLACES,
    SoDinhDanh=_maybe(PERSONAL_NUMBERS),
    GiayTo=PAPERS,
    LanKetHon=st.integers(1, 9),
    TinhTrangHonNhan=st.integers(1, 6),
    LyHon=_maybe(DECISIONS),
    VoChongTruocChet=_maybe(DECISIONS),
)
MARRIAGES = st.builds(
    samples.marriage,
    BenNam=SPOUSES,
    BenNu=SPOUSES,
    LoaiDangKy=st.sampled_from([1, 2]),
    NgayXacLapQuanHe=_maybe(CIVIL_DATES),
    SoBanSao=st.integers(0, 50),
    GhiChu=_maybe(TEXTS),
)
DECEASED = st.builds(
    samples.deceased,
    HoTen=NAMES,
    NgaySinh=CIVIL_DATES,
    GioiTinh=st.integers(1, 3),
    QuocTichKhac=_maybe(TEXTS),
    SoDinhDanh=_maybe(PERSONAL_NUMBERS),
    GiayTo=_maybe(PAPERS),
    LoaiCuTru=st.integers(1, 3),
    NoiCuTruCuoi=PLACES,
    NgayChet=CIVIL_DATES,
    GioPhutChet=_maybe(st.sampled_from(["00:00", "23:59"])),
    NoiChet=PLACES,
    NguyenNhanChet=TEXTS,
)
NOTICES = st.fixed_dictionaries({"Loai": st.integers(1, 6), "So": TEXTS, "Ngay": CIVIL_DATES, "CoQuanCap": TEXTS})
DECLARANTS = st.builds(
    samples.declarant,
    HoTen=NAMES,
    QuanHe=TEXTS,
    GiayTo=PAPERS,
    NoiCuTru=_maybe(PLACES),
    SoDienThoai=_maybe(TEXTS),
    Email=_maybe(TEXTS),
)
DEATHS = st.builds(
    samples.death,
    NguoiChet=DECEASED,
    GiayBaoTu=_maybe(NOTICES),
    NguoiYeuCau=DECLARANTS,
    LoaiDangKy=st.sampled_from([1, 2, 4, 5]),
    SoBanSao=st.integers(0, 50),
    GhiChu=_maybe(TEXTS),
)
FILES = st.lists(
    st.fixed_dictionaries(
        {
            "TepDinhKemId": st.just("f"),
            "TenTepDinhKem": TEXTS,
            "LoaiGiayTo": st.integers(1, 99),
            "TenGiayTo": TEXTS,
            "MaBam": st.just("0" * 64),
            "KichThuoc": st.integers(0, 10_485_760),
        },
        optional={"DaHuy": st.booleans()},
    ),
    max_size=3,
)
DOSSIERS = st.builds(samples.dossier, MARRIAGES | DEATHS, TaiLieuNop=FILES)
