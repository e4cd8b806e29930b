/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An open store with everything that use-cases reach: lock, files, vault, reference data, clock. The
 * server is one, and so is a subcommand that runs while no server does. */
#pragma once

#include "app/config.h"
#include "core/system.h"
#include "feature/feature.h"

typedef struct Instance Instance;

/* Fault tests. */
typedef struct {
    const char *fail_in; /* "case", "vault"; NULL: nothing is made to fail */
    int64_t fail_at; /* the Nth call to that file's engine after the start; 0: none, only count */
    const char *vfs; /* see DbOptions */
    bool        unsafe_sync;
} InstanceFaults;

/* Lock the directory, migrate, open. CONFLICT: a server has it; INVALID: says what to do. */
Instance *
instance_open(const Config *config, const InstanceFaults *faults, GError **error) MUST_USE;
/* Of a process whose instance could not be opened: 75 (sysexits' EX_TEMPFAIL) when that may be
 * better the next time, else 1. */
int     instance_exit_status(const GError *error);
void    instance_close(Instance *instance);
System *instance_system(Instance *instance);
/* How many migrations were applied when it was opened. */
int instance_migrated(const Instance *instance);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Instance, instance_close)
