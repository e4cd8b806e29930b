/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Feeding histories of requests through the same commands, with their original times (docs/replay.md).
 * A row is known by its own key: a run that was interrupted, or a newer export of the same history,
 * adds what is not there yet. */
#pragma once

#include "core/system.h"

#include <stdio.h>

typedef struct {
    const char *path;     /* CSV, also .gz */
    const char *format;   /* a name of replay_format_names; NULL: by the header line */
    const char *lang;     /* of progress and report */
    bool        terminal; /* a bar that is drawn again, else plain lines */
    int64_t     most;     /* rows of the file; 0: all */
    FILE       *out;
} ReplayOptions;

/* Prints progress and the report. INVALID (not a trial's store; no known format), NOT_FOUND (no such
 * file), BUSY (also when `out` is closed), INTERNAL. */
bool replay_run(System *sys, const ReplayOptions *options, GError **error) MUST_USE;
/* Every format's name, with ", " between. */
char *replay_format_names(Arena *mem);
