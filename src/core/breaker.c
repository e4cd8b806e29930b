/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two numbers. They are read one after the other: who sees the one before a change and the other behind
 * it calls once too often or once too late, and both are harmless. */
#include "core/breaker.h"

#include <glib.h>
#include <sodium.h>

enum { MOST_DOUBLINGS = 30 };

int64_t
breaker_pause(int64_t failures, int64_t first, int64_t longest)
{
    int64_t pause = first;

    for (int64_t i = 1; i < failures && i < MOST_DOUBLINGS && pause < longest; i++)
        pause *= 2;
    pause = CLAMP(pause, 2, longest);
    /* In milliseconds, because a random number has 32 bits and half an hour of microseconds may not. */
    return pause - (int64_t)randombytes_uniform((uint32_t)(pause / 2 / 1000) + 1) * 1000;
}

bool
breaker_is_open(const Breaker *breaker, AppTime now)
{
    return atomic_load(&breaker->failures) > 0 && atomic_load(&breaker->until) > now;
}

bool
breaker_is_trying(const Breaker *breaker)
{
    return atomic_load(&breaker->failures) > 0;
}

AppTime
breaker_until(const Breaker *breaker)
{
    return atomic_load(&breaker->until);
}

bool
breaker_failed(Breaker *breaker, AppTime now, int64_t first, int64_t longest)
{
    int64_t failures = atomic_load(&breaker->failures) + 1;

    atomic_store(&breaker->until, now + breaker_pause(failures, first, longest));
    atomic_store(&breaker->failures, failures);
    return failures == 1;
}

bool
breaker_succeeded(Breaker *breaker)
{
    return atomic_exchange(&breaker->failures, 0) > 0;
}
