-- A matter that somebody has put before a reviewer, who and when. It says
-- where a matter waits, and gives it to no unit.
ALTER TABLE matter ADD COLUMN review_at timestamptz; -- none: it waits like the others
ALTER TABLE matter ADD COLUMN review_by uuid REFERENCES account (id);
ALTER TABLE matter ADD CHECK ((review_at IS NULL) = (review_by IS NULL));
CREATE INDEX matter_review ON matter (id) WHERE state = 'open' AND review_at IS NOT NULL;
-- What has no candidate at all waits there too.
CREATE INDEX matter_clueless ON matter (id) WHERE state = 'open' AND suggested_at IS NOT NULL AND certainty IS NULL;

-- A message that was found to name more than one matter, and cut. The
-- suggestion that proposed it can be taken up once.
CREATE TABLE matter_split (
    suggestion_id uuid PRIMARY KEY REFERENCES suggestion (id),
    matter_id uuid NOT NULL REFERENCES matter (id), -- that was cut, and keeps the first part
    parts integer NOT NULL CHECK (parts > 1),
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON matter_split
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
