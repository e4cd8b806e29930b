/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read transactions on PostgreSQL. BEGIN travels with the first statement and COMMIT is not waited
 * for, so that a transaction of one statement costs one round. All rows of a statement are fetched:
 * another one may run while they are walked. On a replica the first round also brings how far it is;
 * until it has answered the primary can take its place. */
#include "db/db_pg.h"

#include "base/clock.h"
#include "db/pool.h"

#include <string.h>

#define GRACE (SECONDS / 2)  /* for the server to stop a statement by itself */
#define REPLICA_TIME SECONDS /* for a replica's first words */

bool
db_pg_begin(DbTx *tx, GError **error)
{
    PgReader *reader = (PgReader *)tx;

    if (db_engine_fails(&tx->db->faults))
        return fail(error, APP_ERROR_BUSY, "made to fail: BEGIN");
    if (reader->conn.role == PG_READER && atomic_load(&((PgDb *)tx->db)->weather) == PG_GONE)
        return fail(error, APP_ERROR_BUSY, "%s: there is no connection to the database",
                    tx->db->schema->name);

    reader->begun = false;
    return true;
}

/* The answers are read by the next one who borrows it. */
static void
end(PgReader *reader)
{
    PgConn *conn = &reader->conn;

    if (!reader->begun || conn->handle == NULL)
        return;

    if (PQsendQueryPrepared(conn->handle, "commit", 0, NULL, NULL, NULL, 1) == 0 ||
        PQpipelineSync(conn->handle) == 0 || PQflush(conn->handle) < 0)
        pg_conn_close(conn);
    else
        conn->owed += 2;
}

void
db_pg_end(DbTx *tx)
{
    PgReader *reader = (PgReader *)tx;

    if (reader->stand_in != NULL) {
        end(reader->stand_in);
        pool_give_back(&reader->stand_in->base);
        reader->stand_in = NULL;
    }
    end(reader);
    tx->broken = reader->conn.role == PG_REPLICA && reader->conn.handle == NULL;
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
    if (result != NULL && pg_is_farewell(result)) {
        PQclear(result);
        pg_conn_close(conn);
        result = NULL;
    }
    *gone = result == NULL;
    return result;
}

/* A pooled connection may have died since it was last used: while nothing was read in this
 * transaction, another may take its place. */
static PGresult *
start(PgReader *reader, const Cursor *cursor, const DbValue *params, size_t n_params,
      GError **error)
{
    bool      first = !reader->begun, gone = true;
    PGresult *result = NULL;

    for (int i = 0; gone && i < 2; i++) {
        if (i > 0 && !first)
            break;
        if (first ? !pg_conn_ensure(&reader->conn, error) : reader->conn.handle == NULL) {
            if (!first)
                (void)lost(cursor, error);
            return NULL;
        }
        reader->begun = !first;
        result = run(reader, cursor, params, n_params, &gone, error);
        if (gone && clock_monotonic() > reader->base.deadline)
            break;
    }
    if (result == NULL && gone)
        (void)lost(cursor, error);
    return result;
}

/* ---- on a replica ---- */

static bool
shows_near(PgReader *reader, const PGresult *beat)
{
    int64_t until;

    if (PQresultStatus(beat) != PGRES_TUPLES_OK || PQntuples(beat) != 1 ||
        PQgetlength(beat, 0, 0) != sizeof until)
        return false;
    memcpy(&until, PQgetvalue(beat, 0, 0), sizeof until);
    return db_pg_replica_is_near((PgDb *)reader->base.db, GINT64_FROM_BE(until));
}

/* BEGIN, and how far the snapshot is. */
static bool
begin_on_replica(PgReader *reader)
{
    PgConn           *conn = &reader->conn;
    const char *const params[] = { ((PgDb *)reader->base.db)->holder };
    int64_t           deadline = clock_monotonic() + REPLICA_TIME;

    if (conn->handle == NULL || !pg_conn_settle(conn, deadline))
        return false;
    if (PQsendQueryPrepared(conn->handle, "begin", 0, NULL, NULL, NULL, 1) == 0 ||
        PQsendQueryPrepared(conn->handle, "beat", 1, params, NULL, NULL, 1) == 0 ||
        PQpipelineSync(conn->handle) == 0) {
        pg_conn_close(conn);
        return false;
    }

    reader->begun = true;
    PQclear(pg_conn_take(conn, deadline));
    PGresult *beat = pg_conn_take(conn, deadline);
    bool      near = shows_near(reader, beat);
    PQclear(beat);
    conn->owed = 1;
    return conn->handle != NULL && near;
}

/* What the replica says, or NULL when the primary had better be asked: also where it would fail,
 * because it may have had to, to catch up. */
static PGresult *
ask_replica(PgReader *reader, const Cursor *cursor, const DbValue *params, size_t n_params)
{
    g_autoptr(GError) ignored = NULL;
    bool      gone;
    PGresult *result = NULL;

    if (begin_on_replica(reader))
        result = run(reader, cursor, params, n_params, &gone, &ignored);
    if (result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK) {
        atomic_fetch_add(&reader->base.db->tally.stale_reads, 1);
        return result;
    }
    PQclear(result);
    if (reader->conn.handle == NULL)
        atomic_store(&reader->base.db->stale_off, true);
    return NULL;
}

static PGresult *
stand_in(PgReader *reader, const Cursor *cursor, const DbValue *params, size_t n_params,
         GError **error)
{
    DbTx *tx = pool_borrow(&reader->base.db->pool);

    if (tx == NULL) {
        (void)fail(error, APP_ERROR_BUSY, "%s: no reader became free",
                   reader->base.db->schema->name);
        return NULL;
    }
    reader->stand_in = (PgReader *)tx;
    reader->stand_in->begun = false;
    return start(reader->stand_in, cursor, params, n_params, error);
}

static PGresult *
start_anywhere(PgReader *reader, const Cursor *cursor, const DbValue *params, size_t n_params,
               GError **error)
{
    if (reader->stand_in != NULL)
        return start(reader->stand_in, cursor, params, n_params, error);
    if (reader->conn.role != PG_REPLICA || reader->begun)
        return start(reader, cursor, params, n_params, error);

    PGresult *result = ask_replica(reader, cursor, params, n_params);
    return result != NULL ? result : stand_in(reader, cursor, params, n_params, error);
}

bool
db_pg_start(DbTx *tx, Cursor *cursor, const DbValue *params, size_t n_params, GError **error)
{
    PgReader *reader = (PgReader *)tx;
    PGresult *result = start_anywhere(reader, cursor, params, n_params, error);

    if (result == NULL)
        return false;
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
