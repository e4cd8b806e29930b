/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A plan owns copies of everything that is added to it, in the arena it was made in: the writer
 * binds them without copying while the thread that made the plan waits. */
#include "db/plan.h"

#include <string.h>

enum { FIRST_ROOM = 8 };

WritePlan *
plan_new(Arena *mem)
{
    WritePlan *plan = ARENA_NEW(mem, WritePlan);

    plan->mem = mem;
    return plan;
}

static DbValue
copy_value(Arena *mem, DbValue value)
{
    if (value.type == DB_TYPE_TEXT)
        value.text = arena_copy(mem, value.text);
    else if (value.type == DB_TYPE_BYTES)
        value.bytes.data =
            memcpy(arena_alloc(mem, value.bytes.size + 1), value.bytes.data, value.bytes.size);
    return value;
}

static DbValue *
copy_params(Arena *mem, const DbValue *params, size_t n_params)
{
    DbValue *copies = ARENA_ARRAY(mem, DbValue, n_params);

    for (size_t i = 0; i < n_params; i++)
        copies[i] = copy_value(mem, params[i]);
    return copies;
}

static void
add_step(WritePlan *plan, const PlanStep *given)
{
    DbValue *params = copy_params(plan->mem, given->params, given->n_params);

    if (plan->n_steps == plan->room) {
        size_t    room = plan->room == 0 ? FIRST_ROOM : plan->room * 2;
        PlanStep *steps = ARENA_ARRAY(plan->mem, PlanStep, room);

        if (plan->n_steps > 0)
            memcpy(steps, plan->steps, plan->n_steps * sizeof *steps);
        plan->steps = steps;
        plan->room = room;
    }

    plan->counted = plan->counted || given->query->counted;
    plan->steps[plan->n_steps] = *given;
    plan->steps[plan->n_steps++].params = params;
}

void
plan_one(WritePlan *plan, const DbQuery *query, const DbValue *params, size_t n_params)
{
    add_step(plan, &(PlanStep){ query, params, n_params, true });
}

void
plan_any(WritePlan *plan, const DbQuery *query, const DbValue *params, size_t n_params)
{
    add_step(plan, &(PlanStep){ query, params, n_params, false });
}

void
plan_witness(WritePlan *plan, const DbQuery *query, const DbValue *params, size_t n_params)
{
    plan->witness = (PlanStep){ query, copy_params(plan->mem, params, n_params), n_params, true };
}

size_t
plan_length(const WritePlan *plan)
{
    return plan->n_steps;
}
