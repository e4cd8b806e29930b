/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The settings that durability and safety rest on are made here and nowhere else. What must stay
 * true: after IOERR, CORRUPT or NOTADB nothing is answered any more, because what is durable is
 * then known only after recovery; a full disk is an ordinary refusal. */
#include "db/conn.h"

#include "base/log.h"

#include <string.h>
#include <unistd.h>

enum {
    EXIT_DAMAGED = 70,
    WRITER_WAIT = 200,  /* milliseconds for a lock that only a foreign process can hold */
    READER_WAIT = 1000, /* milliseconds while the log begins anew */
};

/* The same for all. Double quotes are names only; nothing in the schema may call what is unsafe. */
static const char settings_common[] = "PRAGMA trusted_schema = OFF;"
                                      "PRAGMA temp_store = MEMORY;"
                                      "PRAGMA mmap_size = " G_STRINGIFY(CONN_MAP_MOST) ";";

/* The log is moved into the file by the writer between batches, not inside a commit: there an error
 * would be swallowed, and the waiters would pay for it. */
static const char settings_writing[] = "PRAGMA journal_mode = WAL;"
                                       "PRAGMA synchronous = FULL;"
                                       "PRAGMA cell_size_check = ON;"
                                       "PRAGMA secure_delete = ON;"
                                       "PRAGMA wal_autocheckpoint = 0;"
                                       "PRAGMA journal_size_limit = 33554432;"
                                       "PRAGMA cache_size = -16384;";

/* Most of what is written anew lies in three trees that have no order; their pages should be met again.
 * For what is not synced db/unsynced.h answers. */
static const char settings_bulk[] = "PRAGMA cache_size = -262144;"
                                    "PRAGMA synchronous = OFF;";

/* A reader looks at a mapped page anew each time, and checking all cells of it for the one that is
 * wanted took a quarter of an inbox; the writer checks what it touches. */
static const char settings_reading[] = "PRAGMA query_only = ON;"
                                       "PRAGMA cache_size = -2048;";

static bool
is_damage(int code)
{
    switch (code & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_NOTADB:
    case SQLITE_READONLY: /* the file was moved away under the writer, or the disk went read-only */
        return true;
    case SQLITE_CORRUPT:
        /* Full text only: the words of an entry did not match. It is built from the rows again,
         * and ending the process would let one such plan end it for ever. */
        return code != SQLITE_CORRUPT_VTAB;
    default:
        return false;
    }
}

static AppError
code_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
        return APP_ERROR_BUSY;
    default:
        break;
    }

    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return APP_ERROR_RACE;
    default:
        return APP_ERROR_INTERNAL;
    }
}

bool
conn_fail(const Conn *conn, int code, const char *doing, GError **error)
{
    const char *message = sqlite3_errmsg(conn->handle);

    if (conn->serving && is_damage(code)) {
        log_warning("db.fatal", LOG_CODE("file", conn->name), LOG_CODE("doing", doing),
                    LOG_INT("code", code), LOG_CODE("message", message));
        _exit(EXIT_DAMAGED);
    }

    return fail(error, code_of(code), "%s: %s (%d) doing: %s", conn->name, message, code, doing);
}

bool
conn_exec(Conn *conn, const char *sql, GError **error)
{
    int code = sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK || conn_fail(conn, code, sql, error);
}

bool
conn_int(Conn *conn, const char *sql, int64_t *value, GError **error)
{
    sqlite3_stmt *prepared = NULL;
    int           code = sqlite3_prepare_v2(conn->handle, sql, -1, &prepared, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(prepared);
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        *value = code == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : 0;
    sqlite3_finalize(prepared);

    return code == SQLITE_ROW || code == SQLITE_DONE || conn_fail(conn, code, sql, error);
}

static bool
fail_opening(Conn *conn, int code, const char *path, GError **error)
{
    AppError app = APP_ERROR_INTERNAL;

    if ((code & 0xff) == SQLITE_CANTOPEN)
        app = APP_ERROR_NOT_FOUND;
    else if ((code & 0xff) == SQLITE_NOTADB)
        app = APP_ERROR_INVALID;
    /* A full disk is a disk I/O error here: only the system's reason tells it from a broken one. */
    int reason = app == APP_ERROR_INTERNAL ? sqlite3_system_errno(conn->handle) : 0;
    return fail(error, app, "%s cannot be opened: %s%s%s", path, sqlite3_errmsg(conn->handle),
                reason == 0 ? "" : ": ", reason == 0 ? "" : g_strerror(reason));
}

static bool
set_up(Conn *conn, const ConnOptions *options, GError **error)
{
    bool writes = options->role == CONN_WRITER || options->role == CONN_MIGRATOR;

    sqlite3_extended_result_codes(conn->handle, 1);
    sqlite3_busy_timeout(conn->handle, writes ? WRITER_WAIT : READER_WAIT);
    sqlite3_limit(conn->handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);

    /* The first touch of the file: here it may be found to be none. */
    int code = sqlite3_exec(conn->handle, "PRAGMA schema_version", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return fail_opening(conn, code, options->path, error);

    if (!conn_exec(conn, settings_common, error) ||
        !conn_exec(conn, writes ? settings_writing : settings_reading, error))
        return false;

    /* A migration may rebuild a table that others refer to; it checks all keys at its end. */
    if (!conn_exec(conn,
                   options->role == CONN_MIGRATOR ? "PRAGMA foreign_keys = OFF"
                                                  : "PRAGMA foreign_keys = ON",
                   error))
        return false;

    if (options->bulk && !conn_exec(conn, settings_bulk, error))
        return false;

    return !options->unsafe_sync || !writes || conn_exec(conn, "PRAGMA synchronous = OFF", error);
}

bool
conn_open(Conn *conn, const ConnOptions *options, GError **error)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

    /* Counting every allocation under one lock costs all threads; refused once the engine runs. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

    if (options->role == CONN_MIGRATOR)
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    else if (options->role == CONN_WRITER)
        flags |= SQLITE_OPEN_READWRITE;
    else
        flags |= SQLITE_OPEN_READONLY;

    *conn = (Conn){ .name = options->name };
    int code = sqlite3_open_v2(options->path, &conn->handle, flags, options->vfs);
    if (code == SQLITE_OK ? set_up(conn, options, error)
                          : fail_opening(conn, code, options->path, error))
        return true;

    conn_close(conn);
    return false;
}

static bool
prepare_own(Conn *conn, const char *sql, sqlite3_stmt **prepared, GError **error)
{
    int code = sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, prepared, NULL);

    return code == SQLITE_OK || conn_fail(conn, code, sql, error);
}

bool
conn_prepare(Conn *conn, const Catalog *catalog, Faults *faults, GError **error)
{
    bool writes = sqlite3_db_readonly(conn->handle, "main") == 0;

    conn->faults = faults;
    conn->n_statements = catalog->n_statements;
    conn->statements = g_new0(sqlite3_stmt *, MAX(catalog->n_statements, 1));

    return prepare_own(conn, writes ? "BEGIN IMMEDIATE" : "BEGIN", &conn->begin, error) &&
           prepare_own(conn, "COMMIT", &conn->commit, error) &&
           prepare_own(conn, "ROLLBACK", &conn->rollback, error);
}

void
conn_close(Conn *conn)
{
    for (size_t i = 0; i < conn->n_statements; i++)
        sqlite3_finalize(conn->statements[i]);
    g_free(conn->statements);
    sqlite3_finalize(conn->begin);
    sqlite3_finalize(conn->commit);
    sqlite3_finalize(conn->rollback);

    int code = sqlite3_close(conn->handle);
    g_assert(code == SQLITE_OK);
    *conn = (Conn){ .handle = NULL };
}

/* ---- statements ---- */

static bool
check_parameters(sqlite3_stmt *prepared, const char *sql, GError **error)
{
    int count = sqlite3_bind_parameter_count(prepared);

    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(prepared, i);
        char        expected[16];

        g_snprintf(expected, sizeof expected, "$%d", i);
        if (g_strcmp0(name, expected) != 0)
            return fail(error, APP_ERROR_INTERNAL, "parameter %d is %s, not %s: %s", i,
                        name == NULL ? "?" : name, expected, sql);
    }
    return true;
}

static bool
check_order(sqlite3_stmt *prepared, const DbQuery *query, GError **error)
{
    const char **names = g_newa(const char *, MAX(query->n_columns, 1));

    for (size_t i = 0; i < query->n_columns; i++)
        names[i] = sqlite3_column_name(prepared, (int)i);
    return catalog_check_order(query, names, error);
}

static bool
check_prepared(sqlite3_stmt *prepared, const DbQuery *query, GError **error)
{
    size_t n_columns = (size_t)sqlite3_column_count(prepared);

    if (!check_parameters(prepared, query->sql, error))
        return false;
    if (n_columns != query->n_columns)
        return fail(error, APP_ERROR_INTERNAL,
                    "the statement gives %zu columns, the row has %zu: %s", n_columns,
                    query->n_columns, query->sql);
    if (query->table == NULL && !sqlite3_stmt_readonly(prepared))
        return fail(error, APP_ERROR_INTERNAL, "a statement without a table writes: %s",
                    query->sql);
    return check_order(prepared, query, error);
}

bool
conn_statement(Conn *conn, const Statement *statement, sqlite3_stmt **prepared, GError **error)
{
    const DbQuery *query = statement->query;
    sqlite3_stmt  *made = conn->statements[statement->index];

    if (made == NULL) {
        const char *tail = NULL;
        int code = sqlite3_prepare_v3(conn->handle, query->sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      &made, &tail);

        if (code != SQLITE_OK)
            return conn_fail(conn, code, query->sql, error);
        if (!check_prepared(made, query, error)) {
            sqlite3_finalize(made);
            return false;
        }
        conn->statements[statement->index] = made;
    }

    *prepared = made;
    return true;
}

static int
bind_value(sqlite3_stmt *prepared, int index, const DbValue *value)
{
    switch (value->type) {
    case DB_TYPE_INT:
    case DB_TYPE_BOOL:
        return sqlite3_bind_int64(prepared, index, value->integer);
    case DB_TYPE_DOUBLE:
        return sqlite3_bind_double(prepared, index, value->real);
    case DB_TYPE_TEXT:
        return sqlite3_bind_text64(prepared, index, value->text, strlen(value->text), SQLITE_STATIC,
                                   SQLITE_UTF8);
    case DB_TYPE_BYTES:
        return sqlite3_bind_blob64(prepared, index, value->bytes.data, value->bytes.size,
                                   SQLITE_STATIC);
    case DB_TYPE_NULL:
    default:
        return sqlite3_bind_null(prepared, index);
    }
}

bool
conn_bind(Conn *conn, sqlite3_stmt *prepared, const DbValue *params, size_t n_params,
          GError **error)
{
    for (size_t i = 0; i < n_params; i++) {
        int code = bind_value(prepared, (int)i + 1, &params[i]);

        if (code != SQLITE_OK)
            return conn_fail(conn, code, "bind", error);
    }
    return true;
}

/* ---- calls that are counted ---- */

bool
conn_step(Conn *conn, sqlite3_stmt *prepared, bool *row, GError **error)
{
    if (db_engine_fails(conn->faults)) {
        sqlite3_reset(prepared);
        return fail(error, APP_ERROR_INTERNAL, "made to fail: %s", sqlite3_sql(prepared));
    }

    int code = sqlite3_step(prepared);
    if (code == SQLITE_ROW) {
        *row = true;
        return true;
    }

    bool succeeded = code == SQLITE_DONE || conn_fail(conn, code, sqlite3_sql(prepared), error);
    sqlite3_reset(prepared);
    *row = false;
    return succeeded;
}

static bool
run_own(Conn *conn, sqlite3_stmt *prepared, GError **error)
{
    if (db_engine_fails(conn->faults))
        return fail(error, APP_ERROR_BUSY, "made to fail: %s", sqlite3_sql(prepared));

    int  code = sqlite3_step(prepared);
    bool succeeded = code == SQLITE_DONE || conn_fail(conn, code, sqlite3_sql(prepared), error);
    sqlite3_reset(prepared);
    return succeeded;
}

bool
conn_begin(Conn *conn, GError **error)
{
    return run_own(conn, conn->begin, error);
}

bool
conn_commit(Conn *conn, GError **error)
{
    return run_own(conn, conn->commit, error);
}

void
conn_rollback(Conn *conn)
{
    /* The engine may have done it already, as for a full disk. */
    if (sqlite3_get_autocommit(conn->handle))
        return;

    int code = sqlite3_step(conn->rollback);
    if (code != SQLITE_DONE)
        conn_fail(conn, code, "ROLLBACK", NULL);
    sqlite3_reset(conn->rollback);
}

void
conn_end_reading(Conn *conn)
{
    sqlite3_step(conn->commit);
    sqlite3_reset(conn->commit);
    conn_rollback(conn);
}
