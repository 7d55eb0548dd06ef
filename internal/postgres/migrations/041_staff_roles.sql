-- Dispatchers (派单员) and supervisors (督办员) have roles of their own; what one
-- person does not have together is in org.apart too. Agents dispatched until now,
-- and go on with both until an administrator takes one away.
ALTER TABLE account DROP CONSTRAINT account_role_check;
UPDATE account
SET roles = ARRAY['agent', 'dispatcher'] || array_remove(roles, 'agent')
WHERE 'agent' = ANY (roles);
ALTER TABLE account ADD CONSTRAINT account_role_check CHECK (
    cardinality(roles) > 0
    AND roles <@ ARRAY['agent', 'dispatcher', 'supervisor', 'editor', 'admin', 'unit', 'leader', 'bot', 'privacy']
    AND (NOT 'unit' = ANY (roles) OR unit_id IS NOT NULL)
    AND (NOT roles && ARRAY['privacy', 'bot'] OR cardinality(roles) = 1)
    AND NOT (roles @> ARRAY['unit'] AND roles && ARRAY['agent', 'dispatcher', 'supervisor', 'admin'])
);

-- A password that somebody else has given (一次性密码) works until a time, and is
-- changed first of all.
ALTER TABLE account ADD COLUMN once_until timestamptz; -- none: the account's own

-- A session as its owner sees it and ends it.
ALTER TABLE session
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN device text NOT NULL DEFAULT ''; -- browser and system, in words
CREATE INDEX session_account ON session (account_id);
