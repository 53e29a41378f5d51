"""Who is logged in: sessions, the pauses after wrong passwords, and journeys to the identity provider.

A browser holds a random secret only; here stands its hash. All three tables stay small: what has ended is deleted by
whoever comes next.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from connector.adapters.accounts import Account, by_id, hash_of
from connector.adapters.tables import metadata

# Writing "seen" with every request would be a write for every picture of a page.
SEEN_EVERY: Final = timedelta(seconds=30)
FORGOTTEN_AFTER: Final = timedelta(hours=1)
LONGEST_PAUSE: Final = timedelta(minutes=15)
JOURNEY_LIVES: Final = timedelta(minutes=10)

session: Final = Table(
    "session",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False, index=True),
)

attempt: Final = Table(
    "login_attempt",
    metadata,
    # A hash: what was typed as a name may be a password.
    Column("key", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Index("login_attempt_last_at", "last_at"),
)

journey: Final = Table(
    "oidc_journey",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("state", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
)


def begin(db: Connection, account_id: UUID, *, at: datetime, longest: timedelta) -> str:
    """A new session; returns its secret. Sessions that ended long ago go."""
    db.execute(delete(session).where(session.c.ends_at < at))
    secret = secrets.token_urlsafe(32)
    db.execute(insert(session).values(key=hash_of(secret), account_id=account_id, seen_at=at, ends_at=at + longest))
    return secret


def find(db: Connection, secret: str, *, at: datetime, idle: timedelta, used: bool = True) -> Account | None:
    """Whose session it is, if it has not ended and its account may still come in. `used`: somebody sits there."""
    found = db.execute(select(session).where(session.c.key == hash_of(secret))).one_or_none()
    if found is None or found.ends_at <= at or found.seen_at + idle <= at:
        return None
    who = by_id(db, found.account_id)
    if who is None or who.holder.disabled:
        return None
    if used and at - found.seen_at >= SEEN_EVERY:
        db.execute(update(session).where(session.c.key == found.key).values(seen_at=at))
    return who


def end(db: Connection, secret: str) -> None:
    db.execute(delete(session).where(session.c.key == hash_of(secret)))


def end_all(db: Connection, account_id: UUID) -> None:
    """Every browser of this account has to log in again."""
    db.execute(delete(session).where(session.c.account_id == account_id))


@dataclass(frozen=True, slots=True)
class Limit:
    """After so many wrong passwords each further one doubles the pause, from one second to `LONGEST_PAUSE`."""

    kind: str
    free: int


PER_ACCOUNT: Final = Limit("account", 5)
PER_ADDRESS: Final = Limit("address", 20)


def pause(db: Connection, limit: Limit, of: str, at: datetime) -> timedelta:
    """How long this account or address has to wait before its next attempt; nothing when it need not."""
    until = db.scalar(select(attempt.c.next_at).where(attempt.c.key == _key(limit, of)))
    return max(until - at, timedelta()) if until else timedelta()


def failed(db: Connection, limit: Limit, of: str, at: datetime) -> None:
    """Counts a wrong password. Counts that are old go."""
    db.execute(delete(attempt).where(attempt.c.last_at < at - FORGOTTEN_AFTER, attempt.c.next_at < at))
    key = _key(limit, of)
    made = upsert(attempt).values(key=key, failures=1, last_at=at, next_at=at)
    failures = db.scalar(
        made.on_conflict_do_update(
            index_elements=[attempt.c.key], set_={"failures": attempt.c.failures + 1, "last_at": at}
        ).returning(attempt.c.failures)
    )
    over = int(failures or 0) - limit.free
    if over > 0:
        wait = min(timedelta(seconds=2 ** min(over - 1, 20)), LONGEST_PAUSE)
        db.execute(update(attempt).where(attempt.c.key == key).values(next_at=at + wait))


def forgive(db: Connection, limit: Limit, of: str) -> None:
    """A right password ends the count."""
    db.execute(delete(attempt).where(attempt.c.key == _key(limit, of)))


def _key(limit: Limit, of: str) -> bytes:
    return hash_of(f"{limit.kind}:{of.strip().lower()}")


@dataclass(frozen=True, slots=True)
class Journey:
    """What we told the identity provider, to be compared with what comes back."""

    state: str
    nonce: str
    verifier: str


def set_out(db: Connection, at: datetime) -> tuple[str, Journey]:
    """A new journey and the secret by which the browser finds it again."""
    db.execute(delete(journey).where(journey.c.ends_at < at))
    secret = secrets.token_urlsafe(32)
    made = Journey(*(secrets.token_urlsafe(48) for _ in range(3)))
    db.execute(
        insert(journey).values(
            key=hash_of(secret), state=made.state, nonce=made.nonce, verifier=made.verifier, ends_at=at + JOURNEY_LIVES
        )
    )
    return secret, made


def come_back(db: Connection, secret: str, at: datetime) -> Journey | None:
    """The journey of this secret, once."""
    row: Any = db.execute(
        delete(journey).where(journey.c.key == hash_of(secret), journey.c.ends_at > at).returning(journey)
    ).one_or_none()
    return None if row is None else Journey(row.state, row.nonce, row.verifier)
