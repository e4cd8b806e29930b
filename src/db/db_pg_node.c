/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The number of this process among those on the same store: a row with an end, put off while the
 * process lives. What must stay true: nothing is written under a number whose lease may have ended,
 * because another process may make the same ids under it. Ends are by the server's clock, the
 * process's own doubt by a clock that never goes back, and begins earlier. */
#include "db/db_pg.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEASE (60 * SECONDS)
#define RENEW (LEASE / 4)
#define MARGIN (10 * SECONDS)
#define BEAT SECONDS              /* with replicas: a renewal tells how far they are */
#define PROBE_TIME (2 * SECONDS)  /* longest wait for an answer of a server in doubt */
#define PROBE_PAUSE (SECONDS / 4) /* while it is gone */

enum { EXIT_NUMBER_LOST = 71 };

#define NOW "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

/* The lowest number that is free or whose lease has ended. */
static const char take_sql[] =
    "INSERT INTO " CATALOG_NODE_TABLE " AS mine (id, holder, lease_until)"
    " SELECT n, $1, " NOW " + $2::bigint FROM generate_series(0, 1023) n WHERE NOT EXISTS"
    " (SELECT 1 FROM " CATALOG_NODE_TABLE " other WHERE other.id = n AND other.lease_until >= " NOW
    ") ORDER BY n LIMIT 1"
    " ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until"
    " WHERE mine.lease_until < " NOW " RETURNING id";

static const char keep_sql[] = "UPDATE " CATALOG_NODE_TABLE " SET lease_until = " NOW
                               " + $2::bigint WHERE holder = $1 RETURNING id, lease_until";

static const char drop_sql[] = "DELETE FROM " CATALOG_NODE_TABLE " WHERE holder = $1";

/* The number that a statement gives back; -1: none. */
static bool
run(PgDb *db, const char *sql, int n_params, int *number, GError **error)
{
    char              lease[24];
    const char *const params[] = { db->holder, lease };
    int64_t           begun = clock_monotonic();

    g_snprintf(lease, sizeof lease, "%" G_GINT64_FORMAT, (gint64)LEASE);
    PGresult *row = pg_conn_exec_params(&db->keeper, sql, params, n_params, error);
    if (row == NULL)
        return false;

    *number = PQntuples(row) == 1 ? (int)g_ascii_strtoll(PQgetvalue(row, 0, 0), NULL, 10) : -1;
    if (*number >= 0 && PQnfields(row) == 2)
        db_pg_replica_beat(db, g_ascii_strtoll(PQgetvalue(row, 0, 1), NULL, 10), begun);
    PQclear(row);
    if (*number >= 0)
        atomic_store(&db->leased_until, begun + LEASE - MARGIN);
    return true;
}

/* ---- is the server there? ---- */

static void
set_weather(PgDb *db, PgWeather weather)
{
    lock_take(&db->lock);
    atomic_store(&db->weather, weather);
    signal_all(&db->changed);
    lock_leave(&db->lock);
}

void
db_pg_node_doubt(PgDb *db)
{
    int fine = PG_FINE;

    if (!db->keeps || !atomic_compare_exchange_strong(&db->weather, &fine, PG_DOUBT))
        return;
    lock_take(&db->lock);
    signal_all(&db->signal);
    lock_leave(&db->lock);
}

bool
db_pg_node_wait(Db *base, int64_t deadline)
{
    PgDb *db = (PgDb *)base;
    bool  bad = atomic_load(&db->weather) != PG_FINE;

    if (!bad)
        return false;
    lock_take(&db->lock);
    while (atomic_load(&db->weather) != PG_FINE && !db->closing && clock_monotonic() < deadline)
        signal_wait_for(&db->changed, &db->lock, deadline - clock_monotonic());
    bad = atomic_load(&db->weather) != PG_FINE;
    lock_leave(&db->lock);
    return !bad;
}

/* On the connection that is there, or else on a new one: the old one may hang alone. */
static void
probe(PgDb *db)
{
    g_autoptr(GError) error = NULL;
    bool there = false;

    if (db->keeper.handle != NULL) {
        db->keeper.answer_time = PROBE_TIME;
        there = pg_conn_command(&db->keeper, "SELECT 1", &error);
    }
    if (!there) {
        g_clear_error(&error);
        pg_conn_close(&db->keeper);
        there = pg_conn_open(&db->keeper, db->url, &error);
    }
    if (there != (atomic_load(&db->weather) != PG_GONE))
        log_event(there ? "db.back" : "db.gone", LOG_CODE("store", db->base.schema->name));
    set_weather(db, there ? PG_FINE : PG_GONE);
}

/* ---- keeping ---- */

/* Somebody else has it: what was made under it since may be made twice. */
static void
keep_once(PgDb *db)
{
    g_autoptr(GError) error = NULL;
    int number = db->node;

    if (!pg_conn_ensure(&db->keeper, &error) || !run(db, keep_sql, 2, &number, &error)) {
        pg_conn_close(&db->keeper);
        db_pg_node_doubt(db);
        return;
    }
    if (number < 0) {
        log_warning("db.node_lost", LOG_INT("node", db->node));
        _exit(EXIT_NUMBER_LOST);
    }
}

static void *
keep_until_closed(void *data)
{
    PgDb   *db = data;
    int64_t every = db->replicas_url == NULL ? RENEW : BEAT, due = clock_monotonic() + every;

    lock_take(&db->lock);
    while (!db->closing) {
        PgWeather weather = (PgWeather)atomic_load(&db->weather);

        if (clock_monotonic() < due && weather != PG_DOUBT) {
            signal_wait_for(&db->signal, &db->lock, due - clock_monotonic());
            continue;
        }
        lock_leave(&db->lock);
        if (weather != PG_FINE)
            probe(db);
        if (atomic_load(&db->weather) == PG_FINE)
            keep_once(db);
        lock_take(&db->lock);
        if (atomic_load(&db->weather) != PG_FINE)
            due = clock_monotonic() + PROBE_PAUSE;
        else
            due = clock_monotonic() + (db->keeper.handle != NULL ? every : SECONDS);
    }
    lock_leave(&db->lock);
    return NULL;
}

bool
db_pg_node_start(PgDb *db, GError **error)
{
    g_autofree char *unique = g_uuid_string_random();
    int              number = -1;

    g_strlcpy(db->holder, unique, sizeof db->holder);
    /* Two that start at once may want the same; one of them gets nothing and looks again. */
    for (int i = 0; number < 0 && i < 1024; i++)
        if (!run(db, take_sql, 2, &number, error))
            return false;
    if (number < 0)
        return fail(error, APP_ERROR_BUSY, "1024 processes have this store open, or seem to");

    db->node = number;
    db->keeps = true; /* before the thread, which doubts too */
    db->keeper_thread = thread_start("db-node", 0, keep_until_closed, db);
    return true;
}

/* `closing` is set: the writers were stopped before. */
void
db_pg_node_stop(PgDb *db)
{
    g_autoptr(GError) error = NULL;
    int number;

    if (db->keeps) {
        thread_join(db->keeper_thread);
        /* Else it ends by itself. */
        if (pg_conn_ensure(&db->keeper, &error) && !run(db, drop_sql, 1, &number, &error))
            g_assert(error != NULL);
    }
    pg_conn_close(&db->keeper);
}

bool
db_pg_node_check(PgDb *db, GError **error)
{
    return clock_monotonic() < atomic_load(&db->leased_until) ||
           fail(error, APP_ERROR_BUSY,
                "%s: the lease of this node's number has ended and could not be renewed",
                db->base.schema->name);
}
