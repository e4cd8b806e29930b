/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values on the wire, all in binary: numbers in network order, texts and bytes as they are. What
 * must stay true: a value goes only where the server expects its type, so that nothing is converted
 * and a mistake is found as on a STRICT table. */
#include "db/db_pg.h"

#include "base/clock.h"

#include <string.h>

enum { MOST_PARAMS = 64 };

/* pg_type.h is the server's; these numbers never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT8 = 701,
    OID_VARCHAR = 1043,
};

static const char *
name_of(Oid type)
{
    switch (type) {
    case OID_BOOL:
        return "FLAG";
    case OID_BYTEA:
        return "BYTES";
    case OID_INT8:
        return "ID";
    case OID_INT2:
    case OID_INT4:
        return "INTEGER";
    case OID_TEXT:
    case OID_VARCHAR:
        return "TEXT";
    case OID_FLOAT8:
        return "DOUBLE";
    default:
        return NULL;
    }
}

static const char *const type_names[] = {
    [DB_TYPE_NULL] = "NULL", [DB_TYPE_INT] = "INTEGER", [DB_TYPE_BOOL] = "FLAG",
    [DB_TYPE_TEXT] = "TEXT", [DB_TYPE_BYTES] = "BYTES", [DB_TYPE_DOUBLE] = "DOUBLE"
};

const char *
pg_sql(const DbQuery *query)
{
    return query->sql_pg != NULL ? query->sql_pg : query->sql;
}

/* ---- parameters ---- */

typedef struct {
    const char *values[MOST_PARAMS];
    int         lengths[MOST_PARAMS], formats[MOST_PARAMS];
    uint64_t    numbers[MOST_PARAMS];
} Packed;

static void
pack_number(Packed *packed, size_t place, uint64_t number, int size)
{
    packed->numbers[place] = GUINT64_TO_BE(number << (64 - 8 * size));
    packed->values[place] = (const char *)&packed->numbers[place];
    packed->lengths[place] = size;
}

static bool
pack_integer(Packed *packed, size_t place, Oid type, int64_t value)
{
    switch (type) {
    case OID_INT8:
        pack_number(packed, place, (uint64_t)value, 8);
        return true;
    case OID_INT4:
        pack_number(packed, place, (uint64_t)value, 4);
        return value >= G_MININT32 && value <= G_MAXINT32;
    case OID_INT2:
        pack_number(packed, place, (uint64_t)value, 2);
        return value >= G_MININT16 && value <= G_MAXINT16;
    default:
        return false;
    }
}

static bool
pack_bytes(Packed *packed, size_t place, const void *data, size_t size)
{
    packed->values[place] = data;
    packed->lengths[place] = (int)size;
    return size <= G_MAXINT;
}

static bool
pack_double(Packed *packed, size_t place, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    pack_number(packed, place, bits, 8);
    return true;
}

static bool
pack(Packed *packed, size_t place, Oid type, const DbValue *value)
{
    packed->formats[place] = 1;
    switch (value->type) {
    case DB_TYPE_INT:
        return pack_integer(packed, place, type, value->integer);
    case DB_TYPE_BOOL:
        pack_number(packed, place, value->integer != 0, 1);
        return type == OID_BOOL;
    case DB_TYPE_DOUBLE:
        return type == OID_FLOAT8 && pack_double(packed, place, value->real);
    case DB_TYPE_TEXT:
        return (type == OID_TEXT || type == OID_VARCHAR) &&
               pack_bytes(packed, place, value->text, strlen(value->text));
    case DB_TYPE_BYTES:
        return type == OID_BYTEA && pack_bytes(packed, place, value->bytes.data, value->bytes.size);
    case DB_TYPE_NULL:
    default:
        packed->values[place] = NULL;
        packed->lengths[place] = 0;
        return true;
    }
}

static bool
pack_all(Packed *packed, const PgTypes *types, const Statement *statement, const DbValue *params,
         size_t n_params, GError **error)
{
    for (size_t i = 0; i < n_params; i++)
        if (!pack(packed, i, types->params[i], &params[i]))
            return fail(error, APP_ERROR_INTERNAL, "parameter %zu is %s, or too large for %s: %s",
                        i + 1, type_names[params[i].type], name_of(types->params[i]),
                        pg_sql(statement->query));
    return true;
}

bool
pg_send(PgConn *conn, const Statement *statement, const DbValue *params, size_t n_params,
        GError **error)
{
    Packed packed;
    char   name[16];

    if (!pack_all(&packed, &conn->db->types[statement->index], statement, params, n_params, error))
        return false;

    g_snprintf(name, sizeof name, "s%zu", statement->index);
    return PQsendQueryPrepared(conn->handle, name, (int)n_params, packed.values, packed.lengths,
                               packed.formats, 1) != 0 ||
           fail(error, APP_ERROR_BUSY, "%s doing: %s", PQerrorMessage(conn->handle),
                pg_sql(statement->query));
}

bool
pg_run_once(PgConn *conn, const Statement *statement, const DbValue *params, size_t n_params,
            bool *row, GError **error)
{
    const PgTypes *types = &conn->db->types[statement->index];
    const char    *sql = pg_sql(statement->query);
    int64_t        deadline = clock_monotonic() + 10 * SECONDS;
    Packed         packed;

    if (!pack_all(&packed, types, statement, params, n_params, error))
        return false;
    if (PQsendQueryParams(conn->handle, sql, (int)n_params, types->params, packed.values,
                          packed.lengths, packed.formats, 1) == 0 ||
        PQpipelineSync(conn->handle) == 0) {
        pg_conn_close(conn);
        return fail(error, APP_ERROR_BUSY, "the connection to the database is lost doing: %s", sql);
    }

    conn->owed = 1;
    PGresult *result = pg_conn_take(conn, deadline);
    if (result == NULL)
        return fail(error, APP_ERROR_BUSY, "the connection to the database is lost doing: %s", sql);

    bool read = PQresultStatus(result) == PGRES_TUPLES_OK || pg_fail(result, sql, error);
    *row = read && PQntuples(result) > 0;
    PQclear(result);
    return read;
}

/* ---- what the server says about a statement ---- */

bool
pg_check_params(const DbQuery *query, const PGresult *described, GError **error)
{
    if (PQnparams(described) > MOST_PARAMS)
        return fail(error, APP_ERROR_INTERNAL, "more than %d parameters: %s", MOST_PARAMS,
                    pg_sql(query));
    for (int i = 0; i < PQnparams(described); i++)
        if (name_of(PQparamtype(described, i)) == NULL)
            return fail(error, APP_ERROR_INTERNAL,
                        "parameter %d would have a type that no value has (oid %u): %s", i + 1,
                        PQparamtype(described, i), pg_sql(query));
    return true;
}

static bool
fits(DbType wanted, Oid found)
{
    switch (wanted) {
    case DB_TYPE_INT:
        return found == OID_INT8 || found == OID_INT4 || found == OID_INT2;
    case DB_TYPE_BOOL:
        return found == OID_BOOL;
    case DB_TYPE_TEXT:
        return found == OID_TEXT || found == OID_VARCHAR;
    case DB_TYPE_BYTES:
        return found == OID_BYTEA;
    case DB_TYPE_DOUBLE:
        return found == OID_FLOAT8;
    case DB_TYPE_NULL:
    default:
        return false;
    }
}

bool
pg_check_columns(const DbQuery *query, const PGresult *described, GError **error)
{
    size_t      n = (size_t)PQnfields(described);
    const char *names[MOST_PARAMS];

    if (n != query->n_columns || n > MOST_PARAMS)
        return fail(error, APP_ERROR_INTERNAL,
                    "the statement gives %zu columns, the row has %zu: %s", n, query->n_columns,
                    pg_sql(query));

    for (size_t i = 0; i < n; i++) {
        names[i] = PQfname(described, (int)i);
        if (!fits(query->columns[i].type, PQftype(described, (int)i)))
            return fail(
                error, APP_ERROR_INTERNAL, "column %s is %s, not %s: %s", query->columns[i].name,
                name_of(PQftype(described, (int)i)) == NULL ? "of a type that no field has"
                                                            : name_of(PQftype(described, (int)i)),
                type_names[query->columns[i].type], pg_sql(query));
    }
    return catalog_check_order(query, names, error);
}

/* ---- rows ---- */

static int64_t
read_integer(const char *bytes, int length)
{
    uint64_t number = 0;

    for (int i = 0; i < length; i++)
        number = number << 8 | (uint8_t)bytes[i];
    return (int64_t)(number << (64 - 8 * length)) >> (64 - 8 * length);
}

static double
read_double(const char *bytes)
{
    int64_t bits = read_integer(bytes, 8);
    double  value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The library puts a NUL behind every value. */
static void
read_column(const DbColumn *column, const char *bytes, int length, Arena *mem, void *field)
{
    switch (column->type) {
    case DB_TYPE_INT:
        *(int64_t *)field = read_integer(bytes, length);
        break;
    case DB_TYPE_BOOL:
        *(bool *)field = bytes[0] != 0;
        break;
    case DB_TYPE_TEXT:
        *(const char **)field = mem == NULL ? bytes : arena_text(mem, bytes, (size_t)length);
        break;
    case DB_TYPE_BYTES:
        *(Bytes *)field = (Bytes){ (const uint8_t *)(length == 0 ? "" : bytes), (size_t)length };
        if (mem != NULL && length > 0)
            *(Bytes *)field = arena_bytes(mem, *(Bytes *)field);
        break;
    case DB_TYPE_DOUBLE:
        *(double *)field = read_double(bytes);
        break;
    case DB_TYPE_NULL:
    default:
        break;
    }
}

/* Types were compared when the statement was prepared. */
bool
pg_decode(const DbQuery *query, const PGresult *result, int row, Arena *mem, void *out,
          GError **error)
{
    for (int i = 0; i < (int)query->n_columns; i++) {
        const DbColumn *column = &query->columns[i];

        if (!PQgetisnull(result, row, i))
            read_column(column, PQgetvalue(result, row, i), PQgetlength(result, row, i), mem,
                        (char *)out + column->offset);
        else if (!column->maybe)
            return fail(error, APP_ERROR_INTERNAL, "column %s is NULL: %s", column->name,
                        pg_sql(query));
    }
    return true;
}
