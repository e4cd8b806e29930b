/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: a plan that takes has one row and a commit of its own; a plan that tells goes
 * through its rows in their order. So no two of them can wait for each other. A bucket that lies further
 * ahead than it may (a node's clock was wrong) is taken for an empty one. */
#include "core/rate.h"

#include <stdlib.h>

enum { TOLD_AT_ONCE = 1000 };

#define KEPT (10 * MINUTES)

static const DbQuery take = {
    .sql = "INSERT INTO rate (key, full_at, told_at) VALUES ($1, $2, $3)"
           " ON CONFLICT (key) DO UPDATE SET full_at = $4 +"
           " CASE WHEN rate.full_at > $3 AND rate.full_at <= $5 THEN rate.full_at ELSE $3 END,"
           " told_at = $3 WHERE rate.full_at <= $6 OR rate.full_at > $5",
    .table = "rate",
};

static const DbQuery tell = {
    .sql = "INSERT INTO rate (key, full_at, told_at) VALUES ($1, $2, $3)"
           " ON CONFLICT (key) DO UPDATE SET full_at ="
           " CASE WHEN rate.full_at + $4 > $5 THEN $5"
           " WHEN rate.full_at > $3 THEN rate.full_at + $4 ELSE $3 + $4 END, told_at = $3",
    .table = "rate",
};

static const DbColumn heard_columns[] = { DB_COLUMN(RateRow, key), DB_COLUMN(RateRow, full_at) };

static const DbQuery  heard = {
     .sql = "SELECT key, full_at FROM rate WHERE told_at > $1 ORDER BY told_at DESC LIMIT 20000",
     DB_COLUMNS(RateRow, heard_columns),
};

static const DbQuery forget = {
    .sql = "DELETE FROM rate WHERE told_at < $1 AND full_at < $2",
    .table = "rate",
};

const DbQuery *const rate_queries[] = { &take, &tell, &heard, &forget, NULL };

const DbTable        rate_tables[] = { { "rate", DB_TABLE_MACHINERY }, { NULL, 0 } };

bool
rate_take(System *sys, Arena *mem, uint64_t key, RateRule rule, AppTime now, bool *granted,
          GError **error)
{
    g_autoptr(GError) failure = NULL;
    WritePlan       *plan = plan_new(mem);
    const WritePlan *plans[] = { plan };

    plan_one(plan, &take,
             DB_PARAMS(db_int((int64_t)key), db_int(now + rule.interval), db_int(now),
                       db_int(rule.interval), db_int(now + rule.most),
                       db_int(now + (rule.burst - 1) * rule.interval)));
    *granted = db_apply_all(sys->db, plans, 1, &failure);
    if (*granted || error_code(failure) == APP_ERROR_RACE)
        return true;
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static int
by_key(const void *a, const void *b)
{
    int64_t one = (int64_t)((const RateSpent *)a)->key;
    int64_t other = (int64_t)((const RateSpent *)b)->key;

    return one < other ? -1 : one > other;
}

static bool
tell_some(System *sys, Arena *mem, const RateSpent *all, size_t n, AppTime now, GError **error)
{
    WritePlan       *plan = plan_new(mem);
    const WritePlan *plans[] = { plan };

    for (size_t i = 0; i < n; i++)
        plan_any(plan, &tell,
                 DB_PARAMS(db_int((int64_t)all[i].key),
                           db_int(now + MIN(all[i].spent, all[i].most)), db_int(now),
                           db_int(all[i].spent), db_int(now + all[i].most)));
    return db_apply_all(sys->db, plans, 1, error);
}

bool
rate_tell(System *sys, Arena *mem, RateSpent *all, size_t n, AppTime now, GError **error)
{
    if (n > 0)
        qsort(all, n, sizeof *all, by_key);
    for (size_t at = 0; at < n; at += TOLD_AT_ONCE)
        if (!tell_some(sys, mem, all + at, MIN(n - at, TOLD_AT_ONCE), now, error))
            return false;
    return true;
}

bool
rate_hear(System *sys, Arena *mem, AppTime since, RateRow **rows, size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL && db_all(tx, &heard, DB_PARAMS(db_int(since)), rows, n, error);
}

bool
rate_sweep(System *sys, Arena *mem, AppTime now, GError **error)
{
    WritePlan *plan = plan_new(mem);

    plan_any(plan, &forget, DB_PARAMS(db_int(now - KEPT), db_int(now)));
    return db_apply(sys->db, plan, error);
}
