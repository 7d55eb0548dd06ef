-- What the answer policy saw of an ask (kb/sight.go): numbers in a fixed order.
-- None: of an older version, or the ask was no question.
ALTER TABLE instant_answer ADD COLUMN sight real[];
-- What the policy learns from: answers of which somebody said what came of them.
CREATE INDEX instant_answer_judged ON instant_answer (verdict_at)
    WHERE answered AND verdict <> '' AND sight IS NOT NULL;

-- The share of wrong answers that a unit allows; without a row 2 %.
CREATE TABLE answer_budget (
    unit text PRIMARY KEY, -- as entries name it
    budget double precision NOT NULL CHECK (budget > 0 AND budget <= 0.2),
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id)
);

-- Policies that were fitted; the latest decides. instant_answer.policy names
-- the version that decided. body is kb.Policy.Encode's.
CREATE TABLE answer_policy (
    version text PRIMARY KEY,
    at timestamptz NOT NULL,
    labels integer NOT NULL, -- that it learned from
    body bytea NOT NULL
);
CREATE INDEX answer_policy_at ON answer_policy (at DESC);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON answer_policy
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
