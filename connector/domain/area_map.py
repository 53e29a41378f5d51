"""Where each district area stands on a schematic map of the province: a tile a district, much as they lie."""

from collections.abc import Mapping
from typing import Final

# Column from the west, row from the north.
TILES: Final[Mapping[str, tuple[int, int]]] = {
    "an-phu": (4, 0),
    "tan-chau": (5, 0),
    "chau-doc": (4, 1),
    "phu-tan": (5, 1),
    "ha-tien": (1, 2),
    "giang-thanh": (2, 2),
    "tinh-bien": (3, 2),
    "chau-phu": (4, 2),
    "cho-moi": (5, 2),
    "kien-luong": (2, 3),
    "tri-ton": (3, 3),
    "chau-thanh": (4, 3),
    "long-xuyen": (5, 3),
    "phu-quoc": (0, 4),
    "hon-dat": (3, 4),
    "thoai-son": (4, 4),
    "tan-hiep": (5, 4),
    "kien-hai": (1, 5),
    "rach-gia": (3, 5),
    "chau-thanh-kien-giang": (4, 5),
    "giong-rieng": (5, 5),
    "an-bien": (3, 6),
    "go-quao": (5, 6),
    "an-minh": (2, 7),
    "u-minh-thuong": (3, 7),
    "vinh-thuan": (4, 7),
}
