/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: how far a run is, and what it has done. */
#pragma once

#include "feature/generate/generate_run.h"

typedef struct {
    FILE   *out;
    bool    terminal;
    int64_t begun, shown, shown_requests; /* the rate is that since the last line */
} GenerateProgress;

GenerateProgress generate_progress_begin(const GenerateOptions *options);
/* When it is time. False when nobody reads any more what is printed. */
bool generate_progress_show(GenerateProgress *progress, GenerateRun *run);
void generate_progress_report(GenerateProgress *progress, GenerateRun *run);
