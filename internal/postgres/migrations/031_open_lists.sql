-- What a unit has a part in, and what was given back, are counted with every
-- list; without these, the first reads every assignment the unit ever had, and
-- the second every open case of the city.
CREATE INDEX assignment_co ON assignment (unit_id, decision_id) WHERE ordinal > 0;
CREATE INDEX work_case_returned ON work_case (citizen_due, id) WHERE state = 'returned';
