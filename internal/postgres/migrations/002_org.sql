-- Who works here. Areas and kinds keep their own names as keys: they come from
-- outside lists and never change their meaning.
CREATE TABLE area (
    code text PRIMARY KEY,
    name text NOT NULL,
    level text NOT NULL CHECK (level IN ('city', 'district', 'street', 'community', 'grid')),
    parent text REFERENCES area (code)
);

CREATE TABLE unit_kind (
    name text PRIMARY KEY
);

CREATE TABLE unit (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL REFERENCES unit_kind (name),
    area text NOT NULL REFERENCES area (code),
    pinyin text NOT NULL DEFAULT ''
);

CREATE TABLE account (
    id uuid PRIMARY KEY,
    login text NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('agent', 'editor', 'admin')),
    unit_id uuid REFERENCES unit (id),
    password_hash text NOT NULL DEFAULT '',
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

-- A token of the API: hashed, revocable, bound to a role and to channels (none: all).
CREATE TABLE api_token (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    account_id uuid NOT NULL REFERENCES account (id),
    channels text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);

-- Who did what to whom. Append-only: see the trigger in 007.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor uuid REFERENCES account (id),
    action text NOT NULL,
    object text NOT NULL,
    detail text NOT NULL DEFAULT ''
);
CREATE INDEX audit_object ON audit (object, at);
