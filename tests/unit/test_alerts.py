"""What calls for a person: nothing when all is well, each trouble by its name, the most urgent first."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connector.domain.alerts import Alarm, Alert, alarms
from connector.domain.message import State

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
WELL: dict[str, Any] = {
    "counts": {State.DELIVERED: 900, State.READY: 12},
    "closed": {},
    "frozen": {},
    "due_since": NOW - timedelta(minutes=1),
    "overdue_after": timedelta(minutes=15),
    "paused_jobs": 0,
    "late_documents": 0,
    "now": NOW,
}


def test_nothing_is_said_when_all_is_well() -> None:
    assert list(alarms(**WELL)) == []


def test_every_alert_can_come_and_comes_in_its_order() -> None:
    trouble = {
        "counts": {State.EXHAUSTED: 1, State.INVALID: 3, State.REFUSED: 2},
        "closed": {"ministry": (NOW + timedelta(seconds=9), "unreachable")},
        "frozen": {"long-xuyen": (NOW, "3 of 10 messages failed")},
        "due_since": NOW - timedelta(hours=1),
        "paused_jobs": 1,
        "late_documents": 4,
    }
    found = list(alarms(**WELL | trouble))

    assert [alarm.alert for alarm in found] == list(Alert)
    assert found[0] == Alarm(
        alert=Alert.PARTNER_CLOSED, whom="ministry", since=NOW + timedelta(seconds=9), why="unreachable"
    )
    assert [alarm.number for alarm in found] == [None, None, None, 1, 4, 3, 2, 1]
