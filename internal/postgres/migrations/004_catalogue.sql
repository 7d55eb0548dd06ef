-- One state of the catalogue. Published versions never change (trigger in 007).
CREATE TABLE catalogue_version (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    digest bytea NOT NULL UNIQUE, -- of the content: importing the same file twice makes no second version
    leaves integer NOT NULL,
    valid_from timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid REFERENCES account (id)
);

-- A node at any depth. Its identity is the id: a code may repeat within a
-- version, in the published standard too.
CREATE TABLE category (
    id uuid PRIMARY KEY,
    version_id uuid NOT NULL REFERENCES catalogue_version (id),
    parent_id uuid REFERENCES category (id),
    ordinal integer NOT NULL, -- order in the file, from 0
    code text NOT NULL,
    name text NOT NULL,
    path text[] NOT NULL, -- names from the top down to this one
    leaf boolean NOT NULL,
    scope text NOT NULL,
    description text NOT NULL,
    urgency text NOT NULL CHECK (urgency IN ('A', 'B', 'C')),
    ask text NOT NULL,
    basis text NOT NULL,
    time_limit text NOT NULL,
    initials text NOT NULL, -- of the name's pinyin, for search by typing
    UNIQUE (version_id, ordinal)
);
CREATE INDEX category_parent ON category (parent_id);

-- Who leads under a circumstance, most usual first.
CREATE TABLE duty_rule (
    id uuid PRIMARY KEY,
    category_id uuid NOT NULL REFERENCES category (id),
    ordinal integer NOT NULL, -- from 0
    circumstance text NOT NULL,
    lead_kind text NOT NULL REFERENCES unit_kind (name),
    co_kinds text[] NOT NULL,
    UNIQUE (category_id, ordinal)
);

-- A category that is easily taken for this one, and how to tell them apart.
CREATE TABLE neighbour (
    category_id uuid NOT NULL REFERENCES category (id),
    ordinal integer NOT NULL, -- from 0
    other_id uuid REFERENCES category (id), -- none: the code names nothing in this version
    other_code text NOT NULL,
    tell text NOT NULL,
    PRIMARY KEY (category_id, ordinal)
);

-- What the catalogue's owner says a citizen might say, per leaf or per rule.
CREATE TABLE starter_example (
    category_id uuid NOT NULL REFERENCES category (id),
    ordinal integer NOT NULL, -- from 0, first those of the category, then those of its rules
    rule_id uuid REFERENCES duty_rule (id), -- none: of the category itself
    body text NOT NULL,
    PRIMARY KEY (category_id, ordinal)
);

-- What training made of one catalogue version and the decisions so far: a
-- versioned row that each process loads. At most one is active; its version is
-- the active version. The row stays, because suggestions name it; the data of
-- models that serve no more is dropped after a few newer ones.
CREATE TABLE model (
    id uuid PRIMARY KEY,
    version_id uuid NOT NULL REFERENCES catalogue_version (id),
    embedder text NOT NULL, -- name of the embedding model whose vectors it was trained on
    decisions bigint NOT NULL, -- how many confirmed examples it has seen
    made_at timestamptz NOT NULL,
    active boolean NOT NULL,
    figures jsonb NOT NULL, -- its own held-out figures, by name
    data bytea -- none: dropped
);
CREATE UNIQUE INDEX model_active ON model (active) WHERE active;
CREATE INDEX model_data ON model (made_at) WHERE data IS NOT NULL;
ALTER TABLE model ALTER COLUMN data SET STORAGE EXTERNAL; -- floats do not compress
