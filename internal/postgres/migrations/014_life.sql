-- The life of an entry: two more states, and what editors look after.
ALTER TABLE entry DROP CONSTRAINT entry_state_check;
ALTER TABLE entry ADD CONSTRAINT entry_state_check CHECK (state IN ('draft', 'review', 'published', 'to_verify', 'retired'));
ALTER TABLE entry ADD COLUMN negatives text[] NOT NULL DEFAULT '{}'; -- asks that look alike and are not answered by it
ALTER TABLE entry ADD COLUMN audience text NOT NULL DEFAULT ''; -- for whom; empty: for all
ALTER TABLE entry ADD COLUMN family text NOT NULL DEFAULT ''; -- code or question of the entry that this is a variant of, for another area
ALTER TABLE entry ADD COLUMN clauses jsonb NOT NULL DEFAULT '[]'; -- the rules it rests on: law, clause, until
ALTER TABLE entry ADD COLUMN replaces uuid REFERENCES entry (id); -- a copy in work, whose content that entry gets when it is approved
ALTER TABLE entry ADD COLUMN due_at timestamptz; -- by when somebody must act on it, in its present state; none: never
UPDATE entry SET due_at = valid_until WHERE state = 'published';

ALTER TABLE entry_version ADD COLUMN negatives text[] NOT NULL DEFAULT '{}';
ALTER TABLE entry_version ADD COLUMN audience text NOT NULL DEFAULT '';
ALTER TABLE entry_version ADD COLUMN family text NOT NULL DEFAULT '';
ALTER TABLE entry_version ADD COLUMN clauses jsonb NOT NULL DEFAULT '[]';
ALTER TABLE entry_version ADD COLUMN replaces uuid;
ALTER TABLE entry_version ADD COLUMN step text NOT NULL DEFAULT 'import'; -- what made this version
ALTER TABLE entry_version ADD COLUMN remark text NOT NULL DEFAULT ''; -- why, in the words of who did it

-- One copy in work an entry: two editors meet on it.
CREATE UNIQUE INDEX entry_copy ON entry (replaces) WHERE replaces IS NOT NULL AND state IN ('draft', 'review');
CREATE INDEX entry_due ON entry (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX entry_work ON entry (state, updated_at, id) WHERE state IN ('draft', 'review', 'to_verify', 'retired');
CREATE INDEX entry_family ON entry ((coalesce(nullif(family, ''), code, question)));
CREATE INDEX entry_clauses ON entry USING gin (clauses jsonb_path_ops);

-- An entry to verify is still found by those who answer, and marked.
DROP INDEX entry_terms;
CREATE INDEX entry_terms ON entry USING gin (terms) WHERE state IN ('published', 'to_verify');

-- Negative phrasings have the ordinals from -2 downwards.
ALTER TABLE entry_vector DROP CONSTRAINT entry_vector_ordinal_check;

-- That a law or a clause has changed. The row is the job: it is open until
-- every entry that rests on it is to be verified.
CREATE TABLE clause_mark (
    id uuid PRIMARY KEY,
    law text NOT NULL,
    clause text NOT NULL, -- empty: the whole law
    note text NOT NULL,
    by_account uuid REFERENCES account (id), -- none: the command line
    at timestamptz NOT NULL,
    done_at timestamptz -- none: still to be done
);
CREATE INDEX clause_mark_open ON clause_mark (at) WHERE done_at IS NULL;
