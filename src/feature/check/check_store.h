/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: the only SQL of the check, by key, so that each reading is short. Ranges are of
 * petitions' ids: behind `after`, up to `upto`. */
#pragma once

#include "db/db.h"

typedef struct {
    int64_t after, upto;
} CheckRange;

typedef struct {
    int64_t petition_id;
    Bytes   wrapped;
} CheckKeyRow;

/* A message with the event of which it tells. */
typedef struct {
    int64_t     id, petition_id, event_id, event_petition, event_version;
    const char *message, *kind; /* kind: of the event */
} CheckMessageRow;

/* A question with the events that asked and answered it. */
typedef struct {
    int64_t id, petition_id, directorate_id, answered_event, asked_petition, asked_directorate,
        answered_petition;
    const char *asked_kind;
} CheckQuestionRow;

/* An event with what it is counted by. */
typedef struct {
    int64_t     id, at, entity_from, entity_to, place_id;
    const char *kind, *type, *channel;
} CheckCountedRow;

typedef struct {
    int64_t id, version, number;
    Bytes   handle, person;
} CheckHandleRow;

bool check_store_count(DbTx *tx, int64_t *petitions, GError **error) MUST_USE;
bool check_store_keys(DbTx *tx, const CheckRange *range, CheckKeyRow **rows, size_t *n,
                      GError **error) MUST_USE;
bool check_store_messages(DbTx *tx, const CheckRange *range, DbRowFunc row, void *data,
                          GError **error) MUST_USE;
bool check_store_questions(DbTx *tx, const CheckRange *range, DbRowFunc row, void *data,
                           GError **error) MUST_USE;
/* Events of petitions with ids from `from` on. */
bool
check_store_counted(DbTx *tx, int64_t from, DbRowFunc row, void *data, GError **error) MUST_USE;
/* Drafts that were sent and are still there. */
bool check_store_sent_drafts(DbTx *tx, DbRowFunc row, void *data, GError **error) MUST_USE;

enum { CHECK_HANDLES = 16 };
/* Which of these handles petitions have; at most CHECK_HANDLES are asked for. */
bool check_store_by_handles(DbTx *tx, const uint8_t (*handles)[16], size_t n, CheckHandleRow **rows,
                            size_t *n_rows, GError **error) MUST_USE;
bool check_store_handles(DbTx *tx, int64_t after, CheckHandleRow **rows, size_t *n,
                         GError **error) MUST_USE;
bool check_store_version(DbTx *tx, int64_t id, int64_t *version, int64_t *number,
                         GError **error) MUST_USE;
