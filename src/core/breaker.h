/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lets a peer rest that is down. Closed: everybody may call. After a failure it is open until a time,
 * longer with each failure in a row; then a call may try. Any thread may look. Where several call at once,
 * all of them may fail by the one cause: who counts asks first whether it is open already, and of those
 * who ask at the very same moment two may count. */
#pragma once

#include "base/clock.h"

#include <stdatomic.h>

typedef struct Breaker {
    _Atomic int64_t failures; /* in a row; 0: closed */
    _Atomic AppTime until;    /* open until then */
} Breaker;

/* `first` doubled `failures` - 1 times, `longest` at most, and of that a random part of the upper half, so
 * that many do not come back at one moment. */
int64_t breaker_pause(int64_t failures, int64_t first, int64_t longest);

bool    breaker_is_open(const Breaker *breaker, AppTime now);
/* It failed when it was called last: the next call is a trial. */
bool    breaker_is_trying(const Breaker *breaker);
AppTime breaker_until(const Breaker *breaker);
/* True when it was closed. */
bool breaker_failed(Breaker *breaker, AppTime now, int64_t first, int64_t longest);
/* True when it was not closed. */
bool breaker_succeeded(Breaker *breaker);
