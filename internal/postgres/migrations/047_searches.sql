-- What is added to a GIN index waits in a list that every search reads through,
-- until a vacuum sorts it in, which a small knowledge base never sees: more than
-- half of a search by words was that. Entries change seldom, and are searched for
-- with every message.
ALTER INDEX entry_terms SET (fastupdate = off);
SELECT gin_clean_pending_list('entry_terms');

-- What is sent next, urgent first. By due_at alone all that waits, of a night or
-- of a day's outage, was read and sorted for each letter.
DROP INDEX notification_due;
CREATE INDEX notification_next ON notification (urgent DESC, due_at, id) WHERE state = 'queued';
