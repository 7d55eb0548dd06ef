-- What a unit has not accepted yet, the list that it looks at most: by
-- work_case_of_unit all that is open is read for it, at a busy unit seven times
-- as much.
CREATE INDEX work_case_waiting ON work_case (unit_id, citizen_due, id) WHERE state = 'waiting';

-- Of these few rows are open and all moves are made on those. By default dead
-- versions are taken away when they are a fifth of the table, a month's in a
-- city's second year; until then the partial indexes of what is open, of what is
-- due and of what is to be sent consist of them for the most part.
ALTER TABLE work_case SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE case_mark SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE notification SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
