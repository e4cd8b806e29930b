/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: the database itself refuses what no plan may do. On the writer the event table
 * takes new rows only and the schema does not change; on a reader nothing is written. */
#pragma once

#include "db/conn.h"

typedef struct {
    const char *event_table; /* NULL: none */
    bool        reads_only;
    GHashTable *written; /* tables that the statement in preparation writes; NULL: not recorded */
} Guard;

/* Set once, before statements are prepared: setting it again would prepare all of them anew.
 * `guard` must outlive the connection. */
void guard_set(Guard *guard, Conn *conn, const char *event_table, bool reads_only);

/* Prepare a writing statement; what the engine says it writes must be its table and nothing else
 * (not by a trigger, not by a cascade). INTERNAL. */
bool
guard_prepare_write(Guard *guard, Conn *conn, const Statement *statement, GError **error) MUST_USE;
