/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each kind of event becomes one step with the words of "follow.step.KIND". What must stay true: the
 * answer itself is shown above the history, so that the step of closing only names its outcome. */
#include "feature/follow/follow_steps.h"

#include "messages.h"
#include "view/i18n.h"

#include <string.h>

static bool
is_kind(const PetitionEvent *event, const char *kind)
{
    return strcmp(event->kind, kind) == 0;
}

static int
title_of(const PetitionEvent *event)
{
    int title = i18n_find_in("follow.step.", event->kind);

    return title != 0 ? title : MSG_FOLLOW_STEP_OTHER;
}

static int
code_message(const char *prefix, const char *code)
{
    return code == NULL ? 0 : i18n_find_in(prefix, code);
}

/* What the step decided, in words of the catalogue. */
static int
note_of(const PetitionFile *file, const PetitionEvent *event)
{
    if (is_kind(event, "submit"))
        return event->on_behalf == NULL ? 0 : code_message("channel.", file->petition.channel);
    if (is_kind(event, "return"))
        return code_message("ground.", event->ground);
    if (is_kind(event, "close"))
        return code_message("outcome.", event->outcome);
    if (is_kind(event, "rate"))
        return code_message("follow.solved.", event->solved);
    return is_kind(event, "withdraw") ? code_message("choice.why.", event->why) : 0;
}

/* Who had it when this was done. */
static const char *
place_of(System *sys, const PetitionEvent *event, const char *lang)
{
    const Reference *ref = system_reference(sys);
    int64_t          entity = is_kind(event, "return") ? event->entity_from : event->entity_to;
    const char      *name;

    if (is_kind(event, "consult") || is_kind(event, "consult_answer"))
        name = reference_label(ref, "directorate.name", event->directorate_id, lang);
    else if (is_kind(event, "rate") || is_kind(event, "withdraw") ||
             is_kind(event, "add_information"))
        return NULL;
    else
        name = reference_label(ref, "entity.name", entity, lang);
    return name[0] == '\0' ? NULL : name;
}

static FollowStep
step_of(System *sys, const PetitionFile *file, const PetitionEvent *event, const char *lang)
{
    bool sets_date = is_kind(event, "accept") || is_kind(event, "set_period");

    return (FollowStep){ .title = title_of(event),
                         .note = note_of(file, event),
                         .at = event->at,
                         .detail = event->on_behalf != NULL && !is_kind(event, "submit")
                                       ? MSG_FOLLOW_STEP_BY_DESK
                                       : 0,
                         .due = sets_date ? event->due_at : 0,
                         .place = place_of(sys, event, lang),
                         .said = is_kind(event, "close") ? NULL : event->text,
                         .stars = event->stars };
}

static int
todo_of(const FollowStatus *status)
{
    if (status->held)
        return MSG_FOLLOW_TODO_VERIFY;
    if (status->frozen)
        return MSG_FOLLOW_TODO_PROVE;
    if (status->received)
        return MSG_FOLLOW_TODO_ROUTE;
    if (status->with_entity)
        return MSG_FOLLOW_TODO_ACCEPT;
    if (status->needs_you)
        return MSG_FOLLOW_TODO_YOU;
    return status->under_review ? MSG_FOLLOW_TODO_DECISION : MSG_FOLLOW_TODO_ANSWER;
}

FollowTimeline
follow_steps_of(System *sys, Arena *mem, const PetitionFile *file, const FollowStatus *status,
                const char *lang)
{
    FollowStep *steps = ARENA_ARRAY(mem, FollowStep, file->n_events + 1);
    size_t      n = 0;

    if (status->open && status->due != 0)
        steps[n++] =
            (FollowStep){ .todo = true,
                          .title = todo_of(status),
                          .at = status->due,
                          .place = status->needs_you || status->frozen ? NULL : status->entity };
    for (size_t i = file->n_events; i > 0; i--) {
        steps[n] = step_of(sys, file, &file->events[i - 1], lang);
        steps[n++].now = i == file->n_events && status->open;
    }
    return (FollowTimeline){ steps, n };
}

const PetitionEvent *
follow_steps_answer(const PetitionFile *file)
{
    const PetitionEvent *answer = NULL;

    for (size_t i = 0; i < file->n_events; i++)
        if (is_kind(&file->events[i], "close"))
            answer = &file->events[i];
    return strcmp(file->petition.state, "closed") == 0 ? answer : NULL;
}
