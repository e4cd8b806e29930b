/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read transactions. What must stay true: a connection is lent to one thread at a time, a thread
 * holds one at most, and none is held longer than the lease, because an open reader keeps the log
 * from beginning anew. */
#include "db/db_sqlite.h"

#include "base/clock.h"
#include "db/row.h"

#include <string.h>

enum {
    FIRST_ROWS = 16,
    LIMIT_STEPS = 20000, /* of the engine's machine, a millisecond or two */
};

/* ---- the lease ---- */

bool
db_sqlite_thread_reads(Db *db)
{
    pthread_t self = pthread_self();

    for (size_t i = 0; i < db->n_readers; i++)
        if (atomic_load_explicit(&db->readers[i].holder, memory_order_relaxed) == self)
            return true;
    return false;
}

static int
is_too_old(void *data)
{
    const DbTx *tx = data;

    return clock_monotonic() > tx->deadline;
}

void
db_sqlite_reader_limit(DbTx *reader)
{
    sqlite3_progress_handler(reader->conn.handle, LIMIT_STEPS, is_too_old, reader);
}

static DbTx *
borrow(Db *db)
{
    int64_t deadline = clock_monotonic() + db->lease;
    DbTx   *tx = NULL;

    lock_take(&db->idle_lock);
    while (db->n_idle == 0) {
        int64_t left = deadline - clock_monotonic();

        if (left <= 0 || !signal_wait_for(&db->idle_signal, &db->idle_lock, left))
            break;
    }
    if (db->n_idle > 0)
        tx = db->idle[--db->n_idle];
    lock_leave(&db->idle_lock);

    return tx;
}

static void
give_back(DbTx *tx)
{
    Db *db = tx->db;

    atomic_store_explicit(&tx->holder, 0, memory_order_relaxed);
    lock_take(&db->idle_lock);
    db->idle[db->n_idle++] = tx;
    lock_leave(&db->idle_lock);
    signal_one(&db->idle_signal);
}

DbTx *
db_begin(Db *db, Arena *mem, GError **error)
{
    if (db_sqlite_thread_reads(db))
        return fail_null(error, APP_ERROR_INTERNAL, "%s: this thread reads already",
                         db->schema->name);

    DbTx *tx = borrow(db);
    if (tx == NULL)
        return fail_null(error, APP_ERROR_BUSY, "%s: no reader became free", db->schema->name);

    tx->mem = mem;
    tx->deadline = clock_monotonic() + db->lease;
    atomic_store_explicit(&tx->holder, pthread_self(), memory_order_relaxed);
    if (!conn_begin(&tx->conn, error)) {
        give_back(tx);
        return NULL;
    }
    return tx;
}

void
db_end(DbTx *tx)
{
    if (tx == NULL)
        return;

    conn_end_reading(&tx->conn);
    give_back(tx);
}

Arena *
db_arena(const DbTx *tx)
{
    return tx->mem;
}

/* ---- the verbs ---- */

static bool
start(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params,
      sqlite3_stmt **prepared, GError **error)
{
    const Statement *statement = catalog_find(&tx->db->catalog, query);

    if (statement == NULL || statement->table != NULL)
        return fail(error, APP_ERROR_INTERNAL, "%s in %s: %s",
                    statement == NULL ? "no list of queries names it" : "only db_apply writes",
                    tx->db->schema->name, query->sql);
    if (statement->n_params != n_params)
        return fail(error, APP_ERROR_INTERNAL, "%zu parameters were given, not %zu: %s", n_params,
                    statement->n_params, query->sql);
    if (clock_monotonic() > tx->deadline)
        return fail(error, APP_ERROR_BUSY, "a read transaction is too old: %s", query->sql);

    if (!conn_statement(&tx->conn, statement, prepared, error))
        return false;
    if (sqlite3_stmt_busy(*prepared))
        return fail(error, APP_ERROR_INTERNAL, "it runs already in this transaction: %s",
                    query->sql);
    return conn_bind(&tx->conn, *prepared, params, n_params, error);
}

/* The row is made aside, so that `out` is written only on success. */
static bool
read_single(DbTx *tx, const DbQuery *query, sqlite3_stmt *prepared, void *out, bool *found,
            GError **error)
{
    bool row;

    if (!conn_step(&tx->conn, prepared, &row, error))
        return false;
    *found = row;
    if (!row)
        return true;

    void *made = arena_alloc(tx->mem, query->row_size);
    if (!row_decode(query, prepared, tx->mem, made, error) ||
        !conn_step(&tx->conn, prepared, &row, error))
        return false;
    if (row)
        return fail(error, APP_ERROR_INTERNAL, "more than one row: %s", query->sql);

    memcpy(out, made, query->row_size);
    return true;
}

bool
db_maybe(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, void *out,
         bool *found, GError **error)
{
    sqlite3_stmt *prepared;
    bool          any = false;

    if (!start(tx, query, params, n_params, &prepared, error))
        return false;

    bool succeeded = read_single(tx, query, prepared, out, &any, error);
    sqlite3_reset(prepared);
    if (succeeded)
        *found = any;
    return succeeded;
}

bool
db_one(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, void *out,
       GError **error)
{
    bool found;

    if (!db_maybe(tx, query, params, n_params, out, &found, error))
        return false;
    return found || fail(error, APP_ERROR_NOT_FOUND, "no row: %s", query->sql);
}

typedef struct {
    char  *bytes;
    size_t n, room;
} Rows;

static void *
add_row(Rows *rows, Arena *mem, size_t row_size)
{
    if (rows->n == rows->room) {
        size_t room = rows->room == 0 ? FIRST_ROWS : rows->room * 2;
        char  *bytes = arena_alloc(mem, room * row_size);

        if (rows->n > 0)
            memcpy(bytes, rows->bytes, rows->n * row_size);
        rows->bytes = bytes;
        rows->room = room;
    }
    return rows->bytes + row_size * rows->n++;
}

static bool
read_all(DbTx *tx, const DbQuery *query, sqlite3_stmt *prepared, Rows *rows, GError **error)
{
    while (true) {
        bool row;

        if (!conn_step(&tx->conn, prepared, &row, error))
            return false;
        if (!row)
            return true;
        if (!row_decode(query, prepared, tx->mem, add_row(rows, tx->mem, query->row_size), error))
            return false;
    }
}

bool
db_all(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, void *rows,
       size_t *n_rows, GError **error)
{
    sqlite3_stmt *prepared;
    Rows          read = { .bytes = NULL };

    if (!start(tx, query, params, n_params, &prepared, error))
        return false;

    bool succeeded = read_all(tx, query, prepared, &read, error);
    sqlite3_reset(prepared);
    if (!succeeded)
        return false;

    memcpy(rows, &read.bytes, sizeof read.bytes);
    *n_rows = read.n;
    return true;
}

static bool
read_each(DbTx *tx, const DbQuery *query, sqlite3_stmt *prepared, DbRowFunc func, void *data,
          GError **error)
{
    void *made = arena_alloc(tx->mem, query->row_size);

    while (true) {
        bool row;

        if (!conn_step(&tx->conn, prepared, &row, error))
            return false;
        if (!row)
            return true;

        memset(made, 0, query->row_size);
        if (!row_decode(query, prepared, NULL, made, error) || !func(made, data, error))
            return false;
    }
}

bool
db_each(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, DbRowFunc row,
        void *data, GError **error)
{
    sqlite3_stmt *prepared;

    if (!start(tx, query, params, n_params, &prepared, error))
        return false;

    bool succeeded = read_each(tx, query, prepared, row, data, error);
    sqlite3_reset(prepared);
    return succeeded;
}
