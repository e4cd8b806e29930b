/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What becomes of a call-back: pure. */
#pragma once

#include "feature/desk/desk_call_store.h"

/* `result`: "reached", "no_answer", "wrong_number"; `tries` that were made before this one. */
DeskCallSettle desk_calls_decide(const char *result, int64_t tries, AppTime now);
