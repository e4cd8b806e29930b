/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ids are made by the program: 41 bits milliseconds since 2020 by the recording clock, 10 bits node,
 * 12 bits counter; time-ordered, never going back, no sequence in any database. */
#pragma once

#include "base/clock.h"

typedef struct IdSource IdSource;

/* `clock` is the recording clock, never a replayed one; it must outlive the source. */
IdSource *id_source_new(const Clock *clock, int node);
void      id_source_free(IdSource *source);
/* At the start: give out nothing up to `last`, the highest id in the store, even when the clock was
 * set back while the program was down. Thread-safe. */
void id_source_resume(IdSource *source, int64_t last);
/* More than 4096 in a millisecond run ahead of the clock. Thread-safe. */
int64_t id_next(IdSource *source);
/* The instant inside an id, to the millisecond. */
AppTime id_time(int64_t id);
/* The lowest id of an instant; 0 before 2020. */
int64_t id_floor(AppTime time);
