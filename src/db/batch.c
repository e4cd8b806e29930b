/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: a waiter is woken after the commit that made its plan durable and never
 * before, and a plan that fails leaves nothing and costs no other plan its success. */
#include "db/batch.h"

#include "base/clock.h"

/* The job is gone as soon as it is done. */
void
batch_finish(Db *db, Job *job, GError *error)
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
        batch_finish(db, jobs[i], error == NULL ? NULL : g_error_copy(error));
}

size_t
batch_shared(Job *const *jobs, size_t n_jobs)
{
    size_t length = 1;

    if (jobs[0]->kind == JOB_PLAN)
        while (length < n_jobs && jobs[length]->kind == JOB_PLAN)
            length++;
    return length;
}

/* When a plan fails, those before it run again without it (they did succeed, in this order), it
 * gets its error, and those behind it go on: no plan pays for another's failure with more than a
 * second run, and their order stays. A full disk is everybody's refusal. */
void
batch_run(Db *db, void *writer, BatchRun run, Job *const *jobs, size_t n_jobs)
{
    while (n_jobs > 0) {
        g_autoptr(GError) error = NULL;
        size_t failed = n_jobs;

        if (run(writer, jobs, n_jobs, &failed, &error)) {
            atomic_fetch_add(&db->tally.batches, 1);
            finish_all(db, jobs, n_jobs, NULL);
            return;
        }
        atomic_fetch_add(&db->tally.rolled_back, 1);
        if (failed == n_jobs || error_code(error) == APP_ERROR_BUSY) {
            finish_all(db, jobs, n_jobs, error);
            return;
        }

        batch_run(db, writer, run, jobs, failed);
        batch_finish(db, jobs[failed], g_steal_pointer(&error));
        jobs += failed + 1;
        n_jobs -= failed + 1;
    }
}

bool
batch_wait(Db *db, JobKind kind, const WritePlan *const *plans, size_t n_plans, GError **error)
{
    Job job = { .kind = kind, .plans = plans, .n_plans = n_plans, .queued_at = clock_monotonic() };

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
