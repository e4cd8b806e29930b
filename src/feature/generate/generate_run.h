/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what the lanes of a run share. */
#pragma once

#include "base/thread.h"
#include "feature/generate/generate.h"
#include "feature/generate/generate_plan.h"

#include <stdatomic.h>

typedef struct {
    System              *sys;
    uint64_t             seed;
    int64_t              requests, blocks;
    const char          *lang;
    const GenerateTexts *texts;
    const GeneratePlan  *plan;
    int64_t              skipped; /* requests of blocks that an earlier run has finished */
    int64_t         *persons; /* ids, by their place; 0: not met in this run. Each is one lane's */
    Who              agent, counter, unit;

    _Atomic(int64_t) kinds[GENERATE_KINDS], known, refused;
    atomic_bool      stopped; /* lanes end after their commit */
    Lock             lock;
    char            *reason; /* of the first refusal, under `lock` */
} GenerateRun;

/* The command of a request's step, the same in every run with this seed and number of requests. Ids of
 * what is at nearly the same time lie side by side, as those of people's commands do. */
Bytes
generate_command_id(const GenerateRun *run, Arena *mem, AppTime at, int64_t index, size_t step);
