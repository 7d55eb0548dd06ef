-- Whom a matter complains of, as a person has confirmed it. barred and shut_out
-- follow from it when it is written: the units, what lies below them, the
-- accounts named, and of a fault of the hotline whoever took it in. Whoever is
-- there neither decides on the matter nor reads what becomes of it. One that was
-- taken back has no row; the audit log has all of them.
CREATE TABLE accusation (
    matter_id uuid PRIMARY KEY REFERENCES matter (id),
    units uuid[] NOT NULL,
    persons uuid[] NOT NULL, -- accounts
    hotline boolean NOT NULL, -- a fault of the hotline itself: its supervisors alone decide
    barred uuid[] NOT NULL, -- units
    shut_out uuid[] NOT NULL, -- accounts
    why text NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    CHECK (hotline OR cardinality(units) + cardinality(persons) > 0)
);

-- Whether a message holds, or may hold, what is secret. held: its words say so
-- and nobody has looked yet. locked: a person has locked it, its words are with
-- the original. clear: a person has looked, and it is not.
ALTER TABLE message ADD COLUMN secret text NOT NULL DEFAULT '' CHECK (secret IN ('', 'held', 'locked', 'clear'));

-- Who locked a message, who may read it, and who asks for it to be unlocked,
-- which a second person does. Unlocked, it has no row.
CREATE TABLE secret_lock (
    message_id uuid PRIMARY KEY REFERENCES message (id),
    why text NOT NULL,
    readers uuid[] NOT NULL, -- accounts
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    lift_by uuid REFERENCES account (id), -- none: nobody asks for it
    lift_why text NOT NULL DEFAULT '',
    lift_at timestamptz,
    CHECK ((lift_by IS NULL) = (lift_at IS NULL))
);

-- What is held or locked leaves no vectors, is no example, and is asked about
-- nowhere, whatever was under way when it was locked. The matter's row is held
-- first, as the foreign key would do anyway: whoever locks the message holds it
-- against that, so that what was stored before is deleted by the lock, and what
-- comes after sees it.
CREATE FUNCTION skip_secret() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME IN ('suggestion', 'instant_answer') THEN
        IF NEW.body IN ('{}', '[]') THEN -- without words, as a restored backup has it
            RETURN NEW;
        END IF;
    END IF;
    PERFORM FROM matter WHERE id = NEW.matter_id FOR KEY SHARE;
    IF EXISTS (SELECT FROM matter AS m JOIN message AS g ON g.id = m.message_id WHERE m.id = NEW.matter_id AND g.secret IN ('held', 'locked')) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER skip_secret BEFORE INSERT ON matter_vector FOR EACH ROW EXECUTE FUNCTION skip_secret();
CREATE TRIGGER skip_secret BEFORE INSERT ON confirmed_example FOR EACH ROW EXECUTE FUNCTION skip_secret();
CREATE TRIGGER skip_secret BEFORE INSERT ON suggestion FOR EACH ROW EXECUTE FUNCTION skip_secret();
CREATE TRIGGER skip_secret BEFORE INSERT ON instant_answer FOR EACH ROW EXECUTE FUNCTION skip_secret();
CREATE TRIGGER skip_secret BEFORE INSERT ON round FOR EACH ROW EXECUTE FUNCTION skip_secret();
CREATE TRIGGER skip_secret BEFORE INSERT ON gap_matter FOR EACH ROW EXECUTE FUNCTION skip_secret();

-- What was proposed for a matter that was locked since keeps its figures; the
-- words in it are taken out, and nothing else about it can be changed.
CREATE FUNCTION refuse_change_but_locking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body = '{}'
       AND (to_jsonb(NEW) - 'body') = (to_jsonb(OLD) - 'body')
       AND EXISTS (SELECT FROM matter AS m JOIN message AS g ON g.id = m.message_id WHERE m.id = NEW.matter_id AND g.secret = 'locked') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;
DROP TRIGGER append_only ON suggestion;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON suggestion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER only_locked BEFORE UPDATE ON suggestion
    FOR EACH ROW EXECUTE FUNCTION refuse_change_but_locking();

-- What the citizen said when they were asked whether somebody may have their
-- contact, who asked and when. Append-only.
CREATE TABLE contact_word (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES contact_request (id),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    answer text NOT NULL CHECK (answer IN ('yes', 'no', 'unreached')),
    words text NOT NULL
);
CREATE INDEX contact_word_request ON contact_word (request_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contact_word
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A life is in danger: the contact was opened at once, the citizen is told
-- afterwards, and a privacy officer says whether it was right.
ALTER TABLE contact_request
    ADD COLUMN at_once boolean NOT NULL DEFAULT false,
    ADD COLUMN told_by uuid REFERENCES account (id),
    ADD COLUMN told_at timestamptz, -- none: the citizen does not know yet
    ADD COLUMN told_how text NOT NULL DEFAULT '',
    ADD COLUMN reviewed_by uuid REFERENCES account (id),
    ADD COLUMN reviewed_at timestamptz, -- none: nobody has looked at it
    ADD COLUMN proper boolean NOT NULL DEFAULT false,
    ADD COLUMN review_remark text NOT NULL DEFAULT '',
    ADD CHECK ((told_by IS NULL) = (told_at IS NULL) AND (reviewed_by IS NULL) = (reviewed_at IS NULL)),
    ADD CHECK (at_once OR told_at IS NULL AND reviewed_at IS NULL);
CREATE INDEX contact_request_at_once ON contact_request (id) WHERE at_once AND (told_at IS NULL OR reviewed_at IS NULL);

-- A matter that is not clear is asked about by calling back (先回拨核实) before it
-- may be refused for that. It waits on the desk meanwhile.
CREATE TABLE clarification (
    matter_id uuid PRIMARY KEY REFERENCES matter (id),
    why text NOT NULL, -- what is not clear, masked
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    done_at timestamptz -- none: it waits
);
CREATE INDEX clarification_waits ON clarification (due_at, matter_id) WHERE done_at IS NULL;

-- The calls that were made for it. Append-only.
CREATE TABLE clarification_call (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES clarification (matter_id),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('clear', 'unclear', 'unreached')),
    words text NOT NULL -- masked
);
CREATE INDEX clarification_call_matter ON clarification_call (matter_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clarification_call
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Grounds for not accepting a matter that the city adds to those of the law,
-- each with the right way.
CREATE TABLE refusal_reason (
    id uuid PRIMARY KEY,
    words text NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    gone_at timestamptz -- none: it is offered
);
CREATE UNIQUE INDEX refusal_reason_words ON refusal_reason (words) WHERE gone_at IS NULL;
