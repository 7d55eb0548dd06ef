-- Days that were imported and differ from the weekend rule or from the table
-- that comes with the product: free (work false) or worked.
CREATE TABLE calendar_day (
    day date PRIMARY KEY,
    work boolean NOT NULL,
    name text NOT NULL -- the holiday it belongs to
);

-- What citizens are told of their case outside the receipt's page. A row is
-- written in the transaction of what it tells of; the effect makes it one. The
-- recipient is the message whose sealed original has the contact: no number,
-- no name here.
CREATE TABLE notification (
    id uuid PRIMARY KEY, -- with round, the key by which the receiving service knows a repetition
    effect text NOT NULL UNIQUE, -- what it tells of, such as case:<id>:3:dispatched
    kind text NOT NULL CHECK (kind IN ('accepted', 'dispatched', 'extended', 'completed', 'asked')),
    message_id uuid NOT NULL REFERENCES message (id),
    receipt text NOT NULL, -- the code of the citizen's page
    urgent boolean NOT NULL, -- danger: goes out in quiet hours too
    body text NOT NULL, -- rendered; no personal data
    at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'void')), -- void: there is nobody to send it to, or nothing to send with
    due_at timestamptz NOT NULL, -- not sent before
    leased_until timestamptz, -- one process is sending it; after that time any may
    attempts integer NOT NULL DEFAULT 0,
    round integer NOT NULL DEFAULT 0, -- how often a person had it sent again
    via text NOT NULL DEFAULT '', -- how it went out: sms, wecom, smtp, webhook
    proof text NOT NULL DEFAULT '', -- the receiving service's own number for it
    failure text NOT NULL DEFAULT '', -- why the last attempt failed, in Chinese
    settled_at timestamptz,
    CHECK ((settled_at IS NULL) = (state = 'queued'))
);
CREATE INDEX notification_due ON notification (due_at, id) WHERE state = 'queued';
CREATE INDEX notification_state ON notification (state, id);
CREATE INDEX notification_message ON notification (message_id);

-- Until when nothing is sent, because the receiving service asked for a pause
-- or failed again and again. At most one row.
CREATE TABLE notification_pause (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz NOT NULL,
    why text NOT NULL -- in Chinese
);
