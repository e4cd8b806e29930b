/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counts, kept by whoever writes an event. `sawt check` counts the events anew and compares. What must stay
 * true of folding: the sum over the rows of a key is the same before and after. */
#include "core/aggregate.h"

static const DbQuery add_count = {
    .sql = "INSERT INTO aggregate (day, entity_id, service_id, type, channel, place_id, kind, n)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
           " ON CONFLICT (day, entity_id, service_id, type, channel, place_id, kind)"
           " DO UPDATE SET n = aggregate.n + excluded.n",
    .sql_pg = "INSERT INTO aggregate"
              " (day, entity_id, service_id, type, channel, place_id, kind, n)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .table = "aggregate",
};

typedef struct {
    int64_t first, last;
} DaysRow;

static const DbColumn days_columns[] = { DB_MAYBE(DaysRow, first), DB_MAYBE(DaysRow, last) };

static const DbQuery  days = {
     .sql = "SELECT (SELECT min(day) FROM aggregate) AS first,"
             " (SELECT max(day) FROM aggregate) AS last",
     DB_COLUMNS(DaysRow, days_columns),
};

typedef struct {
    AggregateKey key;
    int64_t      n;
} CountRow;

static const DbColumn count_columns[] = {
    DB_COLUMN(CountRow, key.day),        DB_COLUMN(CountRow, key.entity_id),
    DB_COLUMN(CountRow, key.service_id), DB_COLUMN(CountRow, key.type),
    DB_COLUMN(CountRow, key.channel),    DB_COLUMN(CountRow, key.place_id),
    DB_COLUMN(CountRow, key.kind),       DB_COLUMN(CountRow, n),
};

static const DbQuery counts = {
    .sql = "SELECT day, entity_id, service_id, type, channel, place_id, kind, n FROM aggregate"
           " WHERE day >= $1 AND day <= $2",
    .sql_pg = "SELECT day, entity_id, service_id, type, channel, place_id, kind,"
              " CAST(sum(n) AS BIGINT) AS n FROM aggregate WHERE day >= $1 AND day <= $2"
              " GROUP BY day, entity_id, service_id, type, channel, place_id, kind",
    DB_COLUMNS(CountRow, count_columns),
    .scans = true, /* a check's: some days at a time, put into order in memory */
};

typedef struct {
    int64_t n;
} AppendedRow;

static const DbColumn appended_columns[] = { DB_COLUMN(AppendedRow, n) };

/* SQLite's rows are raised in their place: nothing is ever appended, nothing folded. */
static const DbQuery appended = {
    .sql = "SELECT 0 AS n",
    .sql_pg = "SELECT count(*) AS n FROM (SELECT 1 FROM aggregate WHERE NOT folded ORDER BY day"
              " LIMIT 10001)"
              " AS found",
    DB_COLUMNS(AppendedRow, appended_columns),
    .scans = true, /* a job's: the index of what is appended, with an end */
};

/* One statement, so that every snapshot has either the rows or their sum. Writers append and never meet
 * it; what is folded is touched by nothing else. */
static const DbQuery fold = {
    .sql = "DELETE FROM aggregate WHERE day = 0 AND n = 0",
    .sql_pg =
        "WITH gone AS (DELETE FROM aggregate WHERE ctid = ANY (ARRAY(SELECT ctid FROM aggregate"
        " WHERE NOT folded ORDER BY day LIMIT 10000))"
        " RETURNING day, entity_id, service_id, type, channel, place_id, kind, n)"
        " INSERT INTO aggregate"
        " (day, entity_id, service_id, type, channel, place_id, kind, n, folded)"
        " SELECT day, entity_id, service_id, type, channel, place_id, kind,"
        " CAST(sum(n) AS BIGINT), TRUE FROM gone"
        " GROUP BY day, entity_id, service_id, type, channel, place_id, kind"
        " ON CONFLICT (day, entity_id, service_id, type, channel, place_id, kind) WHERE folded"
        " DO UPDATE SET n = aggregate.n + excluded.n",
    .table = "aggregate",
    .scans = true, /* the same */
    .folds = true,
};

const DbQuery *const aggregate_queries[] = { &add_count, &days, &counts, &appended, &fold, NULL };

const DbTable        aggregate_tables[] = { { "aggregate", DB_TABLE_CASE }, { NULL, 0 } };

void
aggregate_add(WritePlan *plan, const AggregateKey *key, int64_t n)
{
    plan_one(plan, &add_count,
             DB_PARAMS(db_int(key->day), db_int(key->entity_id), db_int(key->service_id),
                       db_text(key->type), db_text(key->channel), db_int(key->place_id),
                       db_text(key->kind), db_int(n)));
}

bool
aggregate_days(DbTx *tx, int64_t *first, int64_t *last, GError **error)
{
    DaysRow row;

    if (!db_one(tx, &days, DB_NO_PARAMS, &row, error))
        return false;
    *first = row.first;
    *last = row.last;
    return true;
}

typedef struct {
    AggregateFunc count;
    void         *data;
} Each;

static bool
pass_count(const void *data, void *closure, GError **error)
{
    const CountRow *row = data;
    const Each     *each = closure;

    return each->count(&row->key, row->n, each->data, error);
}

bool
aggregate_each(DbTx *tx, int64_t first, int64_t last, AggregateFunc count, void *data,
               GError **error)
{
    Each each = { count, data };

    return db_each(tx, &counts, DB_PARAMS(db_int(first), db_int(last)), pass_count, &each, error);
}

/* What leaves an entity is that entity's act. */
static int64_t
entity_of(const Event *event)
{
    return event->entity_to != 0 ? event->entity_to : event->entity_from;
}

bool
aggregate_on_event(Prepare *prepare, const Event *event, GError **error)
{
    const Reference *reference = system_reference(prepare->sys);

    (void)error;
    if (event->type == NULL)
        return true; /* no petition's: a change of reference data */

    aggregate_add(prepare->plan,
                  &(AggregateKey){
                      .day = zone_day(prepare->sys->zone, event->at),
                      .entity_id = entity_of(event),
                      .service_id = event->service_id,
                      .place_id = reference_governorate(reference, event->place_id),
                      .type = event->type,
                      .channel = event->channel,
                      .kind = event->kind,
                  },
                  1);
    return true;
}

/* ---- folding ---- */

enum { FOLDED_AT_ONCE = 10000 };

static bool
count_appended(System *sys, Arena *mem, int64_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    AppendedRow row;

    if (tx == NULL || !db_one(tx, &appended, DB_NO_PARAMS, &row, error))
        return false;
    *n = row.n;
    return true;
}

bool
aggregate_fold(System *sys, Arena *mem, bool *more, GError **error)
{
    WritePlan       *plan = plan_new(mem);
    const WritePlan *plans[] = { plan };
    int64_t          n;

    if (!count_appended(sys, mem, &n, error))
        return false;
    *more = n > FOLDED_AT_ONCE;
    plan_any(plan, &fold, DB_NO_PARAMS);
    return n == 0 || db_apply_all(sys->db, plans, 1, error);
}

static bool
run_fold(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    bool more;

    if (!aggregate_fold(sys, mem, &more, error))
        return false;
    *again = more ? now : 0;
    return true;
}

static bool
is_shared(const System *sys)
{
    return sys->shared;
}

const JobSpec aggregate_jobs[] = {
    { .name = "aggregate.fold", .every = MINUTES, .run = run_fold, .wanted = is_shared },
    { .name = NULL },
};
