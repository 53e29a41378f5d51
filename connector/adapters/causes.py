"""Causes of open failures. Failures are few beside what was delivered, and a partial index knows where they are."""

from collections.abc import Sequence
from typing import Final, cast

from sqlalchemy import ColumnElement, Connection, String, bindparam, text

from connector.domain.causes import FAILURES, Cause, CauseKey
from connector.domain.message import Route

# The ministry does not know the registration office: that office is what the messages have in common.
_OFFICE_UNKNOWN: Final = "106"
_STATES: Final = ", ".join(f"'{state}'" for state in FAILURES)

# The causes of one message `message`: each blocking finding, or the partner's last word.
_OF_ONE: Final = f"""
    SELECT DISTINCT ON (code, pointer, lower(label)) code, pointer, label FROM (
        SELECT e->>'code' AS code, regexp_replace(e->>'pointer', '/[0-9]+(?=/|$)', '/*', 'g') AS pointer,
               coalesce(e->>'label', '') AS label
        FROM jsonb_array_elements(message.findings) e
        WHERE message.state = 'invalid'
          AND (e->>'severity' = 'E' OR (e->>'severity' = 'O' AND e->>'overridden_by' IS NULL))
        UNION ALL
        SELECT message.last_code, '', CASE WHEN message.last_code = '{_OFFICE_UNKNOWN}'
                                           THEN coalesce(message.office, '') ELSE '' END
        WHERE message.state <> 'invalid' AND message.last_code IS NOT NULL
    ) found
"""

_GROUPS: Final = text(f"""
    SELECT message.route, f.code, f.pointer, min(f.label) AS label, count(*) AS number,
           count(*) FILTER (WHERE message.state = 'invalid') AS invalid,
           count(*) FILTER (WHERE message.state = 'refused') AS refused,
           count(*) FILTER (WHERE message.state = 'exhausted') AS exhausted,
           min(message.created_at) AS first_seen, max(message.updated_at) AS last_seen
    FROM message CROSS JOIN LATERAL ({_OF_ONE}) f
    WHERE message.state IN ({_STATES}) AND (CAST(:areas AS text[]) IS NULL OR message.area = ANY(:areas))
    GROUP BY message.route, f.code, f.pointer, lower(f.label)
    ORDER BY count(*) DESC, max(message.updated_at) DESC, f.code
""")


def groups(db: Connection, areas: Sequence[str] = ()) -> list[Cause]:
    """All causes of open failures, the largest first; inside these areas, where some are given. A message with several
    findings counts in each."""
    return [
        Cause(
            CauseKey(Route(row.route), row.code, row.pointer, row.label),
            row.number,
            {state: part for state in FAILURES if (part := getattr(row, state.value))},
            row.first_seen,
            row.last_seen,
        )
        for row in db.execute(_GROUPS, {"areas": list(areas) or None})
    ]


def find(db: Connection, cause_id: str, areas: Sequence[str] = ()) -> Cause | None:
    """The cause with this id, while a message (inside these areas) has it."""
    return next((cause for cause in groups(db, areas) if cause.key.cause_id == cause_id), None)


def condition(key: CauseKey) -> ColumnElement[bool]:
    """The messages of a cause, as a condition on the table `message`.

    They are looked up once, by the index of what stopped: asked row by row, a page of a rare cause would read all.
    """
    found = text(f"""
        message.id = ANY (ARRAY (
            SELECT message.id FROM message
            WHERE message.state IN ({_STATES}) AND message.route = :cause_route AND EXISTS (
                SELECT FROM ({_OF_ONE}) f WHERE f.code = :cause_code AND f.pointer = :cause_pointer
                    AND lower(f.label) = lower(:cause_label))))
    """).bindparams(
        bindparam("cause_route", key.route.value, String),
        bindparam("cause_code", key.code, String),
        bindparam("cause_pointer", key.pointer, String),
        bindparam("cause_label", key.label, String),
    )
    return cast("ColumnElement[bool]", found)
