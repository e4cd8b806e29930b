/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One table from the public status to its looks. What must stay true: a status never stands alone, its
 * sentence says who has the request, since when, and until when. */
#include "feature/follow/follow_status.h"

#include "messages.h"
#include "view/i18n.h"

#include <string.h>

#define REST_DAYS 14 /* to rate, from closing on, where the row has no date of its own */

typedef struct {
    const char *code, *tone, *symbol;
    int         badge;
} Look;

static const Look looks[] = {
    { "received", "tone-info", "info", MSG_STATUS_RECEIVED_BADGE },
    { "with_entity", "tone-info", "entity", MSG_STATUS_WITH_ENTITY_BADGE },
    { "in_progress", "tone-progress", "clock", MSG_STATUS_IN_PROGRESS_BADGE },
    { "needs_you", "tone-attention", "bell", MSG_STATUS_NEEDS_YOU_BADGE },
    { "answered", "tone-done", "check", MSG_STATUS_ANSWERED_BADGE },
    { "under_review", "tone-progress", "search", MSG_STATUS_UNDER_REVIEW_BADGE },
    { "finished", "tone-none", "flag", MSG_STATUS_FINISHED_BADGE },
};

static const Look *
look_of(const char *code)
{
    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        if (strcmp(looks[i].code, code) == 0)
            return &looks[i];
    return &looks[G_N_ELEMENTS(looks) - 1];
}

static void
set_flag(FollowStatus *status, const Petition *petition, const char *code)
{
    status->frozen = petition->frozen && petition->closed_at == 0;
    status->held = !petition->frozen && petition->identity_at != 0 && petition->closed_at == 0;
    status->received = strcmp(code, "received") == 0 && !status->held;
    status->with_entity = strcmp(code, "with_entity") == 0;
    status->in_progress = strcmp(code, "in_progress") == 0;
    status->needs_you = strcmp(code, "needs_you") == 0 && !status->frozen;
    status->answered = strcmp(code, "answered") == 0;
    status->under_review = strcmp(code, "under_review") == 0;
    status->finished = strcmp(code, "finished") == 0;
}

static const char *
holder_name(System *sys, const Petition *petition, const char *lang)
{
    const char *name =
        reference_label(system_reference(sys), "entity.name", petition->entity_id, lang);

    return name[0] != '\0' ? name : i18n_text(i18n_words(lang), MSG_FOLLOW_UNIT);
}

static int
outcome_of(const Petition *petition)
{
    if (strcmp(petition->state, "withdrawn") == 0)
        return MSG_STATE_WITHDRAWN;
    return petition->outcome == NULL ? 0 : i18n_find_in("outcome.", petition->outcome);
}

/* The requester's time to rate when it is answered, else the date of who has the request. */
static AppTime
due_of(const Petition *petition)
{
    if (petition->due_at == 0 && petition->closed_at != 0)
        return petition->closed_at + REST_DAYS * DAYS;
    return petition->due_at;
}

FollowStatus
follow_status_of(System *sys, const Petition *petition, const char *lang, AppTime now)
{
    const Look  *look = look_of(petition_public_status(petition, now));
    FollowStatus status = { .tone = look->tone,
                            .symbol = look->symbol,
                            .badge = look->badge,
                            .outcome = outcome_of(petition),
                            .number = petition->number,
                            .entity = holder_name(sys, petition, lang),
                            .due = due_of(petition),
                            .since = petition->assigned_at,
                            .ended = petition->closed_at };

    set_flag(&status, petition, look->code);
    status.open = petition->closed_at == 0;
    status.left = status.due == 0 ? 0 : status.due - now;
    status.late = status.open && status.left < 0 && !status.needs_you && !status.frozen;
    if (status.late) {
        status.tone = "tone-late";
        status.symbol = "late";
    }
    return status;
}
