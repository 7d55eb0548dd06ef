-- A unit gave a matter back that a decision had given it. Append-only; it
-- assigns nothing. A unit gives back a decision's matter once.
CREATE TABLE matter_return (
    id uuid PRIMARY KEY,
    matter_id uuid NOT NULL REFERENCES matter (id),
    decision_id uuid NOT NULL REFERENCES decision (id), -- by which the unit had it
    from_unit_id uuid NOT NULL REFERENCES unit (id),
    proposed_unit_id uuid REFERENCES unit (id), -- who should have it instead; none: not said
    reason text NOT NULL CHECK (reason IN ('area', 'duty', 'ownership', 'duplicate', 'incomplete', 'other')),
    clause text NOT NULL, -- what it rests on, in the unit's words
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    request_key text, -- the client's own key: the same request twice is one return
    CHECK (from_unit_id <> proposed_unit_id),
    FOREIGN KEY (decision_id, from_unit_id) REFERENCES assignment (decision_id, unit_id)
);
CREATE UNIQUE INDEX matter_return_once ON matter_return (decision_id, from_unit_id);
CREATE UNIQUE INDEX matter_return_request ON matter_return (by_account, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX matter_return_matter ON matter_return (matter_id, id);
CREATE INDEX matter_return_at ON matter_return (at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON matter_return
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Decisions for another category than the one suggested first weigh more. The
-- examples of a person whose decisions are set aside stay, and teach nothing:
-- aside follows the person's latest row of set_aside.
ALTER TABLE confirmed_example ADD COLUMN corrected boolean NOT NULL DEFAULT false;
ALTER TABLE confirmed_example ADD COLUMN aside boolean NOT NULL DEFAULT false;
UPDATE confirmed_example AS e
SET corrected = true
FROM decision AS d
JOIN suggestion AS s ON s.id = d.suggestion_id
WHERE d.id = e.decision_id AND s.candidates[1] <> d.category_id;

-- Whose decisions are left out of what is learned from, who said so, when and
-- why; taking it back is a row of its own. Append-only.
CREATE TABLE set_aside (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account (id),
    aside boolean NOT NULL, -- false: taken back
    why text NOT NULL CHECK (why <> ''),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX set_aside_account ON set_aside (account_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON set_aside
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What people write about that fits no leaf: groups of messages, found anew by
-- a job. callers, words, nearest and typical are as found then.
CREATE TABLE gap (
    id uuid PRIMARY KEY,
    callers integer NOT NULL,
    words text[] NOT NULL,
    nearest_id uuid REFERENCES category (id), -- suggested first most often; none: nothing was
    typical uuid[] NOT NULL, -- matters, most typical first
    present boolean NOT NULL, -- false: it is no more, kept because somebody looked after it
    found_at timestamptz NOT NULL
);
CREATE TABLE gap_matter (
    gap_id uuid NOT NULL REFERENCES gap (id) ON DELETE CASCADE,
    matter_id uuid NOT NULL REFERENCES matter (id),
    PRIMARY KEY (gap_id, matter_id)
);
-- That somebody looked after a gap, and how large it was. Append-only.
CREATE TABLE gap_mark (
    id uuid PRIMARY KEY,
    gap_id uuid NOT NULL REFERENCES gap (id),
    what text NOT NULL CHECK (what IN ('handled', 'ignored')),
    size integer NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE INDEX gap_mark_gap ON gap_mark (gap_id, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gap_mark
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
