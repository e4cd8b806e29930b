/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The URL surface: each feature declares a table of routes with who may use them. Session, right,
 * CSRF, rate, limits, security headers and error pages are done before and after the handler, by the
 * engine and by the Gate that the application sets; this layer knows no roles. */
#pragma once

#include "http/form.h"
#include "http/request.h"
#include "http/response.h"

typedef bool (*Handler)(Request *req, Response *res, GError **error);

/* Where the files of a multipart form go, in chunks, on a worker thread. Fields before the first
 * file are in `req->form` when `begin` is called (the CSRF token among them; the gate has checked it). */
typedef struct {
    int64_t max_body; /* bytes of the whole request */
    size_t  max_files;
    /* A file begins; `name` is what the browser calls it. *file is handed to the others. */
    bool (*begin)(Request *req, const char *field, const char *name, void **file, GError **error);
    bool (*write)(void *file, const uint8_t *data, size_t size, GError **error);
    bool (*end)(void *file, GError **error);
    /* Instead of `end`, when the request broke off or was refused. */
    void (*abandon)(void *file);
} Upload;

struct Route {
    HttpMethod      method;
    const char     *path; /* "/requests/{number}/assign" */
    Handler         handler;
    int             needs;   /* a permission; 0 (unset) stops the start */
    int             limit;   /* a rate limit; a public POST without one stops the start */
    const FormSpec *form;    /* a POST without one has no readable body */
    const Upload   *upload;  /* multipart allowed */
    bool            no_csrf; /* machine interfaces with proofs of their own only */
    /* A GET without rate limit that reads a few rows: may run on the I/O thread (ServerOptions.quick), and
     * once more on a worker when it would have had to wait there. */
    bool quick;
};

/* Set by the application. All are called on a worker thread. */
typedef struct Gate {
    void *app; /* becomes req->app */
    int   perm_public;
    /* Who is it, in which language, is it allowed, how often? Sets who and lang; false: refused. For
     * uploads it runs before the body is read. */
    bool (*enter)(Request *req, Response *res, GError **error);
    /* The form's CSRF token. */
    bool (*check)(Request *req, GError **error);
    /* A form could not be done because something is gone (BUSY): wait for it as long as is worth it for
     * this request. True: it is back, and the same form is done once more, as if sent again. NULL: no. */
    bool (*wait)(void *app, const Request *req);
    /* Write the page (or JSON) for an error. `req` may have no route, who or lang. */
    void (*explain)(Request *req, Response *res, const GError *error);
} Gate;

typedef struct Router Router;

/* Borrow the tables (NULL-terminated list of tables that end in {0}). INTERNAL: a route without
 * permission, a public POST without rate limit, a POST without form, a quick one that changes
 * something, duplicates. */
Router *router_new(const Route *const *tables, const Gate *gate, GError **error) MUST_USE;
void    router_free(Router *router);
/* The route of a path, with its params put into the request; static parts win over {params}.
 * NOT_FOUND, or INVALID with Allow set for another method. */
const Route *
router_find(const Router *router, Request *req, Response *res, GError **error) MUST_USE;
/* Gate, form, handler, error page: everything between a complete request and its answer. Also what
 * scenario tests call, in process. */
void router_run(const Router *router, Request *req, Response *res);
/* Call `each` for every route, sorted by path. */
void router_each(const Router *router, void (*each)(const Route *route, void *data), void *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Router, router_free)
