-- An account has one or several roles. What one person does not have together is
-- in org.apart too: who sees to the protection of data has no other part, a
-- machine is no person, and nobody is on both sides of what units ask for.
ALTER TABLE account ADD COLUMN roles text[];
UPDATE account SET roles = ARRAY[role];
ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account DROP COLUMN role;
ALTER TABLE account ALTER COLUMN roles SET NOT NULL;
ALTER TABLE account ADD CONSTRAINT account_role_check CHECK (
    cardinality(roles) > 0
    AND roles <@ ARRAY['agent', 'editor', 'admin', 'unit', 'leader', 'bot', 'privacy']
    AND (NOT 'unit' = ANY (roles) OR unit_id IS NOT NULL)
    AND (NOT roles && ARRAY['privacy', 'bot'] OR cardinality(roles) = 1)
    AND NOT (roles @> ARRAY['unit'] AND roles && ARRAY['agent', 'admin'])
);

-- In which roles somebody acted: those of that moment, whatever they have now.
-- What is put in with its roles, as a backup does, keeps them. Lines from before
-- have none.
ALTER TABLE audit ADD COLUMN roles text[] NOT NULL DEFAULT '{}';
ALTER TABLE audit ALTER COLUMN roles DROP DEFAULT;
CREATE FUNCTION note_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.roles IS NULL THEN
        NEW.roles := coalesce((SELECT roles FROM account WHERE id = NEW.actor), '{}');
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER roles_then BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION note_roles();

-- People of one unit or of several who work on cases together for a time (工作专班).
CREATE TABLE work_group (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    purpose text NOT NULL,
    unit_id uuid REFERENCES unit (id), -- all are of it; none: across units
    lead uuid NOT NULL REFERENCES account (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL, -- or when it was ended
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX work_group_until ON work_group (until_at);
CREATE TABLE work_group_member (
    group_id uuid NOT NULL REFERENCES work_group (id),
    account_id uuid NOT NULL REFERENCES account (id),
    PRIMARY KEY (group_id, account_id)
);
CREATE INDEX work_group_member_account ON work_group_member (account_id);
ALTER TABLE work_case
    ADD COLUMN group_id uuid REFERENCES work_group (id), -- that works on it; none: the unit by itself
    ADD COLUMN taken_by uuid REFERENCES account (id); -- who of it took it up
CREATE INDEX work_case_group ON work_case (group_id, citizen_due, id) WHERE group_id IS NOT NULL;
