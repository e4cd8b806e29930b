/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Feeding histories of requests through the same commands, with their original times. */
#pragma once

#include "core/system.h"

#include <stdio.h>

/* Formats: "nyc" (created, closed, agency, type), "reviews" (texts with a label), "demo"; NULL: by the
 * header line. Prints progress, then the rate and what was refused by reason. */
bool
replay_run(System *sys, const char *path, const char *format, FILE *out, GError **error) MUST_USE;
