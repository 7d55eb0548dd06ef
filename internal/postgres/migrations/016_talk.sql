-- A citizen who asks a bot or the page without a person in between. What was
-- answered is kept with the entry's version; what was not becomes a message
-- through the intake like any other, and has its contact there.
ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account ADD CONSTRAINT account_role_check CHECK (role IN ('agent', 'editor', 'admin', 'bot'));

CREATE TABLE conversation (
    id uuid PRIMARY KEY,
    by_account uuid REFERENCES account (id), -- the bot; none: our own page
    channel text NOT NULL,
    external_id text NOT NULL, -- the bot's own name for it
    at timestamptz NOT NULL, -- of the first ask
    -- one bot never reaches another's, whatever name it guesses
    UNIQUE NULLS NOT DISTINCT (by_account, channel, external_id)
);

-- One ask with what was said to it. body holds the matches as shown; their
-- wording stands in entry_version.
CREATE TABLE turn (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversation (id),
    external_id text NOT NULL, -- the bot's own name for the ask: the same twice is one ask
    at timestamptz NOT NULL,
    ask text NOT NULL, -- masked
    area text REFERENCES area (code), -- none: not said
    told text NOT NULL CHECK (told IN ('answer', 'offer', 'silent')),
    chosen boolean NOT NULL, -- the citizen chose the entry from an offer
    entry_id uuid, -- the best match
    entry_version integer,
    score double precision NOT NULL,
    silence text NOT NULL,
    policy text NOT NULL,
    body jsonb NOT NULL,
    verdict text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'solved', 'unsolved')),
    verdict_at timestamptz,
    message_id uuid REFERENCES message (id), -- what it became; none: nothing
    CHECK ((entry_id IS NULL) = (entry_version IS NULL)),
    FOREIGN KEY (entry_id, entry_version) REFERENCES entry_version (entry_id, version),
    UNIQUE (conversation_id, external_id)
);
CREATE INDEX turn_message ON turn (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX turn_entry ON turn (entry_id) WHERE verdict <> '';
