/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection: made, set up, waited for, closed. What must stay true: no call waits for ever (a
 * server that is gone may not say so), a connection that did anything unexpected is closed and never
 * used again, and no message holds what a row holds. */
#include "db/db_pg.h"

#include "base/clock.h"

#include <poll.h>
#include <string.h>

#define RETRY_AFTER (SECONDS / 4)
#define SET_UP_TIME (10 * SECONDS)

enum { OLDEST_SERVER = 150000 };

/* What the address does not say. A server that stops answering is found out by the kernel. */
static const char *const option_names[] = {
    "application_name",
    "connect_timeout",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslmode",
    "target_session_attrs",
    "dbname",
    "client_encoding",
    NULL,
};

static const char *const option_values[] = {
    "sawt", "5", "5", "5", "3", "15000", NULL, "read-write", NULL, "UTF8", NULL,
};

enum { OPTION_ATTRS = 7, OPTION_DBNAME = 8 };

/* ---- the server's answers ---- */

static const char *
state_of(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    return state == NULL ? "" : state;
}

bool
pg_is_retry(const PGresult *result)
{
    const char *state = state_of(result);

    return strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0;
}

bool
pg_is_demoted(const PGresult *result)
{
    return strcmp(state_of(result), "25006") == 0;
}

bool
pg_is_farewell(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_PIPELINE_ABORTED ||
           g_str_has_prefix(state_of(result), "57P0");
}

/* By class: 08 connection, 53 no room, 57 stopped or cancelled. */
static AppError
code_of(const char *state)
{
    if (strcmp(state, "23505") == 0)
        return APP_ERROR_RACE;
    if (g_str_has_prefix(state, "08") || g_str_has_prefix(state, "53") ||
        g_str_has_prefix(state, "57") || g_str_has_prefix(state, "40") ||
        strcmp(state, "55P03") == 0 || strcmp(state, "25006") == 0 || strcmp(state, "25P03") == 0)
        return APP_ERROR_BUSY;
    return APP_ERROR_INTERNAL;
}

bool
pg_fail(const PGresult *result, const char *doing, GError **error)
{
    const char *state = state_of(result);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    return fail(error, code_of(state), "%s (%s) doing: %s",
                message == NULL ? PQresStatus(PQresultStatus(result)) : message, state, doing);
}

/* ---- waiting ---- */

/* Until PQgetResult has something without waiting. */
static bool
wait_for_result(PGconn *handle, int64_t deadline)
{
    while (true) {
        int unsent = PQflush(handle);

        if (unsent < 0)
            return false;
        if (!PQisBusy(handle))
            return true;

        struct pollfd wanted = { .fd = PQsocket(handle),
                                 .events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN) };
        int64_t       left = deadline - clock_monotonic();

        if (left <= 0 || poll(&wanted, 1, (int)MIN(left / 1000 + 1, G_MAXINT)) == 0)
            return false;
        if ((wanted.revents & ~POLLOUT) != 0 && PQconsumeInput(handle) == 0)
            return false;
    }
}

/* Of the replicas somebody else has the oversight. */
static void
doubt(const PgConn *conn)
{
    if (conn->db != NULL && (conn->role == PG_READER || conn->role == PG_WRITER))
        db_pg_node_doubt(conn->db);
}

/* A command's result is followed by an empty one; a sync is not. */
PGresult *
pg_conn_take(PgConn *conn, int64_t deadline)
{
    PGresult *result = NULL;

    while (conn->handle != NULL && result == NULL) {
        if (!wait_for_result(conn->handle, deadline)) {
            if (clock_monotonic() >= deadline) /* one that is cut is no silence */
                doubt(conn);
            pg_conn_close(conn);
            return NULL;
        }
        result = PQgetResult(conn->handle);
        if (result == NULL &&
            (PQstatus(conn->handle) != CONNECTION_OK || clock_monotonic() > deadline))
            pg_conn_close(conn);
    }
    if (result == NULL || PQresultStatus(result) == PGRES_PIPELINE_SYNC)
        return result;

    if (PQstatus(conn->handle) != CONNECTION_OK) {
        PQclear(result);
        pg_conn_close(conn);
        return NULL;
    }
    return result;
}

bool
pg_conn_settle(PgConn *conn, int64_t deadline)
{
    for (; conn->owed > 0; conn->owed--) {
        PGresult *result = pg_conn_take(conn, deadline);

        if (result == NULL)
            return false;
        PQclear(result);
    }
    return true;
}

/* ---- the layer's own SQL ---- */

static bool
lose(PgConn *conn, const char *doing, GError **error)
{
    const char      *message = conn->handle == NULL ? "" : PQerrorMessage(conn->handle);
    g_autofree char *text = g_strdup(message);

    pg_conn_close(conn);
    return fail(error, APP_ERROR_BUSY, "the connection to the database is lost%s%s doing: %s",
                *text == '\0' ? "" : ": ", g_strchomp(text), doing);
}

/* Outside of the pipeline a command may hold several statements; the last result counts, or the one
 * that failed. */
static PGresult *
take_simple(PgConn *conn, const char *doing, GError **error)
{
    int64_t   deadline = clock_monotonic() + conn->answer_time;
    PGresult *last = NULL;

    while (true) {
        if (!wait_for_result(conn->handle, deadline)) {
            PQclear(last);
            (void)lose(conn, doing, error);
            return NULL;
        }
        PGresult *result = PQgetResult(conn->handle);
        if (result == NULL)
            break;
        PQclear(last);
        last = result;
    }

    ExecStatusType status = PQresultStatus(last);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        return last;
    (void)pg_fail(last, doing, error);
    PQclear(last);
    return NULL;
}

PGresult *
pg_conn_exec(PgConn *conn, const char *sql, GError **error)
{
    if (PQsendQuery(conn->handle, sql) == 0) {
        (void)lose(conn, sql, error);
        return NULL;
    }
    return take_simple(conn, sql, error);
}

PGresult *
pg_conn_exec_params(PgConn *conn, const char *sql, const char *const *params, int n_params,
                    GError **error)
{
    if (PQsendQueryParams(conn->handle, sql, n_params, NULL, params, NULL, NULL, 0) == 0) {
        (void)lose(conn, sql, error);
        return NULL;
    }
    return take_simple(conn, sql, error);
}

bool
pg_conn_command(PgConn *conn, const char *sql, GError **error)
{
    PGresult *result = pg_conn_exec(conn, sql, error);

    PQclear(result);
    return result != NULL;
}

/* ---- setting up ---- */

static bool
check_server(PgConn *conn, GError **error)
{
    static const char sql[] =
        "SELECT current_setting('server_encoding'), datcollate, datlocprovider,"
        " current_setting('fsync'), current_setting('synchronous_commit'),"
        " current_setting('full_page_writes') FROM pg_database WHERE datname = current_database()";
    PGresult *row = pg_conn_exec(conn, sql, error);

    if (row == NULL)
        return false;

    const char *encoding = PQgetvalue(row, 0, 0), *collation = PQgetvalue(row, 0, 1);
    bool        by_bytes = strcmp(PQgetvalue(row, 0, 2), "c") == 0 &&
                    (strcmp(collation, "C") == 0 || strcmp(collation, "POSIX") == 0 ||
                     g_ascii_strncasecmp(collation, "C.UTF", 5) == 0);
    bool safe = true;
    for (int i = 3; i < 6; i++)
        safe = safe && strcmp(PQgetvalue(row, 0, i), "off") != 0;

    bool right = true;
    if (strcmp(encoding, "UTF8") != 0 || !by_bytes)
        right = fail(error, APP_ERROR_INVALID,
                     "the database has the encoding %s and the collation %s: make it with "
                     "`createdb --template=template0 --encoding=UTF8 --locale=C`",
                     encoding, collation);
    else if (!safe && conn->role != PG_REPLICA && conn->role != PG_WATCH &&
             (conn->db == NULL || !conn->db->unsafe_sync))
        right = fail(error, APP_ERROR_INVALID,
                     "the database server has fsync, full_page_writes or synchronous_commit off: "
                     "what it acknowledges it may lose");
    PQclear(row);
    return right;
}

/* A server process that nobody listens to any more must not hold its rows for long. */
static bool
set_session(PgConn *conn, GError **error)
{
    int64_t          lease = conn->db == NULL ? 5 * SECONDS : conn->db->base.pool.lease;
    g_autofree char *sql = NULL;

    if (conn->role == PG_READER || conn->role == PG_REPLICA)
        sql = g_strdup_printf("SET default_transaction_read_only = on;"
                              "SET default_transaction_isolation = 'repeatable read';"
                              "SET statement_timeout = %d;"
                              "SET idle_in_transaction_session_timeout = %d;"
                              "SET client_connection_check_interval = 1000",
                              (int)(lease / 1000), (int)(lease / 1000) * 2);
    else if (conn->role == PG_WRITER)
        sql = g_strdup("SET default_transaction_isolation = 'read committed';"
                       "SET lock_timeout = 10000;"
                       "SET idle_in_transaction_session_timeout = 60000;"
                       "SET client_connection_check_interval = 1000");
    else
        return true;

    if (conn->db != NULL && conn->db->unsafe_sync &&
        !pg_conn_command(conn, "SET synchronous_commit = off", error))
        return false;
    return pg_conn_command(conn, sql, error);
}

static bool
note_backend(PgConn *conn, GError **error)
{
    PGresult *row = pg_conn_exec(conn,
                                 "SELECT pid || ' ' || extract(epoch FROM backend_start)"
                                 " FROM pg_stat_activity WHERE pid = pg_backend_pid()",
                                 error);

    if (row == NULL)
        return false;
    g_strlcpy(conn->backend, PQntuples(row) == 1 ? PQgetvalue(row, 0, 0) : "",
              sizeof conn->backend);
    PQclear(row);
    return true;
}

/* ---- preparing ---- */

static bool
is_for(const PgConn *conn, const Statement *statement)
{
    return (statement->table != NULL) == (conn->role == PG_WRITER);
}

/* Kept for all connections: only what is asked at the start is ever written. */
static bool
learn(PgConn *conn, Statement *statement, const PGresult *described, GError **error)
{
    const DbQuery *query = statement->query;
    PgTypes       *types = &conn->db->types[statement->index];

    if (PQresultStatus(described) != PGRES_COMMAND_OK)
        return pg_fail(described, pg_sql(query), error);
    if (!pg_check_params(query, described, error) || !pg_check_columns(query, described, error))
        return false;

    statement->n_params = (size_t)PQnparams(described);
    types->params = g_new0(Oid, MAX(statement->n_params, 1));
    for (size_t i = 0; i < statement->n_params; i++)
        types->params[i] = PQparamtype(described, (int)i);
    return true;
}

static bool
send_prepare(PgConn *conn, const Statement *statement)
{
    char name[16];

    g_snprintf(name, sizeof name, "s%zu", statement->index);
    return PQsendPrepare(conn->handle, name, pg_sql(statement->query), 0, NULL) != 0 &&
           (conn->db->types[statement->index].params != NULL ||
            PQsendDescribePrepared(conn->handle, name) != 0);
}

static bool
send_prepares(PgConn *conn, GError **error)
{
    static const char *const own[] = { "begin", "commit", "rollback" };
    const Catalog           *catalog = &conn->db->base.catalog;
    bool                     sent = true;

    for (size_t i = 0; sent && i < G_N_ELEMENTS(own); i++)
        sent = PQsendPrepare(conn->handle, own[i], own[i], 0, NULL) != 0;
    conn->owed = (int)G_N_ELEMENTS(own);
    if (sent && conn->role == PG_REPLICA) {
        sent = PQsendPrepare(conn->handle, "beat", db_pg_replica_beat_sql, 0, NULL) != 0;
        conn->owed++;
    }
    for (size_t i = 0; sent && i < catalog->n_statements; i++)
        if (is_for(conn, &catalog->statements[i]))
            sent = send_prepare(conn, &catalog->statements[i]);

    return (sent && PQpipelineSync(conn->handle) != 0 &&
            pg_conn_settle(conn, clock_monotonic() + SET_UP_TIME)) ||
           lose(conn, "prepare", error);
}

static bool
take_prepared(PgConn *conn, Statement *statement, GError **error)
{
    bool      known = conn->db->types[statement->index].params != NULL;
    PGresult *result = pg_conn_take(conn, clock_monotonic() + SET_UP_TIME);

    if (result == NULL)
        return lose(conn, pg_sql(statement->query), error);
    bool right = PQresultStatus(result) == PGRES_COMMAND_OK ||
                 pg_fail(result, pg_sql(statement->query), error);
    PQclear(result);
    if (!right || known)
        return right;

    result = pg_conn_take(conn, clock_monotonic() + SET_UP_TIME);
    if (result == NULL)
        return lose(conn, pg_sql(statement->query), error);
    right = learn(conn, statement, result, error);
    PQclear(result);
    return right;
}

/* All of them in one round. After the first that does not fit the connection is closed. */
static bool
prepare_all(PgConn *conn, GError **error)
{
    Catalog *catalog = &conn->db->base.catalog;

    if (!send_prepares(conn, error))
        return false;
    for (size_t i = 0; i < catalog->n_statements; i++)
        if (is_for(conn, &catalog->statements[i]) &&
            !take_prepared(conn, &catalog->statements[i], error))
            return false;

    conn->owed = 1;
    return pg_conn_settle(conn, clock_monotonic() + SET_UP_TIME) || lose(conn, "prepare", error);
}

static bool
set_up(PgConn *conn, GError **error)
{
    if (PQserverVersion(conn->handle) < OLDEST_SERVER)
        return fail(error, APP_ERROR_INVALID, "the database server is PostgreSQL %d; 15 is needed",
                    PQserverVersion(conn->handle) / 10000);
    if (PQsetnonblocking(conn->handle, 1) != 0)
        return lose(conn, "connect", error);
    if (!check_server(conn, error) || !set_session(conn, error) || !note_backend(conn, error))
        return false;
    if (conn->role == PG_PLAIN || conn->role == PG_WATCH)
        return true;
    return PQenterPipelineMode(conn->handle) != 0 ? prepare_all(conn, error)
                                                  : lose(conn, "pipeline", error);
}

/* The library would print the server's remarks; they may name what a row holds. */
static void
ignore_notice(void *data, const PGresult *notice)
{
    (void)data, (void)notice;
}

static bool
not_connected(PgConn *conn, GError **error)
{
    g_autofree char *text = g_strdup(PQerrorMessage(conn->handle));

    g_strchomp(text);
    g_strdelimit(text, "\n", ' ');
    return fail(error, APP_ERROR_BUSY, "there is no connection to the database: %s", text);
}

bool
pg_conn_open(PgConn *conn, const char *url, GError **error)
{
    const char *values[G_N_ELEMENTS(option_values)];

    memcpy(values, option_values, sizeof values);
    values[OPTION_DBNAME] = url;
    if (conn->role == PG_REPLICA || conn->role == PG_WATCH)
        values[OPTION_ATTRS] = "standby";
    conn->owed = 0;
    conn->answer_time = SET_UP_TIME;
    conn->handle = PQconnectdbParams(option_names, values, 1);
    PQsetNoticeReceiver(conn->handle, ignore_notice, NULL);
    if (PQstatus(conn->handle) != CONNECTION_OK)
        (void)not_connected(conn, error);
    else if (set_up(conn, error))
        return true;

    pg_conn_close(conn);
    conn->next_try = clock_monotonic() + RETRY_AFTER;
    doubt(conn);
    return false;
}

void
pg_conn_close(PgConn *conn)
{
    PQfinish(conn->handle);
    conn->handle = NULL;
    conn->owed = 0;
}

bool
pg_conn_ensure(PgConn *conn, GError **error)
{
    if (conn->handle != NULL && PQstatus(conn->handle) == CONNECTION_OK)
        return true;

    pg_conn_close(conn);
    if (clock_monotonic() < conn->next_try ||
        (conn->role != PG_PLAIN && atomic_load(&conn->db->weather) != PG_FINE))
        return fail(error, APP_ERROR_BUSY, "%s: there is no connection to the database",
                    conn->db->base.schema->name);
    return pg_conn_open(conn, conn->db->url, error);
}
