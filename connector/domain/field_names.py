"""What people call the members of a registration, in Vietnamese and English, by our names of them."""

from typing import Final

NAMES: Final[dict[str, tuple[str, str]]] = {
    "husband": ("Bên nam", "Husband"),
    "wife": ("Bên nữ", "Wife"),
    "deceased": ("Người chết", "Deceased"),
    "declarant": ("Người yêu cầu", "Declarant"),
    "notice": ("Giấy báo tử", "Death notice"),
    "full_name": ("Họ tên", "Full name"),
    "birth_date": ("Ngày sinh", "Date of birth"),
    "gender": ("Giới tính", "Gender"),
    "ethnicity": ("Dân tộc", "Ethnic group"),
    "nationality": ("Quốc tịch", "Nationality"),
    "other_nationality": ("Quốc tịch khác", "Other nationality"),
    "residence_kind": ("Loại cư trú", "Kind of residence"),
    "residence": ("Nơi cư trú", "Residence"),
    "personal_number": ("Số định danh", "Personal number"),
    "paper": ("Giấy tờ", "Paper"),
    "ordinal": ("Lần kết hôn", "Marriage number"),
    "marital_status": ("Tình trạng hôn nhân", "Marital status"),
    "divorce": ("Bản án ly hôn", "Divorce judgment"),
    "spouse_death": ("Vợ/chồng trước chết", "Former spouse's death"),
    "country": ("Quốc gia", "Country"),
    "province": ("Tỉnh", "Province"),
    "district": ("Huyện", "District"),
    "commune": ("Xã", "Commune"),
    "detail": ("Địa chỉ", "Address"),
    "kind": ("Loại", "Kind"),
    "other_kind": ("Tên loại khác", "Name of other kind"),
    "number": ("Số", "Number"),
    "issued_on": ("Ngày cấp", "Issued on"),
    "issued_by": ("Nơi cấp", "Issued by"),
    "decided_on": ("Ngày quyết định", "Decided on"),
    "agency": ("Cơ quan", "Agency"),
    "related_since": ("Ngày xác lập quan hệ", "Married since"),
    "planned_on": ("Ngày dự kiến đăng ký", "Planned for"),
    "copies": ("Số bản sao", "Copies"),
    "note": ("Ghi chú", "Note"),
    "death_date": ("Ngày chết", "Date of death"),
    "death_time": ("Giờ chết", "Time of death"),
    "death_place": ("Nơi chết", "Place of death"),
    "cause": ("Nguyên nhân chết", "Cause of death"),
    "relationship": ("Quan hệ", "Relationship"),
    "phone": ("Số điện thoại", "Phone"),
    "email": ("Thư điện tử", "E-mail"),
}


def spoken(names: tuple[str, ...], *, english: bool) -> str:
    """The way to a member in words, from the outside in."""
    return " · ".join(NAMES[name][english] for name in names)
