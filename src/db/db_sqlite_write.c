/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The writer: takes every plan that waits, runs them in one transaction, commits, wakes. What must
 * stay true: a waiter is woken after the commit that made its plan durable and never before, and a
 * plan that fails leaves nothing and costs no other plan its success. */
#include "db/db_sqlite.h"

#include "base/clock.h"
#include "db/batch.h"

enum {
    BATCH = 512,
    LOG_MOVE = 4000,     /* pages in the log from which it is moved into the file */
    LOG_PRESS = 16000,   /* from which it is worth waiting for readers, so that it begins anew */
    LOG_PATIENCE = 1000, /* pages to grow before trying again */
    LOG_BULK = 10,       /* so many times as much, where nobody but one process waits (its index has
                          * room for 65,000 pages); a page that changes often is moved once */
};

#define CHECKPOINT_EXTRA (1 * SECONDS)

/* ---- one plan ---- */

static bool
run_step(SqliteDb *db, const PlanStep *step, GError **error)
{
    const Statement *statement = catalog_find(&db->base.catalog, step->query);
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
run_steps(SqliteDb *db, const Job *job, bool deferrable, GError **error)
{
    for (size_t i = 0; i < job->n_plans; i++)
        for (size_t j = 0; j < job->plans[i]->n_steps; j++) {
            const PlanStep *step = &job->plans[i]->steps[j];

            if (step->query->deferrable == deferrable && !run_step(db, step, error))
                return false;
        }
    return true;
}

static bool
run_plans(SqliteDb *db, const Job *job, GError **error)
{
    return run_steps(db, job, false, error) && run_steps(db, job, true, error);
}

/* ---- one transaction ---- */

static bool
commit(SqliteDb *db, GError **error)
{
    int64_t begun = clock_monotonic();

    if (!conn_commit(&db->writer, error))
        return false;
    atomic_fetch_add(&db->base.tally.commit_microseconds, clock_monotonic() - begun);
    return true;
}

static BatchOutcome
run_transaction(void *writer, Job *const *jobs, size_t n_jobs, size_t *failed, GError **error)
{
    SqliteDb    *db = writer;
    BatchOutcome outcome = conn_begin(&db->writer, error) ? BATCH_DONE : BATCH_ALL;

    for (size_t i = 0; outcome == BATCH_DONE && i < n_jobs; i++) {
        if (!run_plans(db, jobs[i], error)) {
            outcome = BATCH_ONE;
            *failed = i;
        }
    }
    if (outcome == BATCH_DONE && !commit(db, error))
        outcome = BATCH_ALL;

    if (outcome != BATCH_DONE)
        conn_rollback(&db->writer);
    return outcome;
}

/* ---- the log ---- */

static int
count_log(void *data, sqlite3 *handle, const char *file, int pages)
{
    SqliteDb *db = data;

    (void)handle, (void)file;
    if (pages < db->log_pages)
        db->log_next_try = 0;
    db->log_pages = pages;
    return SQLITE_OK;
}

/* BUSY: a reader was in the way. */
static bool
move_log(SqliteDb *db, int mode, GError **error)
{
    int code = sqlite3_wal_checkpoint_v2(db->writer.handle, "main", mode, NULL, NULL);

    if (code == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE)
        db->log_pages = db->log_next_try = 0;
    return code == SQLITE_OK || conn_fail(&db->writer, code, "checkpoint", error);
}

/* After the waiters were woken: they need not wait for it. A full disk or a reader is no reason to
 * refuse anything; it is tried again later. */
static void
move_log_if_due(SqliteDb *db)
{
    g_autoptr(GError) error = NULL;
    int64_t due = LOG_MOVE * (db->bulk ? LOG_BULK : 1);
    int     mode = db->log_pages >= MAX(LOG_PRESS, due) ? SQLITE_CHECKPOINT_RESTART
                                                        : SQLITE_CHECKPOINT_PASSIVE;

    if (db->log_pages < MAX(due, db->log_next_try))
        return;

    db->log_next_try = db->log_pages + LOG_PATIENCE;
    if (!move_log(db, mode, &error))
        g_assert(error != NULL);
}

/* ---- the thread ---- */

static void
run_batch(SqliteDb *db, Job **jobs, size_t n_jobs)
{
    while (n_jobs > 0) {
        size_t length = batch_shared(jobs, n_jobs);

        if (jobs[0]->kind == JOB_CHECKPOINT) {
            GError *error = NULL;

            (void)!move_log(db, SQLITE_CHECKPOINT_TRUNCATE, &error);
            batch_finish(&db->base, jobs[0], error);
        } else {
            batch_run(&db->base, db, run_transaction, jobs, length, 0);
        }
        jobs += length;
        n_jobs -= length;
    }
}

static void *
write_until_closed(void *data)
{
    SqliteDb *db = data;
    void     *jobs[BATCH];
    size_t    n_jobs;

    while ((n_jobs = queue_pop_all(db->base.queue, jobs, BATCH)) > 0) {
        run_batch(db, (Job **)jobs, n_jobs);
        move_log_if_due(db);
    }

    /* Nobody reads any more; when it fails all the same, the next start does it. */
    g_autoptr(GError) error = NULL;
    (void)!move_log(db, SQLITE_CHECKPOINT_TRUNCATE, &error);
    return NULL;
}

void
db_sqlite_writer_start(SqliteDb *db)
{
    sqlite3_wal_hook(db->writer.handle, count_log, db);
    db->thread = thread_start("db-writer", 0, write_until_closed, db);
    db->started = true;
}

void
db_sqlite_writer_stop(SqliteDb *db)
{
    queue_close(db->base.queue);
    thread_join(db->thread);
}

bool
db_sqlite_checkpoint(Db *db, GError **error)
{
    /* Each try waits a little for readers; between two of them other plans are written. No reader
     * that was there at first is there at the end. */
    int64_t deadline = clock_monotonic() + db->pool.lease + CHECKPOINT_EXTRA;
    while (true) {
        g_autoptr(GError) busy = NULL;

        if (batch_wait(db, JOB_CHECKPOINT, NULL, 0, &busy))
            return true;
        if (error_code(busy) != APP_ERROR_BUSY || clock_monotonic() > deadline) {
            g_propagate_error(error, g_steal_pointer(&busy));
            return false;
        }
    }
}
