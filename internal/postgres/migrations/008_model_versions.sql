-- A model that was worse on held-out decisions than the one that served keeps
-- its row with its figures, and never serves. A person may put a model back
-- that served before; while that one serves, none is trained by itself.
ALTER TABLE model
    ADD COLUMN refused text NOT NULL DEFAULT '' CHECK (refused IN ('', 'leaf', 'lead')), -- in what it was worse; empty: it served
    ADD COLUMN trial jsonb, -- what its twin said of each decision held out; none: dropped with data
    ADD COLUMN served_at timestamptz, -- since when, the last time; none: since made_at
    ADD COLUMN pinned_at timestamptz, -- of the active one: when a person put it back; none: nobody did, or training may go on
    ADD COLUMN pinned_by uuid REFERENCES account (id); -- none: the machine's own command line
