-- One state of the catalogue. Published versions never change.
CREATE TABLE catalogue_version (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    digest bytea NOT NULL UNIQUE, -- of the content: importing the same file twice makes no second version
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
    scope text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    urgency text NOT NULL DEFAULT 'C' CHECK (urgency IN ('A', 'B', 'C')),
    ask text NOT NULL DEFAULT '',
    basis text NOT NULL DEFAULT '',
    time_limit text NOT NULL DEFAULT '',
    pinyin text NOT NULL DEFAULT '', -- initials of the name, for search by typing
    UNIQUE (version_id, ordinal)
);
CREATE INDEX category_parent ON category (parent_id);

-- Who leads under a circumstance, most usual first.
CREATE TABLE duty_rule (
    id uuid PRIMARY KEY,
    category_id uuid NOT NULL REFERENCES category (id),
    ordinal integer NOT NULL,
    circumstance text NOT NULL,
    lead_kind text NOT NULL REFERENCES unit_kind (name),
    co_kinds text[] NOT NULL DEFAULT '{}',
    UNIQUE (category_id, ordinal)
);

-- A category that is easily taken for this one, and how to tell them apart.
CREATE TABLE neighbour (
    category_id uuid NOT NULL REFERENCES category (id),
    ordinal integer NOT NULL,
    other_id uuid NOT NULL REFERENCES category (id),
    tell text NOT NULL,
    PRIMARY KEY (category_id, ordinal)
);

-- What the catalogue's owner says a citizen might say, per leaf or per rule.
CREATE TABLE starter_example (
    id uuid PRIMARY KEY,
    category_id uuid NOT NULL REFERENCES category (id),
    rule_id uuid REFERENCES duty_rule (id),
    ordinal integer NOT NULL,
    body text NOT NULL
);
CREATE INDEX starter_example_category ON starter_example (category_id, ordinal);

-- What training made of one catalogue version and the decisions so far: a
-- versioned row that each process loads. At most one is active.
CREATE TABLE model (
    id uuid PRIMARY KEY,
    version_id uuid NOT NULL REFERENCES catalogue_version (id),
    embedder text NOT NULL, -- name of the embedding model whose vectors it was trained on
    decisions bigint NOT NULL, -- how many confirmed examples it has seen
    made_at timestamptz NOT NULL,
    active boolean NOT NULL DEFAULT false,
    figures jsonb NOT NULL DEFAULT '{}',
    data bytea NOT NULL
);
CREATE UNIQUE INDEX model_active ON model (active) WHERE active;
