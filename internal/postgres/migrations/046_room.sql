-- A case is written about ten times, a notification three times. Where a page has
-- room for the next version and nothing changes that an index holds, no index is
-- written at all; of work_case there are 27.
ALTER TABLE work_case SET (fillfactor = 70);
ALTER TABLE notification SET (fillfactor = 80);
