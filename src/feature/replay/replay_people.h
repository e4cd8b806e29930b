/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invented people in whose name histories are replayed: a fixed thousand, each registered when it is
 * needed and found again at each run. */
#pragma once

#include "core/system.h"

typedef struct ReplayPeople ReplayPeople;

ReplayPeople               *replay_people_new(System *sys);
void                        replay_people_free(ReplayPeople *people);
/* The person of a row's id, the same at each run. */
bool
replay_people_of(ReplayPeople *people, const char *id, int64_t *person_id, GError **error) MUST_USE;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplayPeople, replay_people_free)
