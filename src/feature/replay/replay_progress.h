/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: how far a run is. On a terminal one line that is drawn again, with a bar, the rate
 * and the time that is left; otherwise a plain line every few seconds. */
#pragma once

#include "feature/replay/replay_count.h"

typedef struct ReplayProgress ReplayProgress;

ReplayProgress               *replay_progress_new(FILE *out, const char *lang, bool terminal);
void                          replay_progress_free(ReplayProgress *progress);

/* How many steps there are; the time runs from here on. */
void replay_progress_begin(ReplayProgress *progress, int64_t steps);
/* False when nobody reads any more what is printed. */
bool replay_progress_show(ReplayProgress *progress, int64_t done);
void replay_progress_report(ReplayProgress *progress, ReplayCount *count);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplayProgress, replay_progress_free)
