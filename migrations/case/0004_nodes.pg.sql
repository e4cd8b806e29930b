-- What several processes on one store tell each other.

-- Which vault belongs to this case: a mark made by a key that only that vault has. One row.
CREATE TABLE instance (
    id   INTEGER PRIMARY KEY,
    mark BYTES NOT NULL
) STRICT;

-- Which change of the reference data was the last: by the id of its event. One row.
CREATE TABLE reference_state (
    id      INTEGER PRIMARY KEY,
    version ID NOT NULL
) STRICT;

-- Rate limits: when a bucket would be full again. `key` is a keyed hash, of an address or of a session.
-- Not logged: nothing waits for a disk, and what a crash of the server forgets are limits, not requests.
CREATE UNLOGGED TABLE rate (
    key     ID PRIMARY KEY,
    full_at TIME NOT NULL,
    told_at TIME NOT NULL
) STRICT;
CREATE INDEX rate_by_time ON rate (told_at);

-- Attachments' encrypted content, in pieces, where the store has no directory of its own.
CREATE TABLE attachment_part (
    file       TEXT NOT NULL,
    part       INTEGER NOT NULL,
    created_at TIME NOT NULL,
    data       BYTES NOT NULL,
    PRIMARY KEY (file, part)
) STRICT;
-- What is encrypted does not become smaller.
ALTER TABLE attachment_part ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX attachment_part_begun ON attachment_part (created_at, file) WHERE part = 0;

-- Counts are appended, and added up by a job: one row that is `folded` for each key, which only that job
-- touches. What is not folded yet is found by an index of its own.
ALTER TABLE aggregate ADD COLUMN folded FLAG NOT NULL DEFAULT FALSE;
DROP INDEX aggregate_by_key;
CREATE INDEX aggregate_by_day ON aggregate (day);
CREATE INDEX aggregate_appended ON aggregate (day) WHERE NOT folded;
CREATE UNIQUE INDEX aggregate_folded ON aggregate (day, entity_id, service_id, type, channel, place_id, kind)
    WHERE folded;
