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
    phone_hint text NOT NULL,
    phone_hash bytea,
    anonymous boolean NOT NULL,
    consent text NOT NULL CHECK (consent IN ('', 'yes', 'no')),
    area text REFERENCES area (code),
    place text NOT NULL,
    need text NOT NULL
);
CREATE INDEX message_phone ON message (phone_hash) WHERE phone_hash IS NOT NULL;

-- The words and the contact as received, sealed with the key named. sealed
-- may be set to NULL without touching anything else: then they are gone, and
-- the audit log says by whom.
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
    received_at timestamptz NOT NULL, -- the contact's, here for the index below
    suggested_at timestamptz, -- none: its suggestion is still to be made
    certainty real, -- of the latest suggestion's first candidate; none: nothing was suggested
    UNIQUE (message_id, ordinal)
);
-- The row is the job: what was received and has no suggestion yet. The request
-- that stored it makes the suggestion at once; after a crash a periodic job
-- finds it here.
CREATE INDEX matter_unsuggested ON matter (received_at, id) WHERE suggested_at IS NULL;
-- The queue by state, newest first, paged by key: an id is a time (UUIDv7).
CREATE INDEX matter_queue ON matter (state, id);
-- The queue, least certain first.
CREATE INDEX matter_certainty ON matter (certainty, id) WHERE state = 'open';

-- The vectors of a matter's title and text, kept from the moment it is
-- suggested for, so that a decision becomes an example without another
-- embedding. An untyped halfvec: its length is the model's. One vector a row:
-- two would be longer than 2 kB, and then moved out of line.
CREATE TABLE matter_vector (
    matter_id uuid NOT NULL REFERENCES matter (id),
    model text NOT NULL,
    part text NOT NULL CHECK (part IN ('title', 'text')),
    v halfvec NOT NULL,
    PRIMARY KEY (matter_id, model, part)
);
