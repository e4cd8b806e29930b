/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The buckets of rate limits that several nodes have in common: when each would be full again, in a
 * table that PostgreSQL keeps in memory and does not log. Keys are keyed hashes and tell no address. */
#pragma once

#include "core/system.h"

typedef struct {
    int64_t interval; /* microseconds in which a bucket gains one */
    int64_t burst;
    int64_t most; /* how far ahead a bucket may lie, by whatever was given away; microseconds */
} RateRule;

/* Take one, from what all nodes give together: in a transaction of its own, so that no two of them wait
 * for each other's. Exact, however many ask at once. */
bool rate_take(System *sys, Arena *mem, uint64_t key, RateRule rule, AppTime now, bool *granted,
               GError **error) MUST_USE;

typedef struct {
    uint64_t key;
    int64_t  spent; /* since it was last told; microseconds */
    int64_t  most;  /* how far ahead the bucket may lie then */
} RateSpent;

/* Add what this node gave away. `all` is put in order. */
bool
rate_tell(System *sys, Arena *mem, RateSpent *all, size_t n, AppTime now, GError **error) MUST_USE;

typedef struct {
    int64_t key;
    AppTime full_at;
} RateRow;

/* The buckets from which somebody took after `since`. */
bool rate_hear(System *sys, Arena *mem, AppTime since, RateRow **rows, size_t *n,
               GError **error) MUST_USE;
/* Forget those that are full. */
bool rate_sweep(System *sys, Arena *mem, AppTime now, GError **error) MUST_USE;

extern const DbQuery *const rate_queries[];
extern const DbTable        rate_tables[];
