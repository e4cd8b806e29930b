/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The data layer. Statements are constants, rows are structs, and a column's C type is checked by
 * the compiler. Reads run in a read transaction (a snapshot) on a leased reader connection; writes
 * are plans: fixed lists of statements that `db_apply` runs without reading, many plans to one
 * commit. Nothing above db_sqlite.c and db_pg.c knows which engine it is.
 *
 * A process opens one Db for each file: the case and the vault. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"

typedef struct Db        Db;
typedef struct DbTx      DbTx;
typedef struct WritePlan WritePlan;

/* For a move to the other engine only, see db/db_move.h. */
typedef struct DbDerived  DbDerived;
typedef struct DbContents DbContents;

/* ---- values and columns ---- */

typedef enum {
    DB_TYPE_NULL,
    DB_TYPE_INT,
    DB_TYPE_BOOL,
    DB_TYPE_TEXT,
    DB_TYPE_BYTES,
    DB_TYPE_DOUBLE
} DbType;

typedef struct {
    DbType type;
    union {
        int64_t     integer;
        double      real;
        const char *text;  /* borrowed until the transaction ends or the plan is applied */
        Bytes       bytes; /* likewise */
    };
} DbValue;

DbValue db_int(int64_t value);
DbValue db_bool(bool value);
DbValue db_double(double value);
/* NULL text and NULL bytes are SQL's NULL. */
DbValue db_text(const char *value);
DbValue db_bytes(Bytes value);
DbValue db_null(void);
/* 0 is SQL's NULL: for ids and times, which are never 0. */
DbValue db_int_or_null(int64_t value);

#define DB_PARAMS(...)                                                                             \
    ((const DbValue[]){ __VA_ARGS__ }), (sizeof((const DbValue[]){ __VA_ARGS__ }) / sizeof(DbValue))
#define DB_NO_PARAMS NULL, 0

typedef struct {
    const char *name; /* the C field; documents the row, columns are matched by position */
    size_t      offset;
    DbType      type;
    bool        maybe; /* NULL is allowed: 0, false, NULL, {NULL, 0} */
} DbColumn;

#define DB_FIELD_TYPE(T, field)                                                                    \
    _Generic(((T *)0)->field,                                                                      \
        int64_t: DB_TYPE_INT,                                                                      \
        bool: DB_TYPE_BOOL,                                                                        \
        const char *: DB_TYPE_TEXT,                                                                \
        Bytes: DB_TYPE_BYTES,                                                                      \
        double: DB_TYPE_DOUBLE)
#define DB_COLUMN(T, field)                                                                        \
    {                                                                                              \
#field, offsetof(T, field), DB_FIELD_TYPE(T, field), false                                 \
    }
#define DB_MAYBE(T, field)                                                                         \
    {                                                                                              \
#field, offsetof(T, field), DB_FIELD_TYPE(T, field), true                                  \
    }

/* A statement. `$1 $2 …` appear first in ascending order on both engines. A SELECT gives `columns`
 * and `row_size`; anything else gives `table`, the one table that it writes (checked at start
 * against what the engine says it writes). Every query stands in its module's list of queries. */
typedef struct DbQuery {
    const char     *sql;
    const char     *sql_pg; /* only for a real difference of dialect: `sawt sql --dialects` */
    const char     *table;
    const DbColumn *columns;
    size_t          n_columns;
    size_t          row_size;
    bool            scans; /* may read a whole table: small tables and jobs only */
    bool            folds; /* other rows that say the same: no event, whatever the table */
    /* Nothing else of a commit reads what it writes: SQLite's writer runs it behind the others of its plan
     * (db_apply_all: of all plans), PostgreSQL in its place. Full text is written out before an UPDATE. */
    bool deferrable;
    bool counted; /* what it changes is remembered in memory: see db_changes */
} DbQuery;

#define DB_COLUMNS(T, array)                                                                       \
    .columns = (array), .n_columns = G_N_ELEMENTS(array), .row_size = sizeof(T)

/* ---- tables ---- */

/* A change to a CASE or REFERENCE table is refused in a plan that writes no event. MACHINERY:
 * sessions, drafts, leases, code tries, an outbox row's fate. A table of the schema that no list
 * names stops the start. */
typedef enum { DB_TABLE_CASE = 1, DB_TABLE_REFERENCE, DB_TABLE_MACHINERY } DbTableClass;

typedef struct {
    const char  *name;
    DbTableClass table_class;
} DbTable;

typedef struct {
    int         version; /* 1, 2, … */
    const char *name;
    const char *sql;    /* with the migrator's words, see db/migrate.h */
    const char *sql_pg; /* only for a pair NNNN_name.sqlite.sql, NNNN_name.pg.sql; else NULL */
} DbMigration;

typedef struct {
    const char                  *name;        /* "case", "vault": the file's name and the log's */
    const char                  *event_table; /* insert-only; what an event is in this file */
    const DbTable *const        *tables;      /* NULL-terminated list of lists that end in {NULL} */
    const DbQuery *const *const *queries;     /* NULL-terminated list of NULL-terminated lists */
    const DbMigration           *migrations;
    size_t                       n_migrations;
    const DbDerived             *derived;  /* ends in {NULL}; NULL: none */
    const DbContents            *contents; /* likewise */
} DbSchema;

/* ---- opening ---- */

typedef struct {
    const char     *directory; /* SQLite: where the file `name`.db lies */
    const char     *url;       /* PostgreSQL: postgresql://…; NULL: SQLite */
    const DbSchema *schema;
    int             readers;     /* reader connections; 0: 2 × cores */
    int             writers;     /* PostgreSQL: writer connections; 0: 4 */
    int             queue;       /* plans that may wait for a writer; 0: 1024 */
    int64_t         patience;    /* PostgreSQL: how long a plan waits for a server that is gone;
                                  * 0: 20 s */
    const char     *replicas;    /* PostgreSQL: where db_begin_stale may read; NULL: as db_begin */
    int64_t         fail_at;     /* fault tests: the Nth call to the engine fails; 0: none */
    const char     *vfs;         /* fault tests: SQLite VFS; NULL: the default */
    bool            unsafe_sync; /* fault tests: synchronous=OFF, which must lose data */
    bool            bulk;        /* SQLite: a process that makes a trial's store: commits are not
                                  * synced (db/unsynced.h), a quarter of a gigabyte of pages is
                                  * kept, and the log is moved more seldom */
    int64_t         lease;       /* how long a reader is waited for and may be held; 0: 5 s */
} DbOptions;

/* Open, refuse a foreign or newer schema, prepare every statement, start the writers. On SQLite the
 * owner lock of the directory must be held (db/owner.h). INVALID with a sentence that says what to
 * do, BUSY (no server there), INTERNAL. Migrations are run before by db_migrate. */
Db *db_open(const DbOptions *options, GError **error) MUST_USE;
/* Refuse new plans, finish those that wait, checkpoint, close. All read transactions have ended. */
void db_close(Db *db);

/* The number of this process among those on the same store, for its ids: 0 on SQLite; on PostgreSQL
 * one of 0 to 1023 that is leased as long as the Db is open. */
int db_node(Db *db);
/* May other processes write to it while this one has it open? PostgreSQL. */
bool db_is_shared(Db *db);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)

/* ---- reading ---- */

/* A snapshot, from the first statement on, on a reader connection; rows go to `mem`. Waits for a
 * free connection, at most 5 s (BUSY). A thread holds one of a Db at most (INTERNAL), for 5 s at
 * most: then what runs in it is stopped (BUSY); longer work continues by key in another. Never held
 * while waiting for a write (INTERNAL from the writing function). A statement cannot run inside
 * itself (db_each). A hurried thread (base/thread.h) does not wait for a connection and holds it for
 * 20 ms at most: BUSY. */
DbTx *db_begin(Db *db, Arena *mem, GError **error) MUST_USE;
/* The same for what may be as old as DB_STALE_MOST: on a replica when there is one that is known to
 * be no further behind, else as db_begin. Two in a row may go back in time. */
DbTx *db_begin_stale(Db *db, Arena *mem, GError **error) MUST_USE;
#define DB_STALE_MOST (10 * SECONDS)
void   db_end(DbTx *tx);
Arena *db_arena(const DbTx *tx);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbTx, db_end)

/* Exactly one row into `*out`. NOT_FOUND when there is none. */
bool db_one(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, void *out,
            GError **error) MUST_USE;
/* One row or none. */
bool db_maybe(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, void *out,
              bool *found, GError **error) MUST_USE;
/* All rows as an array in the arena; the statement has a LIMIT or a small table. `rows` is a
 * `T **`. */
bool db_all(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, void *rows,
            size_t *n_rows, GError **error) MUST_USE;
/* Call `row` for each; it returns false to stop with its error. The row's texts live until the
 * next. */
typedef bool (*DbRowFunc)(const void *row, void *data, GError **error);
bool db_each(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, DbRowFunc row,
             void *data, GError **error) MUST_USE;

/* ---- writing ---- */

/* A plan lives in `mem`, with copies of what is added to it. */
WritePlan *plan_new(Arena *mem);
/* Exactly one row must change; else, or when a unique index refuses, db_apply gives RACE. What must
 * be there for a change to be allowed, the event, is added by this one. */
void plan_one(WritePlan *plan, const DbQuery *query, const DbValue *params, size_t n_params);
/* Any number of rows may change. A unique index that refuses is still RACE. */
void   plan_any(WritePlan *plan, const DbQuery *query, const DbValue *params, size_t n_params);
size_t plan_length(const WritePlan *plan);
/* How to find out whether this plan, and not another of the same meaning, was kept, when the
 * connection is lost while it is committed: a query that gives a row if and only if it was, by an id
 * that no other plan writes. One speaks for all plans that share its commit; without any the answer
 * is BUSY. Only PostgreSQL asks. */
void plan_witness(WritePlan *plan, const DbQuery *query, const DbValue *params, size_t n_params);

/* Run the plan and come back after the commit that made it durable. All or nothing.
 * RACE: what was read has changed, prepare again. BUSY: the queue or the disk is full, or the server
 * was gone for too long: then it may have been kept, and a repeat must be one that can be told.
 * INTERNAL: the plan is wrong (no event, unknown statement). An engine that says IOERR, CORRUPT or
 * NOTADB ends the process: what is durable is then known only after recovery. */
bool db_apply(Db *db, const WritePlan *plan, GError **error) MUST_USE;
/* Run many plans in one commit of their own: replay, import, generate. All or nothing. */
bool db_apply_all(Db *db, const WritePlan *const *plans, size_t n_plans, GError **error) MUST_USE;

/* Move the log into the file and cut it, so that nothing erased stays in it. Waits for readers
 * while others write on; BUSY when one was always in the way, or the disk is full. On PostgreSQL the
 * log is its administrator's, and this does nothing. */
bool db_checkpoint(Db *db, GError **error) MUST_USE;

/* How many plans with a `counted` statement were committed. What was read after the number was asked for is
 * still so when it is the same now: who waits for a plan comes back after it is counted. -1 where other
 * processes write too. */
int64_t db_changes(Db *db);

/* When the server is known to be gone: wait until it is back, or until `deadline` by
 * clock_monotonic. Was there anything to wait for, and is it back? SQLite is never gone. */
bool db_wait(Db *db, int64_t deadline);

typedef struct {
    int64_t plans, batches, rolled_back; /* since the start */
    int64_t commit_microseconds;         /* sum over batches */
    int64_t waiting;                     /* now */
    int64_t engine_calls;                /* what fail_at counts: begin, step, commit */
    int64_t stale_reads;                 /* transactions that a replica answered */
} DbStats;

DbStats db_stats(Db *db);

/* Fault tests: count engine_calls anew, and make the Nth of them fail; 0: none. */
void db_fail_at(Db *db, int64_t n);
