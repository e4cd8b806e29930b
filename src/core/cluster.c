/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mark is written once, by whoever opens a case first; of two that do, the second reads what the first
 * wrote. */
#include "core/cluster.h"

#define WATCH_EVERY (2 * SECONDS)

typedef struct {
    Bytes mark;
} MarkRow;

static const DbColumn mark_columns[] = { DB_COLUMN(MarkRow, mark) };

static const DbQuery  find_mark = {
     .sql = "SELECT mark FROM instance WHERE id = 1",
     DB_COLUMNS(MarkRow, mark_columns),
};

static const DbQuery keep_mark = {
    .sql = "INSERT INTO instance (id, mark) VALUES (1, $1) ON CONFLICT (id) DO NOTHING",
    .table = "instance",
};

const DbQuery *const cluster_queries[] = { &find_mark, &keep_mark, NULL };

const DbTable        cluster_tables[] = { { "instance", DB_TABLE_MACHINERY }, { NULL, 0 } };

static bool
read_mark(System *sys, Arena *mem, Bytes *mark, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    MarkRow row;
    bool    found;

    if (tx == NULL || !db_maybe(tx, &find_mark, DB_NO_PARAMS, &row, &found, error))
        return false;
    *mark = found ? row.mark : (Bytes){ NULL, 0 };
    return true;
}

static bool
write_mark(System *sys, Arena *mem, Bytes mark, GError **error)
{
    WritePlan *plan = plan_new(mem);

    plan_any(plan, &keep_mark, DB_PARAMS(db_bytes(mark)));
    return db_apply(sys->db, plan, error);
}

bool
cluster_check_vault(System *sys, Arena *mem, GError **error)
{
    uint8_t own[VAULT_MARK_SIZE];
    Bytes   kept;

    vault_mark(sys->vault, own);
    if (!read_mark(sys, mem, &kept, error))
        return false;
    if (kept.data == NULL &&
        !(write_mark(sys, mem, BYTES_OF(own), error) && read_mark(sys, mem, &kept, error)))
        return false;
    return bytes_equal(kept, BYTES_OF(own)) ||
           fail(error, APP_ERROR_INVALID,
                "the case and the vault are of different stores: look at `database` and `vault` "
                "(or, "
                "with SQLite, whether case.db and vault.db are from the same copy)");
}

/* ---- what others changed ---- */

static bool
watch(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    int64_t version;

    (void)now, (void)again;
    if (!reference_version_now(sys->db, mem, &version, error))
        return false;
    if (version != reference_version(system_reference(sys)) && !system_reload_reference(sys, error))
        return false;
    return vault_watch(sys->vault, mem, error);
}

static bool
is_shared(const System *sys)
{
    return sys->shared;
}

const JobSpec cluster_jobs[] = {
    { .name = "cluster.watch",
      .every = WATCH_EVERY,
      .run = watch,
      .alone = true,
      .wanted = is_shared,
      .each = true },
    { .name = NULL },
};
