/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read transactions and the verbs that read, whichever the engine is. */
#include "db/pool.h"

#include "base/clock.h"

#include <string.h>

enum { FIRST_ROWS = 16 };

static bool
check_thread(Db *db, GError **error)
{
    return !(pool_thread_reads(&db->pool) || pool_thread_reads(&db->stale)) ||
           fail(error, APP_ERROR_INTERNAL, "%s: this thread reads already", db->schema->name);
}

static DbTx *
begin(DbTx *tx, Arena *mem, GError **error)
{
    tx->mem = mem;
    if (!tx->db->engine->begin(tx, error)) {
        pool_give_back(tx);
        return NULL;
    }
    return tx;
}

DbTx *
db_begin(Db *db, Arena *mem, GError **error)
{
    if (!check_thread(db, error))
        return NULL;

    DbTx *tx = pool_borrow(&db->pool);
    if (tx == NULL)
        return fail_null(error, APP_ERROR_BUSY, "%s: no reader became free", db->schema->name);
    return begin(tx, mem, error);
}

/* Whoever may read what is old waits for nothing: the primary serves them, too. */
DbTx *
db_begin_stale(Db *db, Arena *mem, GError **error)
{
    if (atomic_load_explicit(&db->stale_off, memory_order_relaxed))
        return db_begin(db, mem, error);
    if (!check_thread(db, error))
        return NULL;

    DbTx *tx = pool_borrow_idle(&db->stale);
    return tx == NULL ? db_begin(db, mem, error) : begin(tx, mem, error);
}

void
db_end(DbTx *tx)
{
    if (tx == NULL)
        return;

    tx->db->engine->end(tx);
    pool_give_back(tx);
}

Arena *
db_arena(const DbTx *tx)
{
    return tx->mem;
}

/* ---- the verbs ---- */

static bool
is_running(const DbTx *tx, const Statement *statement)
{
    for (size_t i = 0; i < tx->n_running; i++)
        if (tx->running[i] == statement)
            return true;
    return tx->n_running == DB_MOST_NESTED;
}

/* What was started is stopped by the caller. */
static bool
start(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, Cursor *cursor,
      GError **error)
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
    if (is_running(tx, statement))
        return fail(error, APP_ERROR_INTERNAL,
                    "it runs already in this transaction, or %d others do: %s", DB_MOST_NESTED,
                    query->sql);

    *cursor = (Cursor){ .statement = statement };
    if (!tx->db->engine->start(tx, cursor, params, n_params, error))
        return false;
    tx->running[tx->n_running++] = statement;
    return true;
}

static void
stop(DbTx *tx, Cursor *cursor)
{
    tx->db->engine->stop(tx, cursor);
    tx->n_running--;
}

static bool
next(DbTx *tx, Cursor *cursor, bool *row, GError **error)
{
    return tx->db->engine->next(tx, cursor, row, error);
}

static bool
decode(DbTx *tx, const Cursor *cursor, Arena *mem, void *out, GError **error)
{
    return tx->db->engine->decode(cursor, mem, out, error);
}

/* The row is made aside, so that `out` is written only on success. */
static bool
read_single(DbTx *tx, const DbQuery *query, Cursor *cursor, void *out, bool *found, GError **error)
{
    bool row;

    if (!next(tx, cursor, &row, error))
        return false;
    *found = row;
    if (!row)
        return true;

    void *made = arena_alloc(tx->mem, query->row_size);
    if (!decode(tx, cursor, tx->mem, made, error) || !next(tx, cursor, &row, error))
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
    Cursor cursor;
    bool   any = false;

    if (!start(tx, query, params, n_params, &cursor, error))
        return false;

    bool succeeded = read_single(tx, query, &cursor, out, &any, error);
    stop(tx, &cursor);
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
read_all(DbTx *tx, const DbQuery *query, Cursor *cursor, Rows *rows, GError **error)
{
    while (true) {
        bool row;

        if (!next(tx, cursor, &row, error))
            return false;
        if (!row)
            return true;
        if (!decode(tx, cursor, tx->mem, add_row(rows, tx->mem, query->row_size), error))
            return false;
    }
}

bool
db_all(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, void *rows,
       size_t *n_rows, GError **error)
{
    Cursor cursor;
    Rows   read = { .bytes = NULL };

    if (!start(tx, query, params, n_params, &cursor, error))
        return false;

    bool succeeded = read_all(tx, query, &cursor, &read, error);
    stop(tx, &cursor);
    if (!succeeded)
        return false;

    memcpy(rows, &read.bytes, sizeof read.bytes);
    *n_rows = read.n;
    return true;
}

static bool
read_each(DbTx *tx, const DbQuery *query, Cursor *cursor, DbRowFunc func, void *data,
          GError **error)
{
    void *made = arena_alloc(tx->mem, query->row_size);

    while (true) {
        bool row;

        if (!next(tx, cursor, &row, error))
            return false;
        if (!row)
            return true;

        memset(made, 0, query->row_size);
        if (!decode(tx, cursor, NULL, made, error) || !func(made, data, error))
            return false;
    }
}

bool
db_each(DbTx *tx, const DbQuery *query, const DbValue *params, size_t n_params, DbRowFunc row,
        void *data, GError **error)
{
    Cursor cursor;

    if (!start(tx, query, params, n_params, &cursor, error))
        return false;

    bool succeeded = read_each(tx, query, &cursor, row, data, error);
    stop(tx, &cursor);
    return succeeded;
}
