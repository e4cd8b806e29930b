/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The history of a petition as its requester reads it, newest first, with the date that is still to
 * come on top. Shown by follow/timeline. */
#pragma once

#include "feature/follow/follow_status.h"

typedef struct FollowStep {
    bool        now, todo;
    int         title, note, detail; /* messages; note and detail 0: none */
    AppTime     at, due;             /* due 0: this step set no date */
    const char *place;               /* where it then was, or NULL */
    const char *said;                /* what somebody wrote, or NULL */
    int64_t     stars;               /* of a rating; 0: none */
} FollowStep;

typedef struct FollowTimeline {
    const FollowStep *steps;
    size_t            n_steps;
} FollowTimeline;

/* From a file that was read as its requester's own. Texts borrowed from the file; the rest in `mem`. */
FollowTimeline follow_steps_of(System *sys, Arena *mem, const PetitionFile *file,
                               const FollowStatus *status, const char *lang);
/* The answer: the event that closed it, NULL while there is none. */
const PetitionEvent *follow_steps_answer(const PetitionFile *file);
