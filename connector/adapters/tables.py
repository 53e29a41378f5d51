"""The ledger's tables. Old rows cost nothing: every index that finds work is partial, bodies lie apart, logs only
grow."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from connector.domain.attempts import LEASE_ENDED
from connector.domain.message import BLOCKS_ITS_LANE, Hold, Move, Route, State

metadata: Final = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def _instant(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def one_of(column: str, words: object) -> str:
    """The condition that a column holds one of these words."""
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"  # type: ignore[attr-defined]


message: Final = Table(
    "message",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("route", Text, nullable=False),
    Column("procedure", Text),
    Column("subject", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("event", Text, nullable=False, server_default=""),
    Column("area", Text),
    Column("office", Text),
    Column("received_on", Date),
    Column("state", Text, nullable=False),
    Column("hold", Text),
    _instant("due_at"),
    _instant("lease_until"),
    Column("worker", Text),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # A replay begins the schedule anew; attempts up to here are not counted by it.
    Column("tries_from", Integer, nullable=False, server_default="0"),
    # It was delivered, and a person insisted on sending it again: under the same keys.
    Column("again", Boolean, nullable=False, server_default="false"),
    Column("ordinal", Integer),
    Column("status", SmallInteger),
    Column("findings", JSONB, nullable=False, server_default="[]"),
    Column("last_code", Text),
    Column("last_text", Text),
    Column("source_key", LargeBinary, nullable=False, unique=True),
    Column("content_key", LargeBinary),
    Column("dossier", Text),
    Column("rule", Integer),
    Column("duplicates", Integer, nullable=False, server_default="0"),
    _instant("created_at", nullable=False),
    _instant("updated_at", nullable=False),
    _instant("delivered_at"),
    CheckConstraint(one_of("state", State), "state_known"),
    CheckConstraint(one_of("route", Route), "route_known"),
    CheckConstraint("procedure IN ('marriage', 'death')", "procedure_known"),
    CheckConstraint(one_of("hold", Hold), "hold_known"),
    CheckConstraint("(state = 'ready') = (due_at IS NOT NULL)", "due_iff_ready"),
    CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", "lease_iff_sending"),
    CheckConstraint("(state = 'held') = (hold IS NOT NULL)", "hold_iff_held"),
    CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", "instant_iff_delivered"),
    CheckConstraint("attempts >= 0 AND fence >= 0 AND version >= 0", "counts_positive"),
    CheckConstraint("tries_from >= 0 AND tries_from <= attempts", "tries_of_attempts"),
    Index("message_due", "route", "due_at", "seq", postgresql_where=text("state = 'ready'")),
    Index(
        "message_suspect",
        "route",
        "due_at",
        "seq",
        postgresql_where=text(f"state = 'ready' AND last_code = '{LEASE_ENDED}'"),
    ),
    Index(
        "message_lane",
        "route",
        "subject",
        "version",
        "seq",
        postgresql_where=text(one_of("state", BLOCKS_ITS_LANE)),
    ),
    Index("message_outdated", "route", "subject", "version", postgresql_where=text("state IN ('invalid', 'refused')")),
    Index("message_leased", "lease_until", postgresql_where=text("state = 'sending'")),
    Index(
        "message_needs_person",
        "state",
        "seq",
        postgresql_where=text("state IN ('held', 'invalid', 'refused', 'exhausted')"),
    ),
    Index("message_subject", "subject", "seq"),
    Index("message_dossier", "dossier", "seq", postgresql_where=text("dossier IS NOT NULL")),
    # No index holds every state: with one, the planner may read all that is ready through it to claim a few.
    Index("message_ended", "state", "seq", postgresql_where=text("state IN ('cancelled', 'superseded')")),
    # A list of what was delivered on a route that is rare among millions of others; written once a message.
    Index("message_delivered", "route", "seq", postgresql_where=text("state = 'delivered'")),
    Index("message_area", "area", "seq"),
    Index("message_closed_area", "seq", postgresql_where=text(f"state = 'held' AND hold = '{Hold.AREA}'")),
)

# What closed messages came to: the sum of `number` is how many there are. Every statement that closes messages or opens
# them again adds its lines, by triggers, so that it holds for whoever writes; now and then the lines are summed up.
tally: Final = Table(
    "tally",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("route", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("number", Integer, nullable=False),
)

body: Final = Table(
    "body",
    metadata,
    Column("message_id", Uuid, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

attempt: Final = Table(
    "attempt",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Uuid, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    _instant("at", nullable=False),
    Column("outcome", Text, nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("maybe_done", Boolean, nullable=False),
    Column("http_status", SmallInteger),
    Column("code", Text),
    Column("duration_ms", Integer),
    Column("worker", Text),
    Column("sent", Text),
)

history: Final = Table(
    "history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Uuid, ForeignKey("message.id", ondelete="CASCADE"), nullable=False, index=True),
    _instant("at", nullable=False),
    Column("was", Text),
    Column("move", Text, nullable=False),
    Column("became", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    CheckConstraint(one_of("move", Move), "move_known"),
    CheckConstraint(one_of("became", State), "became_known"),
)

dossier: Final = Table(
    "dossier",
    metadata,
    Column("code", Text, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("area", Text),
    Column("version", Integer, nullable=False),
    Column("planned", SmallInteger, nullable=False),
    Column("submissions", Integer, nullable=False, server_default="0"),
    Column("application_id", Uuid),
    Column("ministry_code", Text),
    Column("state", SmallInteger),
    _instant("state_at"),
    Column("state_ordinal", Integer),
    Column("state_item", LargeBinary),
    Column("asked_for", Integer),
    Column("awaits_document", Boolean, nullable=False, server_default="false"),
    Column("steps", Integer, nullable=False, server_default="0"),
    Column("results", Integer, nullable=False, server_default="0"),
    Column("result_key", LargeBinary),
    Column("result_entry", Text),
    Column("result_day", Date),
    Column("result_stored", Text),
    Column("withdrawn", Boolean, nullable=False, server_default="false"),
    _instant("changed_at", nullable=False),
    _instant("ask_at"),
    _instant("ask_until"),
    Column("garbled", Integer, nullable=False, server_default="0"),
    Column("by_hand", Boolean, nullable=False, server_default="false"),
    CheckConstraint("procedure IN ('marriage', 'death')", "procedure_known"),
    CheckConstraint("submissions >= 0 AND steps >= 0 AND results >= 0", "counts_positive"),
    Index("dossier_to_ask", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
    Index("dossier_awaits_document", "state_at", postgresql_where=text("awaits_document")),
)

sighting: Final = Table(
    "sighting",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("dossier_code", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    _instant("happened_at", nullable=False),
    _instant("seen_at", nullable=False),
    Column("verdict", Text, nullable=False),
    UniqueConstraint("dossier_code", "state", "happened_at"),
    CheckConstraint("verdict IN ('applied', 'stale')", "verdict_known"),
)

feed: Final = Table(
    "feed",
    metadata,
    Column("name", Text, primary_key=True),
    Column("cursor", Text),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("garbled", Integer, nullable=False, server_default="0"),
    _instant("read_at"),
)

# Which entry a register number belongs to. An office is a code since a day: codes were used again for other places.
register_number: Final = Table(
    "register_number",
    metadata,
    Column("register", Text, primary_key=True),
    Column("office", Text, primary_key=True),
    Column("office_since", Date, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entry", Text, nullable=False, unique=True),
)

partner: Final = Table(
    "partner",
    metadata,
    Column("name", Text, primary_key=True),
    _instant("closed_until"),
    Column("why", Text),
    Column("tripped", Boolean, nullable=False, server_default="false"),
    Column("trips", Integer, nullable=False, server_default="0"),
    Column("good", Float(53), nullable=False, server_default="0"),
    Column("bad", Float(53), nullable=False, server_default="0"),
    _instant("sampled_at"),
    _instant("probe_until"),
)

clock: Final = Table(
    "clock",
    metadata,
    Column("starts_at", DateTime(timezone=True), primary_key=True),
    Column("begun_at", DateTime(timezone=True), nullable=False),
)
