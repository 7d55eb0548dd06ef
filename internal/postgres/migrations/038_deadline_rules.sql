-- How long units have, when they are reminded and chased, and how often which
-- exception is made (casework.DeadlineRules), by versions from 1. Without a row,
-- and where a body does not say something, it is as it came with the product.
-- case_event.clocks names the version that gave a case its time. Append-only.
CREATE TABLE deadline_rules (
    version integer PRIMARY KEY CHECK (version > 0),
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id), -- none: at the server's console
    why text NOT NULL,
    body jsonb NOT NULL -- figures in words by their keys: {"complaint_handle": "7 个工作日"}
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deadline_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
