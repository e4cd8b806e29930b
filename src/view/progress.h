/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How far a long subcommand is. On a terminal one line that is drawn again, with a bar, the rate and the
 * time that is left; otherwise a plain line every few seconds. */
#pragma once

#include "view/i18n.h"

#include <stdio.h>

typedef struct Progress Progress;

Progress               *progress_new(FILE *out, const char *lang, bool terminal);
void                    progress_free(Progress *progress);

/* How many steps there are (0: not known, and nothing is shown); the time runs from here on. */
void progress_begin(Progress *progress, int64_t steps);
/* False when nobody reads any more what is printed. */
bool progress_show(Progress *progress, int64_t done);
/* Take the line away, so that something else can be printed. */
void progress_end(Progress *progress);
/* Microseconds since it began. */
int64_t progress_taken(const Progress *progress);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)
