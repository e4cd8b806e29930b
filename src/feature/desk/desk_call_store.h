/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Call-backs: the rows of the outbox whose channel is the telephone. An agent takes one for a while, so
 * that nobody calls the same person at the same moment, and then says what became of it. A try counts
 * when it was made; who takes a call and leaves it gives it back. */
#pragma once

#include "core/outbox.h"

#define DESK_CALL_TRIES 3

typedef struct {
    int64_t next_at, id; /* the last row's; both 0: from the start */
} DeskCallAfter;

/* Due at `now`, longest due first, 50 after `after`. */
bool desk_call_store_due(DbTx *tx, AppTime now, DeskCallAfter after, OutboxRow **rows, size_t *n,
                         GError **error) MUST_USE;
/* A call that waits, also one that is not due or taken; NOT_FOUND. */
bool desk_call_store_by_id(DbTx *tx, int64_t id, OutboxRow *row, GError **error) MUST_USE;
/* Nobody else gets it until `*until`. CONFLICT: it is not due, or somebody took it first. */
bool desk_call_store_take(System *sys, Arena *mem, const OutboxRow *row, AppTime *until,
                          GError **error) MUST_USE;

typedef struct {
    int64_t          id;
    AppTime          until;     /* as it was taken */
    const char      *fate;      /* "done", "waiting", "dead" */
    AppTime          next_at;   /* when it waits, else 0 */
    const char      *reason;    /* or NULL */
    const OutboxRow *unreached; /* NULL, or: the call is given up, and its message goes by SMS */
    const char      *dedupe;    /* of that */
} DeskCallSettle;

/* One more try was made, and this came of it. CONFLICT: its time had ended, or it was settled. */
bool desk_call_store_settle(System *sys, Arena *mem, const DeskCallSettle *settle,
                            GError **error) MUST_USE;
