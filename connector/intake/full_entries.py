"""Register entries in full, many a call; one that spoils an answer spoils no other's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connector.adapters.ministry import Ministry
from connector.domain.entries import Entry, Head, read_entry
from connector.domain.errors import Garbled
from schemas.values import Procedure

# No entry has this id; the answer is an empty list, if answers can be read at all.
NOBODY: Final = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """Entries, each with its id and a version; and by id the bytes about one entry alone that say neither."""

    entries: tuple[Entry, ...] = ()
    unread: Mapping[int, bytes] = field(default_factory=dict, repr=False)

    def has(self, entry_id: int, version: int | None) -> bool:
        """Whether this version came, or a newer one: the list and the entries may come from different replicas."""
        return any(e.entry_id == entry_id and (e.version or 0) >= (version or 1) for e in self.entries)

    def __add__(self, other: "Fetched") -> "Fetched":
        return Fetched(self.entries + other.entries, {**self.unread, **other.unread})


def fetch(ministry: Ministry, procedure: Procedure, wanted: Mapping[int, Head], on: datetime) -> Fetched:
    """Asks for these entries, by their lines; what the ministry leaves out is missing.

    When an answer cannot be read, or one of its entries says no id, halves of it are asked for. Raises DeliveryError.
    """
    try:
        entries = [read_entry(procedure, raw) for raw in ministry.full_entries(procedure, list(wanted), on)]
    except Garbled as error:
        # When nothing can be read it is no entry's fault, and halving would only make more calls.
        ministry.full_entries(procedure, [NOBODY], on)
        if len(wanted) == 1:
            return Fetched(unread=dict.fromkeys(wanted, error.body))
        return _halves(ministry, procedure, wanted, on)
    if len(wanted) > 1 and any(entry.entry_id is None for entry in entries):
        return _halves(ministry, procedure, wanted, on)
    if len(wanted) == 1:
        [(entry_id, head)] = wanted.items()
        entries = [entry.at_least(entry_id, head.version) for entry in entries]
    return _sorted_out(entries, wanted)


def _halves(ministry: Ministry, procedure: Procedure, wanted: Mapping[int, Head], on: datetime) -> Fetched:
    lines = list(wanted.items())
    middle = len(lines) // 2
    return fetch(ministry, procedure, dict(lines[:middle]), on) + fetch(ministry, procedure, dict(lines[middle:]), on)


def _sorted_out(entries: list[Entry], wanted: Mapping[int, Head]) -> Fetched:
    whole, unread = [], {}
    for entry in entries:
        if entry.entry_id is None or entry.entry_id not in wanted:
            continue
        known = entry.at_least(entry.entry_id, wanted[entry.entry_id].version)
        if known.version is None:
            unread[entry.entry_id] = entry.raw
        else:
            whole.append(known)
    return Fetched(tuple(whole), unread)
