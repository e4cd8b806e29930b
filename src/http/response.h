/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What goes out: status, headers, bytes. Security headers and `no-store` are the engine's; a handler
 * relaxes caching by response_cache. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"

typedef struct Response Response;

Response               *response_new(Arena *mem);
void                    response_free(Response *res);
/* Forget body, headers and cookies but those set with response_cookie: for an error page. */
void response_reset(Response *res);

/* The body, to append to. Sets status and content type. */
Buffer *response_body(Response *res, int status, const char *type);
/* 303 to a path of this site (begins with one slash; anything else becomes "/"). */
void response_redirect(Response *res, const char *path);
void response_header(Response *res, const char *name, const char *value);
/* HttpOnly, SameSite=Lax, Path=/; when the site is https Secure, and __Host- before the name (which
 * request_cookie asks for by itself). `seconds` 0: until the browser is
 * closed, negative: delete. */
void response_cookie(Response *res, const char *name, const char *value, int64_t seconds);
/* A private answer may be kept for `seconds`. */
void response_cache(Response *res, int64_t seconds);
/* Bytes are produced while they are sent: `read` fills at most `room` bytes and returns how many, 0
 * at the end, negative to cut the connection. `done` is called once, whatever happens. */
typedef int64_t (*ResponseRead)(void *data, uint8_t *out, size_t room);
void response_stream(Response *res, int status, const char *type, int64_t size, ResponseRead read,
                     void (*done)(void *data), void *data);
/* Offer as a file: Content-Disposition with an ASCII name and its UTF-8 form. */
void        response_attachment(Response *res, const char *name);

int         response_status(const Response *res);
const char *response_type(const Response *res);
Bytes       response_bytes(const Response *res);
/* For tests: the value of a header that was set, or NULL. */
const char *response_find(const Response *res, const char *name);
/* For tests: the value of a cookie that was set, or NULL. */
const char *response_find_cookie(const Response *res, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Response, response_free)
