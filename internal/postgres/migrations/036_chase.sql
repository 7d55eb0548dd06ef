-- Deputies (副职) beside heads: they may do what a head does.
ALTER TABLE unit_head ADD COLUMN kind text NOT NULL DEFAULT 'head' CHECK (kind IN ('head', 'deputy'));

-- The person of the unit that answers for it who has the case; up to whom it was
-- chased; orders without effect; what is handled under an order because it was
-- not solved again and again; the explanation of a lawful refusal.
ALTER TABLE work_case
    ADD COLUMN handler uuid REFERENCES account (id), -- none: nobody yet
    ADD COLUMN chasing text NOT NULL DEFAULT '' CHECK (chasing IN ('', 'handler', 'head', 'supervisor', 'leader')),
    ADD COLUMN fruitless integer NOT NULL DEFAULT 0,
    ADD COLUMN order_vain boolean NOT NULL DEFAULT false, -- the last order is counted there
    ADD COLUMN supervised boolean NOT NULL DEFAULT false,
    ADD COLUMN explaining text NOT NULL DEFAULT '' CHECK (explaining IN ('', 'waits', 'done')),
    ADD COLUMN blamed_at timestamptz; -- of clocks: since when it is on the accountability list
CREATE INDEX work_case_handler ON work_case (handler, citizen_due, id) WHERE handler IS NOT NULL AND state NOT IN ('closed', 'merged', 'void');
CREATE INDEX work_case_explaining ON work_case (citizen_due, id) WHERE state = 'closed' AND explaining = 'waits';
CREATE INDEX work_case_blamed ON work_case (blamed_at, id) WHERE blamed_at IS NOT NULL;

-- What the history of a case makes of the new columns, as casework.Case.After
-- adds it up.
DO $$
DECLARE
    k record;
    e record;
    ordered text;
    vain boolean;
    n integer;
    level text;
    since timestamptz;
BEGIN
    FOR k IN SELECT DISTINCT case_id FROM case_event WHERE move IN ('order', 'instruct', 'late') LOOP
        ordered := ''; vain := false; n := 0; level := ''; since := NULL;
        FOR e IN SELECT move, reason, at FROM case_event WHERE case_id = k.case_id ORDER BY ordinal LOOP
            CASE
                WHEN e.move IN ('order', 'instruct') THEN
                    IF ordered = 'answered' AND NOT vain THEN
                        vain := true; n := n + 1;
                    END IF;
                    IF ordered <> 'waits' THEN
                        vain := false;
                    END IF;
                    ordered := 'waits';
                WHEN e.move = 'feedback' THEN
                    ordered := 'answered';
                WHEN e.move IN ('strike_off', 'recall', 'merge') THEN
                    ordered := '';
                WHEN e.move = 'late' AND e.reason = 'order' THEN
                    IF NOT vain THEN
                        vain := true; n := n + 1;
                    END IF;
                WHEN e.move = 'late' THEN
                    level := CASE e.reason
                        WHEN 'late' THEN 'handler' WHEN 'unaccepted' THEN 'handler' WHEN 'late_head' THEN 'head' WHEN 'late_boss' THEN 'supervisor' ELSE level
                    END;
                WHEN e.move IN ('file', 'redirect', 'accept', 'close') THEN
                    level := '';
                WHEN e.move = 'let_go' THEN
                    level := ''; ordered := '';
                ELSE
                    NULL;
            END CASE;
            IF n >= 2 AND since IS NULL THEN
                since := e.at;
            END IF;
        END LOOP;
        UPDATE work_case
        SET fruitless = n,
            order_vain = vain,
            chasing = level,
            blamed_at = since,
            clocks = CASE WHEN since IS NULL THEN clocks ELSE clocks || jsonb_build_object('blamed', to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) END
        WHERE id = k.case_id;
    END LOOP;
END
$$;

-- By what means one of the staff is told outside the pages, and who follows up
-- what is late (督办员).
CREATE TABLE reach (
    account_id uuid PRIMARY KEY REFERENCES account (id),
    mobile text NOT NULL,
    mail text NOT NULL,
    wecom text NOT NULL, -- id of the member
    supervises boolean NOT NULL,
    told_at timestamptz -- of the last letter
);
CREATE INDEX reach_supervises ON reach (account_id) WHERE supervises;
CREATE INDEX account_unit ON account (unit_id) WHERE unit_id IS NOT NULL;
CREATE INDEX account_above ON account (id) WHERE roles && ARRAY['admin', 'leader'];

-- What the staff is told of a case (提醒): the inbox. One person is told of one
-- event once.
CREATE TABLE alert (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id uuid NOT NULL,
    ordinal integer NOT NULL,
    account_id uuid NOT NULL REFERENCES account (id),
    for_account uuid REFERENCES account (id), -- on leave: whom account_id stands in for
    level text NOT NULL CHECK (level IN ('unit', 'handler', 'head', 'supervisor', 'leader')),
    kind text NOT NULL, -- a mark or a move
    at timestamptz NOT NULL,
    urgent boolean NOT NULL, -- danger
    waits boolean NOT NULL, -- no letter tells of it yet
    over boolean NOT NULL DEFAULT false, -- what it tells of needs nobody any more
    read_at timestamptz,
    UNIQUE (case_id, ordinal, account_id),
    FOREIGN KEY (case_id, ordinal) REFERENCES case_event (case_id, ordinal)
);
CREATE INDEX alert_account ON alert (account_id, id);
CREATE INDEX alert_unread ON alert (account_id, id) WHERE read_at IS NULL AND NOT over;
CREATE INDEX alert_waits ON alert (account_id, id) WHERE waits;

-- A letter goes to a citizen, or to one of the staff.
ALTER TABLE notification
    ALTER COLUMN message_id DROP NOT NULL,
    ADD COLUMN account_id uuid REFERENCES account (id),
    ADD CONSTRAINT notification_to_one CHECK (num_nonnulls(message_id, account_id) = 1),
    DROP CONSTRAINT notification_kind_check,
    ADD CONSTRAINT notification_kind_check CHECK (kind IN ('accepted', 'dispatched', 'extended', 'completed', 'asked', 'rewarded', 'refused', 'staff'));
CREATE INDEX notification_account ON notification (id) WHERE account_id IS NOT NULL;
