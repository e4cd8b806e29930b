/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening, and the verbs that write, whichever the engine is. A plan is checked on the thread that
 * made it, so that a wrong one never costs a writer a batch. */
#include "db/batch.h"
#include "db/pool.h"

enum { QUEUE_LENGTH = 1024 };

bool
db_engine_fails(Faults *faults)
{
    if (faults == NULL)
        return false;

    int64_t call = atomic_fetch_add_explicit(&faults->calls, 1, memory_order_relaxed) + 1;
    return call == atomic_load_explicit(&faults->fail_at, memory_order_relaxed);
}

bool
db_engine_init(Db *db, const DbEngine *engine, const DbOptions *options, GError **error)
{
    db->engine = engine;
    db->schema = options->schema;
    atomic_store(&db->faults.fail_at, options->fail_at);
    db->queue = queue_new(options->queue > 0 ? (size_t)options->queue : QUEUE_LENGTH);
    pool_init(&db->pool, options);
    pool_init(&db->stale, options);
    if (options->replicas == NULL)
        db->stale.n_readers = 0;
    return catalog_init(&db->catalog, options->schema, error);
}

void
db_engine_clear(Db *db)
{
    catalog_clear(&db->catalog);
    pool_clear(&db->pool);
    pool_clear(&db->stale);
    queue_free(db->queue);
}

Db *
db_open(const DbOptions *options, GError **error)
{
    return options->url == NULL ? db_sqlite_open(options, error) : db_pg_open(options, error);
}

int
db_node(Db *db)
{
    return db->engine->node == NULL ? 0 : db->engine->node(db);
}

bool
db_is_shared(Db *db)
{
    return db->engine->shared;
}

void
db_close(Db *db)
{
    if (db != NULL)
        db->engine->close(db);
}

DbStats
db_stats(Db *db)
{
    return (DbStats){
        .plans = atomic_load(&db->tally.plans),
        .batches = atomic_load(&db->tally.batches),
        .rolled_back = atomic_load(&db->tally.rolled_back),
        .commit_microseconds = atomic_load(&db->tally.commit_microseconds),
        .waiting = (int64_t)queue_length(db->queue),
        .engine_calls = atomic_load(&db->faults.calls),
        .stale_reads = atomic_load(&db->tally.stale_reads),
    };
}

int64_t
db_changes(Db *db)
{
    return db->engine->shared ? -1 : atomic_load(&db->tally.changes);
}

void
db_fail_at(Db *db, int64_t n)
{
    atomic_store(&db->faults.fail_at, 0);
    atomic_store(&db->faults.calls, 0);
    atomic_store(&db->faults.fail_at, n);
}

/* A writer may wait for readers to end; a thread that reads must not wait for it. */
static bool
check_thread(Db *db, GError **error)
{
    if (thread_is_hurried())
        return fail(error, APP_ERROR_BUSY, "%s: a hurried thread waits for no commit",
                    db->schema->name);
    return !(pool_thread_reads(&db->pool) || pool_thread_reads(&db->stale)) ||
           fail(error, APP_ERROR_INTERNAL, "%s: this thread reads and would wait for the writer",
                db->schema->name);
}

bool
db_apply_all(Db *db, const WritePlan *const *plans, size_t n_plans, GError **error)
{
    if (!check_thread(db, error))
        return false;

    for (size_t i = 0; i < n_plans; i++)
        if (!catalog_check_plan(&db->catalog, plans[i], error))
            return false;

    return n_plans == 0 || batch_wait(db, JOB_TOGETHER, plans, n_plans, error);
}

bool
db_apply(Db *db, const WritePlan *plan, GError **error)
{
    if (!check_thread(db, error) || !catalog_check_plan(&db->catalog, plan, error))
        return false;

    return plan->n_steps == 0 || batch_wait(db, JOB_PLAN, &plan, 1, error);
}

bool
db_checkpoint(Db *db, GError **error)
{
    return check_thread(db, error) && db->engine->checkpoint(db, error);
}

bool
db_wait(Db *db, int64_t deadline)
{
    return db->engine->wait != NULL && db->engine->wait(db, deadline);
}

/* ---- checks that only the engine can make (db_check.h) ---- */

bool
db_check_file(Db *db, const DbCheck *check, GError **error)
{
    return db->engine->check_file(db, check, error);
}

bool
db_check_words(Db *db, const char *table, DbWordFunc word, void *data, GError **error)
{
    return db->engine->check_words(db, table, word, data, error);
}
