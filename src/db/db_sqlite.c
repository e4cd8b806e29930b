/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening and closing a store on SQLite. What must stay true: in the whole process there is one
 * read-write connection for each file (3.40 loses data otherwise), nobody opens the file in another
 * way (closing it would drop the engine's locks: POSIX), and nothing is served before every
 * statement was prepared and every table accounted for. */
#include "db/db_sqlite.h"

#include "db/moved.h"
#include "db/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    LOG_INDEX_REGION = 32768, /* fixed by the engine: 4096 pages of the log each */
    LOG_INDEX_REGIONS = 16,
};

ConnOptions
db_sqlite_conn_options(const SqliteDb *db, ConnRole role)
{
    return (ConnOptions){
        .name = db->base.schema->name, .path = db->path, .vfs = db->vfs, .role = role
    };
}

/* Full text's own tables and the engine's are nobody's; a view has no rows. */
static const char unlisted_sql[] = "SELECT name FROM pragma_table_list WHERE schema = 'main'"
                                   "   AND type IN ('table', 'virtual')"
                                   "   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

static bool
check_tables_of_file(SqliteDb *db, GError **error)
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
    return catalog_check_tables(db->base.schema, found, error);
}

static bool
prepare_writes(SqliteDb *db, GError **error)
{
    for (size_t i = 0; i < db->base.catalog.n_statements; i++) {
        Statement *statement = &db->base.catalog.statements[i];

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
reserve_log_index(SqliteDb *db)
{
    sqlite3_file  *file = NULL;
    volatile void *region = NULL;

    if (sqlite3_file_control(db->writer.handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) ==
        SQLITE_OK)
        file->pMethods->xShmMap(file, LOG_INDEX_REGIONS - 1, LOG_INDEX_REGION, 1, &region);
}

/* The engine syncs the directory of a new log too, but does not look at what came of it. */
static bool
sync_directory(SqliteDb *db, GError **error)
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
prepare_reads(SqliteDb *db, GError **error)
{
    for (size_t i = 0; i < db->base.catalog.n_statements; i++) {
        Statement    *statement = &db->base.catalog.statements[i];
        sqlite3_stmt *prepared;

        if (statement->table != NULL)
            continue;
        if (!conn_statement(&db->readers[0].conn, statement, &prepared, error))
            return false;
        statement->n_params = (size_t)sqlite3_bind_parameter_count(prepared);
    }
    return true;
}

/* Whoever learns to switch syncing off must not forget the log that is gathered until then. */
static bool
check_gathering(SqliteDb *db, GError **error)
{
    int64_t synchronous = 0;

    if (db->files.real == NULL)
        return true;
    if (!conn_int(&db->writer, "PRAGMA synchronous", &synchronous, error))
        return false;
    return synchronous >= 2 ||
           fail(error, APP_ERROR_INTERNAL, "%s: the log is gathered but not synced",
                db->base.schema->name);
}

static bool
open_writer(SqliteDb *db, bool unsafe_sync, GError **error)
{
    ConnOptions options = db_sqlite_conn_options(db, CONN_WRITER);

    options.unsafe_sync = unsafe_sync;
    options.bulk = db->bulk;
    if (!conn_open(&db->writer, &options, error)) {
        if (g_error_matches(*error, APP_ERROR, APP_ERROR_NOT_FOUND))
            (*error)->code = APP_ERROR_INVALID;
        return false;
    }

    if (!check_gathering(db, error) || !migrate_sqlite_check(&db->writer, db->base.schema, error) ||
        !check_tables_of_file(db, error) || !sync_directory(db, error))
        return false;

    reserve_log_index(db);
    guard_set(&db->guard, &db->writer, db->base.schema->event_table, false);
    return conn_prepare(&db->writer, &db->base.catalog, &db->base.faults, error) &&
           prepare_writes(db, error);
}

/* After the writer: the log and its index exist only since it is open. */
static bool
open_readers(SqliteDb *db, GError **error)
{
    ConnOptions options = db_sqlite_conn_options(db, CONN_READER);

    /* Backwards: the one that has everything prepared is lent first. */
    for (size_t i = db->base.pool.n_readers; i-- > 0;) {
        SqliteReader *reader = &db->readers[i];

        reader->base.db = &db->base;
        if (!conn_open(&reader->conn, &options, error))
            return false;
        guard_set(&reader->guard, &reader->conn, NULL, true);
        if (!conn_prepare(&reader->conn, &db->base.catalog, &db->base.faults, error))
            return false;
        pool_add(&db->base.pool, i, &reader->base);
        db_sqlite_reader_limit(reader);
    }
    return true;
}

static void
set_serving(SqliteDb *db)
{
    db->writer.serving = true;
    for (size_t i = 0; i < db->base.pool.n_readers; i++)
        db->readers[i].conn.serving = true;
}

static void
close_all(Db *base)
{
    SqliteDb *db = (SqliteDb *)base;

    if (db->started)
        db_sqlite_writer_stop(db);

    for (size_t i = 0; i < base->pool.n_readers; i++) {
        g_assert(atomic_load(&db->readers[i].base.holder) == 0);
        conn_close(&db->readers[i].conn);
    }
    conn_close(&db->writer);

    db_engine_clear(base);
    g_free(db->readers);
    db_sqlite_file_clear(&db->files);
    g_free(db->path);
    g_free(db->vfs);
    g_free(db);
}

/* Where commits are not synced nothing may be gathered: it would be written too late. */
static bool
choose_vfs(SqliteDb *db, const DbOptions *options, GError **error)
{
    if (options->unsafe_sync || options->bulk) {
        db->vfs = g_strdup(options->vfs);
        return true;
    }
    if (!db_sqlite_file_init(&db->files, options->vfs, error))
        return false;
    db->vfs = g_strdup(db->files.name);
    return true;
}

static const DbEngine engine = {
    .close = close_all,
    .begin = db_sqlite_begin,
    .end = db_sqlite_end,
    .start = db_sqlite_start,
    .next = db_sqlite_next,
    .decode = db_sqlite_decode,
    .stop = db_sqlite_stop,
    .checkpoint = db_sqlite_checkpoint,
    .explainer_open = db_sqlite_explainer_open,
    .explain = db_sqlite_explain,
    .explainer_close = db_sqlite_explainer_close,
    .find_fault = db_sqlite_find_fault,
    .check_file = db_sqlite_check_file,
    .check_words = db_sqlite_check_words,
};

Db *
db_sqlite_open(const DbOptions *options, GError **error)
{
    SqliteDb *db = g_new0(SqliteDb, 1);
    g_autoptr(Db) base = &db->base;
    GError *failure = NULL;

    /* First, so that closing finds everything that it takes down. */
    bool known = db_engine_init(base, &engine, options, &failure);
    db->path = g_strdup_printf("%s/%s.db", options->directory, options->schema->name);
    db->bulk = options->bulk;
    known = known && choose_vfs(db, options, &failure);
    db->readers = g_new0(SqliteReader, base->pool.n_readers);
    if (!known || !moved_check(options->directory, &failure) ||
        !open_writer(db, options->unsafe_sync, &failure) || !open_readers(db, &failure) ||
        !prepare_reads(db, &failure)) {
        g_propagate_error(error, failure);
        return NULL;
    }

    set_serving(db);
    db_sqlite_writer_start(db);
    return g_steal_pointer(&base);
}
