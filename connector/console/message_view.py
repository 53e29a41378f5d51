"""One message as its page shows it: its life in one line, its lane, both sides, and what can be done."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from connector.adapters import job_view, neighbourhood, views
from connector.adapters.views import Life, Step, Try
from connector.console.speaking import in_language
from connector.console.texts import Language
from connector.domain.acts import MOVE_OF, Act, Choice, choices, overridable
from connector.domain.field_names import spoken
from connector.domain.lane_view import Neighbours, neighbours
from connector.domain.masking import masked
from connector.domain.message import DESTINATION, Move, Partner, State
from connector.domain.rights import Right
from connector.domain.side_by_side import Difference, Row, SideBySide, side_by_side
from schemas.findings import Finding


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of a message's life: a move, or an attempt."""

    at: datetime
    step: Step | None = None
    attempt: Try | None = None


@dataclass(frozen=True, slots=True)
class MessageView:
    life: Life
    neighbours: Neighbours
    choices: Sequence[Choice]
    pair: SideBySide | None
    masked: str | None
    revealed: str | None = field(default=None, repr=False)
    job: UUID | None = None
    told: Mapping[Act, str] = field(default_factory=dict)

    @property
    def to(self) -> Partner:
        return DESTINATION[self.life.message.route]

    @property
    def overridable(self) -> list[Finding]:
        return overridable(self.life.message.findings)

    @property
    def timeline(self) -> list[Moment]:
        """Moves and attempts in their order, the newest first; an attempt comes before the move it led to."""
        moments = [Moment(one.at, attempt=one) for one in self.life.tries]
        moments += [Moment(one.at, step=one) for one in self.life.history]
        return sorted(moments, key=lambda one: one.at)[::-1]

    @property
    def telling_rows(self) -> list[Row]:
        """The rows of both sides that differ, or that a finding speaks of."""
        rows = self.pair.rows if self.pair else ()
        return [row for row in rows if row.difference is not Difference.NONE or self.findings_at(row.pointer)]

    @property
    def other_rows(self) -> list[Row]:
        telling = self.telling_rows
        return [row for row in (self.pair.rows if self.pair else ()) if row not in telling]

    def findings_at(self, pointer: str) -> list[Finding]:
        return [one for one in self.life.message.findings if pointer and one.pointer == pointer]

    def field_of(self, pointer: str, language: Language) -> str:
        """What people call the member that a finding points at; empty when it is none of the registration's."""
        rows = self.pair.rows if self.pair else ()
        names = next((row.names for row in rows if pointer and row.pointer == pointer), None)
        return spoken(names, english=language == "en") if names else ""


def look(
    db: Connection, message_id: UUID, *, may: Callable[[Right, str | None], bool], reveal: bool = False
) -> MessageView | None:
    """The message with all that its page shows; None when there is none. `may` judges a right in an area."""
    life = views.life(db, message_id)
    if life is None:
        return None
    one = life.message
    job = job_view.job_of(db, message_id)
    return MessageView(
        job=job,
        life=life,
        neighbours=neighbours(message_id, neighbourhood.lane(db, one)),
        choices=choices(
            one.state,
            one.findings,
            has_body=life.body is not None,
            in_job=job is not None,
            may=lambda right: may(right, one.area),
        ),
        pair=_pair(db, life, reveal),
        masked=None if life.body is None else _pretty(masked(life.body)),
        revealed=None if life.body is None or not reveal else _plain(life.body),
    )


def with_reasons(view: MessageView, against: Mapping[Move, str | None], language: Language) -> MessageView:
    """The view with what the ledger's own rules have against acts that seemed possible, in the reader's language."""
    told = {
        act: in_language(why, language)
        for act, move in MOVE_OF.items()
        if (why := against.get(move)) and not any(one.act is act and one.why_not for one in view.choices)
    }
    if view.life.message.state is State.DELIVERED:
        told.pop(Act.REPLAY, None)  # a person may insist
    return replace(view, told=told)


def _pair(db: Connection, life: Life, reveal: bool) -> SideBySide | None:
    one = life.message
    if life.body is None:
        return None
    other = neighbourhood.other_body(db, one)
    return side_by_side(one.route, one.procedure, life.body, other, reveal=reveal)


def _plain(body: bytes) -> str:
    """The body as people read it: laid out if it is JSON, else its text."""
    try:
        return _pretty(json.loads(body))
    except ValueError:
        return body.decode("utf-8", "replace")


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
