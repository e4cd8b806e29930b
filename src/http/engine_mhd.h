/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: libmicrohttpd behind a few words. */
#pragma once

#include "http/server_parts.h"

typedef struct Engine Engine;

/* Takes over the listening socket `fd`. INTERNAL. */
Engine *engine_mhd_start(const ServerOptions *options, const ServerLimits *limits, int fd,
                         GError **error) MUST_USE;
/* Every step of it: see the .c. */
void        engine_mhd_stop(Engine *engine);
ServerStats engine_mhd_stats(const Engine *engine);
