-- What a citizen was told about a matter, masked: by the agent in the call
-- (unit empty), or by a unit in public. Append-only; one that was taken back
-- has a row in reply_withdrawal.
CREATE TABLE reply (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    unit text NOT NULL,
    body text NOT NULL CHECK (body <> ''),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX reply_matter ON reply (matter_id, id);
CREATE INDEX reply_at ON reply (at);
CREATE TABLE reply_withdrawal (
    reply_id uuid PRIMARY KEY REFERENCES reply (id),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX reply_withdrawal_at ON reply_withdrawal (at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reply
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reply_withdrawal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Rounds that ask the same and were answered the same way, or asks that nobody
-- could answer on one topic. weighed_at is when it was last looked at whether
-- it is worth proposing; none: not since it changed.
CREATE TABLE round_group (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('answered', 'unanswered')),
    changed_at timestamptz NOT NULL,
    weighed_at timestamptz
);
CREATE INDEX round_group_changed ON round_group (changed_at, id) WHERE kind = 'answered' AND weighed_at IS NULL;

-- A round: a matter as it was asked, with the answer that was given to it, or
-- without one. It follows from what was answered, judged and replied, and
-- changes when that does.
CREATE TABLE round (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('answered', 'unanswered')),
    matter_id uuid NOT NULL REFERENCES matter (id),
    caller text NOT NULL, -- the phone's fingerprint in hex, else the contact's id: to count callers, never shown
    heard_at timestamptz NOT NULL,
    reply_id uuid REFERENCES reply (id), -- the answer, or else
    entry_id uuid, -- the entry that was given; of one unanswered: the nearest, or the one that did not help
    entry_version integer,
    unsolved boolean NOT NULL DEFAULT false, -- of one unanswered: an answer was given and did not help
    group_id uuid REFERENCES round_group (id), -- none: not compared with the others yet
    UNIQUE (matter_id, kind),
    FOREIGN KEY (entry_id, entry_version) REFERENCES entry_version (entry_id, version),
    CHECK (kind = 'unanswered' OR (reply_id IS NULL) <> (entry_id IS NULL))
);
CREATE INDEX round_ungrouped ON round (heard_at, id) WHERE group_id IS NULL;
CREATE INDEX round_in_group ON round (group_id, heard_at);
CREATE INDEX round_heard ON round (kind, heard_at);

-- Vectors of what was asked and what was answered. Each model and part that is
-- searched has a partial index of its own (see vectors.go).
CREATE TABLE round_vector (
    round_id uuid NOT NULL REFERENCES round (id) ON DELETE CASCADE,
    model text NOT NULL,
    part text NOT NULL CHECK (part IN ('question', 'gap', 'answer')), -- gap: the question of one unanswered
    v halfvec NOT NULL,
    PRIMARY KEY (round_id, model, part)
);

-- What a group proposes to the editors. body holds it as it was weighed last.
-- callers is how many different people are behind it; decided_callers how many
-- there were when somebody decided on it.
CREATE TABLE proposal (
    group_id uuid PRIMARY KEY REFERENCES round_group (id),
    state text NOT NULL CHECK (state IN ('ready', 'blocked', 'taken', 'rejected')),
    callers integer NOT NULL,
    body jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    entry_id uuid REFERENCES entry (id), -- that it went into; none: into none
    decided_by uuid REFERENCES account (id),
    decided_at timestamptz,
    decided_callers integer,
    CHECK ((state IN ('taken', 'rejected')) = (decided_at IS NOT NULL))
);
CREATE INDEX proposal_state ON proposal (state, callers);

-- What is to be gathered into rounds, by time.
CREATE INDEX instant_answer_verdict ON instant_answer (verdict_at) WHERE verdict_at IS NOT NULL;
CREATE INDEX instant_answer_silent ON instant_answer (at) WHERE NOT answered;
-- How often an entry was given lately, and whether it was found at all.
CREATE INDEX instant_answer_entry_at ON instant_answer (entry_id, at) WHERE entry_id IS NOT NULL;
CREATE INDEX instant_answer_given ON instant_answer (at, entry_id) WHERE answered;
