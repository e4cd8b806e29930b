/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the public hears of a petition's state: one of the seven statuses with the dates that are the
 * requester's rights. Shown by follow/badge and follow/sentence; the telephone desk reads it out. */
#pragma once

#include "feature/petition/petition.h"

typedef struct FollowStatus {
    bool received, held, with_entity, in_progress, needs_you, frozen, answered, under_review,
        finished;           /* one: held is received, frozen needs_you, for the identity's sake */
    bool        open, late; /* late: somebody else than the requester let the date pass */
    const char *tone, *symbol;
    int         badge, outcome; /* messages; outcome 0: none */
    const char *entity;         /* who has it: the unit where there is no entity */
    int64_t     number, left;   /* microseconds until `due`, negative when it is past */
    AppTime     since, due, ended;
} FollowStatus;

/* Texts in the language `lang`; they live as long as the reference data. */
FollowStatus follow_status_of(System *sys, const Petition *petition, const char *lang, AppTime now);
