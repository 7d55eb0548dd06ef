-- Whoever is of a unit above the one that answers for a case (上级单位) is told when
-- it is chased up the levels, as such.
ALTER TABLE alert
    DROP CONSTRAINT alert_level_check,
    ADD CONSTRAINT alert_level_check CHECK (level IN ('unit', 'handler', 'head', 'above', 'supervisor', 'leader', 'first'));

-- Tokens of privacy officers' accounts were made by others, who could act as them:
-- they end. From now on officers make their own.
UPDATE api_token
SET revoked_at = now()
WHERE revoked_at IS NULL
  AND account_id IN (SELECT id FROM account WHERE 'privacy' = ANY (roles));
