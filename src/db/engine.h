/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: what both engines share and what each must do. The verbs of db.h stand in db.c and
 * db_read.c; they lend connections, check plans and wait, and call the engine through this table.
 * An engine's Db and DbTx begin with the ones here. */
#pragma once

#include "base/thread.h"
#include "db/catalog.h"
#include "db/db_check.h"

#include <stdatomic.h>

/* Counts the calls to the engine and makes one of them fail when a test asks for it. */
typedef struct {
    _Atomic int64_t fail_at; /* 0: none */
    _Atomic int64_t calls;
} Faults;

/* A statement that runs in a read transaction. */
typedef struct {
    const Statement *statement;
    void            *handle; /* the engine's */
    int              row;    /* the engine's */
} Cursor;

enum { DB_MOST_NESTED = 8 };

/* A reader connection; lent, it is the transaction. */
struct DbTx {
    Db                *db;
    struct Pool       *pool;
    bool               out;    /* not to be lent: it has no connection; under the pool's lock */
    bool               broken; /* the engine's word to the pool when it is given back */
    Arena             *mem;
    int64_t            deadline; /* by clock_monotonic */
    const Statement   *running[DB_MOST_NESTED];
    size_t             n_running;
    _Atomic(pthread_t) holder; /* 0: idle */
};

typedef struct Pool {
    DbTx  **readers;
    size_t  n_readers;
    DbTx  **idle; /* a stack: the warmest connection is lent first */
    size_t  n_idle;
    int64_t lease; /* microseconds */
    Lock    lock;
    Signal  signal;
} Pool;

typedef struct {
    _Atomic int64_t plans, batches, rolled_back, commit_microseconds, changes, stale_reads;
} Tally;

typedef struct {
    void (*close)(Db *db); /* frees it too */
    int (*node)(Db *db);   /* NULL: 0 */
    bool shared;           /* other processes write the same store */

    /* A read transaction on a reader that is lent. */
    bool (*begin)(DbTx *tx, GError **error);
    void (*end)(DbTx *tx);
    /* The cursor's statement with checked parameters; a cursor that was started is stopped. */
    bool (*start)(DbTx *tx, Cursor *cursor, const DbValue *params, size_t n_params, GError **error);
    bool (*next)(DbTx *tx, Cursor *cursor, bool *row, GError **error);
    /* The current row into the zeroed struct at `out`; `mem` NULL: texts and bytes are borrowed
     * until the next one. */
    bool (*decode)(const Cursor *cursor, Arena *mem, void *out, GError **error);
    void (*stop)(DbTx *tx, Cursor *cursor);

    bool (*checkpoint)(Db *db, GError **error);
    bool (*wait)(Db *db, int64_t deadline); /* NULL: never gone */

    /* Plans of statements, on a connection of their own. A plan has a line for each step. */
    void *(*explainer_open)(Db *db, GError **error);
    char *(*explain)(void *explainer, const Statement *statement, GError **error);
    void (*explainer_close)(void *explainer);
    /* What is wrong with a plan, or NULL. */
    const char *(*find_fault)(const char *plan, const char *sql);

    /* db_check.h */
    bool (*check_file)(Db *db, const DbCheck *check, GError **error);
    bool (*check_words)(Db *db, const char *table, DbWordFunc word, void *data, GError **error);
} DbEngine;

struct Db {
    const DbEngine *engine;
    const DbSchema *schema;
    Catalog         catalog;
    Faults          faults;
    Pool            pool;
    Pool            stale;     /* of replicas; without readers there are none */
    _Atomic bool    stale_off; /* none of them is near enough, as far as is known */
    Queue          *queue;     /* of Job, for the writers; NULL until they are started */
    Tally           tally;
};

/* Is this call the one to fail? NULL: none is. */
bool db_engine_fails(Faults *faults);
/* The part of a Db that both engines have; the catalog is built. */
bool db_engine_init(Db *db, const DbEngine *engine, const DbOptions *options, GError **error);
void db_engine_clear(Db *db);

/* db_sqlite.c, db_pg.c */
Db *db_sqlite_open(const DbOptions *options, GError **error);
Db *db_pg_open(const DbOptions *options, GError **error);
