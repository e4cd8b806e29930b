/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One pass over zlib's stream, which reads plain files as they are. A row is gathered in `row`, field
 * after field with a NUL behind each, and copied into the caller's arena in one piece. A row that
 * breaks a rule is read on to its end (or to the next line, where its quotes cannot be trusted), so
 * that the next one begins in the right place. */
#include "base/csv.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define BUFFER_SIZE 65536
#define ROW_MOST ((size_t)4 * 1024 * 1024) /* a lost quote would take in the rest of the file */

typedef enum { FIELD_BEGIN, FIELD_PLAIN, FIELD_QUOTED, FIELD_CLOSED } FieldState;

struct Csv {
    gzFile             file;
    char              *path;
    int64_t            size;           /* on disk */
    int64_t            line, row_line; /* being read, and where the row began */
    GString           *row;
    size_t             n_fields; /* of the row */
    const char        *broken;   /* what is wrong with the row, or NULL */
    CsvFault           fault;
    bool               damaged; /* nothing good comes behind what is in `buffer` */
    bool               failed;  /* and that has been read */
    size_t             n_columns;
    const char *const *columns;
    Arena             *mem;
    size_t             at, filled;
    uint8_t            buffer[BUFFER_SIZE];
};

void
csv_close(Csv *csv)
{
    if (csv == NULL)
        return;
    if (csv->file != NULL)
        gzclose(csv->file);
    if (csv->row != NULL)
        g_string_free(csv->row, TRUE);
    arena_free(csv->mem);
    g_free(csv->path);
    g_free(csv);
}

/* zlib tells of a stream that is cut short once, beside the last bytes that it could unpack. */
static bool
fill(Csv *csv)
{
    int got = 0, state = Z_OK;

    if (!csv->damaged) {
        got = gzread(csv->file, csv->buffer, BUFFER_SIZE);
        gzerror(csv->file, &state);
        csv->damaged = got < 0 || (state != Z_OK && state != Z_STREAM_END);
    }
    csv->at = 0;
    csv->filled = got > 0 ? (size_t)got : 0;
    csv->failed = csv->filled == 0 && csv->damaged;
    return csv->filled > 0;
}

/* The next byte, or -1 at the end or when the file cannot be read (then `failed`). */
static int
next_byte(Csv *csv)
{
    if (csv->at == csv->filled && !fill(csv))
        return -1;
    return csv->buffer[csv->at++];
}

static int
peek_byte(Csv *csv)
{
    int byte = next_byte(csv);

    if (byte >= 0)
        csv->at--;
    return byte;
}

static void
end_field(Csv *csv)
{
    g_string_append_c(csv->row, '\0');
    csv->n_fields++;
}

static void
break_row(Csv *csv, CsvFault fault, const char *why)
{
    if (csv->broken != NULL)
        return;
    csv->broken = why;
    csv->fault = fault;
}

static void
add_byte(Csv *csv, int byte)
{
    if (byte == '\0')
        break_row(csv, CSV_FAULT_TEXT, "a NUL");
    g_string_append_c(csv->row, (char)byte);
}

/* A line break ends the row here; CR counts only before LF. */
static bool
is_row_end(Csv *csv, int byte)
{
    if (byte == '\n')
        return true;
    if (byte != '\r')
        return false;
    if (peek_byte(csv) == '\n') {
        next_byte(csv);
        return true;
    }
    break_row(csv, CSV_FAULT_QUOTES, "a CR without LF");
    return false;
}

static FieldState
step_quoted(Csv *csv, int byte)
{
    if (byte == '"')
        return FIELD_CLOSED;
    csv->line += byte == '\n';
    add_byte(csv, byte);
    return FIELD_QUOTED;
}

/* What follows a closing quote: another one stands for itself. */
static FieldState
step_closed(Csv *csv, int byte)
{
    if (byte == '"') {
        add_byte(csv, byte);
        return FIELD_QUOTED;
    }
    break_row(csv, CSV_FAULT_QUOTES, "text behind a closing quote");
    return FIELD_PLAIN;
}

static FieldState
step_plain(Csv *csv, FieldState state, int byte)
{
    if (byte == '"' && state == FIELD_BEGIN)
        return FIELD_QUOTED;
    if (byte == '"')
        break_row(csv, CSV_FAULT_QUOTES, "a quote inside a field that is not quoted");
    add_byte(csv, byte);
    return FIELD_PLAIN;
}

/* The fields of the next row into `row`; false when the file was at its end. */
static bool
gather_row(Csv *csv)
{
    FieldState state = FIELD_BEGIN;
    int        byte = peek_byte(csv);

    g_string_truncate(csv->row, 0);
    csv->n_fields = 0;
    csv->broken = NULL;
    csv->fault = CSV_FAULT_NONE;
    csv->row_line = csv->line;
    if (byte < 0)
        return false;

    while ((byte = next_byte(csv)) >= 0) {
        if (csv->row->len > ROW_MOST) {
            break_row(csv, CSV_FAULT_LONG, "longer than 4 MiB: a closing quote is missing");
            g_string_truncate(csv->row, 0);
            state = FIELD_PLAIN;
        }
        if (state == FIELD_QUOTED) {
            state = step_quoted(csv, byte);
        } else if (is_row_end(csv, byte)) {
            csv->line++;
            state = FIELD_BEGIN;
            break;
        } else if (byte == ',') {
            end_field(csv);
            state = FIELD_BEGIN;
        } else {
            state = state == FIELD_CLOSED ? step_closed(csv, byte) : step_plain(csv, state, byte);
        }
    }
    if (state == FIELD_QUOTED)
        break_row(csv, CSV_FAULT_QUOTES, "no closing quote");
    end_field(csv);
    return !csv->failed;
}

/* Two NULs would mean two empty fields; one is a line without anything. */
static bool
is_empty_line(const Csv *csv)
{
    return csv->n_fields == 1 && csv->row->len == 1 && csv->broken == NULL;
}

static bool
check_row(Csv *csv, GError **error)
{
    const char *row = csv->row->str;
    size_t      at = 0;

    for (size_t i = 0; csv->broken == NULL && i < csv->n_fields; i++) {
        size_t length = strlen(row + at);

        if (!text_is_valid(row + at, length))
            break_row(csv, CSV_FAULT_TEXT, "no valid UTF-8");
        at += length + 1;
    }
    if (csv->broken == NULL && csv->n_columns > 0 && csv->n_fields != csv->n_columns) {
        csv->fault = CSV_FAULT_FIELDS;
        return fail(error, APP_ERROR_INVALID, "%s:%" G_GINT64_FORMAT ": %zu fields, not %zu",
                    csv->path, csv->row_line, csv->n_fields, csv->n_columns);
    }

    return csv->broken == NULL || fail(error, APP_ERROR_INVALID, "%s:%" G_GINT64_FORMAT ": %s",
                                       csv->path, csv->row_line, csv->broken);
}

static const char *const *
split_row(const Csv *csv, Arena *mem)
{
    const char **fields = ARENA_ARRAY(mem, const char *, csv->n_fields);
    const char  *at = arena_text(mem, csv->row->str, csv->row->len);

    for (size_t i = 0; i < csv->n_fields; i++) {
        fields[i] = at;
        at += strlen(at) + 1;
    }
    return fields;
}

bool
csv_next(Csv *csv, Arena *mem, const char *const **fields, GError **error)
{
    if (csv->failed)
        return fail(error, APP_ERROR_INTERNAL, "%s cannot be read on", csv->path);

    do {
        if (!gather_row(csv))
            return csv->failed && fail(error, APP_ERROR_INTERNAL,
                                       "%s: damaged or cut short at "
                                       "line %" G_GINT64_FORMAT,
                                       csv->path, csv->line);
    } while (csv->n_columns > 1 && is_empty_line(csv));

    if (!check_row(csv, error))
        return false;

    *fields = split_row(csv, mem);
    return true;
}

static void
skip_byte_order_mark(Csv *csv)
{
    if (peek_byte(csv) == 0xEF && csv->filled >= 3 && memcmp(csv->buffer, "\xEF\xBB\xBF", 3) == 0)
        csv->at = 3;
}

static bool
read_header(Csv *csv, GError **error)
{
    skip_byte_order_mark(csv);
    if (!gather_row(csv) || is_empty_line(csv))
        return fail(error, APP_ERROR_INVALID, "%s has no header line", csv->path);

    if (!check_row(csv, error))
        return false;

    csv->columns = split_row(csv, csv->mem);
    csv->n_columns = csv->n_fields;
    return true;
}

Csv *
csv_open(const char *path, GError **error)
{
    g_autoptr(Csv) csv = g_new0(Csv, 1);
    struct stat about;

    if (stat(path, &about) < 0)
        return fail_null(error, errno == ENOENT ? APP_ERROR_NOT_FOUND : APP_ERROR_INVALID, "%s: %s",
                         path, g_strerror(errno));

    if (!S_ISREG(about.st_mode))
        return fail_null(error, APP_ERROR_INVALID, "%s is no file", path);

    csv->file = gzopen(path, "rbe");
    if (csv->file == NULL)
        return fail_null(error, APP_ERROR_INVALID, "%s: %s", path, g_strerror(errno));

    csv->path = g_strdup(path);
    csv->size = about.st_size;
    csv->line = 1;
    csv->row = g_string_new(NULL);
    csv->mem = arena_new();
    return read_header(csv, error) ? g_steal_pointer(&csv) : NULL;
}

int
csv_column(const Csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->n_columns; i++) {
        if (strcmp(csv->columns[i], name) == 0)
            return (int)i;
    }
    return -1;
}

size_t
csv_n_columns(const Csv *csv)
{
    return csv->n_columns;
}

CsvFault
csv_fault(const Csv *csv)
{
    return csv->fault;
}

int64_t
csv_line(const Csv *csv)
{
    return csv->row_line;
}

double
csv_progress(const Csv *csv)
{
    int64_t at = csv->file == NULL ? 0 : gzoffset(csv->file);

    return csv->size <= 0 ? 1.0 : CLAMP((double)at / (double)csv->size, 0.0, 1.0);
}
