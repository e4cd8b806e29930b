/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: the half of a Request that the engine (or a test) fills. */
#pragma once

#include "http/request.h"

#define REQUEST_MOST_FIELDS 64
/* Over https: such a cookie no other host, and nobody in the clear, can have set. */
#define REQUEST_COOKIE_PREFIX "__Host-"
#define REQUEST_MOST_PARAMS 8
#define REQUEST_MOST_QUERY 64

typedef struct {
    const char *name, *value;
} RequestPair;

typedef struct RequestParts {
    const char *target; /* path and query as sent */
    const char *query;  /* behind the question mark, as sent; NULL: none */
    bool        head;   /* HEAD, answered as GET */
    bool        https;  /* the site is: its cookies have the prefix */
    RequestPair fields[REQUEST_MOST_FIELDS];
    size_t      n_fields;
    RequestPair params[REQUEST_MOST_PARAMS];
    size_t      n_params;
    RequestPair query_pairs[REQUEST_MOST_QUERY];
    size_t      n_query;
    bool        query_read;
    char       *body; /* complete, of a request without upload; wiped by the router */
    size_t      body_size;
    int         status; /* of the error page, where the protocol wants another than the error's */
} RequestParts;

/* Put method, target and `parts` into an empty request; path and query are cut from the target,
 * which is copied. False: no method of ours. */
bool request_begin(Request *req, Arena *mem, const char *method, const char *target);
/* Keep a header; the strings are borrowed. More than REQUEST_MOST_FIELDS are dropped. */
void request_add_header(Request *req, const char *name, const char *value);
/* The media type of the body without parameters, in lower case, into `out`; false: none. */
bool request_media_type(const Request *req, char *out, size_t room);
/* The bytes of `text` with %XX (and, `plus`, + for a space) decoded; NULL when a percent sign is not
 * followed by two hexadecimal digits, or the result is not valid UTF-8 or has a NUL. */
char *request_decode(Arena *mem, const char *text, size_t length, bool plus);
/* Decode without judging the result: into `out` (at least `length` bytes), how many, or -1. */
int64_t request_unescape(char *out, const char *text, size_t length, bool plus);
