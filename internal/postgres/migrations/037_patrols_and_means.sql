-- What was seen on patrol has nobody who is told, or called after closing.
ALTER TABLE work_case ADD COLUMN patrol boolean NOT NULL DEFAULT false;
UPDATE work_case AS c
SET patrol = true
FROM matter AS m
JOIN message AS s ON s.id = m.message_id
JOIN contact AS t ON t.id = s.contact_id
WHERE m.id = c.matter_id AND t.channel = 'patrol';
DROP INDEX work_case_calls;
CREATE INDEX work_case_calls ON work_case (citizen_due, id)
    WHERE state = 'closed' AND callback = '' AND calls < 3 AND NOT (patrol AND joined = 0);

-- What a notification could not tell a citizen by any means: somebody calls.
ALTER TABLE work_case ADD COLUMN untold integer NOT NULL DEFAULT 0; -- since they were heard last
CREATE INDEX work_case_untold ON work_case (id) WHERE untold > 0;

-- Notifications are tried by several means in turn, each a row of its own: the
-- effect of the next ends in /1, /2, so that it is made once.
ALTER TABLE notification
    ADD COLUMN step integer NOT NULL DEFAULT 0 CHECK (step >= 0), -- by which of the means, from 0
    ADD COLUMN chain uuid; -- the first of its row; NULL: this is it
CREATE INDEX notification_chain ON notification (chain) WHERE chain IS NOT NULL;

-- A pause is of one means. The first keeps the key that processes of the
-- version before write by.
ALTER TABLE notification_pause DROP CONSTRAINT notification_pause_pkey;
ALTER TABLE notification_pause
    ALTER COLUMN one DROP NOT NULL,
    ADD UNIQUE (one),
    ADD COLUMN step integer NOT NULL DEFAULT 0,
    ADD PRIMARY KEY (step),
    ADD CHECK ((one IS NOT NULL) = (step = 0));
