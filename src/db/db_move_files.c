/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files of the source's directory as rows of the table that holds them on PostgreSQL: from here on they are
 * moved, noted and compared like any others. What must stay true: a file that a row names and that is not
 * there ends the move, because nobody would miss it afterwards. */
#include "db/db_move_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILES_IN_RANGE = 100 };

typedef struct {
    const MoveTable *table;
    const char      *directory;
    MoveValue       *row;
    MoveValue       *file, *part, *created_at, *data; /* in the row */
    MoveRowFunc      give;
    void            *to;
    uint8_t         *piece;
} Files;

static MoveValue *
column_of(const Files *files, const char *name)
{
    for (guint i = 0; i < files->table->columns->len; i++)
        if (strcmp(g_array_index(files->table->columns, MoveColumn, i).name, name) == 0)
            return &files->row[i];
    return NULL;
}

static bool
find_columns(Files *files, GError **error)
{
    files->file = column_of(files, "file");
    files->part = column_of(files, "part");
    files->created_at = column_of(files, "created_at");
    files->data = column_of(files, "data");
    return (files->table->columns->len == 4 && files->file != NULL && files->part != NULL &&
            files->created_at != NULL && files->data != NULL) ||
           fail(error, APP_ERROR_INTERNAL, "%s is no table for what files hold",
                files->table->name);
}

/* ---- one file ---- */

/* As much as a row holds, unless it ends. */
static ssize_t
read_piece(int file, uint8_t *piece, size_t size)
{
    size_t used = 0;

    while (used < size) {
        ssize_t n = read(file, piece + used, size - used);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    return (ssize_t)used;
}

static bool
give_pieces(Files *files, int file, const char *path, GError **error)
{
    size_t  size = files->table->contents->piece;
    ssize_t used = (ssize_t)size;

    for (int64_t part = 0; used == (ssize_t)size; part++) {
        used = read_piece(file, files->piece, size);
        if (used < 0)
            return fail(error, APP_ERROR_INTERNAL, "%s: %s", path, g_strerror(errno));
        files->part->integer = part;
        files->data->bytes = (Bytes){ files->piece, (size_t)used };
        if (used > 0 && !files->give(files->row, files->to, error))
            return false;
    }
    return true;
}

static bool
give_file(sqlite3_stmt *name, void *data, GError **error)
{
    Files           *files = data;
    const char      *text = (const char *)sqlite3_column_text(name, 0);
    g_autofree char *path = g_strdup_printf("%s/%s/%.2s/%s", files->directory,
                                            files->table->contents->folder, text, text);
    int              file = open(path, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return fail(error, APP_ERROR_INVALID,
                    "%s cannot be read (%s), and a row names it: see `sawt check`", path,
                    g_strerror(errno));
    files->file->bytes = bytes_of_text(text);
    files->created_at->integer = sqlite3_column_int64(name, 1);
    bool given = give_pieces(files, file, path, error);
    close(file);
    return given;
}

/* ---- ranges ---- */

/* Names are compared as the key's first column, whose parts all lie in one range. */
static char *
names_sql(const DbContents *contents, const MoveRange *range)
{
    MoveTable names = { .keys = NULL };
    GString  *sql = g_string_new(NULL);
    g_auto(GStrv) from = g_strsplit(range->from == NULL ? "" : range->from, ",", 2);
    g_auto(GStrv) to = g_strsplit(range->to == NULL ? "" : range->to, ",", 2);
    MoveRange of_names = { .from = range->from == NULL ? NULL : from[0],
                           .to = range->to == NULL ? NULL : to[0] };

    g_string_printf(sql, "SELECT file, created_at FROM (%s)", contents->names);
    db_move_where(sql, &names, &of_names, "file", false);
    g_string_append(sql, " ORDER BY file");
    return g_string_free(sql, FALSE);
}

bool
db_move_files_each(const Move *move, Conn *conn, const MoveRange *range, MoveRowFunc row,
                   void *data, GError **error)
{
    const MoveTable      *table = range->table;
    g_autofree MoveValue *values = g_new0(MoveValue, table->columns->len);
    g_autofree uint8_t   *piece = g_malloc(table->contents->piece);
    g_autofree char      *sql = names_sql(table->contents, range);
    Files                 files = { .table = table,
                                    .directory = move->options->directory,
                                    .row = values,
                                    .give = row,
                                    .to = data,
                                    .piece = piece };

    if (!find_columns(&files, error))
        return false;
    files.file->type = DB_TYPE_TEXT;
    files.part->type = files.created_at->type = DB_TYPE_INT;
    files.data->type = DB_TYPE_BYTES;
    return db_move_source_rows(conn, sql, give_file, &files, error);
}

/* ---- cutting ---- */

typedef struct {
    Move      *move;
    MoveTable *table;
    char      *from;
    int64_t    names;
} Cutting;

static void
end_range(Cutting *cutting, const char *to)
{
    db_move_source_add(cutting->move, cutting->table, cutting->from, to, cutting->names);
    g_free(cutting->from);
    cutting->from = g_strdup(to);
    cutting->names = 0;
}

static bool
count_name(sqlite3_stmt *name, void *data, GError **error)
{
    Cutting     *cutting = data;
    MoveValue    row[] = { { .type = DB_TYPE_TEXT,
                             .bytes = bytes_of_text((const char *)sqlite3_column_text(name, 0)) },
                           { .type = DB_TYPE_INT, .integer = INT32_MAX } };
    const size_t order[] = { 0, 1 };
    MoveTable    key = { .keys = g_array_sized_new(FALSE, FALSE, sizeof(size_t), 2) };

    (void)error;
    if (++cutting->names == FILES_IN_RANGE) {
        g_array_append_vals(key.keys, order, 2);
        g_autofree char *to = db_move_key(&key, row);
        end_range(cutting, to);
    }
    g_array_free(key.keys, TRUE);
    return true;
}

bool
db_move_files_cut(Move *move, Conn *conn, MoveTable *table, GError **error)
{
    Cutting          cutting = { .move = move, .table = table };
    MoveRange        all = { .table = table };
    g_autofree char *sql = names_sql(table->contents, &all);

    if (!db_move_source_rows(conn, sql, count_name, &cutting, error))
        return false;
    end_range(&cutting, NULL);
    return true;
}
