-- Whoever is of a unit above the one that answers for a case (上级单位) is told when
-- it is chased up the levels, as such.
ALTER TABLE alert
    DROP CONSTRAINT alert_level_check,
    ADD CONSTRAINT alert_level_check CHECK (level IN ('unit', 'handler', 'head', 'above', 'supervisor', 'leader', 'first'));
