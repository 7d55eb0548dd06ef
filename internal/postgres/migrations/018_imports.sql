-- Files of entries that editors uploaded: looked at first, imported by a job
-- when they say so. body is the file; none once the import is done or has failed.
CREATE TABLE entry_import (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id), -- who confirmed, before that who uploaded
    name text NOT NULL, -- of the file
    sheet text NOT NULL, -- of an XLSX file; empty: the first
    publish boolean NOT NULL, -- the file's states hold; otherwise all become drafts
    skip_bad boolean NOT NULL, -- import the good rows alone
    body bytea,
    state text NOT NULL CHECK (state IN ('looked_at', 'waiting', 'done', 'failed')),
    prepared integer NOT NULL DEFAULT 0, -- entries ready to be stored, of total
    total integer NOT NULL,
    created integer NOT NULL DEFAULT 0,
    changed integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    failure text NOT NULL DEFAULT '', -- in Chinese
    CHECK ((body IS NULL) = (state IN ('done', 'failed')))
);
CREATE INDEX entry_import_waiting ON entry_import (id) WHERE state = 'waiting';
