-- Who is handled with a case: looked up whenever its citizens are told
-- something. Without it each notification read all cases.
CREATE INDEX work_case_into ON work_case (into_case) WHERE into_case IS NOT NULL;
