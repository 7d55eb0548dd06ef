-- One question with its verified answer. version counts its changes; the
-- wording of each stands in entry_version.
CREATE TABLE entry (
    id uuid PRIMARY KEY,
    code text UNIQUE,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL CHECK (state IN ('draft', 'published', 'retired')),
    question text NOT NULL,
    answer text NOT NULL,
    short text NOT NULL DEFAULT '',
    unit text NOT NULL DEFAULT '',
    area text REFERENCES area (code), -- none: the whole city
    topic text NOT NULL DEFAULT '',
    basis text NOT NULL DEFAULT '',
    valid_from timestamptz,
    valid_until timestamptz,
    updated_at timestamptz NOT NULL,
    updated_by uuid REFERENCES account (id)
);

-- Each wording that leads to an entry: ordinal 0 is the question itself, -1
-- stands for question and answer together. tokens are our own segmentation,
-- because the database's parser does not know Chinese words.
CREATE TABLE phrasing (
    id uuid PRIMARY KEY,
    entry_id uuid NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    ordinal integer NOT NULL,
    body text NOT NULL,
    tokens tsvector NOT NULL,
    UNIQUE (entry_id, ordinal)
);
CREATE INDEX phrasing_tokens ON phrasing USING gin (tokens);

CREATE TABLE phrasing_vector (
    phrasing_id uuid NOT NULL REFERENCES phrasing (id) ON DELETE CASCADE,
    model text NOT NULL,
    v halfvec NOT NULL,
    PRIMARY KEY (phrasing_id, model)
);

-- In how many entries a token occurs: the rarest of a question are searched,
-- because an OR over all of them reads half the table.
CREATE TABLE token_frequency (
    token text PRIMARY KEY,
    entries integer NOT NULL
);

CREATE TABLE notice (
    id uuid PRIMARY KEY,
    title text NOT NULL,
    body text NOT NULL,
    area text REFERENCES area (code),
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
CREATE TABLE instant_answer (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    at timestamptz NOT NULL,
    answered boolean NOT NULL,
    entry_id uuid REFERENCES entry (id),
    entry_version integer,
    score real,
    silence text NOT NULL DEFAULT '',
    policy text NOT NULL,
    verdict text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'solved', 'unsolved')),
    verdict_by uuid REFERENCES account (id),
    verdict_at timestamptz,
    body jsonb NOT NULL
);
CREATE INDEX instant_answer_matter ON instant_answer (matter_id, at DESC);
CREATE INDEX instant_answer_entry ON instant_answer (entry_id) WHERE entry_id IS NOT NULL;
