/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table from address to count under one lock; an address without connections has no entry, so it
 * is never larger than the number of connections. */
#include "http/crowd.h"

#include "base/thread.h"

#include <string.h>

typedef struct {
    uint8_t peer[PEER_SIZE];
    size_t  n;
} Count;

struct Crowd {
    Lock        lock;
    size_t      most;
    GHashTable *counts; /* Count → itself */
};

static guint
hash(gconstpointer data)
{
    uint64_t halves[2];

    memcpy(halves, data, sizeof halves);
    halves[0] = (halves[0] ^ (halves[1] << 1)) * UINT64_C(0x9E3779B97F4A7C15);
    return (guint)(halves[0] >> 32);
}

static gboolean
equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, PEER_SIZE) == 0;
}

Crowd *
crowd_new(size_t most)
{
    Crowd *crowd = g_new0(Crowd, 1);

    lock_init(&crowd->lock);
    crowd->most = most;
    crowd->counts = g_hash_table_new_full(hash, equal, g_free, NULL);
    return crowd;
}

void
crowd_free(Crowd *crowd)
{
    if (crowd == NULL)
        return;
    g_hash_table_unref(crowd->counts);
    lock_clear(&crowd->lock);
    g_free(crowd);
}

bool
crowd_has_room(Crowd *crowd, const uint8_t peer[PEER_SIZE])
{
    const Count *count;
    bool         room;

    lock_take(&crowd->lock);
    count = g_hash_table_lookup(crowd->counts, peer);
    room = count == NULL || count->n < crowd->most;
    lock_leave(&crowd->lock);
    return room;
}

void
crowd_enter(Crowd *crowd, const uint8_t peer[PEER_SIZE])
{
    Count *count;

    lock_take(&crowd->lock);
    count = g_hash_table_lookup(crowd->counts, peer);
    if (count == NULL) {
        count = g_new0(Count, 1);
        memcpy(count->peer, peer, PEER_SIZE);
        g_hash_table_add(crowd->counts, count);
    }
    count->n++;
    lock_leave(&crowd->lock);
}

void
crowd_leave(Crowd *crowd, const uint8_t peer[PEER_SIZE])
{
    Count *count;

    lock_take(&crowd->lock);
    count = g_hash_table_lookup(crowd->counts, peer);
    if (count != NULL && --count->n == 0)
        g_hash_table_remove(crowd->counts, peer);
    lock_leave(&crowd->lock);
}
