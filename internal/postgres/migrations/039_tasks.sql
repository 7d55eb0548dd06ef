-- What co-units have to do for a case (协办任务), as casework.Case.After adds it up.
ALTER TABLE work_case
    ADD COLUMN tasks jsonb, -- casework.Task, one for each co-unit that has one; none: nobody was given any
    ADD COLUMN task_units uuid[] NOT NULL DEFAULT '{}'; -- units of tasks that are still to be done
CREATE INDEX work_case_task_units ON work_case USING gin (task_units) WHERE task_units <> '{}';
CREATE INDEX work_case_tasks ON work_case (id) WHERE tasks IS NOT NULL;
