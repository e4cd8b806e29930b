/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What came in. A handler reads it, never the library behind it. All of it lives in `mem` until the
 * answer is written. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"

typedef enum { HTTP_GET = 1, HTTP_POST } HttpMethod; /* HEAD is answered as GET without body */

typedef struct Form  Form;
typedef struct Route Route;

typedef struct Request {
    HttpMethod  method;
    const char *path; /* as sent, without the query; percent-decoded parts are the params */
    Arena      *mem;
    int64_t     id;   /* in logs and on error pages */
    uint8_t peer[16]; /* address of the client (IPv4 mapped; IPv6 cut to /64): for limits only */
    AppTime now;      /* of the server's clock when the head was complete */
    const Route *route;
    Form        *form; /* POST with `.form`: values and mistakes; NULL else */

    /* The gate's: who asks, in which language. */
    void                *app;
    const void          *who;
    const void          *page; /* the view's Page: what every page shows around its content */
    const char          *lang;

    struct RequestParts *parts; /* the engine's */
} Request;

/* A {param} of the route's path, percent-decoded, valid UTF-8. Never NULL for a declared one. */
const char *request_param(const Request *req, const char *name);
/* The first value of a query parameter, decoded and valid UTF-8; NULL when absent. */
const char *request_query(const Request *req, const char *name);
/* A header's value by its name in any case; NULL when absent. */
const char *request_header(const Request *req, const char *name);
const char *request_cookie(const Request *req, const char *name);
/* The Accept header prefers JSON to HTML. */
bool request_wants_json(const Request *req);
/* What the HTTP layer refused it with, where that is more exact than the error's code (400, 405, 413,
 * 415, 431, …); 0: nothing. */
int request_refused(const Request *req);
/* The path and query as sent, for coming back after a sign-in or a change of language. */
const char *request_target(const Request *req);
