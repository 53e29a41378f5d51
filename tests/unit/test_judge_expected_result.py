"""The expected results, against examples written out by hand from the validation contract."""

import pytest

from connector.sandbox.expected_result import province_result
from connector.sandbox.matching import differences
from tests.unit.judged_forms import DEATH, DIGEST, DOCUMENT, MARRIAGE, SENT_DEATH, SENT_MARRIAGE, signed, state


def test_a_marriage_result_is_carried_back() -> None:
    result = signed(
        SENT_MARRIAGE,
        **{"soDangKy": "015/2023", "quyenSo": "01/2023", "trangSo": "8", "ngayDangKy": "05.07.2023"},
        **{"maGiayToKetQua": "KQ.G15.000032", "giayKetHon": DOCUMENT},
    )
    stored = province_result(state(result, "LTKH", "06/07/2023 08:00:00"), MARRIAGE)
    groom = MARRIAGE["ToKhai"]["BenNam"] | {"HoTen": "Lê Quốc Khải", "SoDinhDanh": "089096999001"}
    bride = MARRIAGE["ToKhai"]["BenNu"] | {"HoTen": "Đinh Thị Ái Thuỷ", "DanToc": "Khơ-me"}
    bride["GiayTo"] = bride["GiayTo"] | {"So": "C1234567"}
    found = {
        "MaKetQua": "KQ.G15.000032",
        "SoDangKy": 15,
        "NamDangKy": 2023,
        "QuyenSo": "01/2023",
        "TrangSo": "8",
        "NgayDangKy": "05/07/2023",
        "MaDonViDangKy": "30283",
        "NguoiKy": "Lê Hoàng Phúc",
        "ChucVuNguoiKy": "Chủ tịch",
        "NguoiThucHien": "Đỗ Quốc Việt",
        "MaHoSoLienThong": "LT-7",
        "NoiDung": {
            "LoaiDangKy": 1,
            "SoBanSao": 2,
            "GhiChu": "Đề nghị hẹn buổi chiều",
            "BenNam": groom,
            "BenNu": bride,
        },
        "GiayToKetQua": {
            "TenGiayTo": "Giấy chứng nhận kết hôn",
            "TenTep": "ket-hon.pdf",
            "MaBam": DIGEST,
            "NoiDungTep": DIGEST,
        },
    }
    assert list(differences(stored, found)) == []


@pytest.mark.parametrize(
    ("at", "day", "year", "title"),
    [
        ("05/07/2026 09:10:11", "05/07/2026", 2026, "Trích lục khai tử"),
        ("28/02/2027 23:59:59", "28/02/2027", 2027, "Trích lục khai tử"),
        ("01/03/2027 00:00:00", "01/03/2027", 2027, "Giấy chứng tử"),
    ],
)
def test_a_death_result_takes_its_day_from_the_state(at: str, day: str, year: int, title: str) -> None:
    result = signed(SENT_DEATH, soDangKy="7", quyenSo="01/2026", maGiayToKetQua="KQ.G15.000034", giayKhaiTu=DOCUMENT)
    stored = province_result(state(result, "LTKT", at), DEATH)
    assert (stored["NgayDangKy"], stored["SoDangKy"], stored["NamDangKy"]) == (day, 7, year)
    assert stored["GiayToKetQua"]["TenGiayTo"] == title
    dead = stored["NoiDung"]["NguoiChet"]
    assert (dead["NgaySinh"], dead["NgayChet"], dead["DanToc"]) == ("1938", "07/2019", "Hoa")
    assert not list(differences(dead["NoiChet"], DEATH["ToKhai"]["NguoiChet"]["NoiChet"]))
