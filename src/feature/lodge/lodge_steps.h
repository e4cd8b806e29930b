/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which questions a type asks, in which order, and which is next. Pure. */
#pragma once

#include "feature/lodge/lodge.h"

typedef enum {
    STEP_TYPE,
    STEP_IDENTITY,
    STEP_ENTITY,
    STEP_ABOUT,
    STEP_TEXT,
    STEP_FIELDS,
    STEP_PLACE,
    STEP_FILES,
    STEP_CONTACT,
    STEP_CHECK,
    STEP_COUNT,
} LodgeStep;

/* "type", …: the last part of the page's path. */
const char *lodge_step_name(LodgeStep step);
/* Is the question asked for this draft? `has_fields`: the chosen service asks something. */
bool lodge_step_asked(const LodgeDraft *draft, LodgeStep step, bool has_fields);
/* Has it been answered? */
bool lodge_step_done(const LodgeDraft *draft, LodgeStep step);
/* The first question that is asked and not answered; CHECK when all are. */
LodgeStep lodge_step_first_open(const LodgeDraft *draft, bool has_fields);
/* The question before `step` that is asked; TYPE for the first. */
LodgeStep lodge_step_before(const LodgeDraft *draft, LodgeStep step, bool has_fields);
/* "Question `place` of `all`"; all 0: not known yet, for the service may ask something. */
void lodge_step_count(const LodgeDraft *draft, LodgeStep step, bool has_fields, int64_t *place,
                      int64_t *all);
