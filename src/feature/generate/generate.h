/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Makes a large, realistic store for trials: requests and everything that becomes of them, drawn from a
 * seed and lodged through the same commands as people's (docs/generate.md). Only into a trial's store
 * that no server has. A run that was stopped continues when it is called again with the same words. */
#pragma once

#include "core/system.h"

#include <stdio.h>

typedef struct {
    int64_t     requests; /* at least 1 */
    uint64_t    seed;
    const char *data; /* the folder of the reference data: texts are drawn from it */
    const char *lang; /* of progress and report */
    bool        terminal;
    FILE       *out;
} GenerateOptions;

/* Prints progress and the report. INVALID (not a trial's store; no reference data; no texts), NOT_FOUND
 * (no such folder), BUSY (also when `out` is closed), INTERNAL. */
bool generate_run(System *sys, const GenerateOptions *options, GError **error) MUST_USE;

extern const DbQuery *const generate_queries[];
