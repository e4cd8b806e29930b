/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Generous for a family behind one address, tight where something can be guessed. */
#include "core/limits.h"

const LimitRule limits_rules[LIMIT_COUNT] = {
    [LIMIT_NONE] = { .name = "none", .burst = 0, .per_minute = 0 },
    [LIMIT_PAGE] = { .name = "page", .burst = 120, .per_minute = 120 },
    [LIMIT_FIND] = { .name = "find", .burst = 60, .per_minute = 120 },
    [LIMIT_SUBMIT] = { .name = "submit", .burst = 10, .per_minute = 6 },
    [LIMIT_ACT] = { .name = "act", .burst = 60, .per_minute = 60 },
    [LIMIT_CODE] = { .name = "code", .burst = 6, .per_minute = 2, .exact = true },
    [LIMIT_PROVE] = { .name = "prove", .burst = 10, .per_minute = 6, .exact = true },
    [LIMIT_SIGN_IN] = { .name = "sign_in", .burst = 10, .per_minute = 6, .exact = true },
    [LIMIT_UPLOAD] = { .name = "upload", .burst = 20, .per_minute = 20 },
};
