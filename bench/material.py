"""What is measured with: invented dossiers and register entries, prepared once, so that no round pays for making them.

A few thousand different ones are made; more are the same under other codes. They are valid and have no attached files:
a file is a second call to the other partner, which the bare loop would not make.
"""

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from connector.adapters.rawjson import written
from connector.domain.mapping import to_ministry, to_records
from connector.sandbox.canon import entry_fingerprint
from connector.sandbox.generator import generate
from schemas import province as forms
from schemas.values import VIETNAM, Procedure

LARGEST_SET: Final = 2000
_SEED: Final = 4
_REGISTERS: Final[dict[Procedure, str]] = {"marriage": "KH", "death": "KT"}


@dataclass(frozen=True)
class Line:
    """A register entry as the ministry lists it and gives it; `updated_at` in seconds since 1970."""

    entry_id: int
    updated_at: int
    head: bytes
    full: bytes


@dataclass(frozen=True)
class Material:
    """`events` as the feed has them, `bodies` as `application` posts them, in the same order.

    `day` stands in every code; with another day there it is another dossier.
    """

    day: date
    events: tuple[bytes, ...]
    bodies: tuple[bytes, ...]
    entries: dict[str, tuple[Line, ...]]

    def event(self, number: int) -> bytes:
        """The event with this number, from 0 on; as many as are asked for."""
        return self._renamed(self.events, number)

    def body(self, number: int) -> bytes:
        """What the application of that event posts."""
        return self._renamed(self.bodies, number)

    def _renamed(self, these: tuple[bytes, ...], number: int) -> bytes:
        which, place = divmod(number, len(these))
        return these[place].replace(_in_code(self.day), _in_code(self.day - timedelta(days=which)))

    def save(self, path: Path) -> None:
        path.write_bytes(pickle.dumps(self))

    @staticmethod
    def load(path: Path) -> "Material":
        """What `save` of this very run wrote."""
        found = pickle.loads(path.read_bytes())
        assert isinstance(found, Material)
        return found


def make(size: int, entries: int) -> Material:
    """Material for `size` dossiers, and `entries` register entries of each procedure."""
    now = datetime.now(VIETNAM)
    day = now.date() - timedelta(days=1)
    events, bodies, fields = [], [], []
    for made in generate(_SEED, min(size, LARGEST_SET), day, faulty=0.0):
        made.event["HoSo"]["TaiLieuNop"] = None
        raw = json.dumps(made.event, ensure_ascii=False, separators=(",", ":")).encode()
        event, _ = forms.DossierEvent.read(raw)
        assert event
        assert event.dossier
        application = to_records.application(event.dossier)
        submission = to_ministry.submission(application, 1)
        events.append(raw)
        bodies.append(written(submission.to_wire()))
        fields.append((application.procedure, json.loads(submission.data or "")))
    registers = {
        register: tuple(_lines([form for kind, form in fields if kind == procedure], entries, now))
        for procedure, register in _REGISTERS.items()
    }
    return Material(day, tuple(events), tuple(bodies), registers)


def _in_code(day: date) -> bytes:
    return f"-{day:%y%m%d}-".encode()


def _lines(fields: list[dict[str, Any]], count: int, now: datetime) -> Iterator[Line]:
    """Entries that changed over the last hours of yesterday and today, oldest first."""
    for number in range(1, count + 1):
        form = fields[number % len(fields)]
        changed = now.replace(microsecond=0) - timedelta(hours=1) + timedelta(seconds=number * 3000 // count)
        head: dict[str, Any] = {
            "id": number,
            "maDonVi": form["noiDangKy"],
            "maHoSoMCDT": None,
            "so": f"{number}/{changed.year}",
            "quyenSo": f"01/{changed.year}",
            "ngayDangKy": f"{changed - timedelta(days=1):%d.%m.%Y}",
            "ngayCapNhat": f"{changed:%d/%m/%Y %H:%M:%S}",
            "phienBan": 1,
            "trangThaiBanGhi": 1,
        }
        entry = {**form, **head, "nguoiKy": "Nguyễn Thanh Bình", "chucVuNguoiKy": "Chủ tịch"}
        head["dauVanTay"] = entry["dauVanTay"] = entry_fingerprint(entry)
        yield Line(number, int(changed.timestamp()), written(head), written(entry))
