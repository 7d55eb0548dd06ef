-- A matter's lot, from 0 to 16,777,215: the first three bytes of the SHA-256
-- of its id. A matter whose lot lies below share x 16,777,216 is drawn for a
-- blind reading, so every process draws the same ones. classifier.Lot is the
-- same number. One expression, so that the planner can put it in place of the
-- call.
CREATE FUNCTION blind_lot(matter uuid) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('x' || encode(substring(sha256(uuid_send(matter)) FROM 1 FOR 3), 'hex'))::bit(24)::integer
$$;

-- What may wait for a blind reading, by time: only the decisions that can be
-- drawn at the largest share that can be set (838,861 is 5 % of the lots).
CREATE INDEX decision_drawn ON decision (at, id)
    WHERE purpose = 'effective' AND category_id IS NOT NULL AND blind_lot(matter_id) < 838861;
-- One blind reading a matter, also when two people read it at once.
CREATE UNIQUE INDEX decision_blind ON decision (matter_id) WHERE purpose = 'blind';

-- Who is not asked for the blind reading of a matter: somebody who has seen
-- its suggestion, or who passed.
CREATE TABLE blind_pass (
    matter_id uuid NOT NULL REFERENCES matter (id),
    account_id uuid NOT NULL REFERENCES account (id),
    why text NOT NULL CHECK (why IN ('seen', 'skipped')),
    at timestamptz NOT NULL,
    PRIMARY KEY (matter_id, account_id)
);

-- For the page of a leaf: what was suggested first as this leaf, and what was
-- decided as it, by time.
CREATE INDEX suggestion_first ON suggestion ((candidates[1]), at);
CREATE INDEX decision_category ON decision (category_id, at)
    WHERE purpose = 'effective' AND category_id IS NOT NULL;
