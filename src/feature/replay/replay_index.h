/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: the file's rows in order of time. Reading once tells which rows are none; what
 * is kept of the others is twenty-four bytes, and their words are read again when their time comes. */
#pragma once

#include "feature/replay/replay_count.h"
#include "feature/replay/replay_item.h"

typedef struct ReplayIndex ReplayIndex;

typedef struct {
    System             *sys;
    const char         *path;
    const ReplayFormat *format; /* NULL: by the header line */
    int64_t             most;   /* rows to read; 0: all */
    AppTime             now;
} ReplaySource;

/* Counts the rows and what is refused of them. NOT_FOUND, INVALID (no such file, a header of no known
 * format), INTERNAL. */
ReplayIndex      *
replay_index_new(const ReplaySource *source, ReplayCount *count, GError **error) MUST_USE;
void replay_index_free(ReplayIndex *index);

const ReplayFormat *replay_index_format(const ReplayIndex *index);
/* Requests and acts that will be tried. */
int64_t replay_index_steps(const ReplayIndex *index);

/* The next requests in order of time, as many as fit into some megabytes, with their words in `mem`.
 * None: all were given. `until`: when the first one after them was lodged, INT64_MAX behind the last. */
bool replay_index_next(ReplayIndex *index, Arena *mem, ReplayItem **items, size_t *n,
                       AppTime *until, GError **error) MUST_USE;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplayIndex, replay_index_free)
