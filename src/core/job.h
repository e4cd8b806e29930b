/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Background work: rows claimed with a lease, run by any node, idempotent; the clock is passed in. */
#pragma once

#include "core/system.h"

typedef struct {
    const char *name;
    int64_t     every; /* microseconds */
    /* `more` true: run again at once. Errors are logged by the runner and tried again. */
    bool (*run)(System *sys, Arena *mem, AppTime now, bool *more, GError **error);
} JobSpec;

typedef struct JobRunner JobRunner;

/* NULL-terminated list of lists that end in {NULL}. Starts one thread. */
JobRunner *job_start(System *sys, const JobSpec *const *jobs);
/* Look again now: something was written that a job waits for. Thread-safe, cheap. */
void job_wake(JobRunner *runner);
void job_stop(JobRunner *runner);
/* For tests and subcommands: run every job that nobody else runs at least once, whatever the table
 * says, and again until none has more to do or writes anything. */
bool job_run_until_idle(System *sys, const JobSpec *const *jobs, GError **error) MUST_USE;

extern const DbQuery *const job_queries[];
extern const DbTable        job_tables[];
