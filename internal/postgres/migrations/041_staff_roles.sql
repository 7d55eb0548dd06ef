-- Dispatchers (派单员) and supervisors (督办员) have roles of their own; what one
-- person does not have together is in org.apart too. Agents dispatched until now,
-- and go on with both until an administrator takes one away.
ALTER TABLE account DROP CONSTRAINT account_role_check;
UPDATE account
SET roles = ARRAY['agent', 'dispatcher'] || array_remove(roles, 'agent')
WHERE 'agent' = ANY (roles);
ALTER TABLE account ADD CONSTRAINT account_role_check CHECK (
    cardinality(roles) > 0
    AND roles <@ ARRAY['agent', 'dispatcher', 'supervisor', 'editor', 'admin', 'unit', 'leader', 'bot', 'privacy']
    AND (NOT 'unit' = ANY (roles) OR unit_id IS NOT NULL)
    AND (NOT roles && ARRAY['privacy', 'bot'] OR cardinality(roles) = 1)
    AND NOT (roles @> ARRAY['unit'] AND roles && ARRAY['agent', 'dispatcher', 'supervisor', 'admin'])
);

-- A password that somebody else has given (一次性密码) works until a time, and is
-- changed first of all.
ALTER TABLE account ADD COLUMN once_until timestamptz; -- none: the account's own

-- A session as its owner sees it and ends it.
ALTER TABLE session
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN device text NOT NULL DEFAULT ''; -- browser and system, in words
CREATE INDEX session_account ON session (account_id);

-- The words of callbacks (回访话术), each change a version; the three questions
-- are the product's.
CREATE TABLE callback_script (
    type text NOT NULL, -- empty: of all types that have none of their own
    version integer NOT NULL CHECK (version > 0),
    opening text NOT NULL,
    uncontacted text NOT NULL,
    unsolved text NOT NULL,
    unsatisfied text NOT NULL,
    closing text NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (type, version)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON callback_script
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Closed cases that a leader has drawn to call the citizens themselves (暖心三连问):
-- by a rule, in an order that follows from a seed, so that anybody can draw them
-- again. They count apart from the callbacks of the hotline, and change no case.
CREATE TABLE leader_draw (
    id uuid PRIMARY KEY,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    since timestamptz NOT NULL, -- closed from then
    seed text NOT NULL, -- hexadecimal
    candidates integer NOT NULL -- out of how many
);
CREATE INDEX leader_draw_by ON leader_draw (by_account, at DESC);
CREATE TABLE leader_call (
    draw_id uuid NOT NULL REFERENCES leader_draw (id),
    ordinal integer NOT NULL, -- the smallest number of the seed first
    case_id uuid NOT NULL UNIQUE REFERENCES work_case (id), -- drawn once
    outcome text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'missed', 'answered')),
    answers text NOT NULL DEFAULT '', -- as of a callback
    rating text NOT NULL DEFAULT '',
    remark text NOT NULL DEFAULT '', -- masked
    called_at timestamptz,
    PRIMARY KEY (draw_id, ordinal)
);
