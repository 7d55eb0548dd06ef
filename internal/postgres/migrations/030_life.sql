-- When the receiving service reported that a notification has arrived at the
-- citizen; NULL: it has not, or does not report. One that it reports as not
-- delivered becomes failed, with its reason.
ALTER TABLE notification ADD COLUMN delivered_at timestamptz;
-- Reports name the service's own number; the receipt's notifications stand on
-- the page of its case.
CREATE INDEX notification_proof ON notification (proof) WHERE proof <> '';
CREATE INDEX notification_receipt ON notification (receipt);

-- What the files of knowledge entries hold, once under its digest. Which entry
-- has which, by what name, is part of the entry's content and of each version.
CREATE TABLE entry_file (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'), -- SHA-256
    at timestamptz NOT NULL,
    body bytea NOT NULL
);
ALTER TABLE entry_file ALTER COLUMN body SET STORAGE EXTERNAL; -- pictures and documents are compressed already
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE entry ADD COLUMN files jsonb NOT NULL DEFAULT '[]'; -- digest, name, kind, size
ALTER TABLE entry_version ADD COLUMN files jsonb NOT NULL DEFAULT '[]';
