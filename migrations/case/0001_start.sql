-- The case: reference data, petitions and their events, what is counted and what is to be sent.
-- No column of this file tells who a requester is: `handle` is random for each petition, `person`
-- is sealed for the vault.

-- Reference data. Names stand in `label`, in any language.
CREATE TABLE entity (
    id           ID PRIMARY KEY,
    code         TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    phone        TEXT,
    website      TEXT,
    successor_id ID REFERENCES entity (id),
    retired_at   TIME,
    version      INTEGER NOT NULL
) STRICT;

CREATE TABLE service (
    id              ID PRIMARY KEY,
    entity_id       ID NOT NULL REFERENCES entity (id),
    code            TEXT NOT NULL UNIQUE,
    inquiry_days    INTEGER NOT NULL,
    praise_days     INTEGER NOT NULL,
    suggestion_days INTEGER NOT NULL,
    complaint_days  INTEGER NOT NULL,
    retired_at      TIME,
    version         INTEGER NOT NULL
) STRICT;
CREATE INDEX service_by_entity ON service (entity_id, id);

-- A field is retired and followed by a new version, never edited: answers name the version.
CREATE TABLE service_field (
    id         ID PRIMARY KEY,
    service_id ID NOT NULL REFERENCES service (id),
    code       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    required   FLAG NOT NULL,
    max_length INTEGER NOT NULL,
    choices    TEXT,
    position   INTEGER NOT NULL,
    retired_at TIME,
    UNIQUE (service_id, code, version)
) STRICT;

CREATE TABLE directorate (
    id         ID PRIMARY KEY,
    entity_id  ID NOT NULL REFERENCES entity (id),
    code       TEXT NOT NULL UNIQUE,
    retired_at TIME,
    version    INTEGER NOT NULL
) STRICT;

CREATE TABLE place (
    id         ID PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    parent_id  ID REFERENCES place (id),
    level      TEXT NOT NULL,
    retired_at TIME,
    version    INTEGER NOT NULL
) STRICT;

-- `day` is days since 1970-01-01 in the configured zone.
CREATE TABLE holiday (
    day       INTEGER PRIMARY KEY,
    estimated FLAG NOT NULL
) STRICT;

CREATE TABLE calendar_rule (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- subject: "entity.name", "entity.remit", "entity.keywords", "entity.head", "service.name",
-- "service.keywords", "service_field.label", "service_field.hint", "service_field.purpose",
-- "service_field.choice.CODE", "directorate.name", "place.name", "holiday.name" (id: the day).
CREATE TABLE label (
    subject TEXT NOT NULL,
    id      ID NOT NULL,
    lang    TEXT NOT NULL,
    text    TEXT NOT NULL,
    PRIMARY KEY (subject, id, lang)
) STRICT;

-- Staff. `totp` is an envelope; `name` is the office's way to call them.
CREATE TABLE account (
    id             ID PRIMARY KEY,
    login          TEXT NOT NULL UNIQUE,
    role           TEXT NOT NULL,
    entity_id      ID REFERENCES entity (id),
    directorate_id ID REFERENCES directorate (id),
    name           TEXT NOT NULL,
    password       TEXT,
    totp           BYTES,
    disabled_at    TIME,
    version        INTEGER NOT NULL
) STRICT;
CREATE INDEX account_by_entity ON account (entity_id, role, id);

CREATE TABLE account_step (
    account_id ID PRIMARY KEY REFERENCES account (id),
    step       ID NOT NULL
) STRICT;

CREATE TABLE setup_link (
    token_hash BYTES PRIMARY KEY,
    account_id ID NOT NULL REFERENCES account (id),
    expires_at TIME NOT NULL
) STRICT;

CREATE TABLE session (
    token_hash BYTES PRIMARY KEY,
    account_id ID NOT NULL REFERENCES account (id),
    created_at TIME NOT NULL,
    seen_at    TIME NOT NULL,
    expires_at TIME NOT NULL
) STRICT;
CREATE INDEX session_by_account ON session (account_id);
CREATE INDEX session_by_expiry ON session (expires_at);

-- The only record. `petition_id` is the petition's, or the id of a change of reference data.
-- Clear columns are what figures and clocks need; what people wrote is in `payload`, an envelope
-- under the petition's key. `leaf` = hash of the canonical bytes (version in its first byte) and salt.
-- A command is found among the few events of its petition; two at once meet in the version.
CREATE TABLE event (
    id          ID PRIMARY KEY,
    petition_id ID NOT NULL,
    version     INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    at          TIME NOT NULL,
    recorded_at TIME NOT NULL,
    actor_role  TEXT NOT NULL,
    actor_ref   ID,
    on_behalf   TEXT,
    command_id  BYTES NOT NULL,
    content_mac BYTES NOT NULL,
    entity_from ID,
    entity_to   ID,
    directorate_id ID,
    holder      TEXT,
    state       TEXT,
    due_at      TIME,
    outcome     TEXT,
    ground      TEXT,
    visibility  TEXT NOT NULL,
    payload     BYTES,
    salt        BYTES NOT NULL,
    leaf        BYTES NOT NULL,
    UNIQUE (petition_id, version)
) STRICT;

-- The present state: what the events say. Every update raises `version`, whose event stands first.
CREATE TABLE petition (
    id               ID PRIMARY KEY,
    version          INTEGER NOT NULL,
    number           ID NOT NULL UNIQUE,
    submit_command   BYTES NOT NULL UNIQUE,
    handle           BYTES NOT NULL UNIQUE,
    person           BYTES NOT NULL,
    type             TEXT NOT NULL,
    state            TEXT NOT NULL,
    holder           TEXT NOT NULL,
    about            TEXT NOT NULL,
    channel          TEXT NOT NULL,
    lang             TEXT NOT NULL,
    entity_id        ID REFERENCES entity (id),
    service_id       ID REFERENCES service (id),
    place_id         ID REFERENCES place (id),
    contact          TEXT NOT NULL,
    identity_hidden  FLAG NOT NULL,
    restricted       FLAG NOT NULL,
    provisional      FLAG NOT NULL,
    lodged_at        TIME NOT NULL,
    entered_at       TIME NOT NULL,
    assigned_at      TIME,
    accepted_at      TIME,
    due_at           TIME,
    remaining        ID,
    next_climb_at    TIME,
    next_climb_level INTEGER NOT NULL,
    period_set       FLAG NOT NULL,
    returns          INTEGER NOT NULL,
    outcome          TEXT,
    closed_at        TIME,
    solved           TEXT,
    stars            INTEGER,
    brief_epoch      INTEGER NOT NULL,
    brief            BYTES,
    FOREIGN KEY (id, version) REFERENCES event (petition_id, version)
) STRICT;
CREATE INDEX petition_inbox ON petition (entity_id, state, due_at, id);

-- The data key of a petition, wrapped under a ring key that only the vault holds. Erasure deletes it.
CREATE TABLE petition_key (
    petition_id ID PRIMARY KEY,
    epoch       INTEGER NOT NULL,
    wrapped     BYTES NOT NULL
) STRICT;

-- The keyed words of a petition, eight bytes each, kept so that its entry can be taken out of the index exactly.
CREATE TABLE petition_token (
    petition_id ID PRIMARY KEY,
    tokens      BYTES NOT NULL
) STRICT;

CREATE TABLE consultation (
    id             ID PRIMARY KEY,
    petition_id    ID NOT NULL REFERENCES petition (id),
    directorate_id ID NOT NULL REFERENCES directorate (id),
    asked_at       TIME NOT NULL,
    due_at         TIME NOT NULL,
    asked_event    ID NOT NULL REFERENCES event (id),
    answered_event ID REFERENCES event (id),
    proposed_days  INTEGER
) STRICT;
CREATE INDEX consultation_open ON consultation (directorate_id, due_at, id) WHERE answered_event IS NULL;
CREATE INDEX consultation_by_petition ON consultation (petition_id, id);

-- A form that is not sent yet: an envelope under a key of its own, found by the random id in a cookie.
CREATE TABLE draft (
    id_hash    BYTES PRIMARY KEY,
    command_id BYTES NOT NULL,
    content    BYTES NOT NULL,
    version    INTEGER NOT NULL,
    expires_at TIME NOT NULL
) STRICT;
CREATE INDEX draft_by_expiry ON draft (expires_at);

-- Name, type and hash of the plain bytes are inside `meta`; the file on disk is named by `file`.
CREATE TABLE attachment (
    id          ID PRIMARY KEY,
    draft_hash  BYTES,
    petition_id ID,
    event_id    ID,
    wrapped     BYTES NOT NULL,
    epoch       INTEGER NOT NULL,
    meta        BYTES NOT NULL,
    file        TEXT NOT NULL UNIQUE,
    size        ID NOT NULL,
    created_at  TIME NOT NULL
) STRICT;
CREATE INDEX attachment_by_draft ON attachment (draft_hash) WHERE draft_hash IS NOT NULL;
CREATE INDEX attachment_by_petition ON attachment (petition_id, id) WHERE petition_id IS NOT NULL;

-- What is to be told to whom. No address and no text: both are made at the moment of sending.
-- recipient: "requester" (through the petition's person) or "account".
CREATE TABLE outbox (
    id          ID PRIMARY KEY,
    petition_id ID REFERENCES petition (id),
    event_id    ID REFERENCES event (id),
    recipient   TEXT NOT NULL,
    account_id  ID,
    channel     TEXT NOT NULL,
    message     TEXT NOT NULL,
    lang        TEXT NOT NULL,
    dedupe      TEXT NOT NULL UNIQUE,
    fate        TEXT NOT NULL,
    tries       INTEGER NOT NULL,
    next_at     TIME,
    lease_until TIME,
    error       TEXT,
    created_at  TIME NOT NULL,
    done_at     TIME
) STRICT;
CREATE INDEX outbox_due ON outbox (channel, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_by_petition ON outbox (petition_id, id);
CREATE INDEX outbox_by_time ON outbox (created_at, id);

-- How many of each kind of event, by day and everything that the first figures are cut by. 0: none.
CREATE TABLE aggregate (
    day        INTEGER NOT NULL,
    entity_id  ID NOT NULL,
    service_id ID NOT NULL,
    type       TEXT NOT NULL,
    channel    TEXT NOT NULL,
    place_id   ID NOT NULL,
    kind       TEXT NOT NULL,
    n          ID NOT NULL,
    PRIMARY KEY (day, entity_id, service_id, type, channel, place_id, kind)
) KEYED;

CREATE TABLE job (
    name        TEXT PRIMARY KEY,
    next_at     TIME NOT NULL,
    lease_until TIME,
    runs        ID NOT NULL
) STRICT;
