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

-- A refused matter of which there is no case has somebody who sees it through, too,
-- and can be handed on; who has not read of it in time is reported to the supervisors.
ALTER TABLE matter
    ADD COLUMN first_asked uuid REFERENCES account (id); -- to whom it was handed on; none: who received it
ALTER TABLE alert
    ADD COLUMN chase_at timestamptz; -- by when it is to be read; none: it need not, or was
CREATE INDEX alert_chase ON alert (chase_at) WHERE chase_at IS NOT NULL;
