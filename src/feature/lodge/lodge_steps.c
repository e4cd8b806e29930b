/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/lodge/lodge_steps.h"

#include <string.h>

enum { INQUIRY = 1, PRAISE = 2, SUGGESTION = 4, COMPLAINT = 8, EVERY = 15 };

static const struct {
    const char *name;
    unsigned    types;
} steps[STEP_COUNT] = {
    [STEP_TYPE] = { "type", EVERY },
    [STEP_IDENTITY] = { "identity", SUGGESTION | COMPLAINT },
    [STEP_ENTITY] = { "entity", EVERY },
    [STEP_ABOUT] = { "about", COMPLAINT },
    [STEP_TEXT] = { "text", EVERY },
    [STEP_FIELDS] = { "fields", COMPLAINT | INQUIRY },
    [STEP_PLACE] = { "place", COMPLAINT | SUGGESTION },
    [STEP_FILES] = { "files", COMPLAINT | SUGGESTION },
    [STEP_CONTACT] = { "contact", COMPLAINT | SUGGESTION | INQUIRY },
    [STEP_CHECK] = { "check", EVERY },
};

static unsigned
bit_of(const char *type)
{
    static const char *const names[] = { "inquiry", "praise", "suggestion", "complaint" };

    for (size_t i = 0; type != NULL && i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], type) == 0)
            return 1u << i;
    return COMPLAINT; /* before the type is known the longest way is shown */
}

const char *
lodge_step_name(LodgeStep step)
{
    return steps[step].name;
}

bool
lodge_step_asked(const LodgeDraft *draft, LodgeStep step, bool has_fields)
{
    return (steps[step].types & bit_of(draft->type)) != 0 && (step != STEP_FIELDS || has_fields);
}

bool
lodge_step_done(const LodgeDraft *draft, LodgeStep step)
{
    switch (step) {
    case STEP_TYPE:
        return draft->type != NULL;
    case STEP_IDENTITY:
        return draft->identity_asked;
    case STEP_ENTITY:
        return draft->entity_id != 0 || draft->entity_unknown;
    case STEP_ABOUT:
        return draft->about != NULL;
    case STEP_TEXT:
        return draft->subject != NULL && draft->text != NULL;
    case STEP_FIELDS:
        return draft->answers != NULL;
    case STEP_PLACE:
        return draft->place_asked;
    case STEP_FILES:
        return draft->files_asked;
    case STEP_CONTACT:
        return draft->contact != NULL;
    case STEP_CHECK:
    case STEP_COUNT:
    default:
        return false;
    }
}

LodgeStep
lodge_step_first_open(const LodgeDraft *draft, bool has_fields)
{
    LodgeStep step = STEP_TYPE;

    while (step < STEP_CHECK &&
           (!lodge_step_asked(draft, step, has_fields) || lodge_step_done(draft, step)))
        step++;
    return step;
}

LodgeStep
lodge_step_before(const LodgeDraft *draft, LodgeStep step, bool has_fields)
{
    while (step > STEP_TYPE) {
        step--;
        if (lodge_step_asked(draft, step, has_fields))
            return step;
    }
    return STEP_TYPE;
}

void
lodge_step_count(const LodgeDraft *draft, LodgeStep step, bool has_fields, int64_t *place,
                 int64_t *all)
{
    bool known = draft->type != NULL && (!lodge_step_asked(draft, STEP_FIELDS, true) ||
                                         lodge_step_done(draft, STEP_ENTITY));

    *place = 0;
    *all = 0;
    for (LodgeStep at = STEP_TYPE; at < STEP_CHECK; at++) {
        if (!lodge_step_asked(draft, at, has_fields))
            continue;
        (*all)++;
        if (at <= step)
            (*place)++;
    }
    if (!known)
        *all = 0;
}
