"""Names as they are heard in An Giang: Kinh, Khơ-me, Chăm and Hoa, and a few from abroad. Nobody real is meant."""

from random import Random

_KINH_FAMILY = (
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Trần",
    "Trần",
    "Lê",
    "Lê",
    "Phạm",
    "Huỳnh",
    "Huỳnh",
    "Phan",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Trương",
    "Đinh",
    "Lâm",
    "Mai",
    "Cao",
    "Châu",
    "Tô",
    "Đoàn",
    "Tạ",
    "Quách",
    "Thái",
)
_KINH_MIDDLE = {
    1: ("Văn", "Văn", "Hữu", "Quốc", "Minh", "Thanh", "Hoàng", "Đức", "Công", "Tấn", "Phước", "Trọng", "Chí", "Nhật"),
    2: (
        "Thị",
        "Thị",
        "Thị Ngọc",
        "Thị Kim",
        "Thị Mỹ",
        "Ngọc",
        "Kim",
        "Thị Bích",
        "Thị Hồng",
        "Thị Ái",
        "Thị Cẩm",
        "Thúy",
    ),
}
# Both tone placements are in use (Thủy, Thuỷ); whoever carries a name must not change its letters.
_KINH_GIVEN = {
    1: (
        "Khải",
        "Tâm",
        "Phúc",
        "Nghĩa",
        "Lộc",
        "Thịnh",
        "Cường",
        "Hùng",
        "Dũng",
        "Tài",
        "Đạt",
        "Long",
        "Sơn",
        "Nam",
        "Bảo",
        "Toàn",
        "Huy",
        "Vinh",
        "Trí",
        "Hậu",
        "Thuận",
        "Quý",
        "Duy",
        "Kiệt",
        "Nhân",
        "Khoa",
        "Thoại",
    ),
    2: (
        "Lan",
        "Huệ",
        "Thủy",
        "Thuỷ",
        "Trinh",
        "Ngân",
        "Hương",
        "Yến",
        "Diễm",
        "Thảo",
        "Như",
        "Tiên",
        "Tuyền",
        "Loan",
        "Hạnh",
        "Nhung",
        "Duyên",
        "Phượng",
        "Oanh",
        "Trang",
        "Quyên",
        "Hòa",
        "Hoà",
        "Uyên",
        "Xuân",
        "Cúc",
        "Sương",
        "Dung",
    ),
}
_KHMER = {
    1: ("Chau",),
    2: ("Néang",),
}
_KHMER_MIDDLE = ("Sóc", "Kim", "Ra", "Sa", "Chanh", "Phi")
_KHMER_GIVEN = {
    1: ("Thi", "Rinh", "Thương", "Phát", "Đa", "Rích", "Chên", "Sóc Ri"),
    2: ("Kha", "Na", "Sinh", "Mây", "Nên", "Sa Rươn", "Phươl", "Chanh Đa"),
}
_CHAM_FAMILY = ("Mách", "Chàm", "Du", "Ha", "Sa")
_CHAM_GIVEN = {
    1: ("Sa Lês", "Rosal", "Ismael", "Karim", "Salayman", "Zakaria", "Nasir", "Abdol Hamid"),
    2: ("Rofiah", "Mariyah", "Khotijah", "Aminah", "Saphiyah", "Zaynap", "Ha Li Mah"),
}
_HOA_FAMILY = ("Lâm", "Quách", "Tăng", "La", "Trịnh", "Ông", "Mã", "Lưu", "Hứa")
_HOA_MIDDLE = {1: ("Chấn", "Vĩnh", "Gia", "Bội"), 2: ("Mỹ", "Tú", "Huệ", "Bội")}
_HOA_GIVEN = {1: ("Cường", "Hào", "Kiến", "Phát", "Sanh"), 2: ("Linh", "Nghi", "Phụng", "Anh", "Châu")}
# Men, then women.
_ABROAD = {
    "TW": (("LIN CHIA HAO", "CHEN WEI-LUN", "HUANG TZU YANG"), ("LIN YI CHUN", "WU MEI-HUA")),
    "KR": (("KIM MIN JUN", "PARK SEONG HO", "LEE DONG HYUN"), ("KIM SEO YEON", "CHOI JI WOO")),
    "US": (("Daniel O'Connor", "Kevin J. Tran", "Michael St. Clair"), ("Laura O'Neil", "Anne-Marie Kelly")),
    "JP": (("SATO KENJI", "TANAKA HIROSHI"), ("SUZUKI AOI", "ITO HARUKA")),
    "KH": (("SOK PISETH", "CHEA VANNAK"), ("SOK SREYMOM", "KEO BOPHA")),
}
COUNTRIES = tuple(_ABROAD)

# What people write on the form for each group; the first is the official name.
WRITTEN = {"Kinh": ("Kinh",), "Khơ-me": ("Khơ-me", "Khmer", "Khơ me"), "Chăm": ("Chăm",), "Hoa": ("Hoa",)}


def local_name(rng: Random, group: str, gender: int) -> str:
    """A name of the group for a man (1) or a woman (2); men's and women's given names never coincide."""
    sex = 2 if gender == 2 else 1
    match group:
        case "Khơ-me":
            return f"{rng.choice(_KHMER[sex])} {rng.choice(_KHMER_MIDDLE)} {rng.choice(_KHMER_GIVEN[sex])}"
        case "Chăm":
            return f"{rng.choice(_CHAM_FAMILY)} {rng.choice(_CHAM_GIVEN[sex])}"
        case "Hoa":
            return f"{rng.choice(_HOA_FAMILY)} {rng.choice(_HOA_MIDDLE[sex])} {rng.choice(_HOA_GIVEN[sex])}"
        case _:
            return f"{rng.choice(_KINH_FAMILY)} {rng.choice(_KINH_MIDDLE[sex])} {rng.choice(_KINH_GIVEN[sex])}"


def foreign_name(rng: Random, country: str, gender: int) -> str:
    return rng.choice(_ABROAD[country][gender == 2])
