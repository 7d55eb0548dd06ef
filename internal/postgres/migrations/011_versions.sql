-- Which leaf of a version continues which of the version that it was published
-- after: none (no row), one, or several. Going back to an older version, or
-- comparing with it, leads along these rows. Append-only like the versions.
CREATE TABLE category_succession (
    old_id uuid NOT NULL REFERENCES category (id),
    new_id uuid NOT NULL REFERENCES category (id),
    PRIMARY KEY (old_id, new_id)
);
CREATE INDEX category_succession_new ON category_succession (new_id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON category_succession
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- That a stored version shall serve, from a time on. The row is the job: it is
-- open until a process has trained the version's model and made it active, so
-- a process that dies on it holds up nothing.
CREATE TABLE version_request (
    id uuid PRIMARY KEY,
    version_id uuid NOT NULL REFERENCES catalogue_version (id),
    by_account uuid REFERENCES account (id), -- none: the command line
    asked_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    ended_at timestamptz, -- none: still to be done
    failed boolean NOT NULL DEFAULT false
);
-- Asking twice is asking once.
CREATE UNIQUE INDEX version_request_open ON version_request (version_id) WHERE ended_at IS NULL;

-- Whether a version has ever served.
CREATE INDEX model_version ON model (version_id);
