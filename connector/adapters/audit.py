"""Who looked at a citizen's data, when and why. Rows are only ever added, and outlive the messages they speak of."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Connection, DateTime, Identity, Table, Text, Uuid, insert

from connector.adapters.tables import metadata


class Action(StrEnum):
    """What was done."""

    REVEAL = "reveal"  # a body was shown in full


# Every column but `id` is part of what a later chain of hashes will cover; none may be changed once written.
audit: Final = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    # No foreign key: the trace stays when the message is gone.
    Column("message_id", Uuid, index=True),
    Column("reason", Text, nullable=False),
    CheckConstraint("who <> ''", "who_said"),
    CheckConstraint("btrim(reason) <> ''", "reason_said"),
)


def record(db: Connection, action: Action, message_id: UUID, *, at: datetime, who: str, reason: str) -> None:
    """Adds a line. Commit it before the act, so that nothing is ever shown without a trace."""
    db.execute(insert(audit).values(at=at, who=who, action=action.value, message_id=message_id, reason=reason))
