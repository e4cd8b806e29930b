/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading on replicas. What must stay true: a transaction reads there only when its own snapshot shows a
 * renewal of this node's lease that is younger than DB_STALE_MOST, and a replica that is gone, hangs or
 * is behind costs nobody an answer. Requests never connect: one thread does. */
#include "db/db_pg.h"

#include "base/clock.h"
#include "base/log.h"
#include "db/pool.h"

#include <string.h>

#define EVERY SECONDS
#define WATCH_TIME (2 * SECONDS) /* longest wait for an answer of the one that is watched */

const char db_pg_replica_beat_sql[] =
    "SELECT lease_until FROM " CATALOG_NODE_TABLE " WHERE holder = $1";

/* ---- how far they are ---- */

void
db_pg_replica_beat(PgDb *db, int64_t until, int64_t at)
{
    lock_take(&db->lock);
    db->beats[db->n_beats++ % PG_BEATS] = (PgBeat){ until, at };
    lock_leave(&db->lock);
}

bool
db_pg_replica_is_near(PgDb *db, int64_t until)
{
    int64_t at = INT64_MIN;

    lock_take(&db->lock);
    for (size_t i = 0; i < MIN(db->n_beats, PG_BEATS); i++)
        if (db->beats[i].until == until)
            at = db->beats[i].at;
    lock_leave(&db->lock);
    return at != INT64_MIN && clock_monotonic() - at < DB_STALE_MOST;
}

static bool
look(PgDb *db, GError **error)
{
    const char *const params[] = { db->holder };

    if (db->watch.handle == NULL && !pg_conn_open(&db->watch, db->replicas_url, error))
        return false;
    db->watch.answer_time = WATCH_TIME;
    PGresult *row = pg_conn_exec_params(&db->watch, db_pg_replica_beat_sql, params, 1, error);
    if (row == NULL) {
        pg_conn_close(&db->watch);
        return false;
    }
    bool near = PQntuples(row) == 1 &&
                db_pg_replica_is_near(db, g_ascii_strtoll(PQgetvalue(row, 0, 0), NULL, 10));
    PQclear(row);
    return near || fail(error, APP_ERROR_BUSY, "the replica is too far behind");
}

/* ---- connections ---- */

static void
mend(PgDb *db)
{
    DbTx *tx;
    bool  mended = true;

    while (mended && (tx = pool_take_out(&db->base.stale)) != NULL) {
        g_autoptr(GError) error = NULL;
        PgReader *reader = (PgReader *)tx;

        pg_conn_close(&reader->conn);
        mended = pg_conn_open(&reader->conn, db->replicas_url, &error);
        tx->broken = !mended;
        pool_give_back(tx);
    }
}

static void
watch_once(PgDb *db)
{
    g_autoptr(GError) error = NULL;
    bool near = look(db, &error);

    if (near)
        mend(db);
    if (near == atomic_load(&db->base.stale_off))
        log_event(near ? "db.replica_near" : "db.replica_off",
                  LOG_CODE("store", db->base.schema->name),
                  LOG_CODE("reason", near ? "" : error->message));
    atomic_store(&db->base.stale_off, !near);
}

static void *
watch_until_closed(void *data)
{
    PgDb   *db = data;
    int64_t due = 0;

    lock_take(&db->lock);
    while (!db->closing) {
        if (clock_monotonic() < due) {
            signal_wait_for(&db->signal, &db->lock, due - clock_monotonic());
            continue;
        }
        lock_leave(&db->lock);
        watch_once(db);
        due = clock_monotonic() + EVERY;
        lock_take(&db->lock);
    }
    lock_leave(&db->lock);
    return NULL;
}

void
db_pg_replica_start(PgDb *db)
{
    if (db->replicas_url == NULL)
        return;
    atomic_store(&db->base.stale_off, true);
    db->watch = (PgConn){ .db = db, .role = PG_WATCH };
    db->watch_thread = thread_start("db-replica", 0, watch_until_closed, db);
    db->watches = true;
}

/* `closing` is set: the writers were stopped before. */
void
db_pg_replica_stop(PgDb *db)
{
    if (db->watches)
        thread_join(db->watch_thread);
    pg_conn_close(&db->watch);
}
