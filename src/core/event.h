/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The only record: one row for each act, never changed. Written before the petition's row, with salt
 * and leaf from the first row on; listeners add what must be in the same transaction. */
#pragma once

#include "core/access.h"
#include "core/command.h"
#include "core/crypto.h"

/* What is true of a petition after the act: enough for listeners to count, clock and notify. */
typedef struct Event {
    int64_t     id, petition_id, version;
    const char *kind; /* an action's name, or "import", "climb", … */
    AppTime     at, recorded_at;
    Role        actor_role;
    int64_t     actor_ref;
    const char *on_behalf;
    int64_t     entity_from, entity_to, directorate_id;
    const char *holder, *state;
    AppTime     due_at;
    const char *outcome, *ground;
    const char *visibility; /* "requester", "office", "unit" */
    Bytes       payload;    /* canonical JSON in clear; made smaller and sealed by event_append */
    Bytes       content;    /* canonical bytes of the command: kept as a MAC, for repeats */

    /* Of the petition, for listeners; not stored again. */
    const CryptoKey *key; /* the petition's data key; NULL: no payload */
    int64_t          number, service_id, place_id;
    const char      *type, *channel, *contact, *lang;
    bool             restricted;
    AppTime          lodged_at;
} Event;

/* Add the event and what listeners want to the plan. Fills id, recorded_at, and where they are not
 * set `at` and `on_behalf` (the command's). The petition's row is changed behind it. INTERNAL: a
 * payload without a key. */
bool event_append(Prepare *prepare, Event *event, GError **error) MUST_USE;

/* Did this command run on this petition before? With the same content: `repeated`, also in
 * `prepare`; with other content: INVALID (422). */
bool event_is_repeat(Prepare *prepare, int64_t petition_id, Bytes content, bool *repeated,
                     GError **error) MUST_USE;

typedef struct EventRow {
    int64_t id, petition_id, version, at, recorded_at, actor_ref, entity_from, entity_to,
        directorate_id, due_at;
    const char *kind, *actor_role, *on_behalf, *holder, *state, *outcome, *ground, *visibility;
    Bytes       payload; /* envelope */
    Bytes       salt, leaf;
} EventRow;

/* A petition's history, oldest first, from `after_version` on, at most 200. */
bool event_history(DbTx *tx, int64_t petition_id, int64_t after_version, EventRow **rows, size_t *n,
                   GError **error) MUST_USE;
/* One event of a petition's. */
bool event_by_id(DbTx *tx, int64_t petition_id, int64_t id, EventRow *out, bool *found,
                 GError **error) MUST_USE;
/* Open the payload of a row under the petition's key; "" when it has none. */
bool event_payload(Arena *mem, const CryptoKey *key, const EventRow *row, const char **json,
                   GError **error) MUST_USE;
/* At the start: ids go on behind the highest in the store, also when the clock was set back while the
 * program was down. */
bool event_resume_ids(System *sys, GError **error) MUST_USE;
/* The leaf recomputed from a row equals the stored one. */
bool event_leaf_is_right(const EventRow *row, Bytes command_id, Bytes content_mac);
/* Recompute every leaf, in short read transactions. `wrong` is the first event whose leaf differs, 0
 * when none does. */
bool event_check_leaves(Db *db, int64_t *checked, int64_t *wrong, GError **error) MUST_USE;

/* The events of all petitions with ids behind `after`, up to `upto`, in the petitions' order and by
 * version. The row is borrowed until the function returns; it returns false to stop with its error. */
typedef bool (*EventEachFunc)(const EventRow *row, bool leaf_is_right, void *data, GError **error);
bool event_each(DbTx *tx, int64_t after, int64_t upto, EventEachFunc row, void *data,
                GError **error) MUST_USE;

extern const DbQuery *const event_queries[];
extern const DbTable        event_tables[];
