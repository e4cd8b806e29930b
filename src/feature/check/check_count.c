/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: no event is counted twice. Events that may have been written while the walk was on
 * its way are remembered by id; all others are older than it. */
#include "feature/check/check_count.h"

#include "feature/check/check_parts.h"
#include "feature/check/check_store.h"

enum {
    DAYS_AT_ONCE = 31,
    DAYS_MOST = 100000,
    SLACK_MINUTES = 10 /* between making an id and its commit */
};

typedef struct {
    int64_t  n, n_kept;
    uint64_t sum, sum_kept;
} Day;

struct CheckCount {
    System     *sys;
    int64_t     since;  /* the first id that may be younger than the walk */
    GHashTable *recent; /* ids from there on that were counted */
    GHashTable *days;   /* day → Day */
};

CheckCount *
check_count_new(System *sys)
{
    CheckCount *count = g_new0(CheckCount, 1);

    count->sys = sys;
    count->since = sys->serving || db_is_shared(sys->db)
                       ? id_floor(clock_now(sys->clock) - SLACK_MINUTES * MINUTES)
                       : INT64_MAX;
    count->recent = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    count->days = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return count;
}

void
check_count_free(CheckCount *count)
{
    g_hash_table_destroy(count->recent);
    g_hash_table_destroy(count->days);
    g_free(count);
}

static int64_t *
boxed(int64_t value)
{
    int64_t *box = g_new(int64_t, 1);

    *box = value;
    return box;
}

static Day *
find_day(CheckCount *count, int64_t number)
{
    Day *day = g_hash_table_lookup(count->days, &number);

    if (day == NULL) {
        day = g_new0(Day, 1);
        g_hash_table_insert(count->days, boxed(number), day);
    }
    return day;
}

static uint64_t
hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001B3);
    return check_mix(hash);
}

static uint64_t
hash_key(const AggregateKey *key)
{
    uint64_t hash = check_mix((uint64_t)key->entity_id + UINT64_C(0xCBF29CE484222325));

    hash = check_mix(hash ^ (uint64_t)key->place_id);
    return hash_text(hash_text(hash_text(hash, key->type), key->channel), key->kind);
}

void
check_count_event(CheckCount *count, int64_t event_id, AppTime at, const AggregateKey *key)
{
    Day *day = find_day(count, zone_day(count->sys->zone, at));

    if (event_id >= count->since && !g_hash_table_add(count->recent, boxed(event_id)))
        return;
    day->n++;
    day->sum += hash_key(key);
}

/* ---- what was written since ---- */

static bool
count_row(const void *data, void *closure, GError **error)
{
    const CheckCountedRow *row = data;
    CheckCount            *count = closure;

    (void)error;
    check_count_event(
        count, row->id, row->at,
        &(AggregateKey){
            .entity_id = row->entity_to != 0 ? row->entity_to : row->entity_from,
            .place_id = reference_governorate(system_reference(count->sys), row->place_id),
            .type = row->type,
            .channel = row->channel,
            .kind = row->kind,
        });
    return true;
}

static bool
keep_count(const AggregateKey *key, int64_t n, void *data, GError **error)
{
    Day *day = find_day(data, key->day);

    (void)error;
    day->n_kept += n;
    day->sum_kept += (uint64_t)n * hash_key(key);
    return true;
}

static void
compare_day(CheckCount *count, int64_t number, CheckReport *report)
{
    const Day *day = g_hash_table_lookup(count->days, &number);

    if (day == NULL || (day->n == day->n_kept && day->sum == day->sum_kept))
        return;
    Civil civil = zone_civil(count->sys->zone, zone_midnight(count->sys->zone, number));
    check_report_found(report, CHECK_COUNTS,
                       "%04d-%02d-%02d: %" G_GINT64_FORMAT " / %" G_GINT64_FORMAT, civil.year,
                       civil.month, civil.day, (gint64)day->n_kept, (gint64)day->n);
}

/* ---- comparing ---- */

static void
widen(CheckCount *count, int64_t *first, int64_t *last)
{
    GHashTableIter iter;
    gpointer       key;

    g_hash_table_iter_init(&iter, count->days);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        int64_t day = *(const int64_t *)key;

        *first = *last == 0 ? day : MIN(*first, day);
        *last = *last == 0 ? day : MAX(*last, day);
    }
}

static bool
read_range(CheckCount *count, Arena *mem, int64_t *first, int64_t *last, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(count->sys->db, mem, error);

    if (tx == NULL ||
        (count->since != INT64_MAX &&
         !check_store_counted(tx, count->since, count_row, count, error)) ||
        !aggregate_days(tx, first, last, error))
        return false;
    widen(count, first, last);
    return true;
}

static bool
compare_days(CheckCount *count, Arena *mem, int64_t first, CheckReport *report, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(count->sys->db, mem, error);
    int64_t last = first + DAYS_AT_ONCE - 1;

    if (tx == NULL ||
        (count->since != INT64_MAX &&
         !check_store_counted(tx, count->since, count_row, count, error)) ||
        !aggregate_each(tx, first, last, keep_count, count, error))
        return false;
    for (int64_t day = first; day <= last; day++)
        compare_day(count, day, report);
    return true;
}

bool
check_count_compare(CheckCount *count, CheckReport *report, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t first = 0, last = 0;

    if (!read_range(count, mem, &first, &last, error))
        return false;
    if (last - first > DAYS_MOST) {
        check_report_found(report, CHECK_COUNTS, "%" G_GINT64_FORMAT " – %" G_GINT64_FORMAT,
                           (gint64)first, (gint64)last);
        last = first + DAYS_MOST;
    }
    for (int64_t day = first; day <= last && last != 0; day += DAYS_AT_ONCE) {
        arena_reset(mem);
        if (!compare_days(count, mem, day, report, error))
            return false;
    }
    return true;
}
