-- The audit log as a chain: each link is a keyed hash of the link before and of
-- one line, with a key that lies outside the database. A line that was changed,
-- taken out or put in between does not fit. Links are made a few seconds after
-- their lines, in the order of making, so that nobody who writes a line waits
-- for another. Append-only.
CREATE TABLE audit_link (
    ordinal bigint PRIMARY KEY CHECK (ordinal > 0),
    audit_id bigint NOT NULL UNIQUE REFERENCES audit (id),
    key_id text NOT NULL, -- of the key, as seal.Sealer.ID gives it
    hash bytea NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
