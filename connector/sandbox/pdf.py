"""A one-page PDF written by hand: small, valid, with text that can be read and searched."""

import unicodedata
from collections.abc import Sequence


def one_page(lines: Sequence[str]) -> bytes:
    """The lines on one A4 page in Helvetica, the first one larger.

    The standard fonts of PDF hold no Vietnamese letters, and embedding one would make each document hundreds of
    kilobytes: the letters are written without their marks.
    """
    shown = ["BT", "/F1 16 Tf", "72 770 Td", f"({_plain(lines[0])}) Tj", "/F1 11 Tf"]
    for line in lines[1:]:
        shown += ["0 -22 Td", f"({_plain(line)}) Tj"]
    content = "\n".join([*shown, "ET"]).encode("ascii")
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
    )


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for start in starts:
        out += b"%010d 00000 n \n" % start
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    ascii_only = bare.encode("ascii", "ignore").decode()
    return ascii_only.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
