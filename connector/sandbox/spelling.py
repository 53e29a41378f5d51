"""How texts, numbers, dates and the names of ethnic groups are carried, by the validation contract."""

import re
import unicodedata

# The 54 groups in the order of their codes (Quyết định 121-TCTK/PPCĐ, 1979); then the two service values.
GROUPS = (
    *("Kinh", "Tày", "Thái", "Hoa", "Khơ-me", "Mường", "Nùng", "H'Mông", "Dao", "Gia-rai", "Ngái", "Ê-đê", "Ba na"),
    *("Xơ-Đăng", "Sán Chay", "Cơ-ho", "Chăm", "Sán Dìu", "Hrê", "Mnông", "Ra-glai", "Xtiêng", "Bru-Vân Kiều", "Thổ"),
    *("Giáy", "Cơ-tu", "Giẻ Triêng", "Mạ", "Khơ-mú", "Co", "Tà-ôi", "Chơ-ro", "Kháng", "Xinh-mun", "Hà Nhì"),
    *("Chu ru", "Lào", "La Chí", "La Ha", "Phù Lá", "La Hủ", "Lự", "Lô Lô", "Chứt", "Mảng", "Pà Thẻn", "Cơ Lao"),
    *("Cống", "Bố Y", "Si La", "Pu Péo", "Brâu", "Ơ Đu", "Rơ măm", "Người nước ngoài", "Không rõ"),
)
FOREIGNER = "55"
_ALIASES = {
    **{"khmer": "05", "mong": "08", "meo": "08", "jrai": "10", "bahnar": "13", "koho": "16", "stieng": "22"},
    **{"vankieu": "23", "katu": "26"},
}
_SPACE = re.compile("[\\s\u00a0\u200b-\u200d\u2060\ufeff]+")


def text(value: str | None) -> str | None:
    """NFC, one kind of space, the Vietnamese Đ; the letters stay."""
    if value is None:
        return None
    composed = unicodedata.normalize("NFC", value).replace("\u00d0", "\u0110")
    return _SPACE.sub(" ", composed).strip()


def number(value: str | None) -> str | None:
    """A personal or paper number without white space and dots."""
    return None if value is None else _SPACE.sub("", text(value) or "").replace(".", "")


def code(value: str) -> str:
    """A dossier or procedure code without white space."""
    return _SPACE.sub("", value)


def dotted(value: str | None) -> str | None:
    """The province's civil date in the ministry's form; a year stays a year."""
    return None if value is None else value.replace("/", ".")


def slashed(value: str | None) -> str | None:
    """The ministry's civil date in the province's form."""
    return None if value is None else value.replace(".", "/")


def instant(value: str) -> str:
    """yyyyMMddHHmmss as the ministry's `dd/MM/yyyy HH:mm:ss`."""
    return f"{value[6:8]}/{value[4:6]}/{value[:4]} {value[8:10]}:{value[10:12]}:{value[12:]}"


def compact_instant(value: str) -> str:
    """The ministry's `dd/MM/yyyy HH:mm:ss` as yyyyMMddHHmmss."""
    return f"{value[6:10]}{value[3:5]}{value[:2]}{value[11:13]}{value[14:16]}{value[17:]}"


def folded(name: str) -> str:
    """A group's name without case, diacritics and signs, which is how usual spellings of one group agree."""
    bare = unicodedata.normalize("NFD", name.casefold().replace("đ", "d").replace("\u00f0", "d"))
    return "".join(letter for letter in bare if letter.isalpha())


_CODES = {folded(name): f"{index:02d}" for index, name in enumerate(GROUPS, 1)} | _ALIASES


def group_code(name: str | None) -> str | None:
    """The code of the group; no name is a foreigner's. None for a name that nobody knows."""
    return FOREIGNER if name is None else _CODES.get(folded(name))


def group_name(code: str) -> str | None:
    """The official name of a code 01-56."""
    return GROUPS[int(code) - 1] if code.isdigit() and 1 <= int(code) <= len(GROUPS) else None
