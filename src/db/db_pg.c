/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening and closing a store on PostgreSQL. What must stay true: nothing is served before every
 * statement was prepared and fits, every table is accounted for, no trigger and no cascade writes
 * what no plan says, and the server itself refuses to change an event. */
#include "db/db_pg.h"

#include "base/clock.h"
#include "db/pool.h"

#include <string.h>

enum { WRITERS = 4 };

#define PATIENCE (20 * SECONDS)

/* ---- what the schema holds ---- */

/* The names that a query gives, of the schema that the connection works in. */
static GHashTable *
read_names(PgConn *conn, const char *sql, GError **error)
{
    PGresult *rows = pg_conn_exec(conn, sql, error);

    if (rows == NULL)
        return NULL;
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int i = 0; i < PQntuples(rows); i++)
        g_hash_table_add(names, g_strdup(PQgetvalue(rows, i, 0)));
    PQclear(rows);
    return names;
}

static bool
check_tables(PgConn *conn, const DbSchema *schema, GError **error)
{
    g_autoptr(GHashTable) found = read_names(conn,
                                             "SELECT relname FROM pg_class"
                                             " WHERE relnamespace = current_schema()::regnamespace"
                                             " AND relkind IN ('r', 'p')",
                                             error);

    if (found == NULL)
        return false;
    g_hash_table_remove(found, CATALOG_MIGRATION_TABLE);
    g_hash_table_remove(found, CATALOG_NODE_TABLE);
    return catalog_check_tables(schema, found, error);
}

static bool
refuse_first(PgConn *conn, const char *sql, const char *kind, GError **error)
{
    g_autoptr(GHashTable) found = read_names(conn, sql, error);
    GHashTableIter iter;
    gpointer       name;

    if (found == NULL)
        return false;
    g_hash_table_iter_init(&iter, found);
    return !g_hash_table_iter_next(&iter, &name, NULL) ||
           fail(error, APP_ERROR_INTERNAL, "the %s %s writes what no plan says", kind,
                (const char *)name);
}

/* A statement writes its table and nothing else. */
static bool
check_hidden_writes(PgConn *conn, GError **error)
{
    return refuse_first(conn,
                        "SELECT tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
                        " WHERE NOT tgisinternal AND tgname <> 'sawt_event_stays'"
                        " AND relnamespace = current_schema()::regnamespace",
                        "trigger", error) &&
           refuse_first(conn,
                        "SELECT conname FROM pg_constraint"
                        " WHERE connamespace = current_schema()::regnamespace AND contype = 'f'"
                        " AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))",
                        "foreign key", error);
}

/* Put there by the migrator. */
static bool
check_event_guard(PgConn *conn, const DbSchema *schema, GError **error)
{
    const char *const params[] = { schema->event_table };
    PGresult         *row;

    if (schema->event_table == NULL)
        return true;
    row = pg_conn_exec_params(conn,
                              "SELECT 1 FROM pg_trigger WHERE tgname = 'sawt_event_stays'"
                              " AND tgenabled = 'A' AND tgrelid = $1::regclass",
                              params, 1, error);
    if (row == NULL)
        return false;
    bool there = PQntuples(row) == 1;
    PQclear(row);
    return there || fail(error, APP_ERROR_INVALID,
                         "nothing protects the table %s from changes: run `sawt migrate`",
                         schema->event_table);
}

/* On the connection that will keep the node's number. */
static bool
check_schema(PgDb *db, GError **error)
{
    PgConn *conn = &db->keeper;

    *conn = (PgConn){ .db = db, .role = PG_PLAIN };
    return pg_conn_open(conn, db->url, error) && migrate_pg_check(conn, db->base.schema, error) &&
           check_tables(conn, db->base.schema, error) && check_hidden_writes(conn, error) &&
           check_event_guard(conn, db->base.schema, error);
}

/* ---- connections ---- */

/* The first of each prepares and is asked what it prepared; the others come when they are needed. */
static bool
open_connections(PgDb *db, GError **error)
{
    Pool *pool = &db->base.pool;

    for (size_t i = 0; i < db->n_writers; i++)
        db->writers[i].conn = (PgConn){ .db = db, .role = PG_WRITER };
    for (size_t i = 0; i < db->base.stale.n_readers; i++) {
        db->replicas[i].base.db = &db->base;
        db->replicas[i].conn = (PgConn){ .db = db, .role = PG_REPLICA };
        pool_add_out(&db->base.stale, i, &db->replicas[i].base);
    }
    for (size_t i = pool->n_readers; i-- > 0;) {
        db->readers[i].base.db = &db->base;
        db->readers[i].conn = (PgConn){ .db = db, .role = PG_READER };
        pool_add(pool, i, &db->readers[i].base);
    }
    return pg_conn_open(&db->writers[0].conn, db->url, error) &&
           pg_conn_open(&db->readers[0].conn, db->url, error);
}

static void
free_types(PgDb *db)
{
    for (size_t i = 0; i < db->base.catalog.n_statements; i++)
        g_free(db->types[i].params);
    g_free(db->types);
}

static void
close_all(Db *base)
{
    PgDb *db = (PgDb *)base;

    db_pg_writers_stop(db);
    db_pg_replica_stop(db);
    db_pg_node_stop(db);
    for (size_t i = 0; i < db->n_writers; i++)
        pg_conn_close(&db->writers[i].conn);
    for (size_t i = 0; i < base->pool.n_readers; i++) {
        g_assert(atomic_load(&db->readers[i].base.holder) == 0);
        pg_conn_close(&db->readers[i].conn);
    }

    for (size_t i = 0; i < base->stale.n_readers; i++)
        pg_conn_close(&db->replicas[i].conn);

    free_types(db);
    db_engine_clear(base);
    signal_clear(&db->changed);
    signal_clear(&db->signal);
    lock_clear(&db->lock);
    g_free(db->readers);
    g_free(db->replicas);
    g_free(db->writers);
    g_free(db->url);
    g_free(db->replicas_url);
    g_free(db);
}

static bool
checkpoint(Db *db, GError **error)
{
    (void)db, (void)error;
    return true;
}

static int
node(Db *db)
{
    return ((PgDb *)db)->node;
}

static const DbEngine engine = {
    .shared = true,
    .close = close_all,
    .node = node,
    .begin = db_pg_begin,
    .end = db_pg_end,
    .start = db_pg_start,
    .next = db_pg_next,
    .decode = db_pg_decode,
    .stop = db_pg_stop,
    .checkpoint = checkpoint,
    .wait = db_pg_node_wait,
    .explainer_open = db_pg_explainer_open,
    .explain = db_pg_explain,
    .explainer_close = db_pg_explainer_close,
    .find_fault = db_pg_find_fault,
    .check_file = db_pg_check_file,
    .check_words = db_pg_check_words,
};

/* Once more, now that a move that begins would see this node's number. */
static bool
check_not_moved(PgDb *db, GError **error)
{
    PgConn conn = { .db = NULL, .role = PG_PLAIN };
    bool   right = pg_conn_open(&conn, db->url, error) &&
                 migrate_pg_check_moved(&conn, db->base.schema, error);

    pg_conn_close(&conn);
    return right;
}

static PgDb *
make(const DbOptions *options)
{
    PgDb *db = g_new0(PgDb, 1);

    db->url = g_strdup(options->url);
    db->replicas_url = g_strdup(options->replicas);
    db->unsafe_sync = options->unsafe_sync;
    db->patience = options->patience > 0 ? options->patience : PATIENCE;
    db->n_writers = options->writers > 0 ? (size_t)options->writers : WRITERS;
    db->writers = g_new0(PgWriter, db->n_writers);
    lock_init(&db->lock);
    signal_init(&db->signal);
    signal_init(&db->changed);
    return db;
}

Db *
db_pg_open(const DbOptions *options, GError **error)
{
    PgDb *db = make(options);
    g_autoptr(Db) base = &db->base;

    bool known = db_engine_init(base, &engine, options, error);
    db->readers = g_new0(PgReader, base->pool.n_readers);
    db->replicas = g_new0(PgReader, MAX(base->stale.n_readers, 1));
    db->types = g_new0(PgTypes, MAX(base->catalog.n_statements, 1));
    if (!known || !catalog_check_events(&base->catalog, error) ||
        !pg_check_url(options->url, error) ||
        (options->replicas != NULL && !pg_check_url(options->replicas, error)) ||
        !check_schema(db, error) || !open_connections(db, error) || !db_pg_node_start(db, error) ||
        !check_not_moved(db, error))
        return NULL;

    db_pg_writers_start(db);
    db_pg_replica_start(db);
    return g_steal_pointer(&base);
}
