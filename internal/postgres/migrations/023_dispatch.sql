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
