/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: how the engine takes an answer apart. */
#pragma once

#include "http/response.h"

/* Begin again for another request; keeps the body's memory up to 256 KiB. */
void response_renew(Response *res, bool https);
/* Protocol errors have statuses that no AppError stands for. */
void response_set_status(Response *res, int status);

/* Every header of the answer in its final form: those set, cookies, security headers, caching. */
typedef void (*ResponseEach)(void *data, const char *name, const char *value);
void response_each_header(Response *res, ResponseEach each, void *data);

typedef struct {
    int64_t      size; /* -1: unknown */
    ResponseRead read;
    void        *data;
} ResponseStream;

/* NULL when the body is in memory. */
const ResponseStream *response_stream_of(const Response *res);
