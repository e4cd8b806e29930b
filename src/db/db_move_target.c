/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The PostgreSQL side of a move: a connection that waits as long as a statement takes. The server notices
 * when this process is gone, and ends what it did for it. */
#include "db/db_move_parts.h"

#include <string.h>

static const char session_sql[] = "SET statement_timeout = 0; SET lock_timeout = 0;"
                                  "SET idle_in_transaction_session_timeout = 0;"
                                  "SET client_connection_check_interval = 1000;"
                                  "SET client_min_messages = warning;"
                                  "SET maintenance_work_mem = '256MB'";

bool
db_move_target_open(const Move *move, PgConn *conn, GError **error)
{
    *conn = (PgConn){ .role = PG_PLAIN };
    return pg_conn_open(conn, move->url, error) && PQsetnonblocking(conn->handle, 0) == 0 &&
           db_move_target_do(conn, session_sql, error);
}

bool
db_move_target_fail(PgConn *conn, const PGresult *result, const char *doing, GError **error)
{
    if (result != NULL && PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL)
        return pg_fail(result, doing, error);
    g_autofree char *text = g_strdup(PQerrorMessage(conn->handle));
    return fail(error, APP_ERROR_BUSY, "the connection to the database is lost: %s doing: %s",
                g_strchomp(text), doing);
}

PGresult *
db_move_target_run(PgConn *conn, const char *sql, GError **error)
{
    PGresult      *result = PQexec(conn->handle, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN)
        return result;
    (void)db_move_target_fail(conn, result, sql, error);
    PQclear(result);
    return NULL;
}

bool
db_move_target_do(PgConn *conn, const char *sql, GError **error)
{
    PGresult *result = db_move_target_run(conn, sql, error);

    PQclear(result);
    return result != NULL;
}

char *
db_move_target_text(PgConn *conn, const char *sql, GError **error)
{
    PGresult *row = db_move_target_run(conn, sql, error);

    if (row == NULL)
        return NULL;
    char *text = g_strdup(PQntuples(row) == 1 ? PQgetvalue(row, 0, 0) : "");
    PQclear(row);
    return text;
}

bool
db_move_target_has(PgConn *conn, bool *has, GError **error)
{
    g_autofree char *there = db_move_target_text(
        conn, "SELECT to_regclass(quote_ident(current_schema()) || '." MOVE_TABLE "') IS NOT NULL",
        error);

    *has = there != NULL && strcmp(there, "t") == 0;
    return there != NULL;
}

/* ---- rows ---- */

static uint64_t
read_be(const char *data, int size)
{
    uint64_t value = 0;

    for (int i = 0; i < size; i++)
        value = value << 8 | (uint8_t)data[i];
    return value;
}

static bool
read_value(const PGresult *row, int at, const MoveColumn *column, MoveValue *value, GError **error)
{
    const char *data = PQgetvalue(row, 0, at);
    int         size = PQgetlength(row, 0, at);
    uint64_t    bits;

    *value = (MoveValue){ .type = DB_TYPE_NULL };
    if (PQftype(row, at) != column->type)
        return fail(error, APP_ERROR_INTERNAL, "%s has another type than before", column->name);
    if (PQgetisnull(row, 0, at))
        return true;

    value->type = db_move_type(column->type);
    switch (value->type) {
    case DB_TYPE_INT:
        value->integer = size == 4 ? (int32_t)read_be(data, 4) : (int64_t)read_be(data, size);
        break;
    case DB_TYPE_BOOL:
        value->integer = data[0] != 0;
        break;
    case DB_TYPE_DOUBLE:
        bits = read_be(data, size);
        memcpy(&value->real, &bits, sizeof bits);
        break;
    case DB_TYPE_TEXT:
    case DB_TYPE_BYTES:
    case DB_TYPE_NULL:
    default:
        value->bytes = (Bytes){ (const uint8_t *)data, (size_t)size };
        break;
    }
    return true;
}

static bool
give_row(const PGresult *row, const MoveTable *table, MoveValue *values, MoveRowFunc give,
         void *data, GError **error)
{
    for (guint i = 0; i < table->columns->len; i++)
        if (!read_value(row, (int)i, &g_array_index(table->columns, MoveColumn, i), &values[i],
                        error))
            return false;
    return give(values, data, error);
}

/* One row at a time: a range of large rows does not have to fit into memory. After an error the rest is
 * read away, so that the connection is of use again. */
static bool
take_rows(PgConn *conn, const MoveTable *table, MoveRowFunc give, void *data, const char *sql,
          GError **error)
{
    g_autofree MoveValue *values = g_new0(MoveValue, table->columns->len);
    bool                  right = true;
    PGresult             *result;

    while ((result = PQgetResult(conn->handle)) != NULL) {
        ExecStatusType status = PQresultStatus(result);

        if (right && status == PGRES_SINGLE_TUPLE)
            right = give_row(result, table, values, give, data, error);
        else if (right && status != PGRES_TUPLES_OK)
            right = db_move_target_fail(conn, result, sql, error);
        PQclear(result);
    }
    return right;
}

bool
db_move_target_each(PgConn *conn, const MoveRange *range, MoveRowFunc row, void *data,
                    GError **error)
{
    g_autoptr(GString) sql = g_string_new("SELECT ");

    db_move_names(sql, range->table, false);
    g_string_append_printf(sql, " FROM \"%s\"", range->table->name);
    db_move_where(sql, range->table, range, NULL, true);
    g_string_append(sql, " ORDER BY ");
    db_move_names(sql, range->table, true);
    if (PQsendQueryParams(conn->handle, sql->str, 0, NULL, NULL, NULL, NULL, 1) == 0 ||
        PQsetSingleRowMode(conn->handle) == 0)
        return db_move_target_fail(conn, NULL, sql->str, error);
    return take_rows(conn, range->table, row, data, sql->str, error);
}
