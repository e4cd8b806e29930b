/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Columns go straight into the fields; a row costs no allocation beyond its texts and bytes. */
#include "db/row.h"

#include <string.h>

static bool
is_of_type(DbType wanted, int found)
{
    switch (wanted) {
    case DB_TYPE_INT:
    case DB_TYPE_BOOL:
        return found == SQLITE_INTEGER;
    case DB_TYPE_TEXT:
        return found == SQLITE_TEXT;
    case DB_TYPE_BYTES:
        return found == SQLITE_BLOB;
    case DB_TYPE_DOUBLE:
        return found == SQLITE_FLOAT || found == SQLITE_INTEGER;
    case DB_TYPE_NULL:
    default:
        return false;
    }
}

static const char *
read_text(sqlite3_stmt *prepared, int index, Arena *mem)
{
    const char *text = (const char *)sqlite3_column_text(prepared, index);

    return mem == NULL ? text
                       : arena_text(mem, text, (size_t)sqlite3_column_bytes(prepared, index));
}

/* Bytes of size 0 are a value: their pointer is not NULL, though the engine's is. */
static Bytes
read_bytes(sqlite3_stmt *prepared, int index, Arena *mem)
{
    const void *data = sqlite3_column_blob(prepared, index);
    size_t      size = (size_t)sqlite3_column_bytes(prepared, index);

    if (size == 0)
        return (Bytes){ .data = (const uint8_t *)"", .size = 0 };
    if (mem != NULL)
        data = memcpy(arena_alloc(mem, size), data, size);
    return (Bytes){ .data = data, .size = size };
}

static void
read_column(const DbColumn *column, sqlite3_stmt *prepared, int index, Arena *mem, void *field)
{
    switch (column->type) {
    case DB_TYPE_INT:
        *(int64_t *)field = sqlite3_column_int64(prepared, index);
        break;
    case DB_TYPE_BOOL:
        *(bool *)field = sqlite3_column_int64(prepared, index) != 0;
        break;
    case DB_TYPE_TEXT:
        *(const char **)field = read_text(prepared, index, mem);
        break;
    case DB_TYPE_BYTES:
        *(Bytes *)field = read_bytes(prepared, index, mem);
        break;
    case DB_TYPE_DOUBLE:
        *(double *)field = sqlite3_column_double(prepared, index);
        break;
    case DB_TYPE_NULL:
    default:
        break;
    }
}

bool
row_decode(const DbQuery *query, sqlite3_stmt *prepared, Arena *mem, void *out, GError **error)
{
    for (size_t i = 0; i < query->n_columns; i++) {
        const DbColumn *column = &query->columns[i];
        int             found = sqlite3_column_type(prepared, (int)i);

        if (found == SQLITE_NULL && column->maybe)
            continue;
        if (!is_of_type(column->type, found))
            return fail(error, APP_ERROR_INTERNAL, "column %s is %s: %s", column->name,
                        found == SQLITE_NULL ? "NULL" : "of another type", query->sql);
        read_column(column, prepared, (int)i, mem, (char *)out + column->offset);
    }
    return true;
}
