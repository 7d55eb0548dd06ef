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
