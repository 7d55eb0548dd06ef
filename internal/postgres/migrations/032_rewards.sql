-- Rewards for reports (奖励). What a rule was at a time stays readable: the last
-- line counts. Append-only.
CREATE TABLE reward_rule (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body jsonb NOT NULL, -- casework.RewardRule
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reward_rule
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A budget for the cases that are filed in a time. The seed by which amounts are
-- drawn is sealed until it is published; its hash is known from the beginning.
CREATE TABLE reward_period (
    id uuid PRIMARY KEY,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    reveal_at timestamptz NOT NULL, -- the seed is published then at the latest, and nothing is granted any more
    fen bigint NOT NULL CHECK (fen > 0),
    min_fen integer NOT NULL CHECK (min_fen > 0),
    max_fen integer NOT NULL CHECK (max_fen >= min_fen),
    committed bigint NOT NULL DEFAULT 0 CHECK (committed >= 0 AND committed <= fen), -- granted, paid or not
    seed_hash bytea NOT NULL CHECK (length(seed_hash) = 32), -- SHA-256
    key_id text NOT NULL,
    sealed bytea,
    seed bytea,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    revealed_at timestamptz,
    revealed_by uuid REFERENCES account (id), -- none: the clock
    CHECK (from_at < until_at AND until_at <= reveal_at),
    CHECK ((seed IS NULL) = (revealed_at IS NULL)),
    CHECK ((seed IS NULL) = (sealed IS NOT NULL)),
    EXCLUDE USING gist (tstzrange(from_at, until_at) WITH &&)
);
CREATE TRIGGER key_in_use BEFORE INSERT OR UPDATE ON reward_period
    FOR EACH ROW EXECUTE FUNCTION refuse_dropped_key();

-- What was published of a draw stays as it was published.
CREATE FUNCTION refuse_other_draw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND (NEW.id, NEW.from_at, NEW.until_at, NEW.reveal_at, NEW.fen, NEW.min_fen, NEW.max_fen, NEW.seed_hash, NEW.by_account, NEW.at)
         = (OLD.id, OLD.from_at, OLD.until_at, OLD.reveal_at, OLD.fen, OLD.min_fen, OLD.max_fen, OLD.seed_hash, OLD.by_account, OLD.at)
       AND (OLD.seed IS NULL AND (NEW.seed IS NULL OR sha256(NEW.seed) = OLD.seed_hash) OR NEW.seed = OLD.seed) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the draw of % stays as it was published', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER same_draw BEFORE UPDATE OR DELETE ON reward_period
    FOR EACH ROW EXECUTE FUNCTION refuse_other_draw();

-- What a person decided about the reward of a case, once each, and what became
-- of the money. The number it goes to is in the message's sealed original.
CREATE TABLE reward (
    id uuid PRIMARY KEY, -- with round, the key by which the paying service knows a repetition
    case_id uuid NOT NULL UNIQUE REFERENCES work_case (id),
    period_id uuid NOT NULL REFERENCES reward_period (id),
    message_id uuid NOT NULL REFERENCES message (id),
    category_id uuid NOT NULL REFERENCES category (id),
    place text NOT NULL, -- masked
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('declined', 'queued', 'listed', 'paid', 'failed', 'void')), -- listed: paid by hand
    fen integer NOT NULL,
    reason text NOT NULL, -- why it was declined or is not paid after all
    due_at timestamptz NOT NULL,
    leased_until timestamptz, -- one process is paying it; after that time any may
    attempts integer NOT NULL DEFAULT 0,
    round integer NOT NULL DEFAULT 0, -- how often it was paid anew after the service had refused it
    unsure boolean NOT NULL DEFAULT false, -- an attempt had no clear answer: it may have been paid
    via text NOT NULL DEFAULT '',
    proof text NOT NULL DEFAULT '',
    failure text NOT NULL DEFAULT '', -- in Chinese
    settled_at timestamptz,
    settled_by uuid REFERENCES account (id), -- none: the paying service
    CHECK ((state = 'declined') = (fen = 0)),
    CHECK ((settled_at IS NULL) = (state IN ('queued', 'listed')))
);
CREATE INDEX reward_due ON reward (due_at, id) WHERE state = 'queued';
CREATE INDEX reward_state ON reward (state, id);
CREATE INDEX reward_period_of ON reward (period_id, id);
CREATE INDEX reward_message ON reward (message_id);
CREATE INDEX reward_place ON reward (category_id, place) WHERE state NOT IN ('declined', 'void');

ALTER TABLE notification DROP CONSTRAINT notification_kind_check;
ALTER TABLE notification ADD CONSTRAINT notification_kind_check
    CHECK (kind IN ('accepted', 'dispatched', 'extended', 'completed', 'asked', 'rewarded'));

-- 骚扰标记: on whoever left the messages that are named. By them the caller is
-- found again, and by nothing else: when their words and contacts are erased,
-- the label is nobody's.
CREATE TABLE caller_label (
    id uuid PRIMARY KEY,
    by_account uuid NOT NULL REFERENCES account (id),
    at timestamptz NOT NULL,
    why text NOT NULL, -- masked
    days integer NOT NULL CHECK (days > 0), -- from the approval
    state text NOT NULL CHECK (state IN ('proposed', 'active', 'refused', 'lifted', 'expired')),
    decided_by uuid REFERENCES account (id),
    decided_at timestamptz,
    remark text NOT NULL DEFAULT '', -- of who decided; masked
    until_at timestamptz NOT NULL, -- while proposed: nobody decides on it after that
    lifted_by uuid REFERENCES account (id),
    lifted_at timestamptz,
    lifted_why text NOT NULL DEFAULT '',
    CHECK (decided_by IS NULL OR decided_by <> by_account), -- never one person alone
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state NOT IN ('active', 'refused', 'lifted') OR decided_by IS NOT NULL),
    CHECK ((state = 'lifted') = (lifted_by IS NOT NULL))
);
CREATE INDEX caller_label_state ON caller_label (state, id);
CREATE TABLE caller_label_message (
    label_id uuid NOT NULL REFERENCES caller_label (id),
    message_id uuid NOT NULL REFERENCES message (id),
    PRIMARY KEY (label_id, message_id)
);
CREATE INDEX caller_label_message_of ON caller_label_message (message_id);
