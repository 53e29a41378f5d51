"""What citizens and officers do during a campaign: dossiers come in over the time, and some results are corrected."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random
from typing import Any, Final

import requests

from connector.sandbox.control import Control, ControlError
from connector.sandbox.generator import Generated, generate
from connector.sandbox.trail import HANDED_OVER, RESULT, Trail
from schemas.ministry import MarriageResult
from schemas.values import VIETNAM

FAULTY: Final = 0.1
CORRECTED: Final = 0.06
OFFICERS: Final = {"supplement": 0.15, "refuse": 0.05, "late_document": 0.12}
CITIZENS: Final = {"withdraw": 0.08}
LARGEST_BATCH: Final = 100
_SIGNER: Final = MarriageResult.member("signer")  # a death's result has it under the same name
_PARTNER_AWAY: Final = (requests.RequestException, ControlError)


@dataclass(frozen=True, slots=True)
class Handed:
    """A dossier as it is handed in, without its files."""

    event: dict[str, Any]
    sendable: bool


class Supply:
    """Hands dossiers in evenly over `seconds`; a partner that is away gets them when it is back."""

    def __init__(self, seed: int, count: int, seconds: float, ministry: Control, province: Control) -> None:
        self._seed, self._count, self._seconds = seed, count, max(seconds, 0.001)
        self._ministry, self._province = ministry, province
        self._day = datetime.now(VIETNAM).date()
        self._source = self._generate()
        self._batch: list[Generated] = []
        self._corrected: set[str] = set()
        self.all = [Handed(one.event, one.sendable) for one in self._generate()]
        self.handed_in = 0
        self.corrections = 0

    def _generate(self) -> Iterator[Generated]:
        return generate(self._seed, self._count, self._day, faulty=FAULTY)

    def people_at_work(self) -> None:
        """Officers ask, refuse and sign late; citizens take back. Raises RequestException."""
        self._ministry.set(**OFFICERS)
        self._province.set(**CITIZENS)

    @property
    def done(self) -> bool:
        return self.handed_in >= self._count

    def hand_in(self, elapsed: float) -> bool:
        """The dossiers that should be there by now; true when some went. An answer that was lost makes it go twice, as
        a citizen who presses the button again."""
        due = min(self._count, round(self._count * elapsed / self._seconds)) - self.handed_in
        if not self._batch:
            self._batch = list(islice(self._source, max(0, min(due, LARGEST_BATCH))))
        if not self._batch:
            return False
        files = {name: content for one in self._batch for name, content in one.files.items()}
        try:
            self._province.add_events([one.event for one in self._batch], files)
        except _PARTNER_AWAY:
            return False
        self.handed_in += len(self._batch)
        self._batch = []
        return True

    def correct(self, trails: Iterable[Trail], *, most: int = 5) -> int:
        """Officers correct the signer of some registered results, each once; returns how many."""
        before = self.corrections
        for trail in trails:
            if self.corrections - before >= most:
                break
            if trail.code in self._corrected or not self._to_correct(trail):
                continue
            with suppress(*_PARTNER_AWAY):  # it may have happened then, and is not asked for a second time
                self._ministry.act(trail.code, "correct", {_SIGNER: "Nguyễn Văn Đính Chính"})
            self._corrected.add(trail.code)
            self.corrections += 1
        return self.corrections - before

    def _to_correct(self, trail: Trail) -> bool:
        registered = trail.state in (RESULT, HANDED_OVER) and trail.signed and not trail.withdrawn
        return registered and Random(f"{self._seed}:{trail.code}:correct").random() < CORRECTED
