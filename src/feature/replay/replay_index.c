/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: memory does not grow with the words of the file, and a file in order of time is
 * read twice only. A file in another order is read on from where the last part ended, or again from its
 * beginning. */
#include "feature/replay/replay_index.h"

#include "core/crypto.h"
#include "messages.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROW_MOST = 64 * 1024,         /* no request can be longer; bounds a part */
    PART_MOST = 16 * 1024 * 1024, /* bytes of the rows that are in memory at once */
    YEAR_LEAST = 2000,            /* numbers have two digits for the year */
};

typedef struct {
    AppTime  at;
    uint64_t key;
    uint32_t line, size;
} Entry;

struct ReplayIndex {
    ReplaySource  source;
    Csv          *csv;
    Zone         *there;
    ReplayContext context;
    GArray       *entries;
    guint         next;
    int64_t       steps;
    AppTime       earliest;
    Arena        *scratch;
};

void
replay_index_free(ReplayIndex *index)
{
    if (index == NULL)
        return;
    csv_close(index->csv);
    if (index->there != NULL)
        zone_free(index->there);
    g_array_free(index->entries, TRUE);
    arena_free(index->scratch);
    g_free(index);
}

const ReplayFormat *
replay_index_format(const ReplayIndex *index)
{
    return index->source.format;
}

int64_t
replay_index_steps(const ReplayIndex *index)
{
    return index->steps;
}

/* ---- opening ---- */

static bool
fits(const Csv *csv, const ReplayFormat *format)
{
    for (size_t i = 0; format->columns[i] != NULL; i++)
        if (csv_column(csv, format->columns[i]) < 0)
            return false;
    return true;
}

static const ReplayFormat *
find_format(const Csv *csv, const ReplayFormat *wanted)
{
    if (wanted != NULL)
        return fits(csv, wanted) ? wanted : NULL;
    for (size_t i = 0; replay_formats[i] != NULL; i++)
        if (fits(csv, replay_formats[i]))
            return replay_formats[i];
    return NULL;
}

static bool
reopen(ReplayIndex *index, GError **error)
{
    csv_close(index->csv);
    index->csv = csv_open(index->source.path, error);
    index->context.csv = index->csv;
    return index->csv != NULL;
}

/* ---- the first reading ---- */

static size_t
row_size(const ReplayIndex *index, const char *const *fields)
{
    size_t size = 0;

    for (size_t i = 0; i < csv_n_columns(index->csv); i++)
        size += strlen(fields[i]);
    return size;
}

static int
check_times(const ReplayIndex *index, const ReplayItem *item)
{
    AppTime before = item->at;

    if (item->at < index->earliest)
        return MSG_REPLAY_ROW_TOO_OLD;
    if (item->at > index->source.now)
        return MSG_REPLAY_ROW_FUTURE;
    for (size_t i = 0; i < item->n_acts; before = item->acts[i++].at)
        if (item->acts[i].at < before || item->acts[i].at > index->source.now)
            return item->acts[i].at < before ? MSG_REPLAY_ROW_CLOSED_BEFORE : MSG_REPLAY_ROW_FUTURE;
    return 0;
}

/* 0, or why the row is no request. */
static int
read_item(const ReplayIndex *index, Arena *mem, const char *const *fields, ReplayItem *item)
{
    int why = 0;

    *item = (ReplayItem){ .line = csv_line(index->csv) };
    index->source.format->read(&index->context, mem, fields, item, &why);
    if (why == 0 && item->id[0] == '\0')
        why = MSG_REPLAY_ROW_NO_ID;
    return why != 0 ? why : check_times(index, item);
}

static uint64_t
key_of(const char *id)
{
    Bytes    part = bytes_of_text(id);
    uint8_t  hash[32];
    uint64_t key;

    crypto_digest(&part, 1, hash);
    memcpy(&key, hash, sizeof key);
    return key;
}

static void
take_row(ReplayIndex *index, const char *const *fields, ReplayCount *count)
{
    size_t     size = row_size(index, fields);
    ReplayItem item;
    int        why =
        size > ROW_MOST ? MSG_REPLAY_ROW_LONG : read_item(index, index->scratch, fields, &item);

    if (why != 0) {
        replay_count_refused(count, why, csv_line(index->csv));
        return;
    }
    g_array_append_val(index->entries, ((Entry){ .at = item.at,
                                                 .key = key_of(item.id),
                                                 .line = (uint32_t)item.line,
                                                 .size = (uint32_t)size + 1 }));
    index->steps += 1 + (int64_t)item.n_acts;
}

static int
message_of_fault(CsvFault fault)
{
    switch (fault) {
    case CSV_FAULT_FIELDS:
        return MSG_REPLAY_ROW_FIELDS;
    case CSV_FAULT_QUOTES:
        return MSG_REPLAY_ROW_QUOTES;
    case CSV_FAULT_TEXT:
        return MSG_REPLAY_ROW_NO_TEXT;
    case CSV_FAULT_LONG:
    case CSV_FAULT_NONE:
    default:
        return MSG_REPLAY_ROW_LONG;
    }
}

/* A damaged end ends the file: what stands before it is played. */
static bool
read_row(ReplayIndex *index, const char *const **fields, bool *more, ReplayCount *count)
{
    g_autoptr(GError) error = NULL;
    bool read = csv_next(index->csv, index->scratch, fields, &error);

    *more = read || error_code(error) == APP_ERROR_INVALID;
    if (error == NULL)
        return read;
    replay_count_refused(count,
                         *more ? message_of_fault(csv_fault(index->csv)) : MSG_REPLAY_ROW_DAMAGED,
                         csv_line(index->csv));
    return false;
}

static void
read_all(ReplayIndex *index, ReplayCount *count)
{
    ReplayTotals      *totals = replay_count_totals(count);
    const char *const *fields;
    bool               more = true;

    while (index->source.most == 0 || totals->rows < index->source.most) {
        bool read = read_row(index, &fields, &more, count);

        if (!more)
            break;
        totals->rows++;
        if (read)
            take_row(index, fields, count);
        arena_reset(index->scratch);
    }
}

/* ---- order ---- */

static int
by_key(gconstpointer a, gconstpointer b)
{
    const Entry *left = a, *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return left->line < right->line ? -1 : left->line > right->line;
}

static int
by_time(gconstpointer a, gconstpointer b)
{
    const Entry *left = a, *right = b;

    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    return left->line < right->line ? -1 : left->line > right->line;
}

static void
drop_repeats(ReplayIndex *index, ReplayCount *count)
{
    GArray *entries = index->entries;
    guint   kept = 0;

    g_array_sort(entries, by_key);
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);

        if (kept > 0 && g_array_index(entries, Entry, kept - 1).key == entry->key)
            replay_count_refused(count, MSG_REPLAY_ROW_TWICE, entry->line);
        else
            g_array_index(entries, Entry, kept++) = *entry;
    }
    g_array_set_size(entries, kept);
    g_array_sort(entries, by_time);
}

ReplayIndex *
replay_index_new(const ReplaySource *source, ReplayCount *count, GError **error)
{
    ReplayIndex *index = g_new0(ReplayIndex, 1);

    index->source = *source;
    index->scratch = arena_new();
    index->entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    index->context = (ReplayContext){ .sys = source->sys, .now = source->now };
    index->earliest = zone_time(source->sys->zone, &(Civil){ YEAR_LEAST, 1, 1, 0, 0, 0, 0 });
    if (!reopen(index, error)) {
        replay_index_free(index);
        return NULL;
    }
    index->source.format = find_format(index->csv, source->format);
    if (index->source.format == NULL) {
        replay_index_free(index);
        return fail_null(error, APP_ERROR_INVALID, "%s has no header line of a known format",
                         source->path);
    }
    if (index->source.format->zone != NULL)
        index->there = zone_new(index->source.format->zone);
    index->context.there = index->there;
    read_all(index, count);
    drop_repeats(index, count);
    return reopen(index, error) ? index : (replay_index_free(index), NULL);
}

/* ---- the second reading ---- */

static guint
end_of_part(const ReplayIndex *index)
{
    size_t size = 0;
    guint  end = index->next;

    while (end < index->entries->len && size < PART_MOST)
        size += g_array_index(index->entries, Entry, end++).size;
    return end;
}

static int
compare_lines(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static uint32_t *
lines_of_part(const ReplayIndex *index, Arena *mem, guint end)
{
    size_t    n = end - index->next;
    uint32_t *lines = ARENA_ARRAY(mem, uint32_t, n);

    for (size_t i = 0; i < n; i++)
        lines[i] = g_array_index(index->entries, Entry, index->next + i).line;
    qsort(lines, n, sizeof *lines, compare_lines);
    return lines;
}

static const char *const *
copy_fields(const ReplayIndex *index, Arena *mem, const char *const *fields)
{
    size_t       n = csv_n_columns(index->csv);
    const char **copy = ARENA_ARRAY(mem, const char *, n);

    for (size_t i = 0; i < n; i++)
        copy[i] = arena_copy(mem, fields[i]);
    return copy;
}

/* The rows on these lines; those that changed since the first reading are left out. */
static void
read_lines(ReplayIndex *index, Arena *mem, const uint32_t *lines, size_t n_lines, ReplayItem *items,
           size_t *n)
{
    size_t at = 0;

    *n = 0;
    while (at < n_lines) {
        g_autoptr(GError) error = NULL;
        const char *const *fields;
        bool               read = csv_next(index->csv, index->scratch, &fields, &error);

        if (!read && error_code(error) != APP_ERROR_INVALID)
            break;
        while (at < n_lines && lines[at] < csv_line(index->csv))
            at++;
        if (read && at < n_lines && lines[at] == csv_line(index->csv) &&
            read_item(index, mem, copy_fields(index, mem, fields), &items[*n]) == 0)
            (*n)++;
        if (at < n_lines && lines[at] == csv_line(index->csv))
            at++;
        arena_reset(index->scratch);
    }
}

static int
items_by_time(const void *a, const void *b)
{
    const ReplayItem *left = a, *right = b;

    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    return left->line < right->line ? -1 : left->line > right->line;
}

bool
replay_index_next(ReplayIndex *index, Arena *mem, ReplayItem **items, size_t *n, AppTime *until,
                  GError **error)
{
    guint     end = end_of_part(index);
    size_t    n_lines = end - index->next;
    uint32_t *lines = lines_of_part(index, mem, end);

    *n = 0;
    *until = end < index->entries->len ? g_array_index(index->entries, Entry, end).at : INT64_MAX;
    if (n_lines == 0)
        return true;
    if (lines[0] <= csv_line(index->csv) && !reopen(index, error))
        return false;

    *items = ARENA_ARRAY(mem, ReplayItem, n_lines);
    read_lines(index, mem, lines, n_lines, *items, n);
    qsort(*items, *n, sizeof **items, items_by_time);
    index->next = end;
    return *n > 0 || replay_index_next(index, mem, items, n, until, error);
}
