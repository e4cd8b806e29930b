/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the desk keeps between two pages without a row: texts sealed in a cookie, good for one agent's
 * session and for a while only. Who the caller is never stands in an address. */
#pragma once

#include "core/system.h"

/* `purpose` keeps the cookies of different pages apart. */
char *desk_seal_write(System *sys, Arena *mem, const Who *who, const char *purpose,
                      const char *text, int64_t seconds);
/* NULL when the cookie is none, old, another session's, or of another purpose. */
const char *
desk_seal_read(System *sys, Arena *mem, const Who *who, const char *purpose, const char *cookie);
