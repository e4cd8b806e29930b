/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A store on PostgreSQL is a schema: it says what it is in the comment of schema_migration, and by
 * which text it was made in its rows. Nodes that start together migrate one after the other. */
#include "db/migrate_parts.h"

#include "db/db_move_parts.h"
#include "db/db_pg.h"
#include "db/sqltext.h"

#include <string.h>

#define MARK "Sawt: "

#define MIGRATION_TIME (24 * HOURS) /* of one statement, on the largest table */

enum { RACES = 20 }; /* two that make the first table at once: one of them is refused */

static const char create_sql[] =
    "CREATE TABLE IF NOT EXISTS " CATALOG_MIGRATION_TABLE
    " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, at BIGINT NOT "
    "NULL);"
    "CREATE TABLE IF NOT EXISTS " CATALOG_NODE_TABLE
    " (id INTEGER PRIMARY KEY, holder TEXT NOT NULL, lease_until BIGINT NOT NULL)";
static const char select_sql[] =
    "SELECT version, name, checksum FROM " CATALOG_MIGRATION_TABLE " ORDER BY version";
static const char insert_sql[] =
    "INSERT INTO " CATALOG_MIGRATION_TABLE " (version, name, checksum, at)"
    " VALUES ($1::integer, $2, $3, (extract(epoch FROM now()) * 1000000)::bigint)";
/* The event table itself refuses every change, by whomever. */
static const char guard_sql[] =
    "CREATE OR REPLACE FUNCTION sawt_event_stays() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN RAISE EXCEPTION 'not authorized: events are never changed'; END$$;"
    "DROP TRIGGER IF EXISTS sawt_event_stays ON %s;"
    "CREATE TRIGGER sawt_event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON %s"
    " FOR EACH STATEMENT EXECUTE FUNCTION sawt_event_stays();"
    "ALTER TABLE %s ENABLE ALWAYS TRIGGER sawt_event_stays";

static char *
name_of(const DbSchema *schema)
{
    return g_strdup_printf("the database of the %s", schema->name);
}

/* ---- what the schema has ---- */

/* The first column of the only row. NULL: error. */
static char *
read_text(PgConn *conn, const char *sql, GError **error)
{
    PGresult *row = pg_conn_exec(conn, sql, error);

    if (row == NULL)
        return NULL;
    char *text = g_strdup(PQgetvalue(row, 0, 0));
    PQclear(row);
    return text;
}

/* One statement, one snapshot: another node may be making the schema just now. */
static const char mark_sql[] = "SELECT CASE WHEN count(*) = 0 THEN 'fresh' ELSE"
                               " coalesce(max(obj_description(oid, 'pg_class')) FILTER"
                               " (WHERE relname = '" CATALOG_MIGRATION_TABLE "'), 'none') END"
                               " FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm')"
                               " AND relnamespace = current_schema()::regnamespace";

/* An empty schema is fresh; any other must bear the mark of this store. */
static bool
check_mark(PgConn *conn, const DbSchema *schema, bool *fresh, GError **error)
{
    g_autofree char *expected = g_strconcat(MARK, schema->name, NULL);
    g_autofree char *store = name_of(schema);
    g_autofree char *mark = read_text(conn, mark_sql, error);

    if (mark == NULL)
        return false;
    *fresh = strcmp(mark, "fresh") == 0;
    return *fresh || strcmp(mark, expected) == 0 ||
           fail(error, APP_ERROR_INVALID,
                "%s was made by another program, or for another store: give it a database or a "
                "schema of its own",
                store);
}

static bool
count_applied(PgConn *conn, const DbSchema *schema, size_t *applied, GError **error)
{
    g_autofree char *store = name_of(schema);
    PGresult        *rows = pg_conn_exec(conn, select_sql, error);
    bool             right = rows != NULL;

    *applied = 0;
    for (int i = 0; right && i < PQntuples(rows); i++) {
        MigrationRow row = { .version = (int)g_ascii_strtoll(PQgetvalue(rows, i, 0), NULL, 10),
                             .name = PQgetvalue(rows, i, 1),
                             .checksum = PQgetvalue(rows, i, 2) };

        right = migrate_check_row(schema, *applied, &row, store, error);
        *applied += 1;
    }
    PQclear(rows);
    return right;
}

bool
migrate_pg_check_moved(PgConn *conn, const DbSchema *schema, GError **error)
{
    g_autofree char *there = read_text(
        conn, "SELECT to_regclass(quote_ident(current_schema()) || '." MOVE_TABLE "') IS NOT NULL",
        error);

    if (there == NULL)
        return false;
    return strcmp(there, "t") != 0 ||
           fail(
               error, APP_ERROR_INVALID,
               "a store is being moved into the database of the %s, and that has not ended: run "
               "`sawt migrate-store` again until it has, or go on with the store that it came from",
               schema->name);
}

static bool
read_state(PgConn *conn, const DbSchema *schema, size_t *applied, GError **error)
{
    bool fresh;

    *applied = 0;
    if (!migrate_check_numbers(schema, error) || !check_mark(conn, schema, &fresh, error))
        return false;
    return fresh || (migrate_pg_check_moved(conn, schema, error) &&
                     count_applied(conn, schema, applied, error));
}

bool
migrate_pg_check(PgConn *conn, const DbSchema *schema, GError **error)
{
    g_autofree char *store = name_of(schema);
    size_t           applied;

    return read_state(conn, schema, &applied, error) &&
           migrate_check_newest(schema, applied, store, error);
}

/* ---- bringing it further ---- */

/* The transaction is ours: a text that ends it would leave half of itself behind. */
static bool
check_text(const char *sql, GError **error)
{
    static const char *const forbidden[] = { "BEGIN",    "START",     "COMMIT",  "END",
                                             "ROLLBACK", "SAVEPOINT", "RELEASE", "ABORT",
                                             "PREPARE",  "COPY",      "CALL" };
    bool                     first = true;

    for (SqlText piece = sqltext_next(sql); piece.kind != SQLTEXT_END;
         piece = sqltext_next(piece.text + piece.length)) {
        for (size_t i = 0; first && i < G_N_ELEMENTS(forbidden); i++)
            if (sqltext_is_word(piece, forbidden[i]))
                return fail(error, APP_ERROR_INTERNAL, "not authorized: a migration cannot say %s",
                            forbidden[i]);
        if (piece.kind != SQLTEXT_BLANK)
            first = piece.kind == SQLTEXT_OTHER && *piece.text == ';';
    }
    return true;
}

static bool
run_text(PgConn *conn, const DbMigration *migration, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    const char      *sql = migrate_text_pg(mem, migrate_pg_source(migration));
    g_autofree char *doing =
        g_strdup_printf("migration %d (%s)", migration->version, migration->name);

    if (check_text(sql, error) && pg_conn_command(conn, sql, error))
        return true;
    g_prefix_error(error, "%s: ", doing);
    return false;
}

static bool
record(PgConn *conn, const DbMigration *migration, GError **error)
{
    g_autofree char  *checksum = migrate_checksum(migrate_pg_source(migration));
    char              version[16];
    const char *const params[] = { version, migration->name, checksum };

    g_snprintf(version, sizeof version, "%d", migration->version);
    PGresult *done = pg_conn_exec_params(conn, insert_sql, params, 3, error);
    PQclear(done);
    return done != NULL;
}

/* The names are constants of the program. */
static bool
guard_events(PgConn *conn, const DbSchema *schema, GError **error)
{
    const char      *table = schema->event_table;
    g_autofree char *there = NULL;
    g_autofree char *find = NULL;
    g_auto(GStrv) parts = NULL;
    g_autofree char *sql = NULL;

    if (table == NULL)
        return true;
    find = g_strdup_printf("SELECT to_regclass('%s') IS NOT NULL", table);
    there = read_text(conn, find, error);
    if (there == NULL || strcmp(there, "t") != 0)
        return there != NULL;

    parts = g_strsplit(guard_sql, "%s", -1);
    sql = g_strjoinv(table, parts);
    return pg_conn_command(conn, sql, error);
}

/* IF NOT EXISTS looks first and makes then: another node may be in between. */
static bool
create_tables(PgConn *conn, GError **error)
{
    if (pg_conn_command(conn, create_sql, error))
        return true;
    if (error != NULL && strstr((*error)->message, "42P07") != NULL)
        (*error)->code = APP_ERROR_RACE;
    return false;
}

/* What is found under the lock counts: another node may have done it meanwhile. */
static bool
run_next(PgConn *conn, const DbSchema *schema, bool *done, GError **error)
{
    g_autofree char *mark = g_strdup_printf(
        "COMMENT ON TABLE " CATALOG_MIGRATION_TABLE " IS '" MARK "%s'", schema->name);
    size_t applied;

    if (!create_tables(conn, error) ||
        !pg_conn_command(conn, "LOCK TABLE " CATALOG_MIGRATION_TABLE " IN ACCESS EXCLUSIVE MODE",
                         error) ||
        !pg_conn_command(conn, mark, error) || !count_applied(conn, schema, &applied, error))
        return false;

    *done = applied >= schema->n_migrations;
    return *done ||
           (run_text(conn, &schema->migrations[applied], error) &&
            guard_events(conn, schema, error) && record(conn, &schema->migrations[applied], error));
}

static bool
run_in_transaction(PgConn *conn, const DbSchema *schema, bool *done, GError **error)
{
    if (!pg_conn_command(conn, "BEGIN", error))
        return false;
    if (run_next(conn, schema, done, error) && pg_conn_command(conn, "COMMIT", error))
        return true;

    g_autoptr(GError) ignored = NULL;
    if (conn->handle != NULL)
        (void)!pg_conn_command(conn, "ROLLBACK", &ignored);
    return false;
}

static bool
run_pending(PgConn *conn, const DbSchema *schema, int *applied, GError **error)
{
    size_t before;
    int    ran = 0, races = 0;
    bool   done = false;

    if (!read_state(conn, schema, &before, error))
        return false;
    if (before >= schema->n_migrations) {
        *applied = 0;
        return true;
    }

    while (!done) {
        g_autoptr(GError) failure = NULL;

        if (run_in_transaction(conn, schema, &done, &failure)) {
            ran += done ? 0 : 1;
        } else if (error_code(failure) != APP_ERROR_RACE || races++ == RACES) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
    *applied = ran;
    return true;
}

bool
migrate_pg(const DbOptions *options, int *applied, GError **error)
{
    PgConn conn = { .role = PG_PLAIN };

    if (!pg_check_url(options->url, error))
        return false;
    if (!pg_conn_open(&conn, options->url, error))
        return pg_explain_start(options->url, error);
    conn.answer_time = MIGRATION_TIME;

    bool succeeded = pg_conn_command(&conn, "SET client_min_messages = warning", error) &&
                     run_pending(&conn, options->schema, applied, error);
    pg_conn_close(&conn);
    return succeeded;
}
