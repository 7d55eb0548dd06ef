-- What writes has a longer patience of its own, and endpoints that single
-- tasks are asked at are registered one by one: [{"url", "model", "approval",
-- "place", "operator"}].
ALTER TABLE llm_rules
    ADD COLUMN patience_ms integer NOT NULL DEFAULT 30000,
    ADD COLUMN others jsonb NOT NULL DEFAULT '[]';

-- Whoever switched the model on did so for the tasks there were: those that
-- are new send other texts, and wait until somebody lets them.
UPDATE llm_rules
SET off = off || ARRAY['ask', 'draft', 'merge', 'clash', 'example', 'report'];

-- Examples and clauses that the catalogue's owner wants in a leaf's next
-- version. They change nothing by themselves and go with the version's export.
CREATE TABLE leaf_note (
    id uuid PRIMARY KEY,
    category_id uuid NOT NULL REFERENCES category (id),
    rival_id uuid REFERENCES category (id), -- that a clause tells the leaf from; none: it is an example
    body text NOT NULL,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    gone_by uuid REFERENCES account (id),
    gone_at timestamptz, -- none: it stands
    CHECK ((gone_at IS NULL) = (gone_by IS NULL))
);

-- One leaf has one text once.
CREATE UNIQUE INDEX leaf_note_text ON leaf_note (category_id, coalesce(rival_id, category_id), md5(body)) WHERE gone_at IS NULL;

-- A call as it was written down, masked: [{"speaker", "text", "start_ms",
-- "end_ms"}]. None for what was no call.
ALTER TABLE message ADD COLUMN turns jsonb;
