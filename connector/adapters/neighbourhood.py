"""What a message is looked at together with: its lane, the body it is compared with, and what of a list is new."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from connector.adapters import lanes
from connector.adapters.tables import message
from connector.adapters.views import Filter, MessageView, conditions
from connector.domain.message import LaneEntry, Route

# More than this are not counted: "1000+" says enough.
MOST_COUNTED: Final = 1000


def lane(db: Connection, one: MessageView) -> list[LaneEntry]:
    """The message's lane in its order, itself included."""
    return lanes.of_subjects(db, one.route, [one.subject]).get(one.subject, [])


def other_body(db: Connection, one: MessageView) -> bytes | None:
    """What the message's registration is compared with: a result's application, an entry's version before."""
    statement = {Route.RESULT: _APPLICATION, Route.REGISTER: _VERSION_BEFORE}.get(one.route)
    if statement is None:
        return None
    found = db.execute(statement, {"subject": one.subject, "version": one.version, "seq": one.seq}).scalar()
    return None if found is None else bytes(found)


def count_newer(db: Connection, wanted: Filter, seq: int) -> int:
    """How many messages of the filter were taken in after this one; MOST_COUNTED stands for that many or more."""
    newer = select(message.c.id).where(*conditions(wanted), message.c.seq > seq).limit(MOST_COUNTED)
    return db.execute(select(func.count()).select_from(newer.subquery())).scalar_one()


def count_matching(db: Connection, wanted: Filter, most: int) -> int:
    """How many messages the filter has; `most` stands for that many or more."""
    found = select(message.c.id).where(*conditions(wanted)).limit(most)
    return db.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def ids_of(db: Connection, seqs: Sequence[int]) -> list[UUID]:
    """The messages with these places, in no order."""
    return list(db.execute(select(message.c.id).where(message.c.seq.in_(seqs))).scalars())


_APPLICATION: Final = text("""
    SELECT b.content FROM message m JOIN body b ON b.message_id = m.id
    WHERE m.subject = :subject AND m.route = 'application'
    ORDER BY (m.state = 'delivered') DESC, m.version DESC, m.seq DESC LIMIT 1
""")
_VERSION_BEFORE: Final = text("""
    SELECT b.content FROM message m JOIN body b ON b.message_id = m.id
    WHERE m.subject = :subject AND m.route = 'register' AND (m.version, m.seq) < (:version, :seq)
    ORDER BY m.version DESC, m.seq DESC LIMIT 1
""")
