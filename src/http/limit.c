/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bucket is one instant: when it would be full again ("theoretical arrival time", GCRA). A taken
 * token moves it on by one interval; it may lie at most `burst` intervals ahead, or, by what other
 * processes gave away, some bursts more. `told_at` is the part of it that they know of. Places are sets
 * of eight; a set's lock is its shard's. */
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
    AppTime  told_at; /* 0: nobody was told, or told us */
} Bucket;

struct Limiter {
    size_t  n_sets; /* a power of two */
    Bucket *buckets;
    Lock    locks[SHARDS];
    uint8_t secret[crypto_shorthash_KEYBYTES];
};

Limiter *
limit_new(size_t most, const uint8_t secret[LIMIT_SECRET_SIZE])
{
    G_STATIC_ASSERT(LIMIT_SECRET_SIZE == crypto_shorthash_KEYBYTES);
    Limiter *limiter = g_new0(Limiter, 1);

    limiter->n_sets = SHARDS;
    while (limiter->n_sets * WAYS < most)
        limiter->n_sets *= 2;
    limiter->buckets = g_new0(Bucket, limiter->n_sets * WAYS);
    for (size_t i = 0; i < SHARDS; i++)
        lock_init(&limiter->locks[i]);
    if (secret != NULL)
        memcpy(limiter->secret, secret, sizeof limiter->secret);
    else
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

/* A set's place, and its lock, taken. */
static Bucket *
enter(Limiter *limiter, uint64_t key, Lock **lock)
{
    size_t index = (key ^ key >> 32) & (limiter->n_sets - 1);

    *lock = &limiter->locks[index % SHARDS];
    lock_take(*lock);
    return limiter->buckets + index * WAYS;
}

bool
limit_take(Limiter *limiter, uint64_t key, double rate, int64_t burst, AppTime now,
           int64_t *retry_after)
{
    int64_t interval = MAX(1, (int64_t)llround((double)SECONDS / rate));
    Lock   *lock;
    Bucket *bucket = find(enter(limiter, key, &lock), key);
    int64_t most = burst * interval * (bucket->told_at == 0 ? 1 : LIMIT_MOST_OWED);
    /* Never further ahead than that, even when the clock was set back. */
    AppTime full_at = CLAMP(bucket->full_at, now, now + most);
    bool    granted = full_at - now <= (burst - 1) * interval;

    bucket->full_at = granted ? full_at + interval : full_at;
    lock_leave(lock);

    if (!granted)
        *retry_after = (full_at - now - (burst - 1) * interval + SECONDS - 1) / SECONDS;
    return granted;
}

int64_t
limit_ahead(Limiter *limiter, uint64_t key, AppTime now)
{
    Lock   *lock;
    Bucket *bucket = find(enter(limiter, key, &lock), key);
    int64_t ahead = MAX(0, bucket->full_at - now);

    lock_leave(lock);
    return ahead;
}

int64_t
limit_tell(Limiter *limiter, uint64_t key, AppTime now)
{
    Lock   *lock;
    Bucket *bucket = find(enter(limiter, key, &lock), key);
    int64_t untold = MAX(0, bucket->full_at - MAX(bucket->told_at, now));

    if (untold > 0)
        bucket->told_at = bucket->full_at;
    lock_leave(lock);
    return untold;
}

void
limit_hear(Limiter *limiter, uint64_t key, AppTime full_at, AppTime now)
{
    Lock   *lock;
    Bucket *bucket = find(enter(limiter, key, &lock), key);
    AppTime known = MAX(bucket->told_at, now);

    if (full_at > known) {
        bucket->full_at = full_at + MAX(0, bucket->full_at - known);
        bucket->told_at = full_at;
    }
    lock_leave(lock);
}
