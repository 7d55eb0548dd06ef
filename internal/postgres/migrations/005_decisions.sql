-- What the machine proposed. Immutable (trigger in 007); candidates and
-- evidence as shown then.
CREATE TABLE suggestion (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    at timestamptz NOT NULL,
    version_id uuid NOT NULL REFERENCES catalogue_version (id),
    model_id uuid NOT NULL REFERENCES model (id),
    embedder text NOT NULL,
    top_category_id uuid REFERENCES category (id), -- first candidate, for accuracy and lists
    top_probability real,
    top_lead_kind text REFERENCES unit_kind (name),
    urgency text NOT NULL CHECK (urgency IN ('A', 'B', 'C')),
    doubt text NOT NULL CHECK (doubt IN ('sure', 'several', 'unsure')),
    body jsonb NOT NULL
);
CREATE INDEX suggestion_matter ON suggestion (matter_id, at DESC);

-- What a person decided. Append-only (trigger in 007). Each row follows the
-- head of its matter's chain; two rows cannot follow the same head, and only
-- one can be first, so two people deciding at once cannot both succeed.
CREATE TABLE decision (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    suggestion_id uuid REFERENCES suggestion (id),
    previous_id uuid REFERENCES decision (id),
    purpose text NOT NULL CHECK (purpose IN ('effective', 'blind')),
    kind text NOT NULL CHECK (kind IN ('confirm', 'correct', 'decline', 'withdraw')),
    category_id uuid REFERENCES category (id),
    type text NOT NULL DEFAULT '',
    urgency text NOT NULL DEFAULT '' CHECK (urgency IN ('', 'A', 'B', 'C')),
    reason text NOT NULL DEFAULT '',
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    request_key text, -- the client's own key: the same request twice is one decision
    CHECK ((kind IN ('confirm', 'correct')) = (category_id IS NOT NULL)),
    CHECK (kind <> 'decline' OR reason <> ''),
    CHECK (kind <> 'withdraw' OR previous_id IS NOT NULL)
);
CREATE UNIQUE INDEX decision_first ON decision (matter_id) WHERE previous_id IS NULL AND purpose = 'effective';
CREATE UNIQUE INDEX decision_next ON decision (previous_id) WHERE previous_id IS NOT NULL AND purpose = 'effective';
CREATE UNIQUE INDEX decision_request ON decision (by_account, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX decision_at ON decision (at);

-- Which unit handles a matter, and by which decision. There is no other way
-- to give a matter to a unit.
CREATE TABLE assignment (
    decision_id uuid NOT NULL REFERENCES decision (id),
    unit_id uuid NOT NULL REFERENCES unit (id),
    part text NOT NULL CHECK (part IN ('lead', 'co')),
    PRIMARY KEY (decision_id, unit_id)
);
CREATE UNIQUE INDEX assignment_lead ON assignment (decision_id) WHERE part = 'lead';
CREATE INDEX assignment_unit ON assignment (unit_id);

-- Decisions that count as examples: the confirmed or corrected heads of their
-- chains. A withdrawn one is deleted here; the decision itself stays.
CREATE TABLE confirmed_example (
    decision_id uuid PRIMARY KEY REFERENCES decision (id),
    matter_id uuid NOT NULL UNIQUE REFERENCES matter (id),
    category_id uuid NOT NULL REFERENCES category (id),
    lead_kind text NOT NULL REFERENCES unit_kind (name),
    corrected boolean NOT NULL, -- a correction weighs more than a confirmation
    at timestamptz NOT NULL
);
CREATE INDEX confirmed_example_at ON confirmed_example (at);

-- Vectors of confirmed examples, apart from those of all matters, so that the
-- index holds only what may be an example. One partial index a model is made
-- when the model is first used (see vectors.go).
CREATE TABLE example_vector (
    decision_id uuid NOT NULL REFERENCES confirmed_example (decision_id) ON DELETE CASCADE,
    model text NOT NULL,
    title_v halfvec NOT NULL,
    v halfvec NOT NULL,
    PRIMARY KEY (decision_id, model)
);
