"""The 54 ethnic groups with the ministry's codes, and the other names they usually go by on forms.

The list is that of QĐ 121-TCTK/PPCĐ (1979); 55 (foreigner) and 56 (unknown) are service values of the ministry's
catalogue. Names are known whatever their diacritics, spaces, hyphens and apostrophes.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

FOREIGNER: Final = "55"
UNKNOWN: Final = "56"

_OFFICIAL: Final = (
    "Kinh", "Tày", "Thái", "Hoa", "Khơ-me", "Mường", "Nùng", "H'Mông", "Dao", "Gia-rai", "Ngái", "Ê-đê", "Ba na",
    "Xơ-Đăng", "Sán Chay", "Cơ-ho", "Chăm", "Sán Dìu", "Hrê", "Mnông", "Ra-glai", "Xtiêng", "Bru-Vân Kiều", "Thổ",
    "Giáy", "Cơ-tu", "Giẻ Triêng", "Mạ", "Khơ-mú", "Co", "Tà-ôi", "Chơ-ro", "Kháng", "Xinh-mun", "Hà Nhì", "Chu ru",
    "Lào", "La Chí", "La Ha", "Phù Lá", "La Hủ", "Lự", "Lô Lô", "Chứt", "Mảng", "Pà Thẻn", "Cơ Lao", "Cống", "Bố Y",
    "Si La", "Pu Péo", "Brâu", "Ơ Đu", "Rơ măm", "Người nước ngoài", "Không rõ",
)  # fmt: skip

# A name that two groups go by stays with the group whose own name it is (Thổ, Hoa), else with the first one here.
_OTHER_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "01": ("Việt", "Người Kinh"),
    "02": ("Ngạn", "Phén", "Thù Lao", "Pa Dí"),
    "03": ("Tày Khao", "Tày Đăm", "Thái Trắng", "Thái Đen", "Thái Đỏ", "Tày Mười", "Tày Thanh", "Hàng Tổng", "Pu Thay"),
    "04": ("Hán", "Triều Châu", "Phúc Kiến", "Quảng Đông", "Hải Nam", "Xạ Phạng", "Hạ", "Người Hoa"),
    "05": ("Khmer", "Khme", "Kh'mer", "Khơ me Krôm", "Khmer Krôm", "Miên", "Việt gốc Miên", "Cur", "Cul"),
    "06": ("Mol", "Mual", "Ao Tá", "Ậu Tá"),
    "07": ("Xuồng", "Nùng An", "Nùng Cháo", "Nùng Lòi", "Phàn Slình", "Quý Rim", "Khèn Lài"),
    "08": ("Mông", "Hmông", "Hmong", "Mèo", "Mẹo", "Ná Mẻo", "Mèo Trắng", "Mèo Xanh", "Mèo Đỏ", "Mèo Đen", "Mán Trắng"),
    "09": ("Mán", "Dìu Miền", "Kiềm Miền", "Quần Trắng", "Dao Đỏ", "Lô Gang", "Thanh Y", "Quần Chẹt"),
    "10": ("Jrai", "J'rai", "Jarai", "Giơ-rai", "Chơ-rai", "Tơ-buăn", "Hơ-bau", "Hđrung", "Chor"),
    "11": ("Xín", "Đản", "Khách Gia", "Hắc Cá"),
    "12": ("Rađê", "Rha-đê", "Đê", "Kpạ", "A-đham", "Krung", "Ktul", "Đliê Ruê", "Epan", "Mđhur", "Bih"),
    "13": ("Bahnar", "Ba-na", "Gơ-lar", "Tơ-lô", "Giơ-lơng", "Y-lăng", "Rơ-ngao", "Krem", "Con Kđe", "Kpăng Công"),
    "14": ("Xê Đăng", "Sedang", "Xơ Teng", "Hđang", "Tơ-đrá", "Mơ-nâm", "Ha-lăng", "Ca-dong", "Kmrâng", "Con Lan"),
    "15": ("Cao Lan", "Sán Chỉ", "Cao Lan - Sán Chỉ", "Mán Cao Lan", "Hờn Bán", "Sơn Tử"),
    "16": ("Kơ-ho", "K'ho", "Koho", "Xrê", "Sre", "Nốp", "Tu Lốp", "Cơ-don", "Chil", "Cil", "Lạch", "Lat", "Trinh"),
    "17": ("Chàm", "Chiêm Thành", "Hroi", "Chăm Hroi", "Cham"),
    "18": ("Sán Dẻo", "Trại Đất", "Mán Quần Cộc"),
    "19": ("H'rê", "Chăm Rê", "Thạch Bích"),
    "20": ("M'nông", "Pnông", "Mnông Preh", "Bu-đâng", "Đi Pri", "Biat", "Gar", "Rơ-lam"),
    "21": ("Raglay", "Ra-glây", "Rai", "Noang", "La-oang"),
    "22": ("Stiêng", "S'tiêng", "Xa-điêng", "Xa Chiêng"),
    "23": ("Vân Kiều", "Bru", "Măng Coong", "Trì", "Khùa", "Bru - Vân Kiều"),
    "24": ("Kẹo", "Mọn", "Cuối", "Họ", "Đan Lai", "Ly Hà", "Tày Pọng"),
    "25": ("Nhắng", "Dẳng", "Pầu Thìn", "Nu Nà", "Xạ"),
    "26": ("Ka-tu", "Katu", "Ca-tu", "Cao", "Hạ", "Phương", "Ca-tang"),
    "27": ("Gié Triêng", "Giẻ", "Triêng", "Gié", "Đgiéh", "Tareh", "Giang Rẫy", "Ve", "Bnoong", "Ca-tang"),
    "28": ("Châu Mạ", "Mạ Ngăn", "Mạ Xốp", "Mạ Tô", "Mạ Krung"),
    "29": ("Xá Cẩu", "Mứn Xen", "Pu Thênh", "Tềnh", "Tày Hay", "Kmhmụ", "Khmụ", "Khơ Mụ"),
    "30": ("Cor", "Col", "Cua", "Trầu", "Kor"),
    "31": ("Tôi-ôi", "Pa-cô", "Pa Cô", "Pa-hi", "Ba-hi", "Ta Ôih"),
    "32": ("Châu Ro", "Dơ-ro", "Chro"),
    "33": ("Xá Khao", "Xá Súa", "Xá Dón", "Xá Dẩng", "Xá Hốc", "Xá Ái", "Xá Bung", "Quảng Lâm", "Mơ Kháng"),
    "34": ("Puộc", "Pụa", "Sinh Mun", "Ksing Mul"),
    "35": ("U Ní", "Xá U Ní"),
    "36": ("Chơ-ru", "Chru"),
    "37": ("Lào Bốc", "Lào Nọi", "Phu Thay", "Thay Duồn", "Thay Nhuồn"),
    "38": ("Cù Tê", "La Quả"),
    "39": ("Xá Khắc", "Phlắc", "Khlá"),
    "40": ("Bồ Khô Pạ", "Mu Di Pạ", "Xá Phó", "Phổ", "Va Xơ Lao"),
    "41": ("Cọ Sọ", "Khù Sung", "Khạ Quy", "Xá Lá Vàng", "Xá Toong Lương"),
    "42": ("Lừ", "Nhuồn Duôn", "Mùn Di"),
    "43": ("Mun Di", "Di"),
    "44": ("Rục", "Mày", "Sách", "Mã Liềng", "A-rem", "Tu Vang", "Pa Leng", "Xơ Lang", "Tơ Hung", "Chà Củi", "Tắc Củi"),
    "45": ("Mảng Ư", "Xá Lá"),
    "46": ("Pà Hưng", "Tống", "Pá Hưng"),
    "47": ("Cờ Lao",),
    "48": ("Xắm Khống", "Mấng Nhé", "Xá Xeng"),
    "49": ("Chủng Chá", "Trọng Gia", "Tu Dí", "Tu Dìn"),
    "50": ("Sila", "Cù Dề Xừ", "Khả Pẻ"),
    "51": ("Pu Pèo", "Ka Pèo", "Pen Ti Lô Lô", "La Quả"),
    "52": ("Brao", "B'râu"),
    "53": ("Tày Hạt", "O Đu"),
    "54": ("Rơ-măm", "Rmăm"),
    "55": ("Ngoại quốc", "Nước ngoài"),
    "56": ("Không xác định",),
}

_LETTERS = re.compile("[^a-z]+")


def fold(name: str) -> str:
    """The bare letters a-z of a name: no diacritics, spaces, hyphens, apostrophes; Đ is d."""
    apart = unicodedata.normalize("NFD", name.lower().replace("đ", "d").replace("\u00f0", "d"))
    return _LETTERS.sub("", "".join(letter for letter in apart if not unicodedata.combining(letter)))


def _table() -> dict[str, str]:
    found = {fold(name): f"{number:02d}" for number, name in enumerate(_OFFICIAL, start=1)}
    for code, names in _OTHER_NAMES.items():
        for name in names:
            found.setdefault(fold(name), code)
    return found


_CODES: Final = _table()


@lru_cache(maxsize=1024)
def code_of(name: str) -> str | None:
    """The code `01`-`54` of a group by its own or another usual name, `55` foreigner, `56` unknown; None otherwise."""
    return _CODES.get(fold(name))


def official_name(code: str) -> str | None:
    """The group's official name; None for a code that is not `01`-`56`."""
    if len(code) == 2 and code.isascii() and code.isdigit() and 1 <= int(code) <= len(_OFFICIAL):
        return _OFFICIAL[int(code) - 1]
    return None
