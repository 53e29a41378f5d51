"""The ledger's rows for the judge, some hundred subjects at a time, so that memory does not grow with the ledger."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Engine, RowMapping, text

from campaign.life import Flaw, Life, Row, Standing, Step, Terms, Try, flaws
from connector.adapters.ledger import read_findings

_AT_ONCE: Final = 200


def judge_ledger(engine: Engine, terms: Terms) -> list[Flaw]:
    """Every message that its history does not explain."""
    found: list[Flaw] = []
    after = ""
    with engine.begin() as db:
        while subjects := _subjects(db, after):
            for lives, standing in _lives(db, subjects):
                found += flaws(lives, standing, terms)
            after = subjects[-1]
    return found


def ledger_counts(engine: Engine) -> dict[str, Any]:
    """How many messages by state, attempts, and attempts that were repeated."""
    with engine.begin() as db:
        states = {row.state: row.n for row in db.execute(text("SELECT state, count(*) AS n FROM message GROUP BY 1"))}
        row = db.execute(
            text(
                "SELECT count(*) AS attempts, count(*) FILTER (WHERE outcome NOT IN"
                " ('delivered', 'already-there', 'refused', 'conflict')) AS retried,"
                " count(*) FILTER (WHERE outcome = 'lost') AS leases_ended,"
                " count(*) FILTER (WHERE outcome = 'already-there') AS already_there FROM attempt"
            )
        ).one()
    return {"messages": sum(states.values()), "states": states, **row._asdict()}


def _subjects(db: Connection, after: str) -> list[str]:
    rows = db.execute(
        text("SELECT DISTINCT subject FROM message WHERE subject > :after ORDER BY subject LIMIT :most"),
        {"after": after, "most": _AT_ONCE},
    )
    return [row.subject for row in rows]


def _lives(db: Connection, subjects: Sequence[str]) -> Iterator[tuple[list[Life], Standing | None]]:
    asked = {"subjects": list(subjects)}
    steps, tries = _grouped(db, _STEPS, asked), _grouped(db, _TRIES, asked)
    standings = {
        row.code: Standing(**{k: v for k, v in row._mapping.items() if k != "code"})
        for row in db.execute(_STANDINGS, asked)
    }
    for subject, rows in groupby(db.execute(_MESSAGES, asked).mappings(), key=lambda row: row["subject"]):
        lives = [
            Life(
                row=_row(row),
                steps=[Step(s.id, s.was, s.move, s.became, s.why) for s in steps.get(row["message_id"], ())],
                tries=[Try(t.outcome, t.counted) for t in tries.get(row["message_id"], ())],
            )
            for row in rows
        ]
        yield lives, standings.get(subject)


def _row(row: RowMapping) -> Row:
    blocked = any(found.blocks for found in read_findings(row["findings"]))
    plain = {name: value for name, value in row.items() if name not in ("findings", "message_id")}
    return Row(message_id=str(row["message_id"]), blocked=blocked, **plain)


def _grouped(db: Connection, statement: Any, asked: dict[str, Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in db.execute(statement, asked):
        found.setdefault(row.message_id, []).append(row)
    return found


_MESSAGES: Final = text("""
    SELECT id AS message_id, route, subject, version, seq, state, hold, due_at, lease_until, fence, attempts,
           findings
    FROM message WHERE subject = ANY(:subjects) ORDER BY subject, route, version, seq
""")
_STEPS: Final = text("""
    SELECT h.id, h.message_id, h.was, h.move, h.became, h.why FROM history h JOIN message m ON m.id = h.message_id
    WHERE m.subject = ANY(:subjects) ORDER BY h.id
""")
_TRIES: Final = text("""
    SELECT a.message_id, a.outcome, a.counted FROM attempt a JOIN message m ON m.id = a.message_id
    WHERE m.subject = ANY(:subjects) ORDER BY a.id
""")
_STANDINGS: Final = text(
    "SELECT code, submissions, asked_for, awaits_document, withdrawn FROM dossier WHERE code = ANY(:subjects)"
)
