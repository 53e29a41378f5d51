"""The ledger's statements. A batch goes as arrays in one statement; only `ledger` executes them."""

from typing import Final

from sqlalchemy import text

from connector.domain.attempts import LEASE_ENDED
from connector.domain.message import BLOCKS_ITS_LANE

_OPEN: Final = "(" + ", ".join(f"'{state}'" for state in BLOCKS_ITS_LANE) + ")"

TAKE_IN: Final = text("""
    WITH draft AS (
        SELECT * FROM unnest(
            CAST(:message_id AS uuid[]), CAST(:route AS text[]), CAST(:procedure AS text[]), CAST(:subject AS text[]),
            CAST(:version AS int[]), CAST(:event AS text[]), CAST(:area AS text[]), CAST(:office AS text[]),
            CAST(:received_on AS date[]), CAST(:state AS text[]), CAST(:hold AS text[]), CAST(:due_at AS timestamptz[]),
            CAST(:status AS smallint[]), CAST(:findings AS jsonb[]), CAST(:source_key AS bytea[]),
            CAST(:content_key AS bytea[]), CAST(:dossier AS text[]), CAST(:rule AS int[]), CAST(:duplicates AS int[]),
            CAST(:why AS text[]), CAST(:start AS int[]), CAST(:size AS int[])
        ) AS t (id, route, procedure, subject, version, event, area, office, received_on, state, hold, due_at, status,
                findings, source_key, content_key, dossier, rule, duplicates, why, start, size)
    ), taken AS (
        INSERT INTO message (id, route, procedure, subject, version, event, area, office, received_on, state, hold,
                             due_at, status, findings, source_key, content_key, dossier, rule, duplicates, created_at,
                             updated_at)
        SELECT id, route, procedure, subject, version, event, area, office, received_on, state, hold, due_at, status,
               findings, source_key, content_key, dossier, rule, duplicates, :now, :now
        FROM draft
        ON CONFLICT (source_key) DO UPDATE SET duplicates = message.duplicates + 1 + excluded.duplicates
        RETURNING id, xmax = 0 AS fresh
    ), new AS (
        SELECT * FROM draft WHERE (id IN (SELECT id FROM taken WHERE fresh)) IS TRUE
    ), kept AS (
        INSERT INTO body (message_id, content) SELECT id, substr(CAST(:bodies AS bytea), start, size) FROM new
    ), noted AS (
        INSERT INTO history (message_id, at, move, became, by, why)
        SELECT id, :now, 'take_in', state, :by, why FROM new
    )
    SELECT id FROM new
""")

INSERT_BODY: Final = text("""
    INSERT INTO body (message_id, content) SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:contents AS bytea[]))
""")

# An earlier message of the same route and subject that is still on its way keeps this one back, and so does a later one
# that is on the line because this one came late. It is looked for by a scalar subquery, one index probe for each
# candidate: as an anti-join the planner may read every open message first.
# Of few messages a worker leaves as many as it takes to another one, down to `least`: a burst is sent by all.
_CLAIM: Final = f"""
    WITH due AS (
        SELECT m.id FROM message m
        WHERE m.state = 'ready' AND m.route = :route AND m.due_at <= :now AND m.last_code %s '{LEASE_ENDED}'
          AND (SELECT e.seq FROM message e
               WHERE e.route = m.route AND e.subject = m.subject AND e.state IN {_OPEN}
                 AND ((e.version, e.seq) < (m.version, m.seq) OR e.state = 'sending') LIMIT 1) IS NULL
        ORDER BY m.due_at, m.seq LIMIT greatest(:least, (
            SELECT count(*) / 2 FROM (
                SELECT FROM message WHERE state = 'ready' AND route = :route AND due_at <= :now LIMIT 2 * :limit
            ) AS waiting
        )) FOR UPDATE OF m SKIP LOCKED
    ), taken AS (
        UPDATE message m
        SET state = 'sending', due_at = NULL, lease_until = :until, fence = m.fence + 1, worker = :worker,
            updated_at = :now
        FROM due WHERE m.id = due.id
        RETURNING m.id, m.procedure, m.subject, m.version, m.event, m.status, m.attempts, m.fence, m.area, m.office,
                  m.received_on, m.dossier, m.rule, m.last_code, m.tries_from, m.again, m.ordinal, m.findings, m.seq
    ), noted AS (
        INSERT INTO history (message_id, at, was, move, became, by)
        SELECT id, :now, 'ready', 'claim', 'sending', :worker FROM taken
    )
    SELECT taken.id, procedure, subject, version, event, status, attempts, fence, area, office, received_on, dossier,
           rule, last_code, tries_from, again, ordinal, findings, content
    FROM taken JOIN body ON body.message_id = taken.id ORDER BY taken.seq
"""
CLAIM: Final = text(_CLAIM % "IS DISTINCT FROM")
CLAIM_SUSPECTS: Final = text(_CLAIM % "=")

# The planner believes that nothing is being sent, since that is so when it counts, and would then compare each such
# message with each settlement. A state that is asked within the comparison of fences leaves it the ids to go by.
SETTLE: Final = text("""
    WITH s AS (
        SELECT * FROM unnest(
            CAST(:message_id AS uuid[]), CAST(:fence AS int[]), CAST(:move AS text[]), CAST(:became AS text[]),
            CAST(:at AS timestamptz[]), CAST(:outcome AS text[]), CAST(:why AS text[]), CAST(:due_at AS timestamptz[]),
            CAST(:hold AS text[]), CAST(:code AS text[]), CAST(:text AS text[]), CAST(:findings AS jsonb[]),
            CAST(:ordinal AS int[]), CAST(:made AS bool[]), CAST(:counted AS bool[]), CAST(:maybe_done AS bool[]),
            CAST(:http_status AS smallint[]), CAST(:duration_ms AS int[]), CAST(:sent AS text[])
        ) AS t (id, fence, move, became, at, outcome, why, due_at, hold, code, text, findings, ordinal, made, counted,
                maybe_done, http_status, duration_ms, sent)
    ), done AS (
        UPDATE message m
        SET state = s.became, due_at = s.due_at, hold = s.hold, lease_until = NULL, worker = NULL,
            attempts = m.attempts + CAST(s.counted AS int), last_code = s.code, last_text = s.text,
            findings = coalesce(s.findings, m.findings), ordinal = coalesce(s.ordinal, m.ordinal),
            delivered_at = CASE WHEN s.became = 'delivered' THEN CAST(:now AS timestamptz) END, updated_at = :now
        FROM s WHERE m.id = s.id AND CASE WHEN m.state = 'sending' THEN m.fence END = s.fence
        RETURNING s.*
    ), noted AS (
        INSERT INTO history (message_id, at, was, move, became, by, why)
        SELECT id, :now, 'sending', move, became, :by, why FROM done
    ), tried AS (
        INSERT INTO attempt (message_id, at, outcome, counted, maybe_done, http_status, code, duration_ms, worker, sent)
        SELECT id, at, outcome, counted, maybe_done, http_status, code, duration_ms, :by, sent FROM done WHERE made
    )
    SELECT id FROM done
""")

# A worker's death stays in mind: what may have caused it goes alone.
RULE: Final = text(f"""
    WITH r AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:was AS text[]), CAST(:moves AS text[]), CAST(:became AS text[]),
            CAST(:whys AS text[]), CAST(:holds AS text[]), CAST(:findings AS jsonb[]), CAST(:anew AS bool[])
        ) AS t (id, was, move, became, why, hold, findings, anew)
    ), done AS (
        UPDATE message m
        SET state = r.became, due_at = CASE WHEN r.became = 'ready' THEN CAST(:now AS timestamptz) END, hold = r.hold,
            delivered_at = NULL, findings = coalesce(r.findings, m.findings),
            tries_from = CASE WHEN r.anew THEN m.attempts ELSE m.tries_from END,
            last_code = CASE WHEN r.anew AND m.last_code <> '{LEASE_ENDED}' THEN NULL ELSE m.last_code END,
            last_text = CASE WHEN r.anew AND m.last_code <> '{LEASE_ENDED}' THEN NULL ELSE m.last_text END,
            again = m.again OR r.was = 'delivered', updated_at = :now
        FROM r WHERE m.id = r.id
        RETURNING m.id
    )
    INSERT INTO history (message_id, at, was, move, became, by, why)
    SELECT r.id, :now, r.was, r.move, r.became, :by, r.why FROM r JOIN done USING (id)
""")

NOTE_RULES: Final = text("""
    UPDATE message m SET rule = t.rule
    FROM unnest(CAST(:ids AS uuid[]), CAST(:rules AS int[])) AS t (id, rule) WHERE m.id = t.id
""")

# Two statements, each the range of one partial index.
PULL_FORWARD: Final = (
    text("""
        UPDATE message SET due_at = :now, updated_at = :now
        WHERE state = 'ready' AND due_at > :future AND updated_at > :future
    """),
    text("""
        UPDATE message SET lease_until = :now, updated_at = :now
        WHERE state = 'sending' AND lease_until > :latest
    """),
)
