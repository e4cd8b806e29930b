/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/engine_fixture.h"

#include <glib.h>
#include <libpq-fe.h>
#include <string.h>
#include <unistd.h>

static bool pg_now, plain_now;

static void
run_sqlite(const void *test)
{
    ((void (*)(void))test)();
}

static void
run_pg(const void *test)
{
    if (g_getenv("SAWT_TEST_PG") == NULL) {
        g_test_skip("SAWT_TEST_PG names no PostgreSQL server");
        return;
    }
    pg_now = true;
    ((void (*)(void))test)();
    pg_now = false;
}

void
engine_fixture_add(const char *path, void (*test)(void))
{
    g_autofree char *sqlite = g_strconcat(path, "/sqlite", NULL);
    g_autofree char *pg = g_strconcat(path, "/pg", NULL);

    g_test_add_data_func(sqlite, (const void *)test, run_sqlite);
    g_test_add_data_func(pg, (const void *)test, run_pg);
}

typedef struct {
    size_t            size;
    const void       *data;
    EngineFixtureFunc up, test, down;
} Case;

static GPtrArray *cases; /* to the program's end */

static void
run_case(const void *data)
{
    const Case      *test = data;
    g_autofree void *fixture = g_malloc0(test->size);

    test->up(fixture, test->data);
    test->test(fixture, test->data);
    test->down(fixture, test->data);
}

static void
run_case_pg(const void *data)
{
    if (g_getenv("SAWT_TEST_PG") == NULL) {
        g_test_skip("SAWT_TEST_PG names no PostgreSQL server");
        return;
    }
    pg_now = true;
    run_case(data);
    pg_now = false;
}

void
engine_fixture_add_with(const char *path, size_t size, const void *data, EngineFixtureFunc up,
                        EngineFixtureFunc test, EngineFixtureFunc down)
{
    g_autofree char *sqlite = g_strconcat(path, "/sqlite", NULL);
    g_autofree char *pg = g_strconcat(path, "/pg", NULL);
    Case            *added = g_new(Case, 1);

    *added = (Case){ size, data, up, test, down };
    if (cases == NULL)
        cases = g_ptr_array_new();
    g_ptr_array_add(cases, added);
    g_test_add_data_func(sqlite, added, run_case);
    g_test_add_data_func(pg, added, run_case_pg);
}

void
engine_fixture_add_pg(const char *path, void (*test)(void))
{
    g_test_add_data_func(path, (const void *)test, run_pg);
}

bool
engine_fixture_is_pg(void)
{
    return pg_now;
}

bool
engine_fixture_says(const char *message, const char *words)
{
    g_auto(GStrv) either = g_strsplit(words, "|", 2);

    return strcasestr(message, either[pg_now && either[1] != NULL ? 1 : 0]) != NULL;
}

static void
ignore_notice(void *data, const PGresult *notice)
{
    (void)data, (void)notice;
}

static PGconn *
connect_to(const char *url)
{
    PGconn *handle = PQconnectdb(url);

    if (PQstatus(handle) != CONNECTION_OK)
        g_error("%s: %s", url, PQerrorMessage(handle));
    PQsetNoticeReceiver(handle, ignore_notice, NULL);
    return handle;
}

char *
engine_fixture_sql(const char *url, const char *sql)
{
    PGconn   *handle = connect_to(url);
    PGresult *row = PQexec(handle, sql);

    if (PQresultStatus(row) != PGRES_COMMAND_OK && PQresultStatus(row) != PGRES_TUPLES_OK)
        g_error("%s: %s", sql, PQerrorMessage(handle));
    char *text = g_strdup(PQntuples(row) > 0 ? PQgetvalue(row, 0, 0) : "");
    PQclear(row);
    PQfinish(handle);
    return text;
}

char *
engine_fixture_refused(const char *url, const char *sql)
{
    PGconn   *handle = connect_to(url);
    PGresult *row = PQexec(handle, sql);

    if (PQresultStatus(row) != PGRES_FATAL_ERROR)
        g_error("the server did not refuse: %s", sql);
    char *text = g_strdup(PQresultErrorMessage(row));
    PQclear(row);
    PQfinish(handle);
    return text;
}

static char *
schema_of(const char *url)
{
    return g_strdup(g_strrstr(url, "%3D") + 3);
}

void
engine_fixture_as_plain(bool plain)
{
    plain_now = plain;
}

/* The names of tools/pg_server.py. */
static char *
server_address(void)
{
    g_auto(GStrv) parts = g_strsplit(g_getenv("SAWT_TEST_PG"), "sawt?", 2);
    g_autofree char *plain = NULL;

    if (!plain_now)
        return g_strdup(g_getenv("SAWT_TEST_PG"));
    plain = g_strjoinv("plain?", parts);
    g_auto(GStrv) users = g_strsplit(plain, "user=sawt", 2);
    return g_strjoinv("user=plain", users);
}

char *
engine_fixture_schema(void)
{
    g_autofree char *server = server_address();
    g_autofree char *unique = g_uuid_string_random();
    g_autofree char *sql = NULL;
    char            *url;

    g_strdelimit(unique, "-", '_');
    sql = g_strdup_printf("CREATE SCHEMA t%s", unique);
    g_free(engine_fixture_sql(server, sql));
    url = g_strdup_printf("%s&options=-csearch_path%%3Dt%s", server, unique);
    return url;
}

void
engine_fixture_drop(char *url)
{
    g_autofree char *name = schema_of(url);
    g_autofree char *sql = g_strdup_printf("DROP SCHEMA %s CASCADE", name);

    g_free(engine_fixture_sql(url, sql));
    g_free(url);
}
