"""Small attached files: PDFs that open, and JPEG files of one grey dot."""

import hashlib
from base64 import b64decode
from random import Random
from typing import Any

_KINDS = {
    "marriage": ((1, "Tờ khai đăng ký kết hôn"), (2, "Ảnh chụp căn cước"), (3, "Giấy xác nhận tình trạng hôn nhân")),
    "death": ((4, "Tờ khai đăng ký khai tử"), (5, "Giấy báo tử"), (6, "Văn bản ủy quyền")),
}
# Baseline JPEG, 1 by 1, grey: SOI APP0 DQT SOF0 DHT DHT SOS EOI.
_DOT = b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////"
    "wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q=="
)


def pdf(text: str) -> bytes:
    """A one-page PDF that shows an ASCII line."""
    stream = f"BT /F1 14 Tf 60 760 Td ({text}) Tj ET".encode("ascii")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def jpeg(text: str) -> bytes:
    """A JPEG of one dot that carries an ASCII comment."""
    comment = text.encode("ascii")
    return _DOT[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + _DOT[2:]


def attachments(
    rng: Random, form: str, code: str, count: int, *, plain: bool = False
) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """The list TaiLieuNop (0-3 files) of a dossier and the bytes of each by its TepDinhKemId."""
    listed: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    for index, (kind, title) in enumerate(_KINDS[form][:count], 1):
        name, suffix, content = f"{code}-T{index}", "pdf", pdf(f"{code} {index} {rng.getrandbits(64):x}")
        if not plain and rng.random() < 0.4:
            suffix, content = "jpg", jpeg(f"{code} {index} {rng.getrandbits(64):x}")
        entry = {
            "TepDinhKemId": name,
            "TenTepDinhKem": f"giay-to-{index}.{suffix}",
            "LoaiGiayTo": kind,
            "TenGiayTo": title,
            "MaBam": hashlib.sha256(content).hexdigest(),
            "KichThuoc": len(content),
        }
        if not plain and rng.random() < 0.04:
            entry["DaHuy"] = True
        files[name] = content
        listed.append(entry)
    return listed, files
