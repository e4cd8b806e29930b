/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Background work: rows claimed with a lease, run by any node, idempotent; the clock is passed in. */
#pragma once

#include "core/system.h"

typedef struct {
    const char *name;
    int64_t     every; /* microseconds */
    /* `again`, 0 when called: when to run again if that is before `every` is over; `now`: at once.
     * Errors are logged by the runner and tried again. */
    bool (*run)(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error);
    bool
        alone; /* waits for others (a gateway): has a thread of its own, so that no job waits for it */
    /* NULL, or: is there such work at all with this configuration? */
    bool (*wanted)(const System *sys);
    bool on_wake; /* works on what commands write: job_wake makes it due */
    bool each;    /* works on what this process holds in memory: every node runs it, no lease */
} JobSpec;

typedef struct JobRunner JobRunner;

/* NULL-terminated list of lists that end in {NULL}. Starts one thread, and one for each job that is
 * `alone`. */
JobRunner *job_start(System *sys, const JobSpec *const *jobs);
/* Run the jobs `on_wake` now, whatever the table says. Thread-safe, cheap; many wakes count as one. */
void job_wake(JobRunner *runner);
/* The same for those who run this System's jobs in this process; nobody may. */
void job_wake_for(System *sys);
/* Waits for what runs. */
void job_stop(JobRunner *runner);
/* Before job_start in the only process of a store: leases are those of a process that died. */
bool job_recover(System *sys, Arena *mem, GError **error) MUST_USE;
/* For tests and subcommands: run every job that nobody else runs at least once, whatever the table
 * says, and again until none has more to do or writes anything. */
bool job_run_until_idle(System *sys, const JobSpec *const *jobs, GError **error) MUST_USE;

extern const DbQuery *const job_queries[];
extern const DbTable        job_tables[];
