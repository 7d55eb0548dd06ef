-- One question with its verified answer, as it is now. version counts its
-- changes.
CREATE TABLE entry (
    id uuid PRIMARY KEY,
    code text UNIQUE, -- the owner's own number
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
    question text NOT NULL,
    phrasings text[] NOT NULL, -- other ways to ask it
    answer text NOT NULL,
    short text NOT NULL,
    unit text NOT NULL,
    area text REFERENCES area (code), -- none: the whole city
    topic text NOT NULL,
    basis text NOT NULL,
    valid_from timestamptz, -- none: always
    valid_until timestamptz, -- none: no end
    updated_at timestamptz NOT NULL,
    updated_by uuid REFERENCES account (id),
    terms tsvector NOT NULL -- our own segmentation: the database's parser does not know Chinese words
);
CREATE INDEX entry_terms ON entry USING gin (terms) WHERE state = 'published';
CREATE INDEX entry_list ON entry (updated_at, id) WHERE state = 'published';
CREATE INDEX entry_question ON entry (question); -- an entry without a code is known by question and area

-- Every wording an entry has had, so that what was shown to a citizen can be
-- read years later. Append-only (trigger in 007).
CREATE TABLE entry_version (
    entry_id uuid NOT NULL REFERENCES entry (id),
    version integer NOT NULL,
    code text,
    state text NOT NULL,
    question text NOT NULL,
    phrasings text[] NOT NULL,
    answer text NOT NULL,
    short text NOT NULL,
    unit text NOT NULL,
    area text,
    topic text NOT NULL,
    basis text NOT NULL,
    valid_from timestamptz,
    valid_until timestamptz,
    updated_at timestamptz NOT NULL,
    updated_by uuid REFERENCES account (id),
    PRIMARY KEY (entry_id, version)
);

-- Which machines have made vectors: the model decides whether two compare, the
-- runtime and the kind of processor only move them a little.
CREATE TABLE embedder (
    model text NOT NULL,
    dim integer NOT NULL,
    runtime text NOT NULL,
    cpu text NOT NULL,
    first_at timestamptz NOT NULL,
    PRIMARY KEY (model, runtime, cpu)
);

-- One vector for each wording that leads to an entry. Wordings and wholes have
-- partial indexes of their own, one a model, made when the model is first used
-- (see vectors.go).
CREATE TABLE entry_vector (
    entry_id uuid NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    ordinal integer NOT NULL CHECK (ordinal >= -1), -- 0: the question; from 1: its phrasings; -1: question and answer as a whole
    model text NOT NULL,
    v halfvec NOT NULL,
    PRIMARY KEY (entry_id, model, ordinal)
);

-- In how many published entries a term occurs: the rarest of an ask are
-- searched, because an OR over all of them reads half the table. A small drift
-- does no harm.
CREATE TABLE term (
    term text PRIMARY KEY,
    entries bigint NOT NULL
);

CREATE TABLE notice (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    area text REFERENCES area (code), -- none: the whole city
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id),
    CHECK (ends_at > starts_at)
);
CREATE INDEX notice_ends ON notice (ends_at);

-- Calls joined to a notice; each keeps its own contact.
CREATE TABLE notice_contact (
    notice_id uuid NOT NULL REFERENCES notice (id),
    contact_id uuid NOT NULL REFERENCES contact (id),
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id),
    PRIMARY KEY (notice_id, contact_id)
);

-- What was answered, or why nothing was, with the versions that decided it.
-- body holds the matches as shown; their wording stands in entry_version.
CREATE TABLE instant_answer (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    at timestamptz NOT NULL,
    answered boolean NOT NULL,
    entry_id uuid, -- the best match
    entry_version integer,
    score double precision NOT NULL,
    silence text NOT NULL,
    policy text NOT NULL,
    verdict text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'solved', 'unsolved')),
    verdict_by uuid REFERENCES account (id),
    verdict_at timestamptz,
    body jsonb NOT NULL,
    CHECK ((entry_id IS NULL) = (entry_version IS NULL)),
    FOREIGN KEY (entry_id, entry_version) REFERENCES entry_version (entry_id, version)
);
CREATE INDEX instant_answer_matter ON instant_answer (matter_id, id);
CREATE INDEX instant_answer_entry ON instant_answer (entry_id) WHERE entry_id IS NOT NULL;
