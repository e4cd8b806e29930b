/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs jobs. What must stay true: a job runs only under its lease in the table, on however many nodes;
 * a node that dies gives it back when the lease ends. A wake makes the jobs due that work on what
 * commands write; the table's time stays their net, for what another node wrote. Jobs for `each` node
 * have no row: the process remembers when they are due. */
#include "core/job.h"

#include "base/log.h"
#include "base/thread.h"

#include <stdatomic.h>

#define LEASE MINUTES
#define LOOK_EVERY SECONDS         /* the clock may be moved */
#define RETRY_AFTER (10 * SECONDS) /* after an error, unless the job runs more often */
#define REST (SECONDS / 10)        /* between two passes of wakes, so that many count as one */

enum { IDLE_PASSES = 32 };

/* ---- statements ---- */

typedef struct {
    const char *name;
    int64_t     next_at, lease_until, runs;
} JobRow;

static const DbColumn row_columns[] = {
    DB_COLUMN(JobRow, name),
    DB_COLUMN(JobRow, next_at),
    DB_MAYBE(JobRow, lease_until),
    DB_COLUMN(JobRow, runs),
};

static const DbQuery find_job = {
    .sql = "SELECT name, next_at, lease_until, runs FROM job WHERE name = $1",
    DB_COLUMNS(JobRow, row_columns),
};

static const DbQuery insert_job = {
    .sql = "INSERT INTO job (name, next_at, runs) VALUES ($1, $2, 0) ON CONFLICT (name) DO NOTHING",
    .table = "job",
};

static const DbQuery claim_job = {
    .sql = "UPDATE job SET lease_until = $1, runs = runs + 1 WHERE name = $2 AND runs = $3",
    .table = "job",
};

static const DbQuery release_job = {
    .sql = "UPDATE job SET lease_until = NULL, next_at = $1 WHERE name = $2 AND runs = $3",
    .table = "job",
};

static const DbQuery recover_jobs = {
    .sql = "UPDATE job SET lease_until = NULL WHERE lease_until IS NOT NULL",
    .table = "job",
    .scans = true,
};

const DbQuery *const job_queries[] = { &find_job,    &insert_job,   &claim_job,
                                       &release_job, &recover_jobs, NULL };

const DbTable        job_tables[] = { { "job", DB_TABLE_MACHINERY }, { NULL, 0 } };

/* ---- one job ---- */

static bool
add_job(System *sys, Arena *mem, const char *name, GError **error)
{
    WritePlan *plan = plan_new(mem);

    plan_any(plan, &insert_job, DB_PARAMS(db_text(name), db_int(clock_now(sys->clock))));
    return db_apply(sys->db, plan, error);
}

static bool
read_job(System *sys, Arena *mem, const char *name, JobRow *row, bool *found, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL && db_maybe(tx, &find_job, DB_PARAMS(db_text(name)), row, found, error);
}

static bool
find_or_add_job(System *sys, Arena *mem, const char *name, JobRow *row, GError **error)
{
    bool found;

    if (!read_job(sys, mem, name, row, &found, error))
        return false;
    if (found)
        return true;

    return add_job(sys, mem, name, error) && read_job(sys, mem, name, row, &found, error) &&
           (found || fail(error, APP_ERROR_INTERNAL, "job %s is not there", name));
}

/* `runs` is who holds the lease: it is raised by each claim. */
static bool
claim_or_pass(System *sys, Arena *mem, JobRow *row, bool *claimed, GError **error)
{
    g_autoptr(GError) failure = NULL;
    WritePlan *plan = plan_new(mem);

    plan_one(
        plan, &claim_job,
        DB_PARAMS(db_int(clock_now(sys->clock) + LEASE), db_text(row->name), db_int(row->runs)));
    *claimed = db_apply(sys->db, plan, &failure);
    row->runs++;
    if (*claimed || error_code(failure) == APP_ERROR_RACE)
        return true;

    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static bool
release(System *sys, Arena *mem, const JobRow *row, AppTime next_at, GError **error)
{
    g_autoptr(GError) failure = NULL;
    WritePlan *plan = plan_new(mem);

    plan_one(plan, &release_job, DB_PARAMS(db_int(next_at), db_text(row->name), db_int(row->runs)));
    if (db_apply(sys->db, plan, &failure) || error_code(failure) == APP_ERROR_RACE)
        return true; /* it took longer than its lease, and another has it now */

    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* What became of one look at one job. */
typedef struct {
    bool    ran, more, wrote;
    AppTime next_at; /* by the table */
} JobLook;

static bool
run_job(System *sys, const JobSpec *job, JobLook *look, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t plans = db_stats(sys->db).plans;
    AppTime now = clock_now(sys->clock);
    AppTime again = 0;
    bool    succeeded = job->run(sys, mem, now, &again, error);

    look->ran = true;
    look->wrote = db_stats(sys->db).plans > plans;
    look->more = succeeded && again != 0 && again <= now;
    look->next_at = now + (succeeded ? job->every : MIN(job->every, RETRY_AFTER));
    if (succeeded && again != 0)
        look->next_at = CLAMP(again, now, look->next_at);
    return succeeded;
}

static bool
run_claimed(System *sys, const JobSpec *job, const JobRow *row, JobLook *look, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    GError *failure = NULL;
    bool    succeeded = run_job(sys, job, look, &failure);

    if (!release(sys, mem, row, look->next_at, succeeded ? error : NULL))
        succeeded = false;
    if (failure != NULL)
        g_propagate_error(error, failure);
    return succeeded;
}

/* Run the job when it is due (or `anyway`) and nobody has it; one for each node at once. */
static bool
look_at_job(System *sys, const JobSpec *job, bool anyway, JobLook *look, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    AppTime now = clock_now(sys->clock);
    JobRow  row;
    bool    claimed;

    *look = (JobLook){ .next_at = now + RETRY_AFTER };
    if (job->wanted != NULL && !job->wanted(sys))
        return true;
    if (job->each)
        return run_job(sys, job, look, error);
    if (!find_or_add_job(sys, mem, job->name, &row, error))
        return false;

    look->next_at = MAX(row.next_at, row.lease_until);
    if (row.lease_until > now || (row.next_at > now && !anyway))
        return true;
    if (!claim_or_pass(sys, mem, &row, &claimed, error))
        return false;
    return !claimed || run_claimed(sys, job, &row, look, error);
}

/* ---- for tests and subcommands ---- */

static bool
run_pass(System *sys, const JobSpec *const *jobs, bool *more, bool *wrote, GError **error)
{
    *more = *wrote = false;
    for (; *jobs != NULL; jobs++) {
        for (const JobSpec *job = *jobs; job->name != NULL; job++) {
            JobLook look;

            if (!look_at_job(sys, job, true, &look, error))
                return false;
            *more = *more || look.more;
            *wrote = *wrote || look.wrote;
        }
    }
    return true;
}

/* Each job runs once even when the table says later: it may have run at this very time before what it
 * works on was written. Then as long as one of them wrote, for that may be work for another. */
bool
job_run_until_idle(System *sys, const JobSpec *const *jobs, GError **error)
{
    bool more = true, wrote = true;

    for (int passes = 0; more || (wrote && passes < IDLE_PASSES); passes++)
        if (!run_pass(sys, jobs, &more, &wrote, error))
            return false;
    return true;
}

bool
job_recover(System *sys, Arena *mem, GError **error)
{
    WritePlan *plan = plan_new(mem);

    plan_any(plan, &recover_jobs, NULL, 0);
    return db_apply(sys->db, plan, error);
}

/* ---- the threads ---- */

enum { OWN_MOST = 8 };

/* When a job for each node is due here. */
typedef struct {
    const JobSpec *job;
    AppTime        next_at;
} OwnJob;

typedef struct {
    JobRunner     *runner;
    const JobSpec *only; /* NULL: all that are not alone */
    pthread_t      thread;
    bool           wakes; /* it has a job that is woken */
    bool           woken;
    OwnJob         own[OWN_MOST];
} JobThread;

struct JobRunner {
    System               *sys;
    const JobSpec *const *jobs;
    Lock                  lock; /* woken and stopped */
    Signal                signal;
    bool                  stopped;
    bool                  wakes; /* a thread of it does */
    size_t                n_threads;
    JobThread             threads[];
};

/* Until a job is due, or we are woken. False: stop. */
static bool
wait_for_work(JobThread *thread, int64_t microseconds, bool *woken)
{
    JobRunner *runner = thread->runner;
    int64_t    begun = clock_monotonic();

    lock_take(&runner->lock);
    while (!runner->stopped) {
        int64_t wait = thread->woken ? MIN(microseconds, REST) : microseconds;
        int64_t left = begun + wait - clock_monotonic();

        if (left <= 0)
            break;
        signal_wait_for(&runner->signal, &runner->lock, left);
    }
    *woken = thread->woken;
    thread->woken = false;
    bool stopped = runner->stopped;
    lock_leave(&runner->lock);

    return !stopped;
}

static bool
is_stopped(JobRunner *runner)
{
    lock_take(&runner->lock);
    bool stopped = runner->stopped;
    lock_leave(&runner->lock);
    return stopped;
}

static void
look_and_log(JobRunner *runner, const JobSpec *job, bool anyway, JobLook *look)
{
    g_autoptr(GError) failure = NULL;

    if (!look_at_job(runner->sys, job, anyway, look, &failure))
        log_warning("job.failed", LOG_CODE("job", job->name), LOG_CODE("error", failure->message));
}

/* Only this thread runs it, so that its place needs no lock. */
static OwnJob *
own_place(JobThread *thread, const JobSpec *job)
{
    for (size_t i = 0; i < OWN_MOST; i++) {
        if (thread->own[i].job == NULL)
            thread->own[i].job = job;
        if (thread->own[i].job == job)
            return &thread->own[i];
    }
    g_error("jobs: more than %d for each node", OWN_MOST);
}

static void
look_at_own(JobThread *thread, const JobSpec *job, bool anyway, JobLook *look)
{
    OwnJob *own = own_place(thread, job);
    AppTime now = clock_now(thread->runner->sys->clock);

    /* Not for ever, when the clock was put back. */
    own->next_at = MIN(own->next_at, now + job->every);
    if (own->next_at <= now || anyway) {
        look_and_log(thread->runner, job, anyway, look);
        own->next_at = look->next_at;
    }
    look->next_at = own->next_at;
}

static bool
is_wanted(const JobRunner *runner, const JobSpec *job)
{
    return job->wanted == NULL || job->wanted(runner->sys);
}

static bool
is_of(const JobThread *thread, const JobSpec *job)
{
    return (thread->only == NULL ? !job->alone : thread->only == job) &&
           is_wanted(thread->runner, job);
}

/* When the thread's next job is due; now when one has more to do. */
static AppTime
run_jobs(JobThread *thread, bool woken)
{
    JobRunner *runner = thread->runner;
    AppTime    next = INT64_MAX;

    for (const JobSpec *const *list = runner->jobs; *list != NULL; list++) {
        for (const JobSpec *job = *list; job->name != NULL && !is_stopped(runner); job++) {
            JobLook look;

            if (!is_of(thread, job))
                continue;
            if (job->each)
                look_at_own(thread, job, woken && job->on_wake, &look);
            else
                look_and_log(runner, job, woken && job->on_wake, &look);
            next = MIN(next, look.next_at);
        }
    }
    return next;
}

static void *
run_until_stopped(void *data)
{
    JobThread *thread = data;
    bool       woken = false;
    int64_t    wait = 0;

    while (wait_for_work(thread, wait, &woken)) {
        AppTime next = run_jobs(thread, woken);

        wait = CLAMP(next - clock_now(thread->runner->sys->clock), 0, LOOK_EVERY);
    }
    return NULL;
}

static size_t
count_alone(const JobSpec *const *jobs)
{
    size_t n = 0;

    for (; *jobs != NULL; jobs++)
        for (const JobSpec *job = *jobs; job->name != NULL; job++)
            n += job->alone;
    return n;
}

static bool
has_wakes(const JobThread *thread)
{
    for (const JobSpec *const *list = thread->runner->jobs; *list != NULL; list++)
        for (const JobSpec *job = *list; job->name != NULL; job++)
            if (job->on_wake && is_of(thread, job))
                return true;
    return false;
}

static void
begin_thread(JobRunner *runner, const JobSpec *only)
{
    JobThread *thread = &runner->threads[runner->n_threads++];

    *thread = (JobThread){ .runner = runner, .only = only };
    thread->wakes = has_wakes(thread);
    runner->wakes = runner->wakes || thread->wakes;
    thread->thread = thread_start("jobs", 0, run_until_stopped, thread);
}

JobRunner *
job_start(System *sys, const JobSpec *const *jobs)
{
    JobRunner *runner =
        g_malloc0(sizeof *runner + (1 + count_alone(jobs)) * sizeof runner->threads[0]);

    runner->sys = sys;
    runner->jobs = jobs;
    lock_init(&runner->lock);
    signal_init(&runner->signal);
    begin_thread(runner, NULL);
    for (; *jobs != NULL; jobs++)
        for (const JobSpec *job = *jobs; job->name != NULL; job++)
            if (job->alone && is_wanted(runner, job))
                begin_thread(runner, job);
    return runner;
}

/* Each submission comes here: nothing is locked when nobody is woken, nor signalled twice. */
void
job_wake(JobRunner *runner)
{
    bool news = false;

    if (!runner->wakes)
        return;

    lock_take(&runner->lock);
    for (size_t i = 0; i < runner->n_threads; i++) {
        JobThread *thread = &runner->threads[i];

        news = news || (thread->wakes && !thread->woken);
        thread->woken = thread->wakes;
    }
    if (news)
        signal_all(&runner->signal);
    lock_leave(&runner->lock);
}

void
job_wake_for(System *sys)
{
    JobRunner *runner = atomic_load_explicit(&sys->jobs, memory_order_acquire);

    if (runner != NULL)
        job_wake(runner);
}

void
job_stop(JobRunner *runner)
{
    if (runner == NULL)
        return;

    lock_take(&runner->lock);
    runner->stopped = true;
    signal_all(&runner->signal);
    lock_leave(&runner->lock);

    for (size_t i = 0; i < runner->n_threads; i++)
        thread_join(runner->threads[i].thread);
    signal_clear(&runner->signal);
    lock_clear(&runner->lock);
    g_free(runner);
}
