/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what was done, and what was refused by reason, each with its first line. */
#pragma once

#include "core/command.h"

#include <stdio.h>

typedef struct {
    int64_t rows;           /* of the file, also broken ones */
    int64_t requests, acts; /* added by this run */
    int64_t known;          /* requests and acts that were there already */
    int64_t refused;
} ReplayTotals;

typedef struct ReplayCount ReplayCount;

ReplayCount               *replay_count_new(System *sys, const char *lang);
void                       replay_count_free(ReplayCount *count);

ReplayTotals              *replay_count_totals(ReplayCount *count);
/* A message of the catalogue without arguments. */
void replay_count_refused(ReplayCount *count, int message, int64_t line);
/* What a command said; the first case's arguments stand for all of its reason. */
void replay_count_failure(ReplayCount *count, const CommandOutcome *outcome, const GError *failure,
                          int64_t line);
/* A line for each reason, the most frequent first. */
void replay_count_print(const ReplayCount *count, FILE *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplayCount, replay_count_free)
