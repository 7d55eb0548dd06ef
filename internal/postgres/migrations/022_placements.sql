-- Where a person put a decision that a new version of the catalogue left
-- waiting because several leaves continue the one decided on. It stays when
-- another version serves, so that it holds again when this one comes back.
CREATE TABLE example_placement (
    decision_id uuid NOT NULL REFERENCES confirmed_example (decision_id) ON DELETE CASCADE,
    category_id uuid NOT NULL REFERENCES category (id),
    by_account uuid REFERENCES account (id),
    at timestamptz NOT NULL,
    PRIMARY KEY (decision_id, category_id)
);
