"""Where the invented people live: a hand-picked part of the dated table of units, both epochs of An Giang.

Before 2025-07-01 a place has province 89, a district and a commune; from then on province 91 and a commune. Codes were
used again for other places, so a commune is always drawn for a day.
"""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

REFORM = date(2025, 7, 1)

_OLD = """
30280 883 Phường Mỹ Bình|30283 883 Phường Mỹ Long|30285 883 Phường Đông Xuyên|30286 883 Phường Mỹ Xuyên
30289 883 Phường Bình Đức|30292 883 Phường Bình Khánh|30295 883 Phường Mỹ Phước|30298 883 Phường Mỹ Quý
30301 883 Phường Mỹ Thới|30304 883 Phường Mỹ Thạnh|30307 883 Phường Mỹ Hòa|30310 883 Xã Mỹ Khánh
30313 883 Xã Mỹ Hòa Hưng|30316 884 Phường Châu Phú B|30319 884 Phường Châu Phú A|30325 884 Phường Núi Sam
30337 886 Thị trấn An Phú|30340 886 Xã Khánh An|30376 887 Phường Long Thạnh|30378 887 Phường Long Châu
30406 888 Thị trấn Phú Mỹ|30409 888 Thị trấn Chợ Vàm|30463 889 Thị trấn Cái Dầu|30469 889 Xã Mỹ Đức
30502 890 Phường Nhà Bàng|30505 890 Phường Chi Lăng|30544 891 Thị trấn Tri Tôn|30547 891 Thị trấn Ba Chúc
30553 891 Xã Lê Trì|30589 892 Thị trấn An Châu|30595 892 Xã Cần Đăng|30628 893 Thị trấn Chợ Mới
30634 893 Xã Kiến An|30682 894 Thị trấn Núi Sập|30685 894 Thị trấn Phú Hòa|30691 894 Xã Tây Phú
"""
_NEIGHBOUR = """
30733 899 Phường Vĩnh Thanh|30742 899 Phường Vĩnh Thanh Vân|30880 905 Thị trấn Minh Lương
30904 906 Thị trấn Giồng Riềng|31078 911 Phường Dương Đông
"""
_NEW = """
30292 Phường Bình Đức|30301 Phường Mỹ Thới|30307 Phường Long Xuyên|30313 Xã Mỹ Hòa Hưng|30316 Phường Châu Đốc
30325 Phường Vĩnh Tế|30337 Xã An Phú|30341 Xã Khánh Bình|30376 Phường Tân Châu|30377 Phường Long Phú
30385 Xã Vĩnh Xương|30406 Xã Phú Tân|30409 Xã Chợ Vàm|30421 Xã Phú Lâm|30463 Xã Châu Phú|30469 Xã Mỹ Đức
30502 Phường Thới Sơn|30505 Phường Chi Lăng|30544 Xã Tri Tôn|30547 Xã Ba Chúc|30589 Xã An Châu|30595 Xã Cần Đăng
30607 Xã Bình Hòa|30628 Xã Chợ Mới|30658 Xã Nhơn Mỹ|30682 Xã Thoại Sơn|30685 Xã Phú Hòa|30688 Xã Óc Eo
30691 Xã Tây Phú|30742 Phường Rạch Giá|30880 Xã Châu Thành|30904 Xã Giồng Riềng|31078 Đặc khu Phú Quốc
"""
# Merged into 30286 on 2025-01-01: the only unit of the old epoch here that ended before it.
_ENDED_EARLY = {"30285": date(2024, 12, 31)}
_ELSEWHERE_OLD = (("79", "760", "26740"), ("01", "001", "00001"), ("91", "899", "30742"))
_ELSEWHERE_NEW = (("79", None, "26740"), ("01", None, "00004"))

_STREETS = ("Trần Hưng Đạo", "Nguyễn Huệ", "Lý Thái Tổ", "Hà Hoàng Hổ", "Ung Văn Khiêm", "Tôn Đức Thắng", "Lê Lợi")
_HAMLETS = ("Bình Hòa", "Mỹ Thuận", "An Thạnh", "Đông Thịnh", "Phũm Soài", "Vĩnh Tường", "Hòa Long", "Tây Khánh")
_ABROAD = {
    "TW": "No. 12, Zhongzheng Road, Taoyuan",
    "KR": "45-7 Sangdo-ro, Dongjak-gu, Seoul",
    "US": "1204 Bolsa Avenue, Westminster, California",
    "JP": "3-5 Sakae, Naka-ku, Nagoya",
    "KH": "Phum Prek Chrey, Koh Thom, Kandal",
}


@dataclass(frozen=True, slots=True)
class Commune:
    code: str
    name: str
    district: str | None
    province: str

    @property
    def committee(self) -> str:
        """The people's committee as a paper names it."""
        return f"UBND {self.name[0].lower()}{self.name[1:]}"


def _table(text: str, province: str, *, districts: bool) -> tuple[Commune, ...]:
    communes = []
    for entry in "|".join(text.strip().splitlines()).split("|"):
        code, _, rest = entry.partition(" ")
        district, _, name = rest.partition(" ") if districts else (None, "", rest)
        communes.append(Commune(code, name, district, province))
    return tuple(communes)


OLD = _table(_OLD, "89", districts=True)
NEIGHBOUR = _table(_NEIGHBOUR, "91", districts=True)
NEW = _table(_NEW, "91", districts=False)


def communes_on(on: date) -> tuple[Commune, ...]:
    """The communes of An Giang, as far as this table knows them, that existed on the day."""
    if on >= REFORM:
        return NEW
    return tuple(commune for commune in OLD if on <= _ENDED_EARLY.get(commune.code, on))


def commune_on(rng: Random, on: date) -> Commune:
    return rng.choice(communes_on(on))


def place_in(rng: Random, commune: Commune) -> dict[str, Any]:
    """A Place of the province's form inside the commune."""
    place: dict[str, Any] = {"QuocGia": "VN", "MaTinh": commune.province}
    if commune.district is not None:
        place["MaHuyen"] = commune.district
    return place | {"MaXa": commune.code, "DiaChi": address(rng, commune)}


def place_elsewhere(rng: Random, on: date) -> dict[str, Any]:
    """A Place in another province, for those who only marry or die here."""
    province, district, commune = rng.choice(_ELSEWHERE_NEW if on >= REFORM else _ELSEWHERE_OLD)
    place: dict[str, Any] = {"QuocGia": "VN", "MaTinh": province}
    if district is not None:
        place["MaHuyen"] = district
    return place | {"MaXa": commune, "DiaChi": f"Số {rng.randint(1, 300)}"}


def place_abroad(country: str) -> dict[str, Any]:
    return {"QuocGia": country, "MaTinh": None, "MaXa": None, "DiaChi": _ABROAD[country]}


def address(rng: Random, commune: Commune) -> str | None:
    if rng.random() < 0.08:
        return None
    if commune.name.startswith("Phường"):
        return f"Số {rng.randint(1, 480)}, đường {rng.choice(_STREETS)}, khóm {rng.randint(1, 9)}"
    return f"Tổ {rng.randint(1, 40)}, ấp {rng.choice(_HAMLETS)}"
