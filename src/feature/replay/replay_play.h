/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: one time line of all requests and acts, played in commits of many. */
#pragma once

#include "feature/replay/replay_count.h"
#include "feature/replay/replay_item.h"
#include "feature/replay/replay_progress.h"

typedef struct ReplayPlay ReplayPlay;

typedef struct {
    System             *sys;
    const ReplayFormat *format;
    ReplayCount        *count;
    ReplayProgress     *progress;
} ReplayStage;

ReplayPlay *replay_play_new(const ReplayStage *stage);
void        replay_play_free(ReplayPlay *play);

/* These requests, in order of time, and every act up to `until`. Acts that come later wait for the next
 * call. BUSY, INTERNAL: what was committed stays, and a new run continues. */
bool replay_play_until(ReplayPlay *play, const ReplayItem *items, size_t n, AppTime until,
                       GError **error) MUST_USE;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplayPlay, replay_play_free)
