"""Replay jobs as tables. What is counted on a job follows from its items, by triggers; nobody else writes a count."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from connector.adapters.tables import metadata, one_of
from connector.domain.replay import ACTIVE, ENGAGED, ItemState, JobState, Prospect, Verb

_COUNTS: Final = ("planned", "sent", "skipped", "failed", "remaining")

replay_job: Final = Table(
    "replay_job",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False, unique=True),
    Column("verb", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("by", Text, nullable=False),
    # What makes two clicks the same click.
    Column("request_key", LargeBinary, nullable=False),
    # The filter as it was given, in words, for whoever looks at the job later.
    Column("wanted", Text, nullable=False, server_default=""),
    Column("insist", Boolean, nullable=False, server_default="false"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("paused_why", Text),
    Column("wave_step", Integer, nullable=False, server_default="0"),
    Column("wave", Integer, nullable=False, server_default="0"),
    # Of the wave that is on the line: put there, delivered, and stopped although the plan foretold it otherwise.
    Column("wave_released", Integer, nullable=False, server_default="0"),
    Column("wave_sent", Integer, nullable=False, server_default="0"),
    Column("wave_failed", Integer, nullable=False, server_default="0"),
    Column("released_at", DateTime(timezone=True)),
    # Codes of failures that the plan showed, or that a person saw and went on.
    Column("known_codes", ARRAY(Text), nullable=False, server_default="{}"),
    *(Column(name, Integer, nullable=False, server_default="0") for name in _COUNTS),
    CheckConstraint(one_of("verb", Verb), "verb_known"),
    CheckConstraint(one_of("state", JobState), "state_known"),
    CheckConstraint("planned = sent + skipped + failed + remaining", "counts_add_up"),
    CheckConstraint("least(sent, skipped, failed, remaining) >= 0", "counts_positive"),
    CheckConstraint("by <> ''", "who_said"),
    CheckConstraint("state IN ('planning', 'planned') OR btrim(reason) <> ''", "reason_said"),
    CheckConstraint("(state IN ('stopped', 'done')) = (ended_at IS NOT NULL)", "instant_iff_ended"),
    CheckConstraint("state NOT IN ('stopped', 'done') OR remaining = 0", "ended_iff_none_left"),
    CheckConstraint("(state = 'paused') = (paused_why IS NOT NULL)", "why_iff_paused"),
    Index("replay_job_active", "state", postgresql_where=text("state NOT IN ('stopped', 'done')")),
    Index("replay_job_request", "request_key", unique=True, postgresql_where=text(one_of("state", ACTIVE))),
)

replay_item: Final = Table(
    "replay_item",
    metadata,
    Column("job_id", Uuid, ForeignKey("replay_job.id", ondelete="CASCADE"), primary_key=True),
    # The order in which a job goes: oldest lane first, and within it by version. `lane` is the place of its first.
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("lane", Integer, nullable=False),
    Column("message_id", Uuid, ForeignKey("message.id"), nullable=False),
    Column("state", Text, nullable=False),
    # As it was when the list was frozen.
    Column("cause", Text),
    Column("prospect", Text),
    Column("foreseen", ARRAY(Text), nullable=False, server_default="{}"),
    Column("waits_for", Uuid),
    Column("note", Text),
    Column("wave", Integer),
    Column("released_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("outcome", Text),
    Column("code", Text),
    CheckConstraint(one_of("state", ItemState), "state_known"),
    CheckConstraint(one_of("prospect", Prospect), "prospect_known"),
    CheckConstraint("(state IN ('sent', 'skipped', 'failed')) = (outcome IS NOT NULL)", "outcome_iff_ended"),
    CheckConstraint("state <> 'released' OR released_at IS NOT NULL", "instant_iff_released"),
    Index("replay_item_engaged", "message_id", unique=True, postgresql_where=text(one_of("state", ENGAGED))),
    Index("replay_item_message", "message_id"),
    Index("replay_item_released", "job_id", "place", postgresql_where=text("state = 'released'")),
    Index("replay_item_pending", "job_id", "place", postgresql_where=text("state = 'pending'")),
    Index("replay_item_lane", "job_id", "lane", "place", postgresql_where=text(one_of("state", ENGAGED))),
    Index("replay_item_blank", "job_id", "place", postgresql_where=text("prospect IS NULL AND state = 'listed'")),
)

# Who did what with a job, and why. Rows are only ever added.
replay_note: Final = Table(
    "replay_note",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("job_id", Uuid, ForeignKey("replay_job.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("move", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
)

# Other names that this installation takes for a value of a catalogue. `folded` is the name as it is compared.
alias: Final = Table(
    "alias",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("kind IN ('ethnicity')", "kind_known"),
    CheckConstraint("btrim(why) <> ''", "reason_said"),
)
