/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: are the counts those of the events? For each day the number of events, and a sum of
 * a hash over what they are counted by, so that memory is that of the days. The service of an act is not
 * in clear once a petition was sent on, and is left out. */
#pragma once

#include "core/aggregate.h"
#include "feature/check/check_report.h"

typedef struct CheckCount CheckCount;

CheckCount               *check_count_new(System *sys);
void                      check_count_free(CheckCount *count);

/* An event of a petition that was seen in the walk. `key` without the day. */
void check_count_event(CheckCount *count, int64_t event_id, AppTime at, const AggregateKey *key);
/* Compare. What was written since the walk is counted in the same snapshot as the counts. */
bool check_count_compare(CheckCount *count, CheckReport *report, GError **error) MUST_USE;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CheckCount, check_count_free)
