"""Who did or saw what, when and why: rows that are only ever added, each sealed with the one before it.

A row's hash covers the hash before it and every column of its own, so that one altered byte, a row taken out or two
exchanged break the chain from there on. The head (how many rows there are, and the last hash) is a row of its own: a
row missing at the end shows as well. Whoever can rewrite both tables can write a chain anew; noting the head elsewhere
from time to time finds that too.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    insert,
    select,
    update,
)

from connector.adapters.tables import metadata

ORIGIN: Final = bytes(32)
"""What stands before the first row."""


class Action(StrEnum):
    """What was done, or was refused. A word once used stays for ever: old rows carry it."""

    VIEW = "view"  # recorded when refused
    REVEAL = "reveal"  # a body was shown in full
    SEARCH_PERSON = "search_person"  # by a name or a citizen's number; never which
    REPLAY = "replay"
    REFETCH = "refetch"
    OVERRIDE = "override"
    CANCEL = "cancel"
    RESTORE = "restore"
    CHANGE_ALIASES = "change_aliases"  # a name was taken for a value of a catalogue
    CHANGE_ROLLOUT = "change_rollout"
    HEAL = "heal"  # what a reconciliation found was put right
    READ_AUDIT = "read_audit"
    MANAGE_ACCOUNTS = "manage_accounts"
    OWN = "own"  # one's own password, language, sessions
    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    SET_UP = "set_up"  # the first administrator, or a password by a link


audit: Final = Table(
    "audit",
    metadata,
    # Given from the head, without gaps: a row that is missing shows as a number that is.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    # No foreign key: the trace stays when the message is gone.
    Column("message_id", Uuid, index=True),
    Column("reason", Text, nullable=False),
    Column("target", Text, nullable=False, server_default=""),
    Column("allowed", Boolean, nullable=False, server_default="true"),
    # The very text that was hashed; as jsonb it would come back spelled otherwise.
    Column("details", Text, nullable=False, server_default="{}"),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("who <> ''", "who_said"),
    CheckConstraint("action <> ''", "action_said"),
    CheckConstraint("NOT allowed OR action <> 'reveal' OR btrim(reason) <> ''", "reason_said"),
    CheckConstraint("octet_length(hash) = 32", "hash_whole"),
)

head: Final = Table(
    "audit_head",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False, server_default="1"),
    Column("count", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("one = 1", "only_one"),
)


def record(
    db: Connection,
    action: Action,
    *,
    at: datetime,
    who: str,
    reason: str = "",
    message_id: UUID | None = None,
    target: str = "",
    allowed: bool = True,
    details: Mapping[str, Any] | None = None,
) -> int:
    """Adds a line and returns its number. Neither `target` nor `details` (plain JSON) may hold a citizen's data.

    It holds the head's row until the transaction ends: everybody else's line waits. Call it in a short transaction of
    its own, or last in one; commit it before anything is shown.
    """
    before = db.execute(select(head.c.count, head.c.hash).with_for_update()).one()
    number: int = before[0] + 1
    row = {
        "id": number,
        "at": at,
        "who": _plain(who),
        "action": action.value,
        "message_id": message_id,
        "reason": _plain(reason).strip(),
        "target": _plain(target),
        "allowed": allowed,
        "details": _canonical(details or {}),
    }
    sealed = seal(bytes(before[1]), row)
    db.execute(insert(audit).values(**row, hash=sealed))
    db.execute(update(head).values(count=number, hash=sealed))
    return number


def seal(before: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of a row after the one whose hash is `before`."""
    covered = {
        "id": row["id"],
        "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "message_id": None if row["message_id"] is None else str(row["message_id"]),
        **{name: row[name] for name in ("who", "action", "reason", "target", "allowed", "details")},
    }
    return hashlib.sha256(before + _canonical(covered).encode()).digest()


def _canonical(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _plain(text: str) -> str:
    """What PostgreSQL can keep: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
