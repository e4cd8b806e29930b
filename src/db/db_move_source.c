/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SQLite side of a move. What must stay true: the file is opened to be read and by nothing else, and a
 * value that the target's column cannot hold as it is ends the move instead of being changed. */
#include "db/db_move_parts.h"
#include "db/db_sqlite.h"

#include <string.h>
#include <sys/stat.h>

bool
db_move_source_open(const Move *move, Conn *conn, GError **error)
{
    ConnOptions options = { .name = move->schema->name, .path = move->path, .role = CONN_READER };

    return conn_open(conn, &options, error);
}

/* ---- which store, and in what state ---- */

static void
add_state(GString *state, const char *path)
{
    struct stat found;

    if (stat(path, &found) == 0 && found.st_size > 0)
        g_string_append_printf(state, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT ".%09ld ",
                               (gint64)found.st_size, (gint64)found.st_mtim.tv_sec,
                               found.st_mtim.tv_nsec);
}

/* A store is known by the moment at which it was made. */
bool
db_move_source_check(Move *move, Conn *conn, GError **error)
{
    g_autofree char *log = g_strconcat(move->path, "-wal", NULL);
    g_autoptr(GString) state = g_string_new(NULL);
    int64_t made;

    if (!migrate_sqlite_check(conn, move->schema, error) ||
        !conn_int(conn, "SELECT at FROM " CATALOG_MIGRATION_TABLE " WHERE version = 1", &made,
                  error))
        return false;
    add_state(state, move->path);
    add_state(state, log);
    move->store = g_strdup_printf("%s %" G_GINT64_FORMAT, move->schema->name, (gint64)made);
    move->state = g_string_free(g_steal_pointer(&state), FALSE);
    return true;
}

/* ---- its tables ---- */

bool
db_move_source_rows(Conn *conn, const char *sql, MoveStepFunc step, void *data, GError **error)
{
    sqlite3_stmt *prepared = NULL;
    int           code = sqlite3_prepare_v2(conn->handle, sql, -1, &prepared, NULL);
    bool          right = true;

    while (right && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(prepared);
        if (code == SQLITE_ROW)
            right = step(prepared, data, error);
    }
    sqlite3_finalize(prepared);
    return right && (code == SQLITE_DONE || conn_fail(conn, code, sql, error));
}

static bool
note_table(sqlite3_stmt *row, void *data, GError **error)
{
    (void)error;
    g_hash_table_add(data, g_strdup((const char *)sqlite3_column_text(row, 0)));
    return true;
}

GHashTable *
db_move_source_tables(Conn *conn, GError **error)
{
    static const char sql[] = "SELECT name FROM pragma_table_list WHERE schema = 'main'"
                              " AND type IN ('table', 'virtual')"
                              " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                              " AND name <> '" CATALOG_MIGRATION_TABLE "'";
    GHashTable       *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (db_move_source_rows(conn, sql, note_table, found, error))
        return found;
    g_hash_table_unref(found);
    return NULL;
}

/* The key's columns come in the key's order. */
static bool
note_column(sqlite3_stmt *row, void *data, GError **error)
{
    MoveTable *table = data;
    MoveColumn column = { .name = g_strdup((const char *)sqlite3_column_text(row, 0)) };
    int        place = sqlite3_column_int(row, 1);
    size_t     at = table->columns->len;

    (void)error;
    g_array_append_val(table->columns, column);
    if (place > 0) {
        if ((guint)place > table->keys->len)
            g_array_set_size(table->keys, (guint)place);
        g_array_index(table->keys, size_t, place - 1) = at;
    }
    return true;
}

bool
db_move_source_columns(Conn *conn, MoveTable *table, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT name, pk FROM pragma_table_info('%s')", table->name);

    if (!db_move_source_rows(conn, sql, note_column, table, error))
        return false;
    return table->keys->len > 0 ||
           fail(error, APP_ERROR_INTERNAL, "%s has no primary key to move it by", table->name);
}

/* ---- ranges ---- */

/* Key columns as they are; the target's types are looked at when the row is read. */
static MoveValue
key_value(sqlite3_stmt *row, int at)
{
    switch (sqlite3_column_type(row, at)) {
    case SQLITE_TEXT:
        return (MoveValue){ .type = DB_TYPE_TEXT,
                            .bytes = { sqlite3_column_text(row, at),
                                       (size_t)sqlite3_column_bytes(row, at) } };
    case SQLITE_BLOB:
        return (MoveValue){ .type = DB_TYPE_BYTES,
                            .bytes = { sqlite3_column_blob(row, at),
                                       (size_t)sqlite3_column_bytes(row, at) } };
    default:
        return (MoveValue){ .type = DB_TYPE_INT, .integer = sqlite3_column_int64(row, at) };
    }
}

typedef struct {
    const MoveTable *table;
    char            *key; /* NULL: none was found */
    int64_t          n;
} Cut;

static bool
note_key(sqlite3_stmt *row, void *data, GError **error)
{
    Cut       *cut = data;
    MoveValue *values = g_newa(MoveValue, cut->table->columns->len);

    (void)error;
    for (guint i = 0; i < cut->table->keys->len; i++)
        values[g_array_index(cut->table->keys, size_t, i)] = key_value(row, (int)i);
    cut->key = db_move_key(cut->table, values);
    return true;
}

static bool
note_count(sqlite3_stmt *row, void *data, GError **error)
{
    (void)error;
    ((Cut *)data)->n = sqlite3_column_int64(row, 0);
    return true;
}

static char *
cut_sql(const MoveTable *table, const MoveRange *rest, int64_t step)
{
    GString *sql = g_string_new("SELECT ");

    if (step == 0)
        g_string_append(sql, "count(*)");
    else
        db_move_names(sql, table, true);
    g_string_append_printf(sql, " FROM \"%s\"", table->name);
    db_move_where(sql, table, rest, NULL, false);
    if (step > 0) {
        g_string_append(sql, " ORDER BY ");
        db_move_names(sql, table, true);
        g_string_append_printf(sql, " LIMIT 1 OFFSET %" G_GINT64_FORMAT, (gint64)step - 1);
    }
    return g_string_free(sql, FALSE);
}

void
db_move_source_add(Move *move, MoveTable *table, const char *from, const char *to, int64_t rows)
{
    MoveRange *range = g_new0(MoveRange, 1);

    *range = (MoveRange){ .id = (int)move->ranges->len,
                          .table = table,
                          .from = g_strdup(from),
                          .to = g_strdup(to),
                          .rows = rows };
    g_ptr_array_add(move->ranges, range);
}

/* The last one is open: what came after it was cut would be found by the comparison. */
bool
db_move_source_cut(Move *move, Conn *conn, MoveTable *table, GError **error)
{
    g_autofree char *last = NULL;
    bool             ended = false;

    if (table->contents != NULL)
        return db_move_files_cut(move, conn, table, error);
    while (!ended) {
        Cut              cut = { .table = table };
        MoveRange        rest = { .from = last };
        g_autofree char *sql = cut_sql(table, &rest, move->options->step);

        if (!db_move_source_rows(conn, sql, note_key, &cut, error))
            return false;
        ended = cut.key == NULL;
        if (!ended) {
            db_move_source_add(move, table, last, cut.key, move->options->step);
            g_free(last);
            last = cut.key;
            continue;
        }
        g_autofree char *count = cut_sql(table, &rest, 0);
        if (!db_move_source_rows(conn, count, note_count, &cut, error))
            return false;
        db_move_source_add(move, table, last, NULL, cut.n);
    }
    return true;
}

/* ---- rows ---- */

typedef struct {
    Conn            *conn;
    const MoveTable *table;
    MoveValue       *values;
    MoveRowFunc      row;
    void            *data;
} Reading;

static bool
refuse_value(const MoveTable *table, const MoveColumn *column, const char *what, GError **error)
{
    return fail(error, APP_ERROR_INVALID,
                "%s.%s holds %s, which its column on PostgreSQL cannot hold: nothing was changed",
                table->name, column->name, what);
}

static bool
read_integer(const MoveTable *table, const MoveColumn *column, MoveValue *value, GError **error)
{
    if (value->type == DB_TYPE_BOOL && value->integer != 0 && value->integer != 1)
        return refuse_value(table, column, "a flag that is neither 0 nor 1", error);
    if (column->type == 23 && (value->integer < INT32_MIN || value->integer > INT32_MAX))
        return refuse_value(table, column, "a number of more than 32 bits", error);
    return true;
}

static bool
read_value(sqlite3_stmt *row, int at, const MoveTable *table, MoveValue *value, GError **error)
{
    static const int  kinds[] = { [DB_TYPE_INT] = SQLITE_INTEGER,  [DB_TYPE_BOOL] = SQLITE_INTEGER,
                                  [DB_TYPE_TEXT] = SQLITE_TEXT,    [DB_TYPE_BYTES] = SQLITE_BLOB,
                                  [DB_TYPE_DOUBLE] = SQLITE_FLOAT, [DB_TYPE_NULL] = SQLITE_NULL };
    const MoveColumn *column = &g_array_index(table->columns, MoveColumn, at);
    int               kind = sqlite3_column_type(row, at);

    *value = (MoveValue){ .type = kind == SQLITE_NULL ? DB_TYPE_NULL : db_move_type(column->type) };
    if (kind != kinds[value->type])
        return refuse_value(table, column, "a value of another type", error);
    if (kind == SQLITE_NULL)
        return true;
    if (kind == SQLITE_FLOAT) {
        value->real = sqlite3_column_double(row, at);
        return true;
    }
    if (kind == SQLITE_INTEGER) {
        value->integer = sqlite3_column_int64(row, at);
        return read_integer(table, column, value, error);
    }
    value->bytes.data = kind == SQLITE_TEXT ? sqlite3_column_text(row, at)
                                            : (const uint8_t *)sqlite3_column_blob(row, at);
    value->bytes.size = (size_t)sqlite3_column_bytes(row, at);
    if (kind == SQLITE_TEXT && memchr(value->bytes.data, 0, value->bytes.size) != NULL)
        return refuse_value(table, column, "a text with a NUL in it", error);
    return true;
}

static bool
give_row(sqlite3_stmt *row, void *data, GError **error)
{
    Reading *reading = data;

    for (guint i = 0; i < reading->table->columns->len; i++)
        if (!read_value(row, (int)i, reading->table, &reading->values[i], error))
            return false;
    return reading->row(reading->values, reading->data, error);
}

bool
db_move_source_each(const Move *move, Conn *conn, const MoveRange *range, MoveRowFunc row,
                    void *data, GError **error)
{
    const MoveTable *table = range->table;
    g_autoptr(GString) sql = g_string_new("SELECT ");
    g_autofree MoveValue *values = g_new0(MoveValue, table->columns->len);
    Reading reading = { .conn = conn, .table = table, .values = values, .row = row, .data = data };

    if (table->contents != NULL)
        return db_move_files_each(move, conn, range, row, data, error);
    db_move_names(sql, table, false);
    g_string_append_printf(sql, " FROM \"%s\"", table->name);
    db_move_where(sql, table, range, NULL, false);
    g_string_append(sql, " ORDER BY ");
    db_move_names(sql, table, true);
    return db_move_source_rows(conn, sql->str, give_row, &reading, error);
}
