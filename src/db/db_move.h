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

/* A table that SQLite keeps in a form of its own (full text) and that follows from the rows of another: a
 * move makes it anew from them. */
struct DbDerived {
    const char *table, *key; /* at the target, and the column that is the other's key */
    const char *source;      /* the other table; its key is one column */
    const char *select;      /* PostgreSQL: SELECT … FROM source, for all columns of `table` */
};

/* Files beside SQLite's that are rows on PostgreSQL, with the columns file, part (from 0), created_at and
 * data, and (file, part) as the key. On SQLite the table is there and empty. */
struct DbContents {
    const char *table;
    const char *names;  /* SELECT file, created_at FROM …: those that there are */
    const char *folder; /* of the directory; in it lies the folder of a name's first two letters */
    size_t      piece;  /* bytes of a row */
};

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
