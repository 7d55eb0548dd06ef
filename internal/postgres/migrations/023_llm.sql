-- What an administrator allows a language model, and what it was asked. The
-- one row of llm_rules is read before each question, so that switching it off
-- holds at once in every process; without it nothing is asked.
CREATE TABLE llm_rules (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    switched_on boolean NOT NULL,
    off text[] NOT NULL, -- tasks
    budget integer NOT NULL, -- tokens a day
    rate integer NOT NULL, -- calls a minute
    deadline_ms integer NOT NULL,
    approval text NOT NULL,
    place text NOT NULL,
    operator text NOT NULL,
    at timestamptz NOT NULL,
    by_account uuid REFERENCES account (id)
);

-- Questions, never their words. A call that a crash cut off stays pending and
-- costs what was reserved for it.
CREATE TABLE llm_call (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    task text NOT NULL,
    prompt text NOT NULL, -- its version
    model text NOT NULL,
    outcome text NOT NULL,
    reserved integer NOT NULL,
    tokens_in integer NOT NULL,
    tokens_out integer NOT NULL,
    latency_ms integer NOT NULL
);

-- Read by day and by minute, at the end of what is appended.
CREATE INDEX llm_call_at ON llm_call (at);

-- Answers by the hash of model, prompt and concealed question. They hold the
-- placeholders that went out, not what these stood for.
CREATE TABLE llm_answer (
    key bytea PRIMARY KEY,
    body bytea NOT NULL,
    at timestamptz NOT NULL
);

CREATE INDEX llm_answer_at ON llm_answer (at);
