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
