/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The grammar of a request's head, as strict as RFC 9112 allows and stricter where nobody honest
 * differs: what two parsers could read in two ways is refused. It is fed the bytes as they come. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAD_MOST ((size_t)16 * 1024)
#define HEAD_MOST_TARGET ((size_t)4 * 1024)
#define HEAD_MOST_FIELDS 64
#define HEAD_MOST_PAIRS 64 /* of a query, and of all cookies */

typedef enum { HEAD_MORE, HEAD_COMPLETE, HEAD_REFUSED } HeadResult;

/* Zero it before each head. */
typedef struct {
    size_t  seen;   /* bytes that were looked at; of the whole head when it is complete */
    size_t  line;   /* where the line begins that is not complete yet */
    int     status; /* of a refusal: 400, 405, 411, 414, 417, 431, 501, 505 */
    int64_t length; /* of the body */
    size_t  n_fields, n_cookies;
    bool    post, http_1_1, has_length, has_host, has_type;
    size_t  language, language_size; /* the Accept-Language line, for the page of a refusal */
    size_t  accept, accept_size;     /* the Accept line, for its form */
} HeadScan;

/* Look at `data`, which holds the head from its first byte on and has grown since the last call. */
HeadResult head_scan(HeadScan *scan, const char *data, size_t size);
