"""Names of places as operators type them: `Thành phố Long Xuyên` is `thanh-pho-long-xuyen`."""

import re
import unicodedata

_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Lower-case ASCII words joined by hyphens; marks are dropped and Đ becomes d. Empty when nothing is left."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_IN_A_SLUG.sub("-", letters).strip("-")
