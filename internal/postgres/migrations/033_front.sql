-- Finding a case by its words. Words are found by what two characters stand
-- next to each other: Chinese has no spaces, and a citizen's word is often
-- cut otherwise in the question than in the text (烧烤 and 烧烤店). A pair is one
-- number made of both characters; two pairs may have the same, so what is
-- found is compared with the text itself.
CREATE FUNCTION word_fold(words text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(regexp_replace(words, '\s', '', 'g'));
-- The cost keeps the planner from making the pairs of every row anew instead
-- of asking the index.
CREATE FUNCTION word_pairs(words text) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000
    RETURN (
        SELECT coalesce(array_agg(DISTINCT (ascii(p.first) << 12) # ascii(p.second)), '{}')
        FROM (
            SELECT c.letter AS first,
                   lead(c.letter) OVER (ORDER BY c.n) AS second
            FROM unnest(string_to_array(words, NULL)) WITH ORDINALITY AS c (letter, n)
        ) AS p
        WHERE p.second IS NOT NULL
    );

-- What the filed matters say and where, folded, masked as everywhere. It
-- follows from matter, message and matter_place by triggers, so that whatever
-- changes or erases words there does so here.
CREATE TABLE case_words (
    matter_id uuid PRIMARY KEY REFERENCES matter (id),
    words text NOT NULL
);
CREATE INDEX case_words_pairs ON case_words USING gin (word_pairs(words));

CREATE FUNCTION keep_case_words(of_matter uuid) RETURNS void
    LANGUAGE sql
    BEGIN ATOMIC
        INSERT INTO case_words (matter_id, words)
        SELECT m.id, word_fold(concat_ws('|', m.title, m.body, g.place, p.place))
        FROM matter AS m
        JOIN message AS g ON g.id = m.message_id
        LEFT JOIN matter_place AS p ON p.matter_id = m.id
        WHERE m.id = of_matter AND EXISTS (SELECT FROM work_case WHERE matter_id = of_matter)
        ON CONFLICT (matter_id) DO UPDATE SET words = excluded.words;
    END;
CREATE FUNCTION words_of_case() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM public.keep_case_words(NEW.matter_id);
    RETURN NULL;
END
$$;
CREATE FUNCTION words_of_matter() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM public.keep_case_words(NEW.id);
    RETURN NULL;
END
$$;
CREATE FUNCTION words_of_message() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM public.keep_case_words(m.id) FROM public.matter AS m WHERE m.message_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER words AFTER INSERT ON work_case
    FOR EACH ROW EXECUTE FUNCTION words_of_case();
CREATE TRIGGER words AFTER UPDATE OF title, body ON matter
    FOR EACH ROW EXECUTE FUNCTION words_of_matter();
CREATE TRIGGER words AFTER INSERT OR UPDATE ON matter_place
    FOR EACH ROW EXECUTE FUNCTION words_of_case();
CREATE TRIGGER words AFTER UPDATE OF place ON message
    FOR EACH ROW EXECUTE FUNCTION words_of_message();

INSERT INTO case_words (matter_id, words)
SELECT m.id, word_fold(concat_ws('|', m.title, m.body, g.place, p.place))
FROM work_case AS c
JOIN matter AS m ON m.id = c.matter_id
JOIN message AS g ON g.id = m.message_id
LEFT JOIN matter_place AS p ON p.matter_id = m.id;

-- When a case was filed, of its clocks; never changes. The default is for the
-- release before, which does not know it.
ALTER TABLE work_case ADD COLUMN filed_at timestamptz NOT NULL DEFAULT now();
UPDATE work_case SET filed_at = (clocks ->> 'filed_at')::timestamptz;
-- All cases whatever became of them, the latest on top, paged by key.
CREATE INDEX work_case_filed ON work_case (filed_at, id);
CREATE INDEX work_case_filed_by ON work_case (unit_id, filed_at, id);
-- Filters: where it happened, and a channel's own number.
CREATE INDEX message_area ON message (area) WHERE area IS NOT NULL;
CREATE INDEX contact_number ON contact (external_id) WHERE external_id IS NOT NULL;

-- Every matter has its code from the moment it comes in, not the refused ones
-- alone: the table keeps its name, so that the release before goes on working.
COMMENT ON TABLE refusal_receipt IS 'The citizen''s code for a matter, given when it comes in; a refusal and the case have the same.';
ALTER TABLE notification DROP CONSTRAINT notification_kind_check;
ALTER TABLE notification ADD CONSTRAINT notification_kind_check
    CHECK (kind IN ('accepted', 'dispatched', 'extended', 'completed', 'asked', 'rewarded', 'refused'));

-- What a citizen adds by the receipt's page has no account.
ALTER TABLE case_file ALTER COLUMN by_account DROP NOT NULL;

-- What other platforms call a case and by when they want it answered, and who
-- has brought it up among delegates.
ALTER TABLE work_case
    ADD COLUMN outside jsonb, -- casework.Outside; none: no other platform has it
    ADD COLUMN delegate jsonb NOT NULL DEFAULT '{}'; -- casework.Delegate
CREATE INDEX work_case_outside ON work_case USING gin (outside jsonb_path_ops) WHERE outside IS NOT NULL;
-- What 110 was given before has its number, too, in the order and form in which
-- the history adds up.
UPDATE work_case AS c
SET outside = p.numbers
FROM (
    SELECT l.case_id,
           jsonb_agg(jsonb_build_object('platform', 'police', 'number', l.reason, 'since', to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) ORDER BY l.ordinal) AS numbers
    FROM (
        SELECT DISTINCT ON (case_id, reason) case_id, reason, at, ordinal
        FROM case_event
        WHERE move = 'to_police'
        ORDER BY case_id, reason, ordinal DESC
    ) AS l
    GROUP BY l.case_id
) AS p
WHERE p.case_id = c.id;
