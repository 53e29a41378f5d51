"""The statements about the items of replay jobs; only `job_items` executes them."""

from typing import Final

from sqlalchemy import text

# In the place of a code: the message is ready, and an earlier one of its lane that stopped holds it.
WAITS_BEHIND: Final = "WAITS_BEHIND"

FORESEE: Final = text("""
    UPDATE replay_item i SET prospect = f.prospect, foreseen = string_to_array(f.codes, ' '), waits_for = f.waits,
                             note = f.note, cause = f.cause
    FROM unnest(CAST(:places AS int[]), CAST(:prospects AS text[]), CAST(:codes AS text[]), CAST(:waits AS uuid[]),
                CAST(:notes AS text[]), CAST(:causes AS text[])) AS f (place, prospect, codes, waits, note, cause)
    WHERE i.job_id = :job AND i.place = f.place
""")

SKIP_ENGAGED: Final = text("""
    UPDATE replay_item i SET state = 'skipped', outcome = 'in-another-job', ended_at = :now
    WHERE i.job_id = :job AND i.state = 'listed' AND EXISTS (
        SELECT FROM replay_item o WHERE o.message_id = i.message_id AND o.state IN ('pending', 'released'))
""")

NEXT: Final = text("""
    SELECT i.place, i.message_id, i.prospect FROM replay_item i
    WHERE i.job_id = :job AND i.state = 'pending' AND NOT EXISTS (
        SELECT FROM replay_item e WHERE e.job_id = i.job_id AND e.lane = i.lane AND e.place < i.place
            AND e.state IN ('pending', 'released'))
    ORDER BY i.place LIMIT :limit
""")

RELEASE: Final = text("""
    UPDATE replay_item SET state = 'released', released_at = :now, wave = :wave
    WHERE job_id = :job AND place = ANY(:places)
""")

END: Final = text("""
    UPDATE replay_item i SET state = e.state, outcome = e.outcome, code = e.code, ended_at = :now,
                             wave = coalesce(i.wave, :wave)
    FROM unnest(CAST(:places AS int[]), CAST(:states AS text[]), CAST(:outcomes AS text[]), CAST(:codes AS text[]))
        AS e (place, state, outcome, code)
    WHERE i.job_id = :job AND i.place = e.place
""")

STOP: Final = text("""
    UPDATE replay_item SET state = 'skipped', outcome = 'stopped', ended_at = :now
    WHERE job_id = :job AND state IN ('listed', 'pending')
""")

# A message on its way whose lane an earlier one holds that stopped will not go by itself.
OUTCOMES: Final = text(f"""
    SELECT i.place, i.prospect, CASE WHEN m.state = 'ready' THEN 'exhausted' ELSE m.state END AS state,
           CASE WHEN m.state = 'ready' THEN '{WAITS_BEHIND}' ELSE m.last_code END AS last_code, m.findings
    FROM replay_item i JOIN message m ON m.id = i.message_id
    WHERE i.job_id = :job AND i.state = 'released' AND (
        m.state NOT IN ('ready', 'sending') OR m.state = 'ready' AND EXISTS (
            SELECT FROM message e WHERE e.route = m.route AND e.subject = m.subject
                AND (e.version, e.seq) < (m.version, m.seq) AND e.state IN ('held', 'exhausted')))
    ORDER BY i.place
""")

TOTALS: Final = text("""
    WITH p AS (
        SELECT i.prospect, m.area, m.procedure, i.cause,
               CASE WHEN :now - m.created_at <= interval '1 hour' THEN '1h'
                    WHEN :now - m.created_at <= interval '1 day' THEN '1d'
                    WHEN :now - m.created_at <= interval '7 days' THEN '7d'
                    WHEN :now - m.created_at <= interval '30 days' THEN '30d' ELSE 'older' END AS age
        FROM replay_item i JOIN message m ON m.id = i.message_id WHERE i.job_id = :job
    )
    SELECT CASE WHEN grouping(prospect) = 0 THEN 'prospects' WHEN grouping(area) = 0 THEN 'areas'
                WHEN grouping(procedure) = 0 THEN 'procedures' WHEN grouping(cause) = 0 THEN 'causes'
                WHEN grouping(age) = 0 THEN 'ages' ELSE 'all' END AS kind,
           coalesce(prospect, area, procedure, cause, age) AS word, count(*) AS number
    FROM p GROUP BY GROUPING SETS ((prospect), (area), (procedure), (cause), (age), ())
    ORDER BY number DESC
""")

PAGE: Final = text("""
    SELECT i.place, i.message_id, m.route, m.subject, m.version, m.state AS message_state, i.state, i.cause, i.prospect,
           i.foreseen AS codes, i.note, i.waits_for, i.wave, i.released_at, i.ended_at, i.outcome, i.code
    FROM replay_item i JOIN message m ON m.id = i.message_id
    WHERE i.job_id = :job AND i.place > :after AND i.state = ANY(:states) ORDER BY i.place LIMIT :limit
""")

COMPARED: Final = text("""
    SELECT prospect, state, outcome, code, count(*) AS number FROM replay_item WHERE job_id = :job
    GROUP BY prospect, state, outcome, code ORDER BY count(*) DESC, prospect, state, outcome, code
""")

ON_THE_LINE: Final = text("""
    SELECT count(*) AS open,
           count(*) FILTER (WHERE i.released_at < :before AND m.state = 'ready'
                            AND m.attempts > m.tries_from) AS troubled
    FROM replay_item i JOIN message m ON m.id = i.message_id
    WHERE i.job_id = :job AND i.state = 'released'
""")
