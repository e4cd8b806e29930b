/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store on SQLite says what it is (application_id) and by which text it was made
 * (schema_migration). */
#include "db/migrate_parts.h"

#include "db/db_sqlite.h"
#include "db/moved.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* "Sawt" */
#define APPLICATION_ID 0x53617774

static const char create_sql[] = "CREATE TABLE IF NOT EXISTS " CATALOG_MIGRATION_TABLE
                                 " (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                                 "  checksum TEXT NOT NULL, at INTEGER NOT NULL) STRICT";
static const char insert_sql[] =
    "INSERT INTO " CATALOG_MIGRATION_TABLE " (version, name, checksum, at) VALUES ($1, $2, $3, $4)";
static const char select_sql[] =
    "SELECT version, name, checksum FROM " CATALOG_MIGRATION_TABLE " ORDER BY version";

/* ---- what the file has ---- */

/* An empty file is fresh; any other must bear our mark. */
static bool
check_mark(Conn *conn, bool *fresh, GError **error)
{
    int64_t application, objects;

    if (!conn_int(conn, "PRAGMA application_id", &application, error) ||
        !conn_int(conn, "SELECT count(*) FROM sqlite_schema", &objects, error))
        return false;

    *fresh = application == 0 && objects == 0;
    if (*fresh || application == APPLICATION_ID)
        return true;
    return fail(error, APP_ERROR_INVALID,
                "%s.db was made by another program: give Sawt a directory of its own", conn->name);
}

static bool
check_row(const DbSchema *schema, sqlite3_stmt *row, size_t place, GError **error)
{
    g_autofree char *store = g_strconcat(schema->name, ".db", NULL);
    MigrationRow     applied = {
            .version = sqlite3_column_int(row, 0),
            .name = (const char *)sqlite3_column_text(row, 1),
            .checksum = (const char *)sqlite3_column_text(row, 2),
    };

    return migrate_check_row(schema, place, &applied, store, error);
}

static bool
count_applied(Conn *conn, const DbSchema *schema, size_t *applied, GError **error)
{
    sqlite3_stmt *row = NULL;
    int           code = sqlite3_prepare_v2(conn->handle, select_sql, -1, &row, NULL);
    bool          succeeded = code == SQLITE_OK;

    *applied = 0;
    while (succeeded && (code = sqlite3_step(row)) == SQLITE_ROW) {
        succeeded = check_row(schema, row, *applied, error);
        *applied += 1;
    }
    sqlite3_finalize(row);

    if (code == SQLITE_ROW)
        return false;
    return code == SQLITE_DONE || conn_fail(conn, code, select_sql, error);
}

static bool
read_state(Conn *conn, const DbSchema *schema, size_t *applied, GError **error)
{
    bool fresh;

    *applied = 0;
    if (!migrate_check_numbers(schema, error) || !check_mark(conn, &fresh, error))
        return false;
    return fresh || count_applied(conn, schema, applied, error);
}

bool
migrate_sqlite_check(Conn *conn, const DbSchema *schema, GError **error)
{
    size_t applied;

    if (!read_state(conn, schema, &applied, error))
        return false;
    g_autofree char *store = g_strconcat(schema->name, ".db", NULL);
    return migrate_check_newest(schema, applied, store, error);
}

/* ---- bringing it further ---- */

/* The transaction is ours: a text that ends it would leave half of itself behind. */
static int
forbid_transactions(void *data, int action, const char *first, const char *second, const char *file,
                    const char *trigger)
{
    (void)data, (void)first, (void)second, (void)file, (void)trigger;

    switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return SQLITE_DENY;
    default:
        return SQLITE_OK;
    }
}

static bool
run_text(Conn *conn, const DbMigration *migration, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    const char *sql = migrate_text_sqlite(mem, migration->sql);

    sqlite3_set_authorizer(conn->handle, forbid_transactions, NULL);
    int code = sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);
    sqlite3_set_authorizer(conn->handle, NULL, NULL);

    g_autofree char *doing =
        g_strdup_printf("migration %d (%s)", migration->version, migration->name);
    return code == SQLITE_OK || conn_fail(conn, code, doing, error);
}

static bool
check_references(Conn *conn, const DbMigration *migration, GError **error)
{
    static const char sql[] = "SELECT count(*) FROM pragma_foreign_key_check";
    int64_t           broken;

    if (!conn_int(conn, sql, &broken, error))
        return false;
    return broken == 0 ||
           fail(error, APP_ERROR_INTERNAL,
                "migration %d (%s): %" G_GINT64_FORMAT " rows would refer to nothing",
                migration->version, migration->name, (gint64)broken);
}

static bool
record(Conn *conn, const DbMigration *migration, GError **error)
{
    g_autofree char *checksum = migrate_checksum(migration->sql);
    Clock           *clock = clock_new_system();
    sqlite3_stmt    *insert = NULL;
    int              code = sqlite3_prepare_v2(conn->handle, insert_sql, -1, &insert, NULL);

    if (code == SQLITE_OK) {
        sqlite3_bind_int(insert, 1, migration->version);
        sqlite3_bind_text(insert, 2, migration->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(insert, 3, checksum, -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 4, clock_now(clock));
        code = sqlite3_step(insert);
    }
    sqlite3_finalize(insert);
    clock_free(clock);

    return code == SQLITE_DONE || conn_fail(conn, code, insert_sql, error);
}

static bool
run_migration(Conn *conn, const DbMigration *migration, GError **error)
{
    g_autofree char *mark = g_strdup_printf("PRAGMA application_id = %d", APPLICATION_ID);

    if (!conn_exec(conn, "BEGIN IMMEDIATE", error))
        return false;

    if (conn_exec(conn, mark, error) && conn_exec(conn, create_sql, error) &&
        run_text(conn, migration, error) && check_references(conn, migration, error) &&
        record(conn, migration, error) && conn_exec(conn, "COMMIT", error))
        return true;

    if (!sqlite3_get_autocommit(conn->handle))
        sqlite3_exec(conn->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static bool
run_pending(Conn *conn, const DbSchema *schema, int *applied, GError **error)
{
    size_t done;

    if (!read_state(conn, schema, &done, error))
        return false;

    for (size_t i = done; i < schema->n_migrations; i++)
        if (!run_migration(conn, &schema->migrations[i], error))
            return false;

    *applied = (int)(schema->n_migrations - done);
    return true;
}

/* SQLite would let others read it; the log and its index get the same mode. */
static bool
create_file(const char *path, GError **error)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (file < 0)
        return fail(error, APP_ERROR_INVALID, "%s cannot be made: %s", path, g_strerror(errno));
    close(file);
    return true;
}

bool
migrate_sqlite(const DbOptions *options, int *applied, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s.db", options->directory, options->schema->name);
    ConnOptions      conn_options = {
             .name = options->schema->name, .path = path, .vfs = options->vfs, .role = CONN_MIGRATOR
    };
    Conn conn;

    if (!moved_check(options->directory, error) || !create_file(path, error) ||
        !conn_open(&conn, &conn_options, error))
        return false;

    bool succeeded = run_pending(&conn, options->schema, applied, error);
    conn_close(&conn);
    return succeeded;
}
