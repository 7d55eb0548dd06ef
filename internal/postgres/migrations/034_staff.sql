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

-- Sub-centres of the hotline (分中心): units that decide on what comes from their
-- areas and channels, in a queue of their own.
CREATE TABLE sub_centre (
    unit_id uuid PRIMARY KEY REFERENCES unit (id),
    areas text[] NOT NULL, -- with what lies in them; the narrowest counts
    channels text[] NOT NULL, -- whatever the area
    opens integer NOT NULL CHECK (opens BETWEEN 0 AND 1439), -- minutes of the day in China
    shuts integer NOT NULL CHECK (shuts BETWEEN 0 AND 1440), -- as opens: always open
    closed boolean NOT NULL
);

-- In whose queue a matter waits. What is there is looked at by the city's people
-- while the sub-centre is not open.
ALTER TABLE matter
    ADD COLUMN desk uuid REFERENCES sub_centre (unit_id), -- none: the city's
    ADD COLUMN desk_by uuid REFERENCES account (id); -- who put it there; none: the rules
CREATE INDEX matter_desk ON matter (desk, state, id) WHERE desk IS NOT NULL;

-- The sub-centre of a message by the rules: that of its channel, or else that of
-- the narrowest area around it that has one.
CREATE FUNCTION sub_centre_of(message uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE came AS (
        SELECT c.channel, g.area
        FROM message AS g
        JOIN contact AS c ON c.id = g.contact_id
        WHERE g.id = message
    ), around (code, parent, steps) AS (
        SELECT a.code, a.parent, 1
        FROM came
        JOIN area AS a ON a.code = came.area
        UNION ALL
        SELECT a.code, a.parent, w.steps + 1
        FROM around AS w
        JOIN area AS a ON a.code = w.parent
        WHERE w.steps < 8
    )
    SELECT f.unit_id
    FROM (
        SELECT s.unit_id, 0 AS steps
        FROM came
        JOIN sub_centre AS s ON came.channel = ANY (s.channels)
        UNION ALL
        SELECT s.unit_id, w.steps
        FROM around AS w
        JOIN sub_centre AS s ON w.code = ANY (s.areas)
    ) AS f
    JOIN unit AS u ON u.id = f.unit_id AND NOT u.retired
    ORDER BY f.steps, f.unit_id
    LIMIT 1
$$;
-- After the statement, which may have stored the message too.
CREATE FUNCTION route_matter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM sub_centre) THEN
        UPDATE matter AS m
        SET desk = sub_centre_of(m.message_id)
        WHERE m.id = NEW.id AND sub_centre_of(m.message_id) IS NOT NULL;
    END IF;
    RETURN NULL;
END;
$$;
CREATE TRIGGER to_its_queue AFTER INSERT ON matter FOR EACH ROW
    WHEN (NEW.state = 'open' AND NEW.desk IS NULL AND NEW.desk_by IS NULL) EXECUTE FUNCTION route_matter();
