/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The writer: takes every plan that waits, runs them in one transaction, commits, wakes. What must
 * stay true: a waiter is woken after the commit that made its plan durable and never before, and a
 * plan that fails leaves nothing and costs no other plan its success. */
#include "db/db_sqlite.h"

#include "base/clock.h"

enum {
    QUEUE_LENGTH = 1024,
    BATCH = 512,
    LOG_MOVE = 4000,     /* pages in the log from which it is moved into the file */
    LOG_PRESS = 16000,   /* from which it is worth waiting for readers, so that it begins anew */
    LOG_PATIENCE = 1000, /* pages to grow before trying again */
};

#define CHECKPOINT_EXTRA (1 * SECONDS)

typedef enum {
    JOB_PLAN,      /* may share its commit */
    JOB_TOGETHER,  /* many plans, a commit of their own */
    JOB_CHECKPOINT /* cut the log */
} JobKind;

/* Lies on the stack of the thread that waits for it. */
typedef struct {
    JobKind                 kind;
    const WritePlan *const *plans;
    size_t                  n_plans;
    GError                 *error;
    Latch                   done;
} Job;

/* ---- one plan ---- */

static bool
run_step(Db *db, const PlanStep *step, GError **error)
{
    const Statement *statement = catalog_find(&db->catalog, step->query);
    sqlite3_stmt    *prepared = db->writer.statements[statement->index];
    bool             row;

    if (!conn_bind(&db->writer, prepared, step->params, step->n_params, error) ||
        !conn_step(&db->writer, prepared, &row, error))
        return false;

    if (step->one && sqlite3_changes64(db->writer.handle) != 1)
        return fail(error, APP_ERROR_RACE, "%" G_GINT64_FORMAT " rows changed, not one: %s",
                    (gint64)sqlite3_changes64(db->writer.handle), step->query->sql);
    return true;
}

static bool
run_plans(Db *db, const Job *job, GError **error)
{
    for (size_t i = 0; i < job->n_plans; i++)
        for (size_t j = 0; j < job->plans[i]->n_steps; j++)
            if (!run_step(db, &job->plans[i]->steps[j], error))
                return false;
    return true;
}

/* ---- one transaction ---- */

static bool
commit(Db *db, GError **error)
{
    int64_t begun = clock_monotonic();

    if (!conn_commit(&db->writer, error))
        return false;
    atomic_fetch_add(&db->tally.commit_microseconds, clock_monotonic() - begun);
    return true;
}

/* `failed` is the index of the job whose plan failed, or n_jobs when begin or commit did. Nothing
 * is kept then. */
static bool
run_transaction(Db *db, Job *const *jobs, size_t n_jobs, size_t *failed, GError **error)
{
    bool succeeded = conn_begin(&db->writer, error);

    *failed = n_jobs;
    for (size_t i = 0; succeeded && i < n_jobs; i++) {
        succeeded = run_plans(db, jobs[i], error);
        if (!succeeded)
            *failed = i;
    }

    if (succeeded && commit(db, error)) {
        atomic_fetch_add(&db->tally.batches, 1);
        return true;
    }

    conn_rollback(&db->writer);
    atomic_fetch_add(&db->tally.rolled_back, 1);
    return false;
}

/* ---- the waiters ---- */

/* The job is gone as soon as it is done. */
static void
finish(Db *db, Job *job, GError *error)
{
    if (error == NULL)
        atomic_fetch_add(&db->tally.plans, (int64_t)job->n_plans);

    job->error = error;
    latch_open(&job->done);
}

static void
finish_all(Db *db, Job *const *jobs, size_t n_jobs, const GError *error)
{
    for (size_t i = 0; i < n_jobs; i++)
        finish(db, jobs[i], error == NULL ? NULL : g_error_copy(error));
}

/* When a plan fails, those before it run again without it (they did succeed, in this order), it
 * gets its error, and those behind it go on: no plan pays for another's failure with more than a
 * second run, and their order stays. A full disk is everybody's refusal. */
static void
run_group(Db *db, Job *const *jobs, size_t n_jobs)
{
    while (n_jobs > 0) {
        g_autoptr(GError) error = NULL;
        size_t failed;

        if (run_transaction(db, jobs, n_jobs, &failed, &error)) {
            finish_all(db, jobs, n_jobs, NULL);
            return;
        }
        if (failed == n_jobs || error_code(error) == APP_ERROR_BUSY) {
            finish_all(db, jobs, n_jobs, error);
            return;
        }

        run_group(db, jobs, failed);
        finish(db, jobs[failed], g_steal_pointer(&error));
        jobs += failed + 1;
        n_jobs -= failed + 1;
    }
}

/* ---- the log ---- */

static int
count_log(void *data, sqlite3 *handle, const char *file, int pages)
{
    Db *db = data;

    (void)handle, (void)file;
    if (pages < db->log_pages)
        db->log_next_try = 0;
    db->log_pages = pages;
    return SQLITE_OK;
}

/* BUSY: a reader was in the way. */
static bool
move_log(Db *db, int mode, GError **error)
{
    int code = sqlite3_wal_checkpoint_v2(db->writer.handle, "main", mode, NULL, NULL);

    if (code == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE)
        db->log_pages = db->log_next_try = 0;
    return code == SQLITE_OK || conn_fail(&db->writer, code, "checkpoint", error);
}

/* After the waiters were woken: they need not wait for it. A full disk or a reader is no reason to
 * refuse anything; it is tried again later. */
static void
move_log_if_due(Db *db)
{
    g_autoptr(GError) error = NULL;

    if (db->log_pages < MAX(LOG_MOVE, db->log_next_try))
        return;

    db->log_next_try = db->log_pages + LOG_PATIENCE;
    if (!move_log(
            db, db->log_pages >= LOG_PRESS ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
            &error))
        g_assert(error != NULL);
}

/* ---- the thread ---- */

static size_t
group_length(Job *const *jobs, size_t n_jobs)
{
    size_t length = 1;

    if (jobs[0]->kind == JOB_PLAN)
        while (length < n_jobs && jobs[length]->kind == JOB_PLAN)
            length++;
    return length;
}

static void
run_batch(Db *db, Job *const *jobs, size_t n_jobs)
{
    while (n_jobs > 0) {
        size_t length = group_length(jobs, n_jobs);

        if (jobs[0]->kind == JOB_CHECKPOINT) {
            GError *error = NULL;

            (void)!move_log(db, SQLITE_CHECKPOINT_TRUNCATE, &error);
            finish(db, jobs[0], error);
        } else {
            run_group(db, jobs, length);
        }
        jobs += length;
        n_jobs -= length;
    }
}

static void *
write_until_closed(void *data)
{
    Db    *db = data;
    void  *jobs[BATCH];
    size_t n_jobs;

    while ((n_jobs = queue_pop_all(db->queue, jobs, BATCH)) > 0) {
        run_batch(db, (Job *const *)jobs, n_jobs);
        move_log_if_due(db);
    }

    /* Nobody reads any more; when it fails all the same, the next start does it. */
    g_autoptr(GError) error = NULL;
    (void)!move_log(db, SQLITE_CHECKPOINT_TRUNCATE, &error);
    return NULL;
}

void
db_sqlite_writer_start(Db *db, int queue)
{
    sqlite3_wal_hook(db->writer.handle, count_log, db);
    db->queue = queue_new(queue > 0 ? (size_t)queue : QUEUE_LENGTH);
    db->thread = thread_start("db-writer", 0, write_until_closed, db);
    db->started = true;
}

void
db_sqlite_writer_stop(Db *db)
{
    queue_close(db->queue);
    thread_join(db->thread);
    queue_free(db->queue);
}

/* ---- those who wait ---- */

static bool
wait_for(Db *db, JobKind kind, const WritePlan *const *plans, size_t n_plans, GError **error)
{
    Job job = { .kind = kind, .plans = plans, .n_plans = n_plans };

    latch_init(&job.done);
    bool queued = queue_try_push(db->queue, &job);
    if (queued)
        latch_wait(&job.done);
    latch_clear(&job.done);

    if (!queued)
        return fail(error, APP_ERROR_BUSY, "%s: too many plans wait", db->schema->name);
    if (job.error == NULL)
        return true;

    g_propagate_error(error, job.error);
    return false;
}

/* The writer waits for readers to end now and then; a thread that reads must not wait for it. */
static bool
check_thread(Db *db, GError **error)
{
    return !db_sqlite_thread_reads(db) ||
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

    return n_plans == 0 || wait_for(db, JOB_TOGETHER, plans, n_plans, error);
}

bool
db_apply(Db *db, const WritePlan *plan, GError **error)
{
    if (!check_thread(db, error) || !catalog_check_plan(&db->catalog, plan, error))
        return false;

    return plan->n_steps == 0 || wait_for(db, JOB_PLAN, &plan, 1, error);
}

bool
db_checkpoint(Db *db, GError **error)
{
    if (!check_thread(db, error))
        return false;

    /* Each try waits a little for readers; between two of them other plans are written. No reader
     * that was there at first is there at the end. */
    int64_t deadline = clock_monotonic() + db->lease + CHECKPOINT_EXTRA;
    while (true) {
        g_autoptr(GError) busy = NULL;

        if (wait_for(db, JOB_CHECKPOINT, NULL, 0, &busy))
            return true;
        if (error_code(busy) != APP_ERROR_BUSY || clock_monotonic() > deadline) {
            g_propagate_error(error, g_steal_pointer(&busy));
            return false;
        }
    }
}
