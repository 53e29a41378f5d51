"""A message that the ledger has, with what the ledger knows around it: all that decides whether it could go again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from connector.domain.aliases import NO_ALIASES, Aliases
from connector.domain.dossiers import Facts
from connector.domain.message import Hold, LaneEntry, Route, State
from schemas.findings import Finding
from schemas.values import Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message as the ledger has it; `body` None once it was purged."""

    message_id: UUID
    route: Route
    procedure: Procedure | None
    subject: str
    version: int
    event: str
    status: int | None
    state: State
    hold: Hold | None
    area: str | None
    office: str | None
    received_on: date | None
    dossier: str | None
    findings: tuple[Finding, ...]
    last_code: str | None
    content_key: bytes | None
    created_at: datetime
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the ledger knows around a message. `lane` is in the order of the lane, the message itself included;
    `applications` is the lane of its dossier's applications."""

    lane: Sequence[LaneEntry]
    facts: Facts | None = None
    applications: Sequence[LaneEntry] = ()
    maybe_sent: frozenset[UUID] = frozenset()
    application: bytes | None = field(default=None, repr=False)
    is_live: bool = True
    aliases: Aliases = NO_ALIASES
