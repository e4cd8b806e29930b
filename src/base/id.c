/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The state is one number: milliseconds and counter of the last id. The next one is whichever is
 * more, now or one further; so a full millisecond runs over into the next, and a clock that is set
 * back only stops the milliseconds until it has caught up. */
#include "base/id.h"

#include <glib.h>
#include <stdatomic.h>

#define COUNTER_BITS 12
#define NODE_BITS 10
#define EPOCH (INT64_C(1577836800) * SECONDS) /* 2020-01-01 00:00 UTC */
#define MILLISECONDS_MOST ((INT64_C(1) << 41) - 1)

struct IdSource {
    const Clock    *clock;
    int64_t         node;
    _Atomic int64_t last;
};

IdSource *
id_source_new(const Clock *clock, int node)
{
    IdSource *source = g_new0(IdSource, 1);

    g_assert(node >= 0 && node < 1 << NODE_BITS);
    source->clock = clock;
    source->node = node;
    atomic_init(&source->last, 0);
    return source;
}

void
id_source_free(IdSource *source)
{
    g_free(source);
}

/* Milliseconds and counter without the node. */
static int64_t
stamp_of(int64_t id)
{
    int64_t counter = id & ((1 << COUNTER_BITS) - 1);

    return id >> (NODE_BITS + COUNTER_BITS) << COUNTER_BITS | counter;
}

void
id_source_resume(IdSource *source, int64_t last)
{
    int64_t stamp = stamp_of(last);
    int64_t seen = atomic_load(&source->last);

    while (seen < stamp && !atomic_compare_exchange_weak(&source->last, &seen, stamp))
        ;
}

int64_t
id_next(IdSource *source)
{
    int64_t milliseconds = (clock_now(source->clock) - EPOCH) / 1000;
    int64_t now = CLAMP(milliseconds, 0, MILLISECONDS_MOST) << COUNTER_BITS;
    int64_t last = atomic_load(&source->last);
    int64_t next;

    do
        next = MAX(now, last + 1);
    while (!atomic_compare_exchange_weak(&source->last, &last, next));

    g_assert(next >> COUNTER_BITS <= MILLISECONDS_MOST);
    return (next >> COUNTER_BITS << NODE_BITS | source->node) << COUNTER_BITS |
           (next & ((1 << COUNTER_BITS) - 1));
}

AppTime
id_time(int64_t id)
{
    return (id >> (NODE_BITS + COUNTER_BITS)) * 1000 + EPOCH;
}

int64_t
id_floor(AppTime time)
{
    return MAX(time - EPOCH, 0) / 1000 << (NODE_BITS + COUNTER_BITS);
}
