-- What co-units have to do for a case (协办任务), as casework.Case.After adds it up.
ALTER TABLE work_case
    ADD COLUMN tasks jsonb, -- casework.Task, one for each co-unit that has one; none: nobody was given any
    ADD COLUMN task_units uuid[] NOT NULL DEFAULT '{}'; -- units of tasks that are still to be done
CREATE INDEX work_case_task_units ON work_case USING gin (task_units) WHERE task_units <> '{}';
CREATE INDEX work_case_tasks ON work_case (id) WHERE tasks IS NOT NULL;

-- Letters of the hotline to units (提醒函): numbered within the year, without gaps,
-- because a number is taken in the transaction that stores the letter. None is
-- ever changed; what became of it stands beside it.
CREATE TABLE memo_year (
    year integer PRIMARY KEY,
    last integer NOT NULL CHECK (last > 0) -- number that was given last
);
CREATE TABLE memo (
    id uuid PRIMARY KEY,
    year integer NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    unit_id uuid NOT NULL REFERENCES unit (id), -- to whom
    title text NOT NULL, -- masked
    body text NOT NULL, -- masked
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    ack_due timestamptz NOT NULL, -- the unit acknowledges by then
    due_at timestamptz NOT NULL, -- and answers by then
    UNIQUE (year, number)
);
CREATE INDEX memo_unit ON memo (unit_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON memo
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE memo_case (
    memo_id uuid NOT NULL REFERENCES memo (id),
    case_id uuid NOT NULL REFERENCES work_case (id),
    PRIMARY KEY (memo_id, case_id)
);
CREATE INDEX memo_case_case ON memo_case (case_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON memo_case
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TABLE memo_event (
    memo_id uuid NOT NULL REFERENCES memo (id),
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id), -- none: the clock
    move text NOT NULL CHECK (move IN ('ack', 'answer', 'chase')),
    words text NOT NULL, -- of an answer, masked; of a chase: the mark
    PRIMARY KEY (memo_id, ordinal)
);
CREATE UNIQUE INDEX memo_event_once ON memo_event (memo_id, move) WHERE move <> 'chase';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON memo_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Moments at which the unit should have acknowledged and answered, as case_mark.
CREATE TABLE memo_mark (
    memo_id uuid NOT NULL REFERENCES memo (id),
    kind text NOT NULL,
    due_at timestamptz NOT NULL,
    struck_at timestamptz,
    PRIMARY KEY (memo_id, kind)
);
CREATE INDEX memo_mark_due ON memo_mark (due_at) WHERE struck_at IS NULL;

-- Who came into a work group after it was formed, and who left it. Append-only.
CREATE TABLE work_group_change (
    group_id uuid NOT NULL REFERENCES work_group (id),
    at timestamptz NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    account_id uuid NOT NULL REFERENCES account (id),
    joined boolean NOT NULL, -- otherwise they left
    PRIMARY KEY (group_id, account_id, at)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON work_group_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
