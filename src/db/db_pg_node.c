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
                               " + $2::bigint WHERE holder = $1 RETURNING id";

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
    PQclear(row);
    if (*number >= 0)
        atomic_store(&db->leased_until, begun + LEASE - MARGIN);
    return true;
}

/* Somebody else has it: what was made under it since may be made twice. */
static void
keep_once(PgDb *db)
{
    g_autoptr(GError) error = NULL;
    int number = db->node;

    if (!pg_conn_ensure(&db->keeper, &error) || !run(db, keep_sql, 2, &number, &error)) {
        pg_conn_close(&db->keeper);
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
    int64_t due = clock_monotonic() + RENEW;

    lock_take(&db->lock);
    while (!db->closing) {
        if (clock_monotonic() < due) {
            signal_wait_for(&db->signal, &db->lock, due - clock_monotonic());
            continue;
        }
        lock_leave(&db->lock);
        keep_once(db);
        due = clock_monotonic() + (db->keeper.handle != NULL ? RENEW : SECONDS);
        lock_take(&db->lock);
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
    db->keeper_thread = thread_start("db-node", 0, keep_until_closed, db);
    db->keeps = true;
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
