/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: what a write plan is made of. */
#pragma once

#include "db/db.h"

typedef struct {
    const DbQuery *query;
    const DbValue *params; /* texts and bytes are the plan's own copies */
    size_t         n_params;
    bool           one; /* exactly one row must change */
} PlanStep;

struct WritePlan {
    Arena    *mem;
    PlanStep *steps;
    size_t    n_steps, room;
    bool      counted; /* one of the steps is */
    PlanStep  witness; /* query NULL: none */
};
