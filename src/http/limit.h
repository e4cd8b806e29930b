/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Token buckets for whatever a 64-bit hash stands for. Memory is fixed at the start: when a place is
 * contested the bucket that is nearest to full is forgotten, so the one who is being held back stays
 * held back. */
#pragma once

#include "base/clock.h"

#include <stddef.h>

typedef struct Limiter Limiter;

#define LIMIT_SECRET_SIZE 16

/* Room for about `most` buckets (24 bytes each). `secret` is what keys are made with: the same in all
 * processes that tell each other; NULL: one of its own. */
Limiter *limit_new(size_t most, const uint8_t secret[LIMIT_SECRET_SIZE]);
void     limit_free(Limiter *limiter);
/* A key for `data` that outsiders cannot collide; `kind` keeps equal data of two limits apart. */
uint64_t limit_key(const Limiter *limiter, int kind, const void *data, size_t size);
/* Take a token from a bucket of `burst` (1 or more) that gains `rate` tokens a second. False: none
 * is left; *retry_after is the seconds until one is. Thread-safe. */
bool limit_take(Limiter *limiter, uint64_t key, double rate, int64_t burst, AppTime now,
                int64_t *retry_after);

/* ---- several processes that share their buckets: each tells the others what it gave away ---- */

/* How far a bucket may lie ahead by what others gave away, in bursts: what was given away too much,
 * because the others were told late, is owed. */
#define LIMIT_MOST_OWED 8

/* How long until the bucket is full again; 0: it is. */
int64_t limit_ahead(Limiter *limiter, uint64_t key, AppTime now);
/* How much of that nobody was told of yet: from now on it counts as told. */
int64_t limit_tell(Limiter *limiter, uint64_t key, AppTime now);
/* What all of them together gave away says that it is full again at `full_at`. */
void limit_hear(Limiter *limiter, uint64_t key, AppTime full_at, AppTime now);
