/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads rows and checks each field by its column's kind, and that no key comes twice. */
#include "feature/entity/entity_file.h"

#include "base/csv.h"
#include "base/text.h"

#include <string.h>

enum { CODE_MOST = 80, TEXT_MOST = 2000 };

/* ---- faults ---- */

void
entity_file_fault(Arena *mem, ImportReport *report, const FileSpec *spec, int64_t line,
                  const char *format, ...)
{
    va_list arguments;

    report->all_faults++;
    if (report->n_faults == ENTITY_FAULTS_MOST)
        return;
    if (report->faults == NULL)
        report->faults = ARENA_ARRAY(mem, ImportFault, ENTITY_FAULTS_MOST);

    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    report->faults[report->n_faults++] = (ImportFault){ spec->name, line, arena_copy(mem, reason) };
}

/* ---- one field ---- */

bool
entity_file_date(const char *text, int64_t *day)
{
    int year, month, date;

    if (strlen(text) != strlen("2026-04-15") || text[4] != '-' || text[7] != '-' ||
        strspn(text, "0123456789-") != strlen(text))
        return false;

    year = (int)g_ascii_strtoll(text, NULL, 10);
    month = (int)g_ascii_strtoll(text + 5, NULL, 10);
    date = (int)g_ascii_strtoll(text + 8, NULL, 10);
    if (year < 1 || !g_date_valid_dmy((GDateDay)date, (GDateMonth)month, (GDateYear)year))
        return false;

    GDate given, epoch;
    g_date_clear(&given, 1);
    g_date_clear(&epoch, 1);
    g_date_set_dmy(&given, (GDateDay)date, (GDateMonth)month, (GDateYear)year);
    g_date_set_dmy(&epoch, 1, G_DATE_JANUARY, 1970);
    *day = (int64_t)g_date_get_julian(&given) - (int64_t)g_date_get_julian(&epoch);
    return true;
}

int64_t
entity_file_number(const char *text)
{
    return g_ascii_strtoll(text, NULL, 10);
}

static bool
is_code(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length <= CODE_MOST &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length;
}

static bool
is_number(const ColumnSpec *column, const char *text)
{
    gint64 number;

    return g_ascii_string_to_signed(text, 10, column->least, column->most, &number, NULL);
}

static bool
is_address(const char *text)
{
    return (g_str_has_prefix(text, "https://") || g_str_has_prefix(text, "http://")) &&
           strcspn(text, " \t\r\n\"'<>") == strlen(text);
}

/* What is wrong with a field, or NULL. */
static const char *
fault_of(const ColumnSpec *column, const char *text)
{
    int64_t day;

    if (!text_is_valid(text, strlen(text)) || strlen(text) > TEXT_MOST)
        return "is no text, or too long";

    switch (column->kind) {
    case COLUMN_CODE:
        return is_code(text) ? NULL : "must be a code of Latin letters, digits, . _ -";
    case COLUMN_OPTIONAL_CODE:
        return *text == '\0' || is_code(text) ? NULL : "must be a code or empty";
    case COLUMN_NAME:
        return text_is_blank(text) ? "must not be empty" : NULL;
    case COLUMN_WORD:
        return g_strv_contains(column->words, text) ? NULL : "is none of the known words";
    case COLUMN_NUMBER:
        return is_number(column, text) ? NULL : "is no number within the limits";
    case COLUMN_DATE:
        return entity_file_date(text, &day) ? NULL : "is no date like 2026-04-15";
    case COLUMN_ADDRESS:
        return *text == '\0' || is_address(text) ? NULL : "is no web address";
    case COLUMN_TEXT:
    default:
        return NULL;
    }
}

/* ---- the file ---- */

typedef struct {
    Arena          *mem;
    const FileSpec *spec;
    ImportReport   *report;
    int            *places; /* of the description's columns in the file */
    GArray         *rows;
} Reading;

static bool
read_header(Reading *reading, const Csv *csv)
{
    const FileSpec *spec = reading->spec;
    bool            complete = true;

    reading->places = ARENA_ARRAY(reading->mem, int, spec->n_columns);
    for (size_t i = 0; i < spec->n_columns; i++) {
        reading->places[i] = csv_column(csv, spec->columns[i].name);
        if (reading->places[i] >= 0)
            continue;
        entity_file_fault(reading->mem, reading->report, spec, 1, "column %s is missing",
                          spec->columns[i].name);
        complete = false;
    }
    if (complete && csv_n_columns(csv) != spec->n_columns) {
        entity_file_fault(reading->mem, reading->report, spec, 1, "%zu columns, not %zu",
                          csv_n_columns(csv), spec->n_columns);
        complete = false;
    }
    return complete;
}

static const char *
key_of(Arena *mem, const FileSpec *spec, const char *const *fields)
{
    const char *key = fields[spec->keys[0]];

    for (size_t i = 1; i < spec->n_keys; i++)
        key = arena_printf(mem, "%s|%s", key, fields[spec->keys[i]]);
    return key;
}

static void
add_row(Reading *reading, const char *const *given, int64_t line)
{
    const FileSpec *spec = reading->spec;
    const char    **fields = ARENA_ARRAY(reading->mem, const char *, spec->n_columns);

    for (size_t i = 0; i < spec->n_columns; i++) {
        fields[i] = text_trim(reading->mem, given[reading->places[i]]);
        const char *fault = fault_of(&spec->columns[i], fields[i]);

        if (fault != NULL)
            entity_file_fault(reading->mem, reading->report, spec, line, "%s %s",
                              spec->columns[i].name, fault);
    }

    FileRow row = { line, fields, key_of(reading->mem, spec, fields) };
    g_array_append_val(reading->rows, row);
}

static void
read_rows(Reading *reading, Csv *csv)
{
    int64_t last = 0;

    while (true) {
        g_autoptr(GError) failure = NULL;
        const char *const *fields;

        if (csv_next(csv, reading->mem, &fields, &failure)) {
            add_row(reading, fields, csv_line(csv));
            continue;
        }
        if (failure == NULL)
            return;

        entity_file_fault(reading->mem, reading->report, reading->spec, csv_line(csv), "%s",
                          failure->message);
        if (error_code(failure) != APP_ERROR_INVALID || csv_line(csv) == last)
            return;
        last = csv_line(csv);
    }
}

static void
index_rows(Reading *reading, FileRows *rows)
{
    rows->n = reading->rows->len;
    rows->rows = ARENA_ARRAY(reading->mem, FileRow, rows->n);
    if (rows->n > 0)
        memcpy(rows->rows, reading->rows->data, rows->n * sizeof *rows->rows);

    for (size_t i = 0; i < rows->n; i++) {
        const FileRow *first = g_hash_table_lookup(rows->by_key, rows->rows[i].key);

        if (first == NULL)
            g_hash_table_insert(rows->by_key, (gpointer)rows->rows[i].key, &rows->rows[i]);
        else
            entity_file_fault(reading->mem, reading->report, reading->spec, rows->rows[i].line,
                              "%s stands on line %" G_GINT64_FORMAT " already", rows->rows[i].key,
                              first->line);
    }
}

void
entity_file_read(Arena *mem, const FileSpec *spec, const char *path, FileRows *rows,
                 ImportReport *report)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Csv) csv = csv_open(path, &failure);
    g_autoptr(GArray) gathered = g_array_new(FALSE, FALSE, sizeof(FileRow));
    Reading reading = { .mem = mem, .spec = spec, .report = report, .rows = gathered };

    *rows = (FileRows){ .spec = spec, .by_key = g_hash_table_new(g_str_hash, g_str_equal) };
    if (csv == NULL) {
        entity_file_fault(mem, report, spec, 0, "%s", failure->message);
        return;
    }
    if (!read_header(&reading, csv))
        return;

    read_rows(&reading, csv);
    index_rows(&reading, rows);
}

void
entity_file_clear(FileRows *rows)
{
    g_clear_pointer(&rows->by_key, g_hash_table_unref);
}

const FileRow *
entity_file_find(const FileRows *rows, const char *key)
{
    return g_hash_table_lookup(rows->by_key, key);
}
