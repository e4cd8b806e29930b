/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read transactions on PostgreSQL. BEGIN travels with the first statement and COMMIT is not waited
 * for, so that a transaction of one statement costs one round. All rows of a statement are fetched:
 * another one may run while they are walked. */
#include "db/db_pg.h"

#include "base/clock.h"

#define GRACE (SECONDS / 2) /* for the server to stop a statement by itself */

bool
db_pg_begin(DbTx *tx, GError **error)
{
    PgReader *reader = (PgReader *)tx;

    if (db_engine_fails(&tx->db->faults))
        return fail(error, APP_ERROR_BUSY, "made to fail: BEGIN");

    reader->begun = false;
    return true;
}

/* The answers are read by the next one who borrows it. */
void
db_pg_end(DbTx *tx)
{
    PgReader *reader = (PgReader *)tx;
    PgConn   *conn = &reader->conn;

    if (!reader->begun || conn->handle == NULL)
        return;

    if (PQsendQueryPrepared(conn->handle, "commit", 0, NULL, NULL, NULL, 1) == 0 ||
        PQpipelineSync(conn->handle) == 0 || PQflush(conn->handle) < 0)
        pg_conn_close(conn);
    else
        conn->owed += 2;
}

static bool
lost(const Cursor *cursor, GError **error)
{
    return fail(error, APP_ERROR_BUSY,
                "the connection to the database is lost, or too slow, doing: %s",
                pg_sql(cursor->statement->query));
}

/* The rows, or NULL; `gone`: the connection is. */
static PGresult *
run(PgReader *reader, const Cursor *cursor, const DbValue *params, size_t n_params, bool *gone,
    GError **error)
{
    PgConn *conn = &reader->conn;
    int64_t deadline = reader->base.deadline + GRACE;
    bool    first = !reader->begun;

    *gone = false;
    if (!pg_conn_settle(conn, deadline) ||
        (first && PQsendQueryPrepared(conn->handle, "begin", 0, NULL, NULL, NULL, 1) == 0)) {
        *gone = true;
        return NULL;
    }
    reader->begun = true;
    bool sent = pg_send(conn, cursor->statement, params, n_params, error);
    if (PQpipelineSync(conn->handle) == 0) {
        pg_conn_close(conn);
        *gone = sent;
        return NULL;
    }

    conn->owed = (first ? 1 : 0) + 1;
    if (!sent)
        return NULL;
    if (first)
        PQclear(pg_conn_take(conn, deadline));
    conn->owed = 1;

    PGresult *result = pg_conn_take(conn, deadline);
    *gone = result == NULL;
    return result;
}

/* A pooled connection may have died since it was last used: while nothing was read in this
 * transaction, another may take its place. */
bool
db_pg_start(DbTx *tx, Cursor *cursor, const DbValue *params, size_t n_params, GError **error)
{
    PgReader *reader = (PgReader *)tx;
    bool      first = !reader->begun, gone = true;
    PGresult *result = NULL;

    for (int i = 0; gone && i < 2; i++) {
        if (i > 0 && !first)
            return lost(cursor, error);
        if ((first ? !pg_conn_ensure(&reader->conn, error) : reader->conn.handle == NULL))
            return first ? false : lost(cursor, error);
        reader->begun = !first;
        result = run(reader, cursor, params, n_params, &gone, error);
        if (gone && clock_monotonic() > tx->deadline)
            break;
    }
    if (result == NULL)
        return gone ? lost(cursor, error) : false;

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        (void)pg_fail(result, pg_sql(cursor->statement->query), error);
        if (pg_is_demoted(result))
            pg_conn_close(&reader->conn);
        PQclear(result);
        return false;
    }
    cursor->handle = result;
    cursor->row = -1;
    return true;
}

bool
db_pg_next(DbTx *tx, Cursor *cursor, bool *row, GError **error)
{
    if (db_engine_fails(&tx->db->faults))
        return fail(error, APP_ERROR_INTERNAL, "made to fail: %s",
                    pg_sql(cursor->statement->query));

    *row = ++cursor->row < PQntuples(cursor->handle);
    return true;
}

bool
db_pg_decode(const Cursor *cursor, Arena *mem, void *out, GError **error)
{
    return pg_decode(cursor->statement->query, cursor->handle, cursor->row, mem, out, error);
}

void
db_pg_stop(DbTx *tx, Cursor *cursor)
{
    (void)tx;
    PQclear(cursor->handle);
}
