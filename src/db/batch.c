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

/* Before anybody is woken. */
static void
count_changes(Db *db, Job *const *jobs, size_t n_jobs)
{
    int64_t n = 0;

    for (size_t i = 0; i < n_jobs; i++)
        for (size_t j = 0; j < jobs[i]->n_plans; j++)
            n += jobs[i]->plans[j]->counted;
    if (n > 0)
        atomic_fetch_add(&db->tally.changes, n);
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

size_t
batch_expire(Db *db, Job **jobs, size_t n_jobs, int64_t patience, const GError *error)
{
    int64_t now = clock_monotonic();
    size_t  kept = 0;

    for (size_t i = 0; i < n_jobs; i++) {
        if (now - jobs[i]->queued_at >= patience)
            batch_finish(db, jobs[i], g_error_copy(error));
        else
            jobs[kept++] = jobs[i];
    }
    return kept;
}

/* When a plan fails, those before it run again without it (they did succeed, in this order), it
 * gets its error, and those behind it go on: no plan pays for another's failure with more than a
 * second run, and their order stays. A full disk is everybody's refusal. */
void
batch_run(Db *db, void *writer, BatchRun run, Job **jobs, size_t n_jobs, int64_t patience)
{
    while (n_jobs > 0) {
        g_autoptr(GError) error = NULL;
        size_t       failed = n_jobs;
        BatchOutcome outcome = run(writer, jobs, n_jobs, &failed, &error);

        if (outcome == BATCH_DONE) {
            count_changes(db, jobs, n_jobs);
            atomic_fetch_add(&db->tally.batches, 1);
        } else {
            atomic_fetch_add(&db->tally.rolled_back, 1);
        }

        if (outcome == BATCH_ONE && error_code(error) != APP_ERROR_BUSY) {
            batch_run(db, writer, run, jobs, failed, patience);
            batch_finish(db, jobs[failed], g_steal_pointer(&error));
            jobs += failed + 1;
            n_jobs -= failed + 1;
        } else if (outcome == BATCH_AGAIN) {
            n_jobs = batch_expire(db, jobs, n_jobs, patience, error);
        } else {
            finish_all(db, jobs, n_jobs, error);
            return;
        }
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
