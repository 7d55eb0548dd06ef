-- A version of the catalogue that somebody uploaded on the page and that takes
-- no effect yet: the files as they came, so that they are read again against
-- whichever version serves then. Discarding deletes the row.
CREATE TABLE catalogue_draft (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    list_name text NOT NULL, -- the file's
    list bytea, -- none: published, and so stored as a version
    codes_name text NOT NULL, -- empty: no code map came with it
    codes bytea,
    headings text NOT NULL, -- what the list's headings stand for, as typed
    valid_from timestamptz, -- none: from when it is published
    leaves integer NOT NULL,
    by_account uuid REFERENCES account (id),
    made_at timestamptz NOT NULL,
    version_id uuid REFERENCES catalogue_version (id), -- as which it was published; none: not yet
    CHECK ((list IS NULL) = (version_id IS NOT NULL))
);

-- The latest replay of a draft. The row is the job: it is open until a process
-- has run the decisions through, so a process that dies on it holds up nothing.
CREATE TABLE catalogue_replay (
    draft_id uuid PRIMARY KEY REFERENCES catalogue_draft (id) ON DELETE CASCADE,
    by_account uuid REFERENCES account (id),
    asked_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0, -- how often it was begun
    done integer NOT NULL DEFAULT 0, -- rounds of total
    total integer NOT NULL DEFAULT 0, -- none known yet: 0
    ended_at timestamptz, -- none: still to be done
    fault text NOT NULL DEFAULT '', -- why it came to nothing, for people
    against uuid REFERENCES catalogue_version (id), -- the version that served meanwhile
    decisions integer NOT NULL DEFAULT 0, -- as in classifier.Replay, and so the next seven
    leaf integer NOT NULL DEFAULT 0,
    lead integer NOT NULL DEFAULT 0,
    split integer NOT NULL DEFAULT 0,
    ended integer NOT NULL DEFAULT 0,
    routed integer NOT NULL DEFAULT 0,
    right_now integer NOT NULL DEFAULT 0,
    right_then integer NOT NULL DEFAULT 0
);

-- Decisions that a draft would route differently. What the machine says, and
-- nobody's decision. Leaves stand by code and path, for those of a draft have
-- no id that stays.
CREATE TABLE catalogue_reroute (
    draft_id uuid NOT NULL REFERENCES catalogue_replay (draft_id) ON DELETE CASCADE,
    ordinal integer NOT NULL, -- from 0, the newest decision first
    matter_id uuid NOT NULL REFERENCES matter (id),
    decided_at timestamptz NOT NULL,
    gist text NOT NULL, -- masked beginning of the text
    leaf_differs boolean NOT NULL,
    split boolean NOT NULL,
    ended boolean NOT NULL,
    decided text[] NOT NULL, -- leaf as code and path, and so the next three
    old_leaf text[] NOT NULL,
    new_leaf text[] NOT NULL,
    part text[] NOT NULL, -- proposed for a split leaf; empty: none
    old_lead text NOT NULL,
    new_lead text NOT NULL,
    PRIMARY KEY (draft_id, ordinal)
);
