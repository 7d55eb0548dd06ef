-- A token says when it was used last, to within minutes, and may end by itself.
ALTER TABLE api_token
    ADD COLUMN used_at timestamptz, -- NULL: never
    ADD COLUMN expires_at timestamptz; -- NULL: it does not

-- By what means the staff is told is sealed as citizens' contacts are, with the
-- keys outside the database. mobile, mail and wecom hold what was stored before,
-- until the next start seals it.
ALTER TABLE reach
    ADD COLUMN key_id text,
    ADD COLUMN sealed bytea, -- NULL: no means
    ADD CONSTRAINT reach_sealed_check CHECK ((sealed IS NULL) = (key_id IS NULL));
CREATE TRIGGER key_in_use BEFORE INSERT OR UPDATE OF key_id, sealed ON reach
    FOR EACH ROW EXECUTE FUNCTION refuse_dropped_key();

-- The unit above (上级单位), where the list of units names one; without one it is
-- found by areas. That a unit is not above itself is held by the import.
ALTER TABLE unit
    ADD COLUMN parent_unit_id uuid REFERENCES unit (id) ON DELETE SET NULL CHECK (parent_unit_id <> id);
CREATE INDEX unit_parent ON unit (parent_unit_id) WHERE parent_unit_id IS NOT NULL;
