/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rate limits over all nodes of a store. One process counts in memory. On PostgreSQL a limit that is
 * `exact` takes each token from the table that all have in common. Of the others a node tells, once a
 * second, what it gave to those who took more than a quarter of a burst, and hears what the others gave:
 * who asks n nodes within that second gets n bursts at most, once, and owes what was too much. */
#pragma once

#include "core/job.h"
#include "core/limits.h"

typedef struct Rates Rates;

Rates               *rates_new(System *sys);
void                 rates_free(Rates *rates);
/* May whoever `who` stands for (a session, an address) go on? *wait: seconds until it may. */
bool rates_take(Rates *rates, Arena *mem, Limit limit, Bytes who, AppTime now, int64_t *wait,
                bool *granted, GError **error) MUST_USE;

/* Of every node; nothing to do where no gate has been made. */
extern const JobSpec rates_jobs[];
