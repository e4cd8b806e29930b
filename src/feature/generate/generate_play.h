/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: a block of requests with all of their acts, lodged in order of time. */
#pragma once

#include "feature/generate/generate_run.h"

typedef struct GeneratePlay GeneratePlay;

/* One for each thread. */
GeneratePlay *generate_play_new(GenerateRun *run);
void          generate_play_free(GeneratePlay *play);

/* What was there already is recognised; what a rule refuses is counted and ends its request's history.
 * BUSY, INTERNAL: what was committed stays. True also when the run was stopped in between. */
bool generate_play_block(GeneratePlay *play, int64_t block, GError **error) MUST_USE;

/* Is any of the block there, so that all blocks of the lane before it are? */
bool generate_play_is_begun(GenerateRun *run, int64_t block, bool *begun, GError **error) MUST_USE;
/* Only the first request, and when it was lodged: the period begins there. */
bool generate_play_first(GenerateRun *run, GError **error) MUST_USE;
bool generate_play_find_first(GenerateRun *run, AppTime *lodged_at, bool *found,
                              GError **error) MUST_USE;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GeneratePlay, generate_play_free)
