/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role that serves owns nothing: it cannot change the schema, take the guard off the events, or
 * change one of them, whatever is wrong with the program. What it may is said anew each time. */
#include "db/migrate.h"

#include "db/db_pg.h"

#include <string.h>

/* The role that an address names. Free it. */
static char *
user_of(const char *url, GError **error)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    char             *user = NULL;

    for (const PQconninfoOption *option = options; option != NULL && option->keyword != NULL;
         option++)
        if (strcmp(option->keyword, "user") == 0)
            user = g_strdup(option->val);
    PQconninfoFree(options);
    if (user == NULL)
        (void)fail(error, APP_ERROR_INVALID,
                   "the address of the database names no role: postgresql://ROLE@…");
    return user;
}

static const char *
rights_on(const DbSchema *schema, const char *table)
{
    if (strcmp(table, CATALOG_MIGRATION_TABLE) == 0)
        return "SELECT";
    if (g_strcmp0(table, schema->event_table) == 0)
        return "SELECT, INSERT";
    return "SELECT, INSERT, UPDATE, DELETE";
}

static bool
grant_table(PgConn *conn, const DbSchema *schema, const char *table, const char *role,
            GError **error)
{
    char            *quoted = PQescapeIdentifier(conn->handle, table, strlen(table));
    g_autofree char *sql = g_strdup_printf("REVOKE ALL ON %s FROM %s; GRANT %s ON %s TO %s", quoted,
                                           role, rights_on(schema, table), quoted, role);

    PQfreemem(quoted);
    return pg_conn_command(conn, sql, error);
}

static bool
grant_schema(PgConn *conn, const char *name, const char *role, GError **error)
{
    g_autofree char *sql = g_strdup_printf("GRANT USAGE ON SCHEMA %s TO %s", name, role);

    return pg_conn_command(conn, sql, error);
}

static bool
grant_all(PgConn *conn, const DbSchema *schema, const char *role, GError **error)
{
    static const char sql[] = "SELECT relname, quote_ident(current_schema()) FROM pg_class"
                              " WHERE relnamespace = current_schema()::regnamespace"
                              " AND relkind IN ('r', 'p') ORDER BY relname";
    PGresult         *tables = pg_conn_exec(conn, sql, error);
    bool              done = tables != NULL && PQntuples(tables) > 0 &&
                grant_schema(conn, PQgetvalue(tables, 0, 1), role, error);

    for (int i = 0; done && i < PQntuples(tables); i++)
        done = grant_table(conn, schema, PQgetvalue(tables, i, 0), role, error);
    PQclear(tables);
    return done;
}

/* Whole or not at all: nodes are at work meanwhile. */
static bool
grant_in_transaction(PgConn *conn, const DbSchema *schema, const char *user, GError **error)
{
    char *role = PQescapeIdentifier(conn->handle, user, strlen(user));
    bool  done = pg_conn_command(conn, "BEGIN", error) && grant_all(conn, schema, role, error) &&
                pg_conn_command(conn, "COMMIT", error);

    PQfreemem(role);
    return done;
}

bool
db_grant(const DbOptions *options, const char *serving_url, GError **error)
{
    g_autofree char *user = user_of(serving_url, error);
    PgConn           conn = { .role = PG_PLAIN };

    if (user == NULL || !pg_check_url(options->url, error) ||
        !pg_conn_open(&conn, options->url, error))
        return false;
    bool done = grant_in_transaction(&conn, options->schema, user, error);
    pg_conn_close(&conn);
    return done;
}
