/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Token buckets for whatever a 64-bit hash stands for. Memory is fixed at the start: when a place is
 * contested the bucket that is nearest to full is forgotten, so the one who is being held back stays
 * held back. */
#pragma once

#include "base/clock.h"

#include <stddef.h>

typedef struct Limiter Limiter;

/* Room for about `most` buckets (16 bytes each). */
Limiter *limit_new(size_t most);
void     limit_free(Limiter *limiter);
/* A key for `data` that outsiders cannot collide; `kind` keeps equal data of two limits apart. */
uint64_t limit_key(const Limiter *limiter, int kind, const void *data, size_t size);
/* Take a token from a bucket of `burst` (1 or more) that gains `rate` tokens a second. False: none
 * is left; *retry_after is the seconds until one is. Thread-safe. */
bool limit_take(Limiter *limiter, uint64_t key, double rate, int64_t burst, AppTime now,
                int64_t *retry_after);
