/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The comparison of a range: the hashes of the source's rows in the order of their keys, then the target's
 * rows beside them. Both sides are read by their own engines into the same form (MoveValue), and nothing
 * that wrote the rows is used to read them. A table's hash is the sum of its rows'. */
#include "db/db_move_parts.h"

#include <string.h>

enum { LOOK_EVERY = 256 /* rows */ };

typedef struct {
    uint8_t bytes[MOVE_HASH];
} RowHash;

typedef struct {
    MoveWorker      *worker;
    const MoveRange *range;
    GArray          *hashes;       /* of RowHash: of the source */
    int64_t          rows;         /* of the target, or of the second reading */
    int64_t          wrong;        /* the place of the first that differs; -1: none yet */
    char            *here, *there; /* the keys at that place; NULL: no row */
    int64_t          counted;
} Comparing;

static bool
look(Comparing *comparing, int64_t rows, GError **error)
{
    Move *move = comparing->worker->move;

    if (rows % LOOK_EVERY == 0) {
        atomic_fetch_add(&move->done, LOOK_EVERY);
        comparing->counted += LOOK_EVERY;
    }
    return !atomic_load(&move->stopped) || fail(error, APP_ERROR_BUSY, "stopped");
}

static bool
hash_source(const MoveValue *row, void *data, GError **error)
{
    Comparing *comparing = data;
    RowHash    hash;

    db_move_hash(comparing->range->table, row, hash.bytes);
    g_array_append_val(comparing->hashes, hash);
    return look(comparing, (int64_t)comparing->hashes->len, error);
}

static bool
hash_target(const MoveValue *row, void *data, GError **error)
{
    Comparing *comparing = data;
    int64_t    place = comparing->rows++;
    RowHash    hash;

    if (comparing->wrong >= 0)
        return true;
    db_move_hash(comparing->range->table, row, hash.bytes);
    if (place >= (int64_t)comparing->hashes->len ||
        memcmp(&hash, &g_array_index(comparing->hashes, RowHash, place), sizeof hash) != 0) {
        comparing->wrong = place;
        comparing->there = db_move_key(comparing->range->table, row);
    }
    return look(comparing, comparing->rows, error);
}

/* ---- naming what differs ---- */

static bool
find_key(const MoveValue *row, void *data, GError **error)
{
    Comparing *comparing = data;

    (void)error;
    if (comparing->rows++ == comparing->wrong)
        comparing->here = db_move_key(comparing->range->table, row);
    return true;
}

static void
add_difference(Move *move, MoveTable *table, const char *key, DbMoveFault fault)
{
    MoveDifference *difference = g_new0(MoveDifference, 1);

    *difference = (MoveDifference){ .table = table, .key = g_strdup(key), .fault = fault };
    lock_take(&move->lock);
    g_ptr_array_add(move->differences, difference);
    lock_leave(&move->lock);
}

/* Which of the two rows at the first place that differs comes without the other? */
typedef struct {
    Comparing  *comparing;
    const char *key;
    bool        found;
} Search;

static bool
search_key(const MoveValue *row, void *data, GError **error)
{
    Search          *search = data;
    g_autofree char *key = search->found ? NULL : db_move_key(search->comparing->range->table, row);

    (void)error;
    search->found = search->found || strcmp(key, search->key) == 0;
    return true;
}

static bool
name_difference(Comparing *comparing, GError **error)
{
    MoveWorker *worker = comparing->worker;
    MoveTable  *table = comparing->range->table;
    Search      search = { .comparing = comparing, .key = comparing->here };

    comparing->rows = 0;
    if (!db_move_source_each(worker->move, &worker->source, comparing->range, find_key, comparing,
                             error))
        return false;
    search.key = comparing->here;
    if (comparing->here == NULL) {
        add_difference(worker->move, table, comparing->there, DB_MOVE_EXTRA);
        return true;
    }
    if (g_strcmp0(comparing->here, comparing->there) == 0) {
        add_difference(worker->move, table, comparing->here, DB_MOVE_OTHER);
        return true;
    }
    if (!db_move_target_each(&worker->target, comparing->range, search_key, &search, error))
        return false;
    add_difference(worker->move, table, search.found ? comparing->there : comparing->here,
                   search.found ? DB_MOVE_EXTRA : DB_MOVE_MISSING);
    return true;
}

/* ---- what was made of the range ---- */

static bool
compare_derived(MoveWorker *worker, const MoveRange *range, GError **error)
{
    const DbDerived *derived = range->table->derived;
    g_autoptr(GString) is = g_string_new(NULL), ought = g_string_new(NULL);
    g_autofree char *sql = NULL, *n = NULL;

    if (derived == NULL)
        return true;
    g_string_printf(is, "SELECT * FROM \"%s\"", derived->table);
    db_move_where(is, range->table, range, derived->key, true);
    g_string_assign(ought, derived->select);
    db_move_where(ought, range->table, range, NULL, true);
    sql =
        g_strdup_printf("SELECT count(*) FROM ((%s EXCEPT ALL %s) UNION ALL (%s EXCEPT ALL %s)) d",
                        is->str, ought->str, ought->str, is->str);
    n = db_move_target_text(&worker->target, sql, error);
    if (n == NULL)
        return false;
    if (strcmp(n, "0") != 0)
        add_difference(worker->move, range->table, range->from, DB_MOVE_DERIVED);
    return true;
}

/* ---- the whole ---- */

/* Numbers of 64 bits, whose sum does not depend on the order. */
static void
add_sums(Comparing *comparing)
{
    MoveTable *table = comparing->range->table;
    Move      *move = comparing->worker->move;

    lock_take(&move->lock);
    table->rows += comparing->hashes->len;
    for (guint i = 0; i < comparing->hashes->len; i++) {
        uint64_t parts[MOVE_HASH / 8];

        memcpy(parts, &g_array_index(comparing->hashes, RowHash, i), sizeof parts);
        for (size_t part = 0; part < G_N_ELEMENTS(parts); part++)
            table->sum[part] += GUINT64_FROM_BE(parts[part]);
    }
    lock_leave(&move->lock);
}

static bool
compare_rows(Comparing *comparing, GError **error)
{
    MoveWorker *worker = comparing->worker;

    if (!db_move_source_each(worker->move, &worker->source, comparing->range, hash_source,
                             comparing, error) ||
        !db_move_target_each(&worker->target, comparing->range, hash_target, comparing, error))
        return false;
    if (comparing->wrong < 0 && comparing->rows < (int64_t)comparing->hashes->len)
        comparing->wrong = comparing->rows;
    if (comparing->wrong >= 0 && !name_difference(comparing, error))
        return false;
    if (!compare_derived(worker, comparing->range, error))
        return false;
    add_sums(comparing);
    return true;
}

bool
db_move_compare(MoveWorker *worker, void *task, GError **error)
{
    Comparing comparing = { .worker = worker, .range = task, .wrong = -1 };

    comparing.hashes = g_array_sized_new(FALSE, FALSE, sizeof(RowHash),
                                         (guint)CLAMP(comparing.range->rows, 1, 100000));
    bool    compared = compare_rows(&comparing, error);
    int64_t counts = compared ? 2 * comparing.range->rows : 0;

    atomic_fetch_add(&worker->move->done, counts - comparing.counted);
    g_array_free(comparing.hashes, TRUE);
    g_free(comparing.here);
    g_free(comparing.there);
    return compared;
}
