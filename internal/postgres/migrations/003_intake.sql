-- A contact for every call or delivery. The channel's own number makes a
-- second delivery of the same thing the same contact.
CREATE TABLE contact (
    id uuid PRIMARY KEY,
    channel text NOT NULL,
    external_id text,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('received', 'answered', 'transferred', 'dropped', 'silent')),
    by_account uuid REFERENCES account (id)
);
CREATE UNIQUE INDEX contact_external ON contact (channel, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX contact_at ON contact (at);

-- What was said, masked. phone_hash finds the same citizen again without
-- knowing the number (a keyed hash; the key lies outside the database).
CREATE TABLE message (
    id uuid PRIMARY KEY,
    contact_id uuid NOT NULL UNIQUE REFERENCES contact (id),
    title text NOT NULL,
    body text NOT NULL,
    phone_hint text NOT NULL DEFAULT '',
    phone_hash bytea,
    anonymous boolean NOT NULL,
    consent text NOT NULL CHECK (consent IN ('', 'yes', 'no')),
    area text REFERENCES area (code),
    place text NOT NULL DEFAULT '',
    need text NOT NULL DEFAULT ''
);
CREATE INDEX message_phone ON message (phone_hash) WHERE phone_hash IS NOT NULL;

-- The words and the contact as received, sealed. A row may be deleted without
-- touching anything else; deleted_at and why stay.
CREATE TABLE original (
    message_id uuid PRIMARY KEY REFERENCES message (id),
    key_id text NOT NULL,
    sealed bytea
);

CREATE TABLE matter (
    id uuid PRIMARY KEY,
    message_id uuid NOT NULL REFERENCES message (id),
    ordinal integer NOT NULL CHECK (ordinal > 0),
    title text NOT NULL,
    body text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'answered', 'decided')),
    created_at timestamptz NOT NULL,
    suggested_at timestamptz, -- none: its suggestion is still to be made
    UNIQUE (message_id, ordinal)
);
-- The row is the job: what was received and has no suggestion yet. The request
-- that stored it makes the suggestion at once; after a crash a periodic job
-- finds it here.
CREATE INDEX matter_unsuggested ON matter (id) WHERE suggested_at IS NULL;
-- The queue: what waits, newest first, paged by key.
CREATE INDEX matter_open ON matter (id DESC) WHERE state = 'open';

-- The vectors of a matter's title and text, kept from the moment it is
-- suggested for, so that a decision becomes an example without another
-- embedding. An untyped halfvec: its length is the model's.
CREATE TABLE matter_vector (
    matter_id uuid NOT NULL REFERENCES matter (id),
    model text NOT NULL,
    title_v halfvec NOT NULL,
    v halfvec NOT NULL,
    PRIMARY KEY (matter_id, model)
);
