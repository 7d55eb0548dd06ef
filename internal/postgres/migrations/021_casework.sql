-- People of the units that handle cases.
ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account ADD CONSTRAINT account_role_check
    CHECK (role IN ('agent', 'editor', 'admin', 'unit', 'bot') AND (role <> 'unit' OR unit_id IS NOT NULL));

-- A matter that was filed (立案) and must be handled; at most one each. The unit
-- has it by an assignment and by nothing else. What stands here is what the
-- events of the case add up to.
CREATE TABLE work_case (
    id uuid PRIMARY KEY,
    number text NOT NULL UNIQUE,
    receipt text NOT NULL UNIQUE, -- the code that opens the citizen's page
    matter_id uuid NOT NULL UNIQUE REFERENCES matter (id),
    decision_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'handling', 'returned', 'checking', 'closed', 'merged', 'void')),
    ending text NOT NULL CHECK (ending IN ('', 'solved', 'promised', 'refused', 'unreached')),
    into_case uuid REFERENCES work_case (id), -- what a merged one is handled with
    clocks jsonb NOT NULL, -- casework.Due; the next three are of it
    accept_due timestamptz NOT NULL,
    soon_at timestamptz NOT NULL,
    citizen_due timestamptz NOT NULL,
    asked integer NOT NULL CHECK (asked >= 0), -- working days of an extension that waits; 0: none
    extensions integer NOT NULL,
    reopened integer NOT NULL,
    returned_by uuid[] NOT NULL, -- units, oldest first
    parts uuid[] NOT NULL, -- co-units that have given theirs since it was dispatched
    chased integer NOT NULL,
    calls integer NOT NULL, -- of the callback that nobody answered
    callback text NOT NULL, -- what the citizen said, as casework.Callback; empty: nothing yet
    orders integer NOT NULL,
    ordered text NOT NULL CHECK (ordered IN ('', 'waits', 'answered')), -- where the last order stands
    version integer NOT NULL, -- ordinal of the last event that was no mere note
    last integer NOT NULL, -- ordinal of the last event
    FOREIGN KEY (decision_id, unit_id) REFERENCES assignment (decision_id, unit_id),
    CHECK ((state = 'closed') = (ending <> '')),
    CHECK ((state = 'merged') = (into_case IS NOT NULL))
);
-- The lists, what is due first on top, paged by key.
CREATE INDEX work_case_open ON work_case (citizen_due, id) WHERE state NOT IN ('closed', 'merged', 'void');
CREATE INDEX work_case_of_unit ON work_case (unit_id, citizen_due, id) WHERE state NOT IN ('closed', 'merged', 'void');
CREATE INDEX work_case_closed ON work_case (citizen_due, id) WHERE state = 'closed';
CREATE INDEX work_case_closed_by ON work_case (unit_id, citizen_due, id) WHERE state = 'closed';

CREATE INDEX work_case_decision ON work_case (decision_id); -- from a co-unit's assignment
CREATE INDEX work_case_calls ON work_case (citizen_due, id) WHERE state = 'closed' AND callback = '' AND calls < 3;

-- The history of each case. Append-only.
CREATE TABLE case_event (
    case_id uuid NOT NULL REFERENCES work_case (id),
    ordinal integer NOT NULL CHECK (ordinal >= 0),
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id), -- none: the citizen or the clock
    move text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    unit_id uuid NOT NULL REFERENCES unit (id), -- that has it afterwards
    decision_id uuid NOT NULL REFERENCES decision (id), -- by which
    reason text NOT NULL,
    days integer NOT NULL,
    words text NOT NULL, -- for those who work on it
    public text NOT NULL, -- for the citizen
    clocks jsonb NOT NULL, -- as they stand afterwards
    PRIMARY KEY (case_id, ordinal)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Moments at which something is due. The row is the job: what is struck was
-- handled, and a case has one of a kind for each moment, so nothing happens
-- twice. Those not struck follow the clocks.
CREATE TABLE case_mark (
    case_id uuid NOT NULL REFERENCES work_case (id),
    kind text NOT NULL,
    due_at timestamptz NOT NULL,
    struck_at timestamptz,
    PRIMARY KEY (case_id, kind, due_at)
);
CREATE INDEX case_mark_due ON case_mark (due_at) WHERE struck_at IS NULL;

-- The last case number of each area and day.
CREATE TABLE case_counter (
    area text NOT NULL REFERENCES area (code),
    day date NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (area, day)
);

-- A second person agreed that a matter is refused (不予受理). Append-only.
CREATE TABLE refusal_check (
    decision_id uuid PRIMARY KEY REFERENCES decision (id),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON refusal_check
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX decision_declined ON decision (id) WHERE kind = 'decline';

-- A person of a unit asks for the contact of a case's citizen; what is granted
-- is for that person and case, until a date. The contact itself is not here.
CREATE TABLE contact_request (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES work_case (id),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    why text NOT NULL,
    decided_at timestamptz, -- none: waits
    granted boolean NOT NULL DEFAULT false,
    until timestamptz,
    remark text NOT NULL DEFAULT '', -- of who decided
    CHECK (granted = (until IS NOT NULL)),
    CHECK (decided_at IS NOT NULL OR NOT granted)
);
CREATE UNIQUE INDEX contact_request_waits ON contact_request (case_id, by_account) WHERE decided_at IS NULL;
CREATE INDEX contact_request_case ON contact_request (case_id, id);
