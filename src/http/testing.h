/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A browser without a network, for scenario tests: builds requests in process, runs them through the
 * router, keeps cookies from answer to answer. Not thread-safe. */
#pragma once

#include "http/route.h"

typedef struct Testing Testing;

/* One piece of a multipart form; `file` NULL: a field. */
typedef struct {
    const char *field, *file;
    const void *data;
    size_t      size;
} TestingPart;

Testing *testing_new(const Router *router, const Clock *clock);
void     testing_free(Testing *testing);

/* A header of every request from now on; NULL: no more. Browsers' own are not sent by themselves. */
void testing_set_header(Testing *testing, const char *name, const char *value);
/* NULL: forget it. */
void        testing_set_cookie(Testing *testing, const char *name, const char *value);
const char *testing_cookie(const Testing *testing, const char *name); /* NULL: none */
/* The address it comes from; 127.0.0.1 at first. */
void testing_set_peer(Testing *testing, const char *address);

/* The answers are valid until the next request. Method GET, HEAD, POST, or what a test likes. */
const Response *testing_send(Testing *testing, const char *method, const char *target,
                             const char *type, const void *body, size_t size);
const Response *testing_get(Testing *testing, const char *target);
/* `form` as testing_form makes it, or by hand. */
const Response *testing_post(Testing *testing, const char *target, const char *form);
const Response *
testing_upload(Testing *testing, const char *target, const TestingPart *parts, size_t n);
/* The target of the last answer's redirect, followed by a GET; the last answer when it was none. */
const Response *testing_follow(Testing *testing);

/* The last answer's body as a string. */
const char *testing_text(const Testing *testing);
/* The request that led to it, e.g. for req->who. */
const Request *testing_request(const Testing *testing);

/* name=value&…, encoded: pairs of strings, ended by NULL. In the memory of the next request. */
char *testing_form(Testing *testing, ...) __attribute__((sentinel));

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Testing, testing_free)
