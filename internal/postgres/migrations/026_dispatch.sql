-- Waiting for the citizen, and what the citizen may do: withdraw, object.
ALTER TABLE work_case
    ADD COLUMN tried integer NOT NULL DEFAULT 0, -- attempts to reach the citizen since they were heard last
    ADD COLUMN pauses integer NOT NULL DEFAULT 0, -- times it waited for the citizen
    ADD COLUMN withdrawn boolean NOT NULL DEFAULT false, -- the citizen wants it no longer; the centre decides
    ADD COLUMN objection text NOT NULL DEFAULT '' CHECK (objection IN ('', 'waits', 'dismissed')); -- to how it was closed
ALTER TABLE work_case DROP CONSTRAINT work_case_ending_check;
ALTER TABLE work_case ADD CONSTRAINT work_case_ending_check
    CHECK (ending IN ('', 'solved', 'promised', 'refused', 'unreached', 'withdrawn'));
CREATE INDEX work_case_objected ON work_case (citizen_due, id) WHERE state = 'closed' AND objection = 'waits';

-- The citizen's code for a matter that was refused (不予受理). A case that is
-- filed after all has the same.
CREATE TABLE refusal_receipt (
    matter_id uuid PRIMARY KEY REFERENCES matter (id),
    code text NOT NULL UNIQUE
);

-- What a citizen says against a refusal (复核), once each, and the answer.
CREATE TABLE refusal_contest (
    decision_id uuid PRIMARY KEY REFERENCES decision (id),
    words text NOT NULL, -- masked
    at timestamptz NOT NULL,
    answer text NOT NULL DEFAULT '', -- for the citizen
    answered_by uuid REFERENCES account (id),
    answered_at timestamptz, -- none: waits
    CHECK ((answered_at IS NULL) = (answered_by IS NULL))
);

-- What closing a case of the leaf is checked against (结案标准).
ALTER TABLE category ADD COLUMN closing text NOT NULL DEFAULT '';

-- The form of an answer for a leaf (答复模板); the latest counts, an empty one
-- takes it away. Append-only.
CREATE TABLE answer_template (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id uuid NOT NULL REFERENCES category (id),
    body text NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX answer_template_category ON answer_template (category_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_template
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who heads a unit. A unit that has heads has its answers reviewed by one of
-- them before they go to the centre.
CREATE TABLE unit_head (
    unit_id uuid NOT NULL REFERENCES unit (id),
    account_id uuid NOT NULL REFERENCES account (id),
    PRIMARY KEY (unit_id, account_id)
);
ALTER TABLE work_case DROP CONSTRAINT work_case_state_check;
ALTER TABLE work_case ADD CONSTRAINT work_case_state_check
    CHECK (state IN ('waiting', 'handling', 'reviewing', 'returned', 'checking', 'closed', 'merged', 'void'));

-- What was attached to a case: pictures and documents. Append-only.
CREATE TABLE case_file (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES work_case (id),
    at timestamptz NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    unit_id uuid REFERENCES unit (id), -- of who attached it; none: the hotline
    name text NOT NULL,
    kind text NOT NULL, -- media type, as found in the content
    digest bytea NOT NULL, -- SHA-256
    body bytea NOT NULL,
    UNIQUE (case_id, digest) -- the same one twice is one
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Down the unit tree (逐级转派): who was handed the case, the last one works on
-- it. The unit that answers for it stays the one of the decision.
ALTER TABLE work_case
    ADD COLUMN hands jsonb, -- casework.Handed; none: it was not handed down
    ADD COLUMN held_by uuid[] NOT NULL DEFAULT '{}'; -- the units of hands
CREATE INDEX work_case_held ON work_case USING gin (held_by) WHERE held_by <> '{}';

-- What the citizen gave by the link, and the unit's one appeal against what the
-- citizen said.
ALTER TABLE work_case
    ADD COLUMN rating jsonb NOT NULL DEFAULT '{}', -- casework.Rating
    ADD COLUMN appeal text NOT NULL DEFAULT '' CHECK (appeal IN ('', 'waits', 'granted', 'refused')),
    ADD COLUMN appeals integer NOT NULL DEFAULT 0;
CREATE INDEX work_case_appealed ON work_case (citizen_due, id) WHERE state = 'closed' AND appeal = 'waits';

-- Where a matter happened: as somebody on the desk has put it; and of a case,
-- the first place that its words name where none was delivered.
CREATE TABLE matter_place (
    matter_id uuid PRIMARY KEY REFERENCES matter (id),
    place text NOT NULL -- masked
);
ALTER TABLE work_case ADD COLUMN place text NOT NULL DEFAULT '';

-- How it came about that the unit has it (四办), and the number of 110 while it
-- is with them.
ALTER TABLE work_case
    ADD COLUMN way text NOT NULL DEFAULT '' CHECK (way IN ('', 'statutory', 'agreed', 'appointed', 'immediate')),
    ADD COLUMN police text NOT NULL DEFAULT '';

-- Letters to the unit (提醒函), which it acknowledges.
ALTER TABLE work_case
    ADD COLUMN letter boolean NOT NULL DEFAULT false, -- one waits
    ADD COLUMN letters integer NOT NULL DEFAULT 0;
