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

/* Run all jobs in one transaction. `failed` is the index of the job whose plan failed, or n_jobs
 * when it was none's fault. Nothing is kept then. */
typedef bool (*BatchRun)(void *writer, Job *const *jobs, size_t n_jobs, size_t *failed,
                         GError **error);

/* Run until every job is finished. */
void batch_run(Db *db, void *writer, BatchRun run, Job *const *jobs, size_t n_jobs);
