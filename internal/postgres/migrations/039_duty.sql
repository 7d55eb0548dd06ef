-- What an event says in parts (casework.Facts): the invitation to a meeting and its
-- record, who does what of a case. None: its words say it.
ALTER TABLE case_event ADD COLUMN facts jsonb;

ALTER TABLE work_case
    ADD COLUMN invited uuid[], -- to the meeting on whose duty it is, beside those that gave it back; none: nobody
    ADD COLUMN shares jsonb NOT NULL DEFAULT '{}', -- casework.Sharing: who does what, as the units agree (商定办)
    ADD COLUMN superior uuid REFERENCES account (id), -- who named the unit (指定办); none: nobody
    ADD COLUMN first_asked uuid REFERENCES account (id); -- who received it first (首问责任人)

-- Of what is filed already: who took the call or saw it on patrol, otherwise who
-- decided on it first.
UPDATE work_case AS c
SET first_asked = coalesce(
    (
        SELECT a.id
        FROM matter AS m
        JOIN message AS s ON s.id = m.message_id
        JOIN contact AS t ON t.id = s.contact_id
        JOIN account AS a ON a.id = t.by_account AND a.roles && ARRAY['agent', 'unit']
        WHERE m.id = c.matter_id
    ),
    (SELECT e.by_account FROM case_event AS e WHERE e.case_id = c.id AND e.ordinal = 0)
);
CREATE INDEX work_case_first ON work_case (first_asked, citizen_due, id) WHERE state NOT IN ('closed', 'merged', 'void');

-- Who received a case first is told what becomes of it.
ALTER TABLE alert
    DROP CONSTRAINT alert_level_check,
    ADD CONSTRAINT alert_level_check CHECK (level IN ('unit', 'handler', 'head', 'supervisor', 'leader', 'first'));

-- How a dispute over duty was ruled (判例): shown where the like comes up again. It
-- assigns nothing; the decision does. Append-only, but for the words of what is
-- locked afterwards.
CREATE TABLE precedent (
    id uuid PRIMARY KEY,
    decision_id uuid NOT NULL UNIQUE REFERENCES decision (id), -- the ruling
    category_id uuid NOT NULL REFERENCES category (id),
    facts text NOT NULL, -- what it was about; masked
    between uuid[] NOT NULL CHECK (cardinality(between) > 0), -- the units in dispute
    ruled_unit_id uuid NOT NULL REFERENCES unit (id), -- whose duty it is
    kept boolean NOT NULL, -- it had the case already
    clause text NOT NULL,
    reason text NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX precedent_category ON precedent (category_id, id);
CREATE INDEX precedent_between ON precedent USING gin (between);
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON precedent
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION only_locked_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.facts <> '' OR NEW.clause <> '' OR NEW.reason <> ''
        OR (NEW.id, NEW.decision_id, NEW.category_id, NEW.between, NEW.ruled_unit_id, NEW.kept, NEW.by_account, NEW.at)
            IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.category_id, OLD.between, OLD.ruled_unit_id, OLD.kept, OLD.by_account, OLD.at) THEN
        RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER only_locked BEFORE UPDATE ON precedent FOR EACH ROW EXECUTE FUNCTION only_locked_words();

-- A precedent that holds no longer stays, marked. Append-only.
CREATE TABLE precedent_repeal (
    precedent_id uuid PRIMARY KEY REFERENCES precedent (id),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    why text NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON precedent_repeal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
