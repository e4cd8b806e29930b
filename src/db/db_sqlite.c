/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening and closing a store on SQLite. What must stay true: in the whole process there is one
 * read-write connection for each file (3.40 loses data otherwise), nobody opens the file in another
 * way (closing it would drop the engine's locks: POSIX), and nothing is served before every
 * statement was prepared and every table accounted for. */
#include "db/db_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    LOG_INDEX_REGION = 32768, /* fixed by the engine: 4096 pages of the log each */
    LOG_INDEX_REGIONS = 16,
};

ConnOptions
db_sqlite_conn_options(const Db *db, ConnRole role)
{
    return (
        ConnOptions){ .name = db->schema->name, .path = db->path, .vfs = db->vfs, .role = role };
}

/* Full text's own tables and the engine's are nobody's; a view has no rows. */
static const char unlisted_sql[] = "SELECT name FROM pragma_table_list WHERE schema = 'main'"
                                   "   AND type IN ('table', 'virtual')"
                                   "   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

static bool
check_tables_of_file(Db *db, GError **error)
{
    g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sqlite3_stmt *prepared = NULL;
    int           code = sqlite3_prepare_v2(db->writer.handle, unlisted_sql, -1, &prepared, NULL);

    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(prepared);
        if (code == SQLITE_ROW)
            g_hash_table_add(found, g_strdup((const char *)sqlite3_column_text(prepared, 0)));
    }
    sqlite3_finalize(prepared);
    if (code != SQLITE_DONE)
        return conn_fail(&db->writer, code, unlisted_sql, error);

    g_hash_table_remove(found, CATALOG_MIGRATION_TABLE);
    for (const DbTable *const *list = db->schema->tables; *list != NULL; list++)
        for (const DbTable *table = *list; table->name != NULL; table++)
            if (!g_hash_table_remove(found, table->name))
                return fail(error, APP_ERROR_INTERNAL, "%s has no table %s, which is listed",
                            db->schema->name, table->name);

    GHashTableIter iter;
    gpointer       name;
    g_hash_table_iter_init(&iter, found);
    if (g_hash_table_iter_next(&iter, &name, NULL))
        return fail(error, APP_ERROR_INTERNAL, "no list of tables names %s of %s",
                    (const char *)name, db->schema->name);
    return true;
}

static bool
prepare_writes(Db *db, GError **error)
{
    for (size_t i = 0; i < db->catalog.n_statements; i++) {
        Statement *statement = &db->catalog.statements[i];

        if (statement->table == NULL)
            continue;
        if (!guard_prepare_write(&db->guard, &db->writer, statement, error))
            return false;
        statement->n_params =
            (size_t)sqlite3_bind_parameter_count(db->writer.statements[statement->index]);
    }
    return true;
}

/* Room for the index of a log of 65,000 pages is taken at once: where it is made longer in the
 * middle of a commit, a full disk shows as damage, and would end the process. Without that room the
 * store still opens, to be read. */
static void
reserve_log_index(Db *db)
{
    sqlite3_file  *file = NULL;
    volatile void *region = NULL;

    if (sqlite3_file_control(db->writer.handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) ==
        SQLITE_OK)
        file->pMethods->xShmMap(file, LOG_INDEX_REGIONS - 1, LOG_INDEX_REGION, 1, &region);
}

/* The engine syncs the directory of a new log too, but does not look at what came of it. */
static bool
sync_directory(Db *db, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(db->path);
    int              file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool             synced = file >= 0 && fsync(file) == 0;
    int              reason = errno;

    if (file >= 0)
        close(file);
    return synced || fail(error, APP_ERROR_INTERNAL, "%s cannot be synced: %s", directory,
                          g_strerror(reason));
}

/* On one reader, so that a wrong one stops the start; the other readers prepare at first use. */
static bool
prepare_reads(Db *db, GError **error)
{
    for (size_t i = 0; i < db->catalog.n_statements; i++) {
        Statement    *statement = &db->catalog.statements[i];
        sqlite3_stmt *prepared;

        if (statement->table != NULL)
            continue;
        if (!conn_statement(&db->readers[0].conn, statement, &prepared, error))
            return false;
        statement->n_params = (size_t)sqlite3_bind_parameter_count(prepared);
    }
    return true;
}

static bool
open_writer(Db *db, bool unsafe_sync, GError **error)
{
    ConnOptions options = db_sqlite_conn_options(db, CONN_WRITER);

    options.unsafe_sync = unsafe_sync;
    if (!conn_open(&db->writer, &options, error)) {
        if (g_error_matches(*error, APP_ERROR, APP_ERROR_NOT_FOUND))
            (*error)->code = APP_ERROR_INVALID;
        return false;
    }

    if (!migrate_check(&db->writer, db->schema, error) || !check_tables_of_file(db, error) ||
        !sync_directory(db, error))
        return false;

    reserve_log_index(db);
    guard_set(&db->guard, &db->writer, db->schema->event_table, false);
    return conn_prepare(&db->writer, &db->catalog, &db->faults, error) && prepare_writes(db, error);
}

/* After the writer: the log and its index exist only since it is open. */
static bool
open_readers(Db *db, GError **error)
{
    ConnOptions options = db_sqlite_conn_options(db, CONN_READER);

    for (size_t i = 0; i < db->n_readers; i++) {
        DbTx *reader = &db->readers[i];

        reader->db = db;
        if (!conn_open(&reader->conn, &options, error))
            return false;
        guard_set(&reader->guard, &reader->conn, NULL, true);
        if (!conn_prepare(&reader->conn, &db->catalog, &db->faults, error))
            return false;
        reader->deadline = INT64_MAX;
        db_sqlite_reader_limit(reader);
        db->idle[db->n_readers - 1 - i] = reader;
    }
    db->n_idle = db->n_readers;
    return true;
}

static void
set_serving(Db *db)
{
    db->writer.serving = true;
    for (size_t i = 0; i < db->n_readers; i++)
        db->readers[i].conn.serving = true;
}

static Db *
db_new(const DbOptions *options)
{
    Db *db = g_new0(Db, 1);

    db->schema = options->schema;
    db->path = g_strdup_printf("%s/%s.db", options->directory, options->schema->name);
    db->vfs = g_strdup(options->vfs);
    atomic_store(&db->faults.fail_at, options->fail_at);
    db->lease = options->lease > 0 ? options->lease : 5 * SECONDS;
    db->n_readers = options->readers > 0 ? (size_t)options->readers : 2 * g_get_num_processors();
    db->readers = g_new0(DbTx, db->n_readers);
    db->idle = g_new0(DbTx *, db->n_readers);
    lock_init(&db->idle_lock);
    signal_init(&db->idle_signal);
    return db;
}

Db *
db_open(const DbOptions *options, GError **error)
{
    g_autoptr(Db) db = db_new(options);
    GError *failure = NULL;

    if (!catalog_init(&db->catalog, options->schema, &failure) ||
        !open_writer(db, options->unsafe_sync, &failure) || !open_readers(db, &failure) ||
        !prepare_reads(db, &failure)) {
        g_propagate_error(error, failure);
        return NULL;
    }

    set_serving(db);
    db_sqlite_writer_start(db, options->queue);
    return g_steal_pointer(&db);
}

void
db_close(Db *db)
{
    if (db == NULL)
        return;

    if (db->started)
        db_sqlite_writer_stop(db);

    for (size_t i = 0; i < db->n_readers; i++) {
        g_assert(atomic_load(&db->readers[i].holder) == 0);
        conn_close(&db->readers[i].conn);
    }
    conn_close(&db->writer);

    catalog_clear(&db->catalog);
    signal_clear(&db->idle_signal);
    lock_clear(&db->idle_lock);
    g_free(db->idle);
    g_free(db->readers);
    g_free(db->path);
    g_free(db->vfs);
    g_free(db);
}

DbStats
db_stats(Db *db)
{
    return (DbStats){
        .plans = atomic_load(&db->tally.plans),
        .batches = atomic_load(&db->tally.batches),
        .rolled_back = atomic_load(&db->tally.rolled_back),
        .commit_microseconds = atomic_load(&db->tally.commit_microseconds),
        .waiting = (int64_t)queue_length(db->queue),
        .engine_calls = atomic_load(&db->faults.calls),
    };
}

void
db_fail_at(Db *db, int64_t n)
{
    atomic_store(&db->faults.fail_at, 0);
    atomic_store(&db->faults.calls, 0);
    atomic_store(&db->faults.fail_at, n);
}
