-- What several processes on one store tell each other (on SQLite there is one, and these stay empty but
-- for the first two).

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
CREATE TABLE rate (
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
CREATE INDEX attachment_part_begun ON attachment_part (created_at, file) WHERE part = 0;
