-- Files of entries that editors uploaded: looked at first, imported by a job
-- when they say so. body is the file; none once the import is done or has failed.
CREATE TABLE entry_import (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id), -- who confirmed, before that who uploaded
    name text NOT NULL, -- of the file
    sheet text NOT NULL, -- of an XLSX file; empty: the first
    publish boolean NOT NULL, -- the file's states hold; otherwise all become drafts
    skip_bad boolean NOT NULL, -- import the good rows alone
    body bytea,
    state text NOT NULL CHECK (state IN ('looked_at', 'waiting', 'done', 'failed')),
    prepared integer NOT NULL DEFAULT 0, -- entries ready to be stored, of total
    total integer NOT NULL,
    created integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    failure text NOT NULL DEFAULT '', -- in Chinese
    CHECK ((body IS NULL) = (state IN ('done', 'failed')))
);
CREATE INDEX entry_import_waiting ON entry_import (id) WHERE state = 'waiting';

-- What the policy saw of a citizen's ask, as in instant_answer: a citizen's
-- verdict is a label too.
ALTER TABLE turn ADD COLUMN sight real[];
CREATE INDEX turn_judged ON turn (verdict_at)
    WHERE told = 'answer' AND verdict <> '' AND sight IS NOT NULL;
-- What editors check: the answers of the last weeks; instant_answer_given is
-- the same for the desk.
CREATE INDEX turn_checked ON turn (at)
    WHERE told IN ('answer', 'offer') AND NOT chosen AND sight IS NOT NULL;

-- What an editor found who read an answer given beside its question: of the
-- desk, or of a talk. One finding an answer, never changed.
CREATE TABLE answer_check (
    id uuid PRIMARY KEY,
    answer_id uuid UNIQUE REFERENCES instant_answer (id),
    turn_id uuid UNIQUE REFERENCES turn (id),
    finding text NOT NULL CHECK (finding IN ('right', 'wrong', 'case')),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    CHECK (num_nonnulls(answer_id, turn_id) = 1)
);
CREATE INDEX answer_check_at ON answer_check (at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_check
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
