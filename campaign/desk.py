"""What happens at the registers' own desk during a campaign: walk-ins, annotations and cancellations of entries."""

from contextlib import suppress
from datetime import datetime
from random import Random
from typing import Any, Final

import requests

from connector.sandbox.control import Control, ControlError
from schemas.ministry import Annotation, MarriageEntry
from schemas.values import VIETNAM

WALK_INS: Final = 0.12
ANNOTATED: Final = 0.08
CANCELLED: Final = 0.02
_PAGE: Final = 20
# Given anew when somebody else is registered; both registers name them alike.
_OF_ONE_ENTRY: Final = frozenset(
    MarriageEntry.member(name)
    for name in (
        *("entry_id", "dossier_code", "number", "book", "registered_on", "updated_at"),
        *("version", "condition", "fingerprint", "page", "annotations"),
    )
)


class Desk:
    """Looks at every new entry once, and does something about a seeded share of them."""

    def __init__(self, seed: int, ministry: Control) -> None:
        self._seed, self._ministry = seed, ministry
        self._after: int | str = ""
        self.walk_ins = 0
        self.annotations = 0
        self.cancellations = 0

    def work(self) -> None:
        """One page of entries. An answer that was lost may have been a change: nothing is asked for a second time."""
        with suppress(requests.RequestException, ControlError):
            for found in self._ministry.entries(after=self._after, limit=_PAGE)["entries"]:
                self._after = found["id"]
                changes = self._changes(found)
                if changes:
                    self._ministry.change_entries(changes)

    def _changes(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        luck = Random(f"{self._seed}:{found['module']}:{found['id']}:desk").random()
        if luck < WALK_INS:
            self.walk_ins += 1
            members = {name: value for name, value in found["entry"].items() if name not in _OF_ONE_ENTRY}
            return [{"module": found["module"], "members": members}]
        if luck < WALK_INS + ANNOTATED:
            self.annotations += 1
            return [{"id": found["id"], "annotation": _annotation()}]
        if luck < WALK_INS + ANNOTATED + CANCELLED:
            self.cancellations += 1
            return [{"id": found["id"], "cancel": True}]
        return []


def _annotation() -> dict[str, Any]:
    noted = Annotation(
        kind="CAI_CHINH",
        basis="Quyết định số 12/QĐ-UBND",
        noted_on=datetime.now(VIETNAM).strftime("%d.%m.%Y"),
        content="Cải chính nội dung đã đăng ký",
    )
    return noted.model_dump(by_alias=True)
