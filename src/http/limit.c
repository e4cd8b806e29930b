/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bucket is one instant: when it would be full again ("theoretical arrival time", GCRA). A taken
 * token moves it on by one interval; it may lie at most `burst` intervals ahead. Places are sets of
 * eight; a set's lock is its shard's. */
#include "http/limit.h"

#include "base/thread.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#define WAYS 8
#define SHARDS 64

typedef struct {
    uint64_t key;
    AppTime  full_at; /* 0: free */
} Bucket;

struct Limiter {
    size_t  n_sets; /* a power of two */
    Bucket *buckets;
    Lock    locks[SHARDS];
    uint8_t secret[crypto_shorthash_KEYBYTES];
};

Limiter *
limit_new(size_t most)
{
    Limiter *limiter = g_new0(Limiter, 1);

    limiter->n_sets = SHARDS;
    while (limiter->n_sets * WAYS < most)
        limiter->n_sets *= 2;
    limiter->buckets = g_new0(Bucket, limiter->n_sets * WAYS);
    for (size_t i = 0; i < SHARDS; i++)
        lock_init(&limiter->locks[i]);
    randombytes_buf(limiter->secret, sizeof limiter->secret);
    return limiter;
}

void
limit_free(Limiter *limiter)
{
    if (limiter == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++)
        lock_clear(&limiter->locks[i]);
    g_free(limiter->buckets);
    g_free(limiter);
}

uint64_t
limit_key(const Limiter *limiter, int kind, const void *data, size_t size)
{
    uint8_t  hash[crypto_shorthash_BYTES];
    uint64_t key;

    crypto_shorthash(hash, data, size, limiter->secret);
    memcpy(&key, hash, sizeof key);
    return key ^ (uint64_t)(unsigned)kind * UINT64_C(0x9E3779B97F4A7C15);
}

/* The key's own bucket, or the one to give up for it. */
static Bucket *
find(Bucket *set, uint64_t key)
{
    Bucket *least = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].full_at != 0 && set[i].key == key)
            return &set[i];
        if (set[i].full_at < least->full_at)
            least = &set[i];
    }
    *least = (Bucket){ .key = key };
    return least;
}

bool
limit_take(Limiter *limiter, uint64_t key, double rate, int64_t burst, AppTime now,
           int64_t *retry_after)
{
    int64_t interval = MAX(1, (int64_t)llround((double)SECONDS / rate));
    size_t  index = (key ^ key >> 32) & (limiter->n_sets - 1);
    Lock   *lock = &limiter->locks[index % SHARDS];
    Bucket *bucket;
    AppTime full_at;
    bool    granted;

    lock_take(lock);
    bucket = find(limiter->buckets + index * WAYS, key);
    /* Never further ahead than empty, even when the clock was set back. */
    full_at = CLAMP(bucket->full_at, now, now + burst * interval);
    granted = full_at - now <= (burst - 1) * interval;
    bucket->full_at = granted ? full_at + interval : full_at;
    lock_leave(lock);

    if (!granted)
        *retry_after = (full_at - now - (burst - 1) * interval + SECONDS - 1) / SECONDS;
    return granted;
}
