/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invented people in whose name histories are replayed: a fixed hundred, found again at each run. */
#pragma once

#include "core/system.h"

typedef struct ReplayPeople ReplayPeople;

ReplayPeople               *replay_people_new(System *sys, GError **error) MUST_USE;
void                        replay_people_free(ReplayPeople *people);
/* The next one, round and round. */
int64_t replay_people_next(ReplayPeople *people);
