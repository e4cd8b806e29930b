/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: the limits of a server, which tests make small. */
#pragma once

#include "http/intake.h"
#include "http/server.h"

/* Times in microseconds. */
typedef struct {
    IntakeTimes intake;
    int64_t     body;         /* a form, from its head on */
    int64_t     upload;       /* at most */
    int64_t     upload_grace; /* and this long, plus a second for each `slowest` bytes */
    int64_t     slowest;      /* bytes a second, in both directions */
    int64_t     send_grace;
    int64_t     stop_grace;  /* for answers to be sent */
    size_t      queue;       /* requests that wait for a worker */
    size_t      writers;     /* threads for the bytes of uploads */
    size_t      uploads;     /* at once */
    size_t      connections; /* in all */
    size_t      for_address; /* of one address; not for proxies and this machine itself */
} ServerLimits;

ServerLimits server_default_limits(void);
Server      *server_start_with(const ServerOptions *options, const ServerLimits *limits,
                               GError **error) MUST_USE;
