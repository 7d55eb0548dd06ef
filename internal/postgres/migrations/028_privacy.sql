-- Officers for privacy, whose role is nobody else's.
ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account ADD CONSTRAINT account_role_check
    CHECK (role IN ('agent', 'editor', 'admin', 'unit', 'leader', 'bot', 'privacy') AND (role <> 'unit' OR unit_id IS NOT NULL));

-- Keys that nothing is sealed with any more and that nothing may be sealed with
-- again: a process that still holds one is told so before it stores what nobody
-- could open later.
CREATE TABLE dropped_key (
    id text PRIMARY KEY, -- as seal.Sealer.ID gives it
    at timestamptz NOT NULL
);
CREATE INDEX original_key ON original (key_id) WHERE sealed IS NOT NULL;

CREATE FUNCTION refuse_dropped_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed IS NOT NULL AND EXISTS (SELECT FROM dropped_key WHERE id = NEW.key_id) THEN
        RAISE EXCEPTION 'key % was dropped', NEW.key_id USING ERRCODE = 'check_violation', CONSTRAINT = 'original_key_dropped';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER key_in_use BEFORE INSERT OR UPDATE ON original
    FOR EACH ROW EXECUTE FUNCTION refuse_dropped_key();

-- Rounds count callers by the phone's fingerprint, which follows the key.
CREATE INDEX round_caller ON round (caller);

-- How long personal data are kept, by kind (privacy.Kind); a kind without a
-- row is kept for good.
CREATE TABLE retention_rule (
    kind text PRIMARY KEY,
    days integer NOT NULL CHECK (days >= 0), -- 0: for good
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id)
);

-- What was deleted by the rules, day by day. Append-only.
CREATE TABLE retention_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    counts jsonb NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention_run
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What belongs to a case is kept in spite of the rules (法律保留).
CREATE TABLE legal_hold (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES work_case (id),
    at timestamptz NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    why text NOT NULL,
    released_at timestamptz, -- none: in force
    released_by uuid REFERENCES account (id)
);
CREATE UNIQUE INDEX legal_hold_case ON legal_hold (case_id) WHERE released_at IS NULL;

-- Contacts without a message that were deleted, for the rates that count them.
CREATE TABLE contact_tally (
    day date NOT NULL, -- in China
    channel text NOT NULL,
    outcome text NOT NULL,
    contacts integer NOT NULL,
    PRIMARY KEY (day, channel, outcome)
);

-- An attachment is erased by emptying it; who attached what when stays.
ALTER TABLE case_file ADD COLUMN erased_at timestamptz;
CREATE FUNCTION refuse_change_but_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.body = '' AND NEW.name = ''
       AND (NEW.id, NEW.at, NEW.by_account, NEW.kind, NEW.digest) = (OLD.id, OLD.at, OLD.by_account, OLD.kind, OLD.digest)
       AND (NEW.case_id, NEW.summons_id, NEW.matter_id, NEW.unit_id) IS NOT DISTINCT FROM (OLD.case_id, OLD.summons_id, OLD.matter_id, OLD.unit_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;
DROP TRIGGER append_only ON case_file;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON case_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_erased BEFORE UPDATE ON case_file
    FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasing();
CREATE INDEX case_file_kept ON case_file (at) WHERE erased_at IS NULL;
CREATE INDEX notification_settled ON notification (settled_at) WHERE state <> 'queued';

-- A citizen asks for what is held of them; the number they call from is not
-- kept. Append-only.
CREATE TABLE subject_request (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    hint text NOT NULL, -- 138****0021
    verified text NOT NULL, -- how it was made sure that it is them
    why text NOT NULL,
    messages uuid[] NOT NULL -- what it opens for a day
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON subject_request
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who stands in for somebody on leave (代班).
CREATE TABLE cover (
    id uuid PRIMARY KEY,
    absent uuid NOT NULL REFERENCES account (id),
    substitute uuid NOT NULL REFERENCES account (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL, -- or when it was ended
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    CHECK (absent <> substitute)
);
CREATE INDEX cover_absent ON cover (absent, until_at);
CREATE INDEX cover_substitute ON cover (substitute, until_at);
ALTER TABLE session ADD COLUMN cover_id uuid REFERENCES cover (id); -- whom it acts for while that holds; none: for oneself
