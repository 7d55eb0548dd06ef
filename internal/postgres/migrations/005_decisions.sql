-- What the machine proposed. Immutable (trigger in 007); body holds candidates
-- and evidence as shown then.
CREATE TABLE suggestion (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    at timestamptz NOT NULL,
    version_id uuid NOT NULL REFERENCES catalogue_version (id),
    model_id uuid NOT NULL REFERENCES model (id),
    embedder text NOT NULL,
    candidates uuid[] NOT NULL, -- categories, best first, for accuracy
    probability real, -- of the first candidate; none without candidates
    lead_unit_id uuid REFERENCES unit (id), -- proposed with the first candidate, for accuracy; nothing is assigned by it
    urgency text NOT NULL CHECK (urgency IN ('A', 'B', 'C')),
    doubt text NOT NULL CHECK (doubt IN ('sure', 'several', 'unsure')),
    body jsonb NOT NULL
);
CREATE INDEX suggestion_matter ON suggestion (matter_id, id);

-- What a person decided. Append-only (trigger in 007). Each row follows the
-- head of its matter's chain; two rows cannot follow the same head, and only
-- one can be first, so two people deciding at once cannot both succeed.
CREATE TABLE decision (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    suggestion_id uuid REFERENCES suggestion (id), -- what was shown; none: nothing was
    previous_id uuid REFERENCES decision (id),
    purpose text NOT NULL CHECK (purpose IN ('effective', 'blind')),
    kind text NOT NULL CHECK (kind IN ('confirm', 'correct', 'decline', 'withdraw')),
    category_id uuid REFERENCES category (id),
    type text NOT NULL CHECK (type IN ('', '咨询', '求助', '意见建议', '投诉', '举报', '表扬')),
    urgency text NOT NULL CHECK (urgency IN ('', 'A', 'B', 'C')),
    reason text NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    request_key text, -- the client's own key: the same request twice is one decision
    CHECK ((kind IN ('confirm', 'correct')) = (category_id IS NOT NULL)),
    CHECK (kind <> 'decline' OR reason <> ''),
    CHECK (kind <> 'withdraw' OR previous_id IS NOT NULL),
    CHECK (purpose = 'effective' OR previous_id IS NULL),
    UNIQUE (id, purpose)
);
CREATE UNIQUE INDEX decision_first ON decision (matter_id) WHERE previous_id IS NULL AND purpose = 'effective';
CREATE UNIQUE INDEX decision_next ON decision (previous_id) WHERE previous_id IS NOT NULL;
CREATE UNIQUE INDEX decision_request ON decision (by_account, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX decision_matter ON decision (matter_id, id);
CREATE INDEX decision_at ON decision (at);

-- Which unit handles a matter, and by which decision. There is no other way
-- to give a matter to a unit, and only an effective decision can.
CREATE TABLE assignment (
    decision_id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose = 'effective'),
    ordinal integer NOT NULL CHECK (ordinal >= 0), -- 0: the lead unit; then the co-units as they were named
    unit_id uuid NOT NULL REFERENCES unit (id),
    PRIMARY KEY (decision_id, ordinal),
    UNIQUE (decision_id, unit_id),
    FOREIGN KEY (decision_id, purpose) REFERENCES decision (id, purpose)
);
CREATE INDEX assignment_unit ON assignment (unit_id);

-- Which unit a blind decision would have given the lead: a measurement, not an
-- assignment.
CREATE TABLE blind_lead (
    decision_id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose = 'blind'),
    unit_id uuid NOT NULL REFERENCES unit (id),
    FOREIGN KEY (decision_id, purpose) REFERENCES decision (id, purpose)
);

-- Decisions that count as examples: the confirmed or corrected heads of their
-- chains. A withdrawn one is deleted here; the decision itself stays. The
-- category follows the matter into a new version of the catalogue.
CREATE TABLE confirmed_example (
    decision_id uuid PRIMARY KEY REFERENCES decision (id),
    matter_id uuid NOT NULL UNIQUE REFERENCES matter (id),
    category_id uuid NOT NULL REFERENCES category (id),
    lead_kind text NOT NULL REFERENCES unit_kind (name),
    at timestamptz NOT NULL
);
CREATE INDEX confirmed_example_at ON confirmed_example (at);
CREATE INDEX confirmed_example_category ON confirmed_example (category_id);

-- Vectors of confirmed examples, apart from those of all matters, so that the
-- index holds only what may be an example. One partial index a model and part
-- is made when the model is first used (see vectors.go).
CREATE TABLE example_vector (
    decision_id uuid NOT NULL REFERENCES confirmed_example (decision_id) ON DELETE CASCADE,
    model text NOT NULL,
    part text NOT NULL CHECK (part IN ('title', 'text')),
    v halfvec NOT NULL,
    PRIMARY KEY (decision_id, model, part)
);
