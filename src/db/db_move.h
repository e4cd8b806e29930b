/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store on SQLite moved to PostgreSQL: every table of both files, found in the files themselves, by ranges
 * of keys on several connections, and compared row by row afterwards. Stopped at any moment, also by
 * kill -9 of either side, a move goes on where it was when it is called again; until it has ended the
 * target is not served, and afterwards the source is not.
 *
 * What becomes of a table is not listed anywhere: all are moved, sessions and drafts too. Left behind are
 * those that the target keeps without a log (what they hold is meant to be forgotten), and made anew those
 * that the schema calls derived (DbDerived: full text). */
#pragma once

#include "db/db.h"

typedef enum {
    DB_MOVE_PLAN,    /* the source is cut into ranges */
    DB_MOVE_COPY,    /* steps: rows */
    DB_MOVE_BUILD,   /* indexes and references; steps: statements */
    DB_MOVE_COMPARE, /* steps: rows */
} DbMoveStage;

typedef enum {
    DB_MOVE_MOVED, /* compared: the same on both sides */
    DB_MOVE_MADE,  /* derived, and compared with what it was made from */
    DB_MOVE_LEFT,
} DbMoveFate;

typedef struct {
    const char *schema, *table;
    DbMoveFate  fate;
    int64_t     rows;
    char        hash[33]; /* of all its rows, in any order; "" unless it was moved */
} DbMoveTable;

typedef enum {
    DB_MOVE_OTHER,   /* the row is another one */
    DB_MOVE_MISSING, /* at the target */
    DB_MOVE_EXTRA,   /* at the target */
    DB_MOVE_DERIVED, /* what was made of the range that begins behind this key */
} DbMoveFault;

typedef struct {
    const char *schema, *table, *key;
    DbMoveFault fault;
} DbMoveDifference;

/* All are called by the thread that called db_move. */
typedef struct {
    void (*stage)(DbMoveStage stage, const char *schema, int64_t steps, void *data);
    bool (*tick)(int64_t done, void *data); /* false: nobody waits any more; stop (BUSY) */
    void (*table)(const DbMoveTable *table, void *data);
    void (*differs)(const DbMoveDifference *difference, void *data);
    void *data;
} DbMoveWatch;

typedef struct {
    const char            *directory; /* of the source; its owner lock is taken */
    const DbSchema *const *schemas;   /* NULL-terminated */
    const char *const     *urls;      /* one for each; of a role that owns its schema */
    int                    workers;   /* connections that work at once; 0: two for each core */
    int64_t                step;      /* rows that are moved in one transaction; 0: 20,000 */
    int64_t                patience;  /* how long a server that is gone is waited for; 0: 20 s */
    DbMoveWatch            watch;
} DbMoveOptions;

/* Move, or go on moving. `again`: it had ended before, and nothing was done.
 * CONFLICT: a server has the source. INVALID, with a sentence that says what to do: the target holds
 * something else, a difference was found (each is told by `differs`), the source is not of this program's
 * version. BUSY: the database server is gone, or nobody waits; call it again. INTERNAL. */
bool db_move(const DbMoveOptions *options, bool *again, GError **error) MUST_USE;
