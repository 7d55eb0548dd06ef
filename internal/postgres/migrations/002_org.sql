-- Who works here. Areas and kinds keep their own names as keys: they come from
-- outside lists and never change their meaning.
CREATE TABLE area (
    code text PRIMARY KEY,
    name text NOT NULL,
    level text NOT NULL CHECK (level IN ('city', 'district', 'street', 'community', 'grid')),
    parent text REFERENCES area (code),
    ordinal integer NOT NULL -- order in the list
);

CREATE TABLE unit_kind (
    name text PRIMARY KEY
);

-- A unit that left the list keeps its row for the sake of what it once
-- handled, but is out of service: it is neither found nor resolved any more.
CREATE TABLE unit (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL REFERENCES unit_kind (name),
    area text NOT NULL REFERENCES area (code),
    ordinal integer NOT NULL, -- order in the list: of two units of one kind in one area the first serves
    initials text NOT NULL, -- of the name's pinyin, for search by typing
    reading text NOT NULL, -- the name's pinyin, for sorting
    retired boolean NOT NULL DEFAULT false
);

-- Raised by every change of areas or units, so that a process knows without
-- reading them all whether what it holds is still so.
CREATE TABLE directory_revision (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    revision bigint NOT NULL
);
INSERT INTO directory_revision (revision) VALUES (1);

CREATE TABLE account (
    id uuid PRIMARY KEY,
    login text NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('agent', 'editor', 'admin')),
    unit_id uuid REFERENCES unit (id),
    password_hash text NOT NULL, -- bcrypt; empty: the account only has tokens
    disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL
);

-- A session's cookie is random; only its SHA-256 is stored.
CREATE TABLE session (
    hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    csrf text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_expires ON session (expires_at);

-- A token of the API: hashed, revocable, bound to a role and to channels
-- (none: all). Of one name at most one is in force.
CREATE TABLE api_token (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    account_id uuid NOT NULL REFERENCES account (id),
    channels text[] NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX api_token_name ON api_token (name) WHERE revoked_at IS NULL;

-- Who did what to whom. Append-only: see the trigger in 007.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor uuid REFERENCES account (id), -- none: nobody signed in, or the machine's own command line
    action text NOT NULL,
    object text NOT NULL,
    detail text NOT NULL
);
CREATE INDEX audit_object ON audit (object, at);
