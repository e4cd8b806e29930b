-- A complaint of somebody whose identity is not verified yet (`provisional`). `identity_at` is when it
-- goes on by itself: while it waits for the registry, to its entity; while it is `frozen` because the
-- data do not match, to its end. NULL: nothing waits.
ALTER TABLE petition ADD COLUMN frozen FLAG NOT NULL DEFAULT FALSE;
ALTER TABLE petition ADD COLUMN identity_at TIME;
CREATE INDEX petition_by_identity ON petition (identity_at, id) WHERE identity_at IS NOT NULL AND closed_at IS NULL;
CREATE INDEX petition_provisional ON petition (id) WHERE provisional AND closed_at IS NULL;
