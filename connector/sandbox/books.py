"""What both records say about register entries: the newest version of each is at the province, unaltered, once, and no
older one took effect after it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.expected_result import province_entry
from connector.sandbox.matching import differences
from connector.sandbox.verdict import Wrong

Effect = Mapping[str, Any]


@dataclass(slots=True)
class _Pages:
    """One entry: its versions at the ministry as compact JSON, the dossier it was born of, and the newest version that
    the province took."""

    versions: dict[int, bytes] = field(default_factory=dict)
    dossier: str | None = None
    stored: int = 0

    @property
    def newest(self) -> int:
        return max(self.versions, default=0)


class Books:
    """Every entry by its id at the province (`KH-7`)."""

    def __init__(self) -> None:
        self._entries: dict[str, _Pages] = {}
        self.wrongs: list[Wrong] = []

    def at_ministry(self, effect: Effect) -> None:
        """Takes in one effect of the ministry."""
        if effect["kind"] != "entry":
            return
        body = effect["body"]
        pages = self._entries.setdefault(effect["subject"], _Pages())
        pages.versions[int(body["phienBan"])] = json.dumps(body, ensure_ascii=False).encode()
        pages.dossier = body.get("maHoSoMCDT")

    def at_province(self, effect: Effect) -> None:
        """Takes in one effect of the province, and judges it by what the ministry had until then."""
        kind, entry = effect["kind"], effect["subject"]
        if kind == "entry-denied" and effect.get("answer") == "CONFLICT":
            self.wrongs.append(Wrong("doubled", entry, f"{effect['key']} sent again with other data"))
        if kind != "entry":
            return
        version = int(effect["key"].rpartition(":")[2])
        pages = self._entries.setdefault(entry, _Pages())
        if version == pages.stored:
            self.wrongs.append(Wrong("doubled", entry, f"version {version} took effect twice"))
        elif version < pages.stored:
            self.wrongs.append(Wrong("out_of_order", entry, f"version {version} after version {pages.stored}"))
        pages.stored = max(pages.stored, version)
        if version not in pages.versions:
            self.wrongs.append(Wrong("unexpected", entry, f"version {version} that the ministry never had"))
            return
        expected = province_entry(entry.partition("-")[0], json.loads(pages.versions[version]))
        if differing := list(differences(expected, effect["body"])):
            self.wrongs.append(Wrong("altered", entry, f"version {version}: {', '.join(differing)}"))

    def lost(self) -> Iterator[Wrong]:
        """Entries whose newest version is not at the province."""
        for entry in sorted(self._entries):
            pages = self._entries[entry]
            if pages.stored < pages.newest:
                yield Wrong("lost", entry, f"version {pages.newest} was never stored at the province")

    def waiting(self) -> frozenset[str]:
        """Dossiers with an entry whose newest version is not at the province yet."""
        return frozenset(
            pages.dossier for pages in self._entries.values() if pages.dossier and pages.stored < pages.newest
        )
