-- The moment from which a chase up the levels is counted (the case's own deadline,
-- the time until it is accepted or acted on); none for what is a moment of its own.
-- A chase that was struck is not made again from the same moment, also where a
-- calendar that was imported since, or new rules, would have it at another time.
ALTER TABLE case_mark ADD COLUMN counted_from timestamptz;
UPDATE case_mark AS k
SET counted_from = d.since
FROM work_case AS c
CROSS JOIN LATERAL (
    VALUES
        ('late_head', greatest((c.clocks ->> 'citizen')::timestamptz, (c.clocks ->> 'reopened_at')::timestamptz)),
        ('late_boss', greatest((c.clocks ->> 'citizen')::timestamptz, (c.clocks ->> 'reopened_at')::timestamptz)),
        ('late_top', greatest((c.clocks ->> 'citizen')::timestamptz, (c.clocks ->> 'reopened_at')::timestamptz)),
        ('untaken', (c.clocks ->> 'accept')::timestamptz),
        ('untaken_top', (c.clocks ->> 'accept')::timestamptz),
        ('unacted_head', (c.clocks ->> 'act')::timestamptz),
        ('unacted_boss', (c.clocks ->> 'act')::timestamptz),
        ('unacted_top', (c.clocks ->> 'act')::timestamptz)
) AS d (kind, since)
WHERE c.id = k.case_id
  AND c.state NOT IN ('closed', 'merged', 'void')
  AND d.kind = k.kind
  AND d.since < k.due_at;

-- Who received a matter first is told, too, when it is refused (不予受理) and no case
-- was filed: such an alert is about the decision that refuses it.
ALTER TABLE alert
    ALTER COLUMN case_id DROP NOT NULL,
    ALTER COLUMN ordinal DROP NOT NULL,
    ADD COLUMN decision_id uuid REFERENCES decision (id),
    ADD CONSTRAINT alert_about_one CHECK (num_nonnulls(case_id, decision_id) = 1 AND (case_id IS NULL) = (ordinal IS NULL)),
    ADD CONSTRAINT alert_decision_once UNIQUE (decision_id, account_id);
