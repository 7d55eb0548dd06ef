-- Which leaf of a version continues which of the version that it was published
-- after: none (no row), one, or several. Going back to an older version, or
-- comparing with it, leads along these rows. Append-only like the versions.
CREATE TABLE category_succession (
    old_id uuid NOT NULL REFERENCES category (id),
    new_id uuid NOT NULL REFERENCES category (id),
    PRIMARY KEY (old_id, new_id)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON category_succession
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
