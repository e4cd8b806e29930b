/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: those who wait for a plan to be durable, and how a batch of them is run when one
 * fails. The same on both engines. */
#pragma once

#include "db/engine.h"

typedef enum {
    JOB_PLAN,      /* may share its commit */
    JOB_TOGETHER,  /* many plans, a commit of their own */
    JOB_CHECKPOINT /* SQLite: cut the log */
} JobKind;

/* Lies on the stack of the thread that waits for it. */
typedef struct {
    JobKind                 kind;
    const WritePlan *const *plans;
    size_t                  n_plans;
    int64_t                 queued_at; /* by clock_monotonic */
    GError                 *error;
    Latch                   done;
} Job;

/* Queue the job and come back when a writer has finished it. BUSY: too many wait. */
bool batch_wait(Db *db, JobKind kind, const WritePlan *const *plans, size_t n_plans,
                GError **error) MUST_USE;

/* Wake the waiter; the job is gone then. Takes the error; NULL: it is durable. */
void batch_finish(Db *db, Job *job, GError *error);

/* How many jobs at the front may share a commit; at least one. */
size_t batch_shared(Job *const *jobs, size_t n_jobs);

typedef enum {
    BATCH_DONE,  /* durable */
    BATCH_ONE,   /* the plan of job `failed` failed */
    BATCH_ALL,   /* refused, and it was no plan's fault */
    BATCH_AGAIN, /* the server is gone: once more, for those whose patience lasts */
} BatchOutcome;

/* Run all jobs in one transaction. Unless it is done, nothing is kept and `error` is set. */
typedef BatchOutcome (*BatchRun)(void *writer, Job *const *jobs, size_t n_jobs, size_t *failed,
                                 GError **error);

/* Run until every job is finished; their order in the array is lost. `patience`: how long since it
 * was queued a job may be run again. */
void batch_run(Db *db, void *writer, BatchRun run, Job **jobs, size_t n_jobs, int64_t patience);
/* Finish those whose patience has ended with a copy of `error`; how many are left, in order. */
size_t batch_expire(Db *db, Job **jobs, size_t n_jobs, int64_t patience, const GError *error);
