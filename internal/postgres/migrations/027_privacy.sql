-- Officers for privacy, whose role is nobody else's.
ALTER TABLE account DROP CONSTRAINT account_role_check;
ALTER TABLE account ADD CONSTRAINT account_role_check
    CHECK (role IN ('agent', 'editor', 'admin', 'unit', 'bot', 'privacy') AND (role <> 'unit' OR unit_id IS NOT NULL));

-- Keys that nothing is sealed with any more and that nothing may be sealed with
-- again: a process that still holds one is told so before it stores what nobody
-- could open later.
CREATE TABLE dropped_key (
    id text PRIMARY KEY, -- as seal.Sealer.ID gives it
    at timestamptz NOT NULL
);
CREATE INDEX original_key ON original (key_id) WHERE sealed IS NOT NULL;

CREATE FUNCTION refuse_dropped_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed IS NOT NULL AND EXISTS (SELECT FROM dropped_key WHERE id = NEW.key_id) THEN
        RAISE EXCEPTION 'key % was dropped', NEW.key_id USING ERRCODE = 'check_violation', CONSTRAINT = 'original_key_dropped';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER key_in_use BEFORE INSERT OR UPDATE ON original
    FOR EACH ROW EXECUTE FUNCTION refuse_dropped_key();

-- Rounds count callers by the phone's fingerprint, which follows the key.
CREATE INDEX round_caller ON round (caller);
