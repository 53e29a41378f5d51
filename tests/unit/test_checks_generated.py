"""The generator of dossiers says by itself what must be found in each; both were written from the contract alone."""

import json
from datetime import date

import pytest

from connector.domain.checks import applications
from connector.sandbox.generator import generate
from schemas.province import DossierEvent
from tests.dossier_events import said

# The three epochs, both sides of their borders, and both sides of what changed with the year 2025.
DAYS = [
    date(2023, 7, 4),
    date(2024, 12, 31),
    date(2025, 1, 2),
    date(2025, 6, 30),
    date(2025, 7, 1),
    date(2026, 11, 20),
]


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize(("faulty", "count"), [(0.0, 80), (1.0, 160)])
def test_exactly_the_planted_codes_are_found(day: date, faulty: float, count: int) -> None:
    for dossier in generate(7, count, day, faulty=faulty):
        found = applications.check(*DossierEvent.read(json.dumps(dossier.event, ensure_ascii=False).encode()))
        # What is wrong with a file shows only when it is fetched.
        shown = dossier.expected - {"FILE_MISMATCH"}

        assert {one.code for one in found} == shown, said(dossier.event)
        assert any(one.blocks for one in found) is (not dossier.sendable and bool(shown))
