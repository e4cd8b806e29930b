/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SQLite's own checks. What must stay true: the connection can only read, and no reading of a file that a
 * server works on is longer than it may be. */
#include "db/db_sqlite.h"

#include <string.h>

enum { TICK_STEPS = 20000 /* of the engine's machine, a millisecond or two */ };

typedef struct {
    const DbCheck *check;
    Conn           conn;
    const char    *name;     /* of the file */
    int64_t        deadline; /* by clock_monotonic; INT64_MAX: none */
    bool           stopped;  /* by the caller */
    bool           late;
} Checker;

static int
is_enough(void *data)
{
    Checker *checker = data;

    checker->stopped = checker->stopped || !checker->check->tick(checker->check->data);
    checker->late = checker->late || clock_monotonic() > checker->deadline;
    return checker->stopped || checker->late;
}

static void
tell(Checker *checker, DbFlaw flaw, const char *where)
{
    g_autofree char *text = g_strdup_printf("%s.db: %s", checker->name, where);

    checker->check->flaw(flaw, text, checker->check->data);
}

typedef void (*LineFunc)(Checker *checker, sqlite3_stmt *row);

/* Damage ends a reading with an error of the engine: that is what was looked for. */
static bool
read_lines(Checker *checker, const char *sql, const char *table, LineFunc line, GError **error)
{
    const DbCheck *check = checker->check;
    sqlite3_stmt  *prepared = NULL;

    checker->late = false;
    checker->deadline = check->most == 0 ? INT64_MAX : clock_monotonic() + check->most;
    int code = sqlite3_prepare_v2(checker->conn.handle, sql, -1, &prepared, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(prepared);
        if (code == SQLITE_ROW)
            line(checker, prepared);
    }
    sqlite3_finalize(prepared);

    if (checker->stopped)
        return fail(error, APP_ERROR_BUSY, "nobody waits for the check any more");
    if (checker->late)
        check->skipped(table, check->data);
    else if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        tell(checker, DB_FLAW_DAMAGE, sqlite3_errmsg(checker->conn.handle));
    else if (code != SQLITE_DONE)
        return conn_fail(&checker->conn, code, sql, error);
    return true;
}

static void
damage_line(Checker *checker, sqlite3_stmt *row)
{
    const char *said = (const char *)sqlite3_column_text(row, 0);

    if (g_strcmp0(said, "ok") != 0)
        tell(checker, DB_FLAW_DAMAGE, said == NULL ? "?" : said);
}

static void
reference_line(Checker *checker, sqlite3_stmt *row)
{
    g_autofree char *text = g_strdup_printf(
        "%s %lld → %s", (const char *)sqlite3_column_text(row, 0),
        (long long)sqlite3_column_int64(row, 1), (const char *)sqlite3_column_text(row, 2));

    tell(checker, DB_FLAW_REFERENCE, text);
}

/* Everything with a root page; the schema itself first. NULL: error. */
static GPtrArray *
list_tables(Checker *checker, GError **error)
{
    static const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    sqlite3_stmt *row = NULL;
    int           code = sqlite3_prepare_v2(checker->conn.handle, sql, -1, &row, NULL);

    g_ptr_array_add(names, g_strdup("sqlite_schema"));
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code == SQLITE_ROW)
            g_ptr_array_add(names, g_strdup((const char *)sqlite3_column_text(row, 0)));
    }
    sqlite3_finalize(row);
    if (code != SQLITE_DONE) {
        conn_fail(&checker->conn, code, sql, error);
        return NULL;
    }
    return g_steal_pointer(&names);
}

/* With a limit each table alone, so that most of them can be looked through in time. */
static bool
check_damage(Checker *checker, const GPtrArray *tables, GError **error)
{
    if (checker->check->most == 0)
        return read_lines(checker, "PRAGMA integrity_check", checker->name, damage_line, error);

    for (guint i = 0; i < tables->len; i++) {
        char *sql = sqlite3_mprintf("PRAGMA integrity_check(%Q)", tables->pdata[i]);
        bool  read = read_lines(checker, sql, tables->pdata[i], damage_line, error);

        sqlite3_free(sql);
        if (!read)
            return false;
    }
    return true;
}

static bool
check_references(Checker *checker, const GPtrArray *tables, GError **error)
{
    for (guint i = 1; i < tables->len; i++) {
        char *sql = sqlite3_mprintf("PRAGMA foreign_key_check(%Q)", tables->pdata[i]);
        bool  read = read_lines(checker, sql, tables->pdata[i], reference_line, error);

        sqlite3_free(sql);
        if (!read)
            return false;
    }
    return true;
}

static bool
open_checker(Db *db, Conn *conn, GError **error)
{
    ConnOptions options = db_sqlite_conn_options((SqliteDb *)db, CONN_EXPLAINER);

    return conn_open(conn, &options, error);
}

bool
db_sqlite_check_file(Db *db, const DbCheck *check, GError **error)
{
    Checker checker = { .check = check, .name = db->schema->name };
    g_autoptr(GPtrArray) tables = NULL;

    if (!open_checker(db, &checker.conn, error))
        return false;

    sqlite3_progress_handler(checker.conn.handle, TICK_STEPS, is_enough, &checker);
    checker.deadline = INT64_MAX;
    tables = list_tables(&checker, error);
    bool done = tables != NULL && check_damage(&checker, tables, error) &&
                check_references(&checker, tables, error);
    conn_close(&checker.conn);
    return done;
}

/* ---- full text ---- */

enum { PARTS = 256 };

static bool
read_words(Conn *conn, sqlite3_stmt *prepared, DbWordFunc word, void *data, GError **error)
{
    int code;

    while ((code = sqlite3_step(prepared)) == SQLITE_ROW)
        if (!word(sqlite3_column_int64(prepared, 1), (const char *)sqlite3_column_text(prepared, 0),
                  data, error))
            return false;
    return code == SQLITE_DONE || conn_fail(conn, code, "reading the words of full text", error);
}

/* From two digits up to the next two; the first part begins, and the last ends, with all words. */
static bool
read_part(Conn *conn, sqlite3_stmt *prepared, int part, DbWordFunc word, void *data, GError **error)
{
    char from[3], to[3];

    g_snprintf(from, sizeof from, "%02x", part);
    g_snprintf(to, sizeof to, "%02x", part + 1);
    sqlite3_bind_text(prepared, 1, part == 0 ? "" : from, -1, SQLITE_STATIC);
    sqlite3_bind_text(prepared, 2, part == PARTS - 1 ? "\x7f" : to, -1, SQLITE_STATIC);
    bool read = read_words(conn, prepared, word, data, error);
    sqlite3_reset(prepared);
    return read;
}

bool
db_sqlite_check_words(Db *db, const char *table, DbWordFunc word, void *data, GError **error)
{
    static const char sql[] =
        "SELECT term, doc FROM temp.indexed_word WHERE term >= $1 AND term < $2";
    Conn          conn;
    sqlite3_stmt *prepared = NULL;

    if (!open_checker(db, &conn, error))
        return false;

    /* The file is open for reading only; what is made here lies in memory. */
    char *make = sqlite3_mprintf("PRAGMA query_only = OFF; CREATE VIRTUAL TABLE temp.indexed_word"
                                 " USING fts5vocab(main, %Q, instance)",
                                 table);
    bool  read = conn_exec(&conn, make, error);
    int   code = read ? sqlite3_prepare_v2(conn.handle, sql, -1, &prepared, NULL) : SQLITE_OK;
    if (code != SQLITE_OK)
        read = conn_fail(&conn, code, sql, error);
    for (int part = 0; read && part < PARTS; part++)
        read = read_part(&conn, prepared, part, word, data, error);

    sqlite3_free(make);
    sqlite3_finalize(prepared);
    conn_close(&conn);
    return read;
}
