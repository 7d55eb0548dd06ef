-- A case is written about ten times, a notification three times. Where a page has
-- room for the next version and nothing changes that an index holds, no index is
-- written at all; of work_case there are 27.
ALTER TABLE work_case SET (fillfactor = 70);
ALTER TABLE notification SET (fillfactor = 80);

-- The units above one (上级单位), the nearest first, up to so many steps; of those that
-- are in service, and no further than to one that is not.
CREATE FUNCTION units_above(unit uuid, steps integer) RETURNS uuid[]
    LANGUAGE sql STABLE AS $$
    WITH RECURSIVE over (unit_id, up) AS (
        SELECT u.id, 0
        FROM unit AS u
        WHERE u.id = $1
        UNION ALL
        SELECT p.id, o.up + 1
        FROM over AS o
        JOIN unit AS u ON u.id = o.unit_id
        JOIN unit AS p ON p.id = u.parent_unit_id AND NOT p.retired
        WHERE o.up < $2
    )
    SELECT coalesce(array_agg(unit_id ORDER BY up) FILTER (WHERE up > 0), '{}')
    FROM over
$$;

-- So many of the units above the one that answers for a case were told that it is late.
ALTER TABLE work_case ADD COLUMN climbed smallint NOT NULL DEFAULT 0;
