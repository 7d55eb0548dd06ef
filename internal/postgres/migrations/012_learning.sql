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
