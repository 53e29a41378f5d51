"""Replay: jobs with their items, whose counts follow from the items by triggers; names taken for catalogue values."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("tries_from", sa.Integer(), server_default="0", nullable=False))
    op.add_column("message", sa.Column("again", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(
        op.f("message_tries_of_attempts"), "message", "tries_from >= 0 AND tries_from <= attempts"
    )
    op.execute("""
        CREATE TABLE replay_job (
            id UUID NOT NULL,
            seq BIGINT GENERATED ALWAYS AS IDENTITY,
            verb TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT DEFAULT '' NOT NULL,
            by TEXT NOT NULL,
            request_key BYTEA NOT NULL,
            wanted TEXT DEFAULT '' NOT NULL,
            insist BOOLEAN DEFAULT 'false' NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            started_at TIMESTAMP WITH TIME ZONE,
            ended_at TIMESTAMP WITH TIME ZONE,
            paused_why TEXT,
            wave_step INTEGER DEFAULT '0' NOT NULL,
            wave INTEGER DEFAULT '0' NOT NULL,
            wave_released INTEGER DEFAULT '0' NOT NULL,
            wave_sent INTEGER DEFAULT '0' NOT NULL,
            wave_failed INTEGER DEFAULT '0' NOT NULL,
            released_at TIMESTAMP WITH TIME ZONE,
            known_codes TEXT[] DEFAULT '{}' NOT NULL,
            planned INTEGER DEFAULT '0' NOT NULL,
            sent INTEGER DEFAULT '0' NOT NULL,
            skipped INTEGER DEFAULT '0' NOT NULL,
            failed INTEGER DEFAULT '0' NOT NULL,
            remaining INTEGER DEFAULT '0' NOT NULL,
            CONSTRAINT replay_job_pkey PRIMARY KEY (id),
            CONSTRAINT replay_job_verb_known CHECK (verb IN ('replay', 'refetch')),
            CONSTRAINT replay_job_state_known CHECK (state IN ('planning', 'planned', 'running', 'paused', 'stopping', 'stopped', 'done')),
            CONSTRAINT replay_job_counts_add_up CHECK (planned = sent + skipped + failed + remaining),
            CONSTRAINT replay_job_counts_positive CHECK (least(sent, skipped, failed, remaining) >= 0),
            CONSTRAINT replay_job_who_said CHECK (by <> ''),
            CONSTRAINT replay_job_reason_said CHECK (state IN ('planning', 'planned') OR btrim(reason) <> ''),
            CONSTRAINT replay_job_instant_iff_ended CHECK ((state IN ('stopped', 'done')) = (ended_at IS NOT NULL)),
            CONSTRAINT replay_job_ended_iff_none_left CHECK (state NOT IN ('stopped', 'done') OR remaining = 0),
            CONSTRAINT replay_job_why_iff_paused CHECK ((state = 'paused') = (paused_why IS NOT NULL)),
            CONSTRAINT replay_job_seq_key UNIQUE (seq)
        )
    """)
    op.execute("CREATE INDEX replay_job_active ON replay_job (state) WHERE state NOT IN ('stopped', 'done')")
    op.execute(
        "CREATE UNIQUE INDEX replay_job_request ON replay_job (request_key) WHERE state IN ('running', 'paused', 'stopping')"
    )
    op.execute("""
        CREATE TABLE replay_item (
            job_id UUID NOT NULL,
            place INTEGER NOT NULL,
            lane INTEGER NOT NULL,
            message_id UUID NOT NULL,
            state TEXT NOT NULL,
            cause TEXT,
            prospect TEXT,
            foreseen TEXT[] DEFAULT '{}' NOT NULL,
            waits_for UUID,
            note TEXT,
            wave INTEGER,
            released_at TIMESTAMP WITH TIME ZONE,
            ended_at TIMESTAMP WITH TIME ZONE,
            outcome TEXT,
            code TEXT,
            CONSTRAINT replay_item_pkey PRIMARY KEY (job_id, place),
            CONSTRAINT replay_item_state_known CHECK (state IN ('listed', 'pending', 'released', 'sent', 'skipped', 'failed')),
            CONSTRAINT replay_item_prospect_known CHECK (prospect IN ('send', 'invalid', 'held', 'waits', 'delivered', 'ask', 'cannot')),
            CONSTRAINT replay_item_outcome_iff_ended CHECK ((state IN ('sent', 'skipped', 'failed')) = (outcome IS NOT NULL)),
            CONSTRAINT replay_item_instant_iff_released CHECK (state <> 'released' OR released_at IS NOT NULL),
            CONSTRAINT replay_item_job_id_fkey FOREIGN KEY(job_id) REFERENCES replay_job (id) ON DELETE CASCADE,
            CONSTRAINT replay_item_message_id_fkey FOREIGN KEY(message_id) REFERENCES message (id)
        )
    """)
    op.execute(
        "CREATE INDEX replay_item_blank ON replay_item (job_id, place) WHERE prospect IS NULL AND state = 'listed'"
    )
    op.execute(
        "CREATE UNIQUE INDEX replay_item_engaged ON replay_item (message_id) WHERE state IN ('pending', 'released')"
    )
    op.execute(
        "CREATE INDEX replay_item_lane ON replay_item (job_id, lane, place) WHERE state IN ('pending', 'released')"
    )
    op.execute("CREATE INDEX replay_item_message ON replay_item (message_id)")
    op.execute("CREATE INDEX replay_item_pending ON replay_item (job_id, place) WHERE state = 'pending'")
    op.execute("CREATE INDEX replay_item_released ON replay_item (job_id, place) WHERE state = 'released'")
    op.execute("""
        CREATE TABLE replay_note (
            id BIGINT GENERATED ALWAYS AS IDENTITY,
            job_id UUID NOT NULL,
            at TIMESTAMP WITH TIME ZONE NOT NULL,
            move TEXT NOT NULL,
            by TEXT NOT NULL,
            why TEXT DEFAULT '' NOT NULL,
            CONSTRAINT replay_note_pkey PRIMARY KEY (id),
            CONSTRAINT replay_note_job_id_fkey FOREIGN KEY(job_id) REFERENCES replay_job (id) ON DELETE CASCADE
        )
    """)
    op.execute("CREATE INDEX replay_note_job_id ON replay_note (job_id)")
    op.execute("""
        CREATE TABLE alias (
            kind TEXT NOT NULL,
            folded TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            at TIMESTAMP WITH TIME ZONE NOT NULL,
            by TEXT NOT NULL,
            why TEXT NOT NULL,
            CONSTRAINT alias_pkey PRIMARY KEY (kind, folded),
            CONSTRAINT alias_kind_known CHECK (kind IN ('ethnicity')),
            CONSTRAINT alias_reason_said CHECK (btrim(why) <> '')
        )
    """)
    _triggers()


def _triggers() -> None:
    # Counts are moved by what the items became, in the transaction that moved them.
    op.execute("""
        CREATE FUNCTION replay_count_items() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF EXISTS (SELECT FROM fresh f JOIN replay_job j ON j.id = f.job_id WHERE j.state <> 'planning') THEN
                    RAISE EXCEPTION 'the list of a replay job is frozen' USING ERRCODE = 'check_violation';
                END IF;
                UPDATE replay_job j SET planned = j.planned + d.n, sent = j.sent + d.sent,
                    skipped = j.skipped + d.skipped, failed = j.failed + d.failed, remaining = j.remaining + d.remaining
                FROM (SELECT job_id, count(*) AS n, count(*) FILTER (WHERE state = 'sent') AS sent,
                             count(*) FILTER (WHERE state = 'skipped') AS skipped,
                             count(*) FILTER (WHERE state = 'failed') AS failed,
                             count(*) FILTER (WHERE state IN ('listed', 'pending', 'released')) AS remaining
                      FROM fresh GROUP BY job_id) d
                WHERE j.id = d.job_id;
            ELSIF TG_OP = 'UPDATE' THEN
                IF EXISTS (SELECT FROM stale s LEFT JOIN fresh f USING (job_id, place, message_id)
                           WHERE f.job_id IS NULL
                              OR s.state IN ('sent', 'skipped', 'failed') AND f.state <> s.state) THEN
                    RAISE EXCEPTION 'an item of a replay job keeps its message, and an ended one its end'
                        USING ERRCODE = 'check_violation';
                END IF;
                UPDATE replay_job j SET sent = j.sent + d.sent, skipped = j.skipped + d.skipped,
                    failed = j.failed + d.failed, remaining = j.remaining + d.remaining
                FROM (SELECT job_id, sum(way) FILTER (WHERE state = 'sent') AS sent,
                             sum(way) FILTER (WHERE state = 'skipped') AS skipped,
                             sum(way) FILTER (WHERE state = 'failed') AS failed,
                             sum(way) FILTER (WHERE state IN ('listed', 'pending', 'released')) AS remaining
                      FROM (SELECT job_id, state, 1 AS way FROM fresh UNION ALL SELECT job_id, state, -1 FROM stale) t
                      GROUP BY job_id) t,
                     LATERAL (SELECT t.job_id, coalesce(t.sent, 0) AS sent, coalesce(t.skipped, 0) AS skipped,
                                     coalesce(t.failed, 0) AS failed, coalesce(t.remaining, 0) AS remaining) d
                WHERE j.id = d.job_id AND (d.sent, d.skipped, d.failed, d.remaining) <> (0, 0, 0, 0);
            ELSIF EXISTS (SELECT FROM stale s JOIN replay_job j ON j.id = s.job_id) THEN
                RAISE EXCEPTION 'the list of a replay job is frozen' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER replay_item_added AFTER INSERT ON replay_item REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION replay_count_items()
    """)
    op.execute("""
        CREATE TRIGGER replay_item_moved AFTER UPDATE ON replay_item
        REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION replay_count_items()
    """)
    op.execute("""
        CREATE TRIGGER replay_item_removed AFTER DELETE ON replay_item REFERENCING OLD TABLE AS stale
        FOR EACH STATEMENT EXECUTE FUNCTION replay_count_items()
    """)
    # Only from within the triggers above, one level down, may a count change.
    op.execute("""
        CREATE FUNCTION replay_keep_counts() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF pg_trigger_depth() < 2 THEN
                RAISE EXCEPTION 'the counts of a replay job follow from its items' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    counts = "planned, sent, skipped, failed, remaining"
    op.execute(f"""
        CREATE TRIGGER replay_job_counts BEFORE UPDATE ON replay_job FOR EACH ROW
        WHEN (({", ".join(f"OLD.{name}" for name in counts.split(", "))})
              IS DISTINCT FROM ({", ".join(f"NEW.{name}" for name in counts.split(", "))}))
        EXECUTE FUNCTION replay_keep_counts()
    """)
    op.execute("""
        CREATE TRIGGER replay_job_begins BEFORE INSERT ON replay_job FOR EACH ROW
        WHEN (NEW.planned <> 0 OR NEW.sent <> 0 OR NEW.skipped <> 0 OR NEW.failed <> 0 OR NEW.remaining <> 0)
        EXECUTE FUNCTION replay_keep_counts()
    """)


def downgrade() -> None:
    for table in ("alias", "replay_note", "replay_item", "replay_job"):
        op.drop_table(table)
    op.execute("DROP FUNCTION replay_count_items()")
    op.execute("DROP FUNCTION replay_keep_counts()")
    op.drop_constraint(op.f("message_tries_of_attempts"), "message")
    op.drop_column("message", "again")
    op.drop_column("message", "tries_from")
