/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read transactions on SQLite: a reader connection steps through its prepared statements. */
#include "db/db_sqlite.h"

#include "base/clock.h"
#include "db/row.h"

enum { LIMIT_STEPS = 20000 }; /* of the engine's machine, a millisecond or two */

static int
is_too_old(void *data)
{
    const SqliteReader *reader = data;

    return clock_monotonic() > reader->base.deadline;
}

void
db_sqlite_reader_limit(SqliteReader *reader)
{
    sqlite3_progress_handler(reader->conn.handle, LIMIT_STEPS, is_too_old, reader);
}

bool
db_sqlite_begin(DbTx *tx, GError **error)
{
    return conn_begin(&((SqliteReader *)tx)->conn, error);
}

void
db_sqlite_end(DbTx *tx)
{
    conn_end_reading(&((SqliteReader *)tx)->conn);
}

bool
db_sqlite_start(DbTx *tx, Cursor *cursor, const DbValue *params, size_t n_params, GError **error)
{
    Conn         *conn = &((SqliteReader *)tx)->conn;
    sqlite3_stmt *prepared;

    if (!conn_statement(conn, cursor->statement, &prepared, error))
        return false;
    cursor->handle = prepared;
    return conn_bind(conn, prepared, params, n_params, error);
}

bool
db_sqlite_next(DbTx *tx, Cursor *cursor, bool *row, GError **error)
{
    return conn_step(&((SqliteReader *)tx)->conn, cursor->handle, row, error);
}

bool
db_sqlite_decode(const Cursor *cursor, Arena *mem, void *out, GError **error)
{
    return row_decode(cursor->statement->query, cursor->handle, mem, out, error);
}

void
db_sqlite_stop(DbTx *tx, Cursor *cursor)
{
    (void)tx;
    sqlite3_reset(cursor->handle);
}
