-- The vault: who people are, how they are reached, the ring of keys, their passwords and sessions.

-- Keys of the ring, wrapped under the root key. One purpose may have several epochs.
CREATE TABLE ring (
    purpose    TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    wrapped    BYTES NOT NULL,
    created_at TIME NOT NULL,
    PRIMARY KEY (purpose, epoch)
) STRICT;

-- `identity` and `contact` are envelopes under the person's key, which lies in `wrapped` under the
-- ring's. The indexes are keyed MACs, those of telephone and e-mail cut to 22 bits (candidates are
-- compared after opening). Erasure blanks `wrapped` and everything that was under it.
CREATE TABLE person (
    id              ID PRIMARY KEY,
    version         INTEGER NOT NULL,
    epoch           INTEGER NOT NULL,
    wrapped         BYTES,
    document_index  BYTES UNIQUE,
    phone_index     INTEGER,
    email_index     INTEGER,
    identity        BYTES,
    contact         BYTES,
    verification    TEXT NOT NULL,
    verified_at     TIME,
    password        TEXT,
    lang            TEXT NOT NULL,
    created_at      TIME NOT NULL,
    erased_at       TIME
) STRICT;
CREATE INDEX person_by_phone ON person (phone_index, id) WHERE phone_index IS NOT NULL;
CREATE INDEX person_by_email ON person (email_index, id) WHERE email_index IS NOT NULL;

-- The number of handles that a person has used, at least: a hint, walked on from.
CREATE TABLE person_hint (
    person_id ID PRIMARY KEY,
    n         INTEGER NOT NULL
) STRICT;

-- The vault's only record: what was changed, and who looked at whom. `person_id` is NULL for the ring,
-- the registry, and a search that found nobody. `payload` (the reason of a look) is an envelope under
-- the person's key.
CREATE TABLE vault_event (
    id          ID PRIMARY KEY,
    person_id   ID,
    kind        TEXT NOT NULL,
    at          TIME NOT NULL,
    actor_role  TEXT NOT NULL,
    actor_ref   ID,
    command_id  BYTES NOT NULL UNIQUE,
    fields      TEXT,
    payload     BYTES
) STRICT;
CREATE INDEX vault_event_by_person ON vault_event (person_id, id);
CREATE INDEX vault_event_by_actor ON vault_event (actor_ref, id) WHERE actor_ref IS NOT NULL;

CREATE TABLE requester_session (
    token_hash BYTES PRIMARY KEY,
    person_id  ID NOT NULL REFERENCES person (id),
    created_at TIME NOT NULL,
    seen_at    TIME NOT NULL,
    expires_at TIME NOT NULL
) STRICT;
CREATE INDEX requester_session_by_person ON requester_session (person_id);
CREATE INDEX requester_session_by_expiry ON requester_session (expires_at);

-- A one-time code that was sent: bound to the browser's visitor and a purpose. `address` is an envelope.
CREATE TABLE code (
    visitor_hash BYTES NOT NULL,
    purpose      TEXT NOT NULL,
    code_mac     BYTES NOT NULL,
    address      BYTES NOT NULL,
    tries        INTEGER NOT NULL,
    expires_at   TIME NOT NULL,
    PRIMARY KEY (visitor_hash, purpose)
) STRICT;
CREATE INDEX code_by_expiry ON code (expires_at);

-- When codes were last sent to an address: at most ten times of eight bytes, newest first. One row, so
-- that two sends at once cannot both be the third.
CREATE TABLE code_send (
    address_mac BYTES PRIMARY KEY,
    version     INTEGER NOT NULL,
    sends       BYTES NOT NULL,
    expires_at  TIME NOT NULL
) STRICT;
CREATE INDEX code_send_by_expiry ON code_send (expires_at);

-- The embedded registry for trying out: invented people, encrypted like real ones.
CREATE TABLE registry_entry (
    document_index BYTES PRIMARY KEY,
    identity       BYTES NOT NULL
) STRICT;
