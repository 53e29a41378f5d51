"""People who may use the console: their accounts, and the links by which they choose a password."""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Row,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError

from connector.adapters.locks import Lock
from connector.adapters.tables import metadata
from connector.domain.rights import Holder, Role

# What an administrator decides; the rest is its owner's.
DECIDED: Final = ("display_name", "external", "roles", "areas")
LINK_LIVES: Final = timedelta(hours=24)
NAME: Final = "^[a-z0-9][a-z0-9._-]{0,63}$"

account: Final = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("areas", ARRAY(Text), nullable=False, server_default="{}"),
    Column("language", Text, nullable=False, server_default="vi"),
    Column("disabled", Boolean, nullable=False, server_default="false"),
    Column("password_hash", Text),
    # What the identity provider calls this person, where one is used.
    Column("external", Text, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    CheckConstraint(f"name ~ '{NAME}'", "name_plain"),
    CheckConstraint(f"roles <@ ARRAY[{', '.join(repr(r.value) for r in Role)}]::text[]", "roles_known"),
    CheckConstraint("language IN ('vi', 'en')", "language_known"),
)

link: Final = Table(
    "account_link",
    metadata,
    # The hash of the link's secret: who reads this table cannot use it.
    Column("key", LargeBinary, primary_key=True),
    # None: it makes the first administrator.
    Column("account_id", Uuid, ForeignKey("account.id", ondelete="CASCADE")),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Index("account_link_account_id", "account_id"),
)


class NameTaken(Exception):
    """There is an account of this name, or one with the same external name."""


@dataclass(frozen=True, slots=True)
class Account:
    """One person. `password_hash` is None for those who come by the identity provider only, or have no password yet."""

    account_id: UUID
    display_name: str
    language: str
    password_hash: str | None
    external: str | None
    holder: Holder

    @property
    def name(self) -> str:
        return self.holder.name


def every(db: Connection) -> Sequence[Account]:
    """All accounts, by name."""
    return [_account(row) for row in db.execute(select(account).order_by(account.c.name))]


def by_name(db: Connection, name: str) -> Account | None:
    return _one(db.execute(select(account).where(account.c.name == name.strip().lower())).one_or_none())


def by_id(db: Connection, account_id: UUID) -> Account | None:
    return _one(db.execute(select(account).where(account.c.id == account_id)).one_or_none())


def by_external(db: Connection, external: str) -> Account | None:
    return _one(db.execute(select(account).where(account.c.external == external)).one_or_none())


def has_admin(db: Connection) -> bool:
    """Whether somebody can manage accounts."""
    able = select(account.c.id).where(~account.c.disabled, account.c.roles.contains([Role.ADMIN.value]))
    return db.scalar(select(able.exists())) is True


def add(db: Connection, new: Account, *, at: datetime, by: str) -> None:
    """Writes a new account down. Raises NameTaken; the transaction goes on."""
    with _names_are_ones_own(db, new):
        db.execute(
            insert(account).values(id=new.account_id, name=new.name, created_at=at, created_by=by, **_columns(new))
        )


@contextmanager
def _names_are_ones_own(db: Connection, one: Account) -> Iterator[None]:
    try:
        with db.begin_nested():
            yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != "23505":
            raise
        raise NameTaken(one.name) from None


def new_account(
    name: str, display_name: str, roles: frozenset[Role], *, areas: frozenset[str] = frozenset(), external: str = ""
) -> Account:
    """An account as it begins: Vietnamese, enabled, without a password."""
    holder = Holder(name.strip().lower(), roles, areas)
    return Account(uuid4(), display_name.strip() or holder.name, "vi", None, external.strip() or None, holder)


def is_name(name: str) -> bool:
    """Whether an account can have this name: plain small letters, digits, dots and hyphens."""
    return re.fullmatch(NAME, name) is not None


def set_password(db: Connection, account_id: UUID, password_hash: str) -> None:
    _set(db, account_id, password_hash=password_hash)


def set_language(db: Connection, account_id: UUID, language: str) -> None:
    _set(db, account_id, language=language)


def set_disabled(db: Connection, account_id: UUID, disabled: bool) -> None:
    _set(db, account_id, disabled=disabled)


def change(db: Connection, changed: Account) -> None:
    """Writes what an administrator decides: names, roles and areas. Raises NameTaken when another has its external
    name; the transaction goes on."""
    columns = _columns(changed)
    with _names_are_ones_own(db, changed):
        _set(db, changed.account_id, **{name: columns[name] for name in DECIDED})


def _set(db: Connection, account_id: UUID, **columns: Any) -> None:
    """These columns and no others: somebody else may be changing the rest."""
    db.execute(update(account).where(account.c.id == account_id).values(**columns))


def make_link(db: Connection, account_id: UUID | None, *, at: datetime, by: str) -> str:
    """The secret of a link that works once within `LINK_LIVES`; None: for the first administrator. Earlier links of
    the same account end; several machines may each have printed one for the first administrator."""
    ended = link.c.ends_at <= at
    db.execute(delete(link).where(ended if account_id is None else ended | (link.c.account_id == account_id)))
    secret = secrets.token_urlsafe(32)
    db.execute(insert(link).values(key=hash_of(secret), account_id=account_id, ends_at=at + LINK_LIVES, created_by=by))
    return secret


@dataclass(frozen=True, slots=True)
class Link:
    """A link that still works; `account_id` None: it makes the first administrator."""

    account_id: UUID | None


def find_link(db: Connection, secret: str, at: datetime) -> Link | None:
    """The link of this secret, if it works; it goes on working."""
    found = db.execute(select(link).where(link.c.key == hash_of(secret), link.c.ends_at > at)).one_or_none()
    return None if found is None else Link(found.account_id)


def use_link(db: Connection, secret: str, at: datetime) -> Link | None:
    """The link, used up from now on. Of several who use it at once one gets it; of several links for a first
    administrator none works once there is one."""
    db.execute(select(func.pg_advisory_xact_lock(Lock.SET_UP.value)))
    found = db.execute(
        delete(link).where(link.c.key == hash_of(secret), link.c.ends_at > at).returning(link.c.account_id)
    ).one_or_none()
    if found is None or (found.account_id is None and has_admin(db)):
        return None
    return Link(found.account_id)


def hash_of(secret: str) -> bytes:
    """How a random secret is kept: it needs no salt, nobody can guess it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _columns(one: Account) -> dict[str, Any]:
    return {
        "display_name": one.display_name,
        "roles": sorted(role.value for role in one.holder.roles),
        "areas": sorted(one.holder.areas),
        "language": one.language,
        "disabled": one.holder.disabled,
        "password_hash": one.password_hash,
        "external": one.external,
    }


def _one(row: Row[Any] | None) -> Account | None:
    return None if row is None else _account(row)


def _account(row: Row[Any]) -> Account:
    holder = Holder(row.name, frozenset(Role(role) for role in row.roles), frozenset(row.areas), row.disabled)
    return Account(row.id, row.display_name, row.language, row.password_hash, row.external, holder)
