-- 吹哨报到: a street calls units to a place. What stands here is what the
-- events add up to.
CREATE TABLE summons (
    id uuid PRIMARY KEY,
    case_id uuid REFERENCES work_case (id), -- that it is about; none: a matter of the street's own
    unit_id uuid NOT NULL REFERENCES unit (id), -- that calls
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    matter text NOT NULL, -- masked
    place text NOT NULL, -- masked
    due_at timestamptz NOT NULL, -- the units are to be there by then
    calls jsonb NOT NULL, -- casework.Call, one for each unit
    called uuid[] NOT NULL, -- the units of calls
    awaited integer NOT NULL CHECK (awaited >= 0), -- units that are not there yet
    open boolean NOT NULL, -- of some unit something is still to come
    last integer NOT NULL -- ordinal of the last event
);
CREATE INDEX summons_called ON summons USING gin (called);
CREATE INDEX summons_unit ON summons (unit_id, id);
CREATE INDEX summons_open ON summons (id) WHERE open;
CREATE INDEX summons_case ON summons (case_id) WHERE case_id IS NOT NULL;

-- The history of each. Append-only.
CREATE TABLE summons_event (
    summons_id uuid NOT NULL REFERENCES summons (id),
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id), -- none: the clock
    unit_id uuid NOT NULL REFERENCES unit (id), -- that is called; of the first event: that calls
    move text NOT NULL,
    words text NOT NULL,
    marks text NOT NULL, -- of a score, such as 5-4-3
    PRIMARY KEY (summons_id, ordinal)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON summons_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Moments at which somebody should be there, as case_mark: the row is the job.
CREATE TABLE summons_mark (
    summons_id uuid NOT NULL REFERENCES summons (id),
    kind text NOT NULL,
    due_at timestamptz NOT NULL,
    struck_at timestamptz,
    PRIMARY KEY (summons_id, kind, due_at)
);
CREATE INDEX summons_mark_due ON summons_mark (due_at) WHERE struck_at IS NULL;

-- A file belongs to a case, to a summons, or to a matter with which it came in.
ALTER TABLE case_file
    ALTER COLUMN case_id DROP NOT NULL,
    ADD COLUMN summons_id uuid REFERENCES summons (id),
    ADD COLUMN matter_id uuid REFERENCES matter (id),
    ADD CONSTRAINT case_file_of_one CHECK (num_nonnulls(case_id, summons_id, matter_id) = 1),
    ADD UNIQUE (summons_id, digest),
    ADD UNIQUE (matter_id, digest);

-- What somebody has reported from the street (巡查发现).
CREATE INDEX contact_patrol ON contact (by_account, id) WHERE channel = 'patrol';

-- What citizens may see of what is attached to their case: the last line of a
-- file counts, without one they see it not. Append-only.
CREATE TABLE file_share (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id uuid NOT NULL REFERENCES case_file (id),
    shown boolean NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX file_share_file ON file_share (file_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON file_share
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Leaders (领导): their instructions (批示) are orders that a unit of the case
-- owes feedback on.
ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account ADD CONSTRAINT account_role_check
    CHECK (role IN ('agent', 'editor', 'admin', 'unit', 'leader', 'bot') AND (role <> 'unit' OR unit_id IS NOT NULL));
ALTER TABLE work_case
    ADD COLUMN flagged boolean NOT NULL DEFAULT false, -- 重点: leaders see it
    ADD COLUMN joined integer NOT NULL DEFAULT 0, -- cases that were merged into it
    ADD COLUMN order_unit_id uuid REFERENCES unit (id), -- owes feedback on the last order; none: the unit that answers for it
    ADD COLUMN instructed boolean NOT NULL DEFAULT false; -- the last order is a leader's
UPDATE work_case AS c
SET joined = e.n
FROM (SELECT case_id, count(*) AS n FROM case_event WHERE move = 'join' GROUP BY case_id) AS e
WHERE e.case_id = c.id;

-- A case that held two things: what was cut off is a matter of the same message
-- and, once somebody has decided on it, a case of its own. Append-only.
CREATE TABLE case_split (
    matter_id uuid PRIMARY KEY REFERENCES matter (id), -- that was cut off
    case_id uuid NOT NULL REFERENCES work_case (id), -- from which
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX case_split_case ON case_split (case_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_split
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
