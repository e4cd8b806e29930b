/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The way of a request between its bytes and its answer: route, gate, form, token, handler, and for
 * whatever fails on the way one page. An error is logged here and nowhere else, and only when it is
 * ours. */
#include "base/log.h"
#include "http/form_parts.h"
#include "http/request_parts.h"
#include "http/response_parts.h"
#include "http/route_parts.h"

#include <sodium.h>

#define FORM_TYPE "application/x-www-form-urlencoded"
#define MULTIPART_TYPE "multipart/form-data"

static bool
refuse(Request *req, int status, GError **error, const char *what)
{
    req->parts->status = status;
    return fail(error, status == 413 ? APP_ERROR_TOO_LARGE : APP_ERROR_INVALID, "%s", what);
}

static bool
is_multipart(const Request *req)
{
    char type[64];

    return request_media_type(req, type, sizeof type) && g_str_equal(type, MULTIPART_TYPE);
}

static bool
admit_body(Request *req, int64_t length, GError **error)
{
    const Upload *upload = req->route->upload;
    char          type[64];

    if (request_header(req, "Content-Type") == NULL && length == 0)
        return true;
    if (!request_media_type(req, type, sizeof type))
        return refuse(req, 415, error, "a body of no type");
    if (upload != NULL && g_str_equal(type, MULTIPART_TYPE))
        return length <= upload->max_body || refuse(req, 413, error, "the upload is too large");
    if (!g_str_equal(type, FORM_TYPE))
        return refuse(req, 415, error, "a body of another type");
    return length <= ROUTER_RUN_MOST_BODY || refuse(req, 413, error, "the form is too large");
}

bool
router_run_admit(const Router *router, Request *req, Response *res, int64_t length, GError **error)
{
    if (router_find(router, req, res, error) == NULL)
        return false;
    return req->method != HTTP_POST || admit_body(req, length, error);
}

bool
router_run_enter(const Router *router, Request *req, Response *res, Uploading **uploading,
                 GError **error)
{
    const Gate *gate = router_gate(router);

    *uploading = NULL;
    req->app = gate->app;
    if (!gate->enter(req, res, error))
        return false;
    if (req->method != HTTP_POST || req->route->upload == NULL || !is_multipart(req))
        return true;

    *uploading = upload_new(req, gate, error);
    return *uploading != NULL;
}

static bool
read_form(const Router *router, Request *req, Uploading *uploading, GError **error)
{
    RequestParts *parts = req->parts;

    if (req->method != HTTP_POST)
        return true;
    if (uploading != NULL)
        return upload_finish(uploading, error);

    req->form = form_read(req->mem, req->route->form, parts->body == NULL ? "" : parts->body,
                          parts->body_size);
    return req->route->no_csrf || router_gate(router)->check(req, error);
}

/* What an error page must carry outlives the reset before it. */
static void
set_again(Response *res, const char *name, const char *value)
{
    if (value != NULL && response_find(res, name) == NULL)
        response_header(res, name, value);
}

/* Whoever is told to come back is told when, also by a handler that shows its form again. */
static void
set_retry(Response *res)
{
    if (response_status(res) == 503 || response_status(res) == 429)
        set_again(res, "Retry-After", "10");
}

static bool
handle(const Router *router, Request *req, Response *res, Uploading *uploading, GError **error)
{
    if (!read_form(router, req, uploading, error))
        return false;
    if (req->form != NULL && !form_ok(req->form) && request_wants_json(req))
        return fail(error, APP_ERROR_INVALID, "the form has mistakes");
    if (!req->route->handler(req, res, error))
        return false;
    if (response_status(res) == 0)
        return fail(error, APP_ERROR_INTERNAL, "the handler answered nothing");
    set_retry(res);
    return true;
}

/* What people would do: the same form, under the same command id, is done once whatever became of it
 * the first time. What was uploaded is not there any more. */
static bool
may_send_again(const Router *router, Request *req, const Response *res, const Uploading *uploading,
               const GError *failure)
{
    const Gate *gate = router_gate(router);
    bool        busy =
        failure != NULL ? error_code(failure) == APP_ERROR_BUSY : response_status(res) == 503;

    return busy && req->method == HTTP_POST && uploading == NULL && gate->wait != NULL &&
           gate->wait(gate->app, req);
}

bool
router_run_finish(const Router *router, Request *req, Response *res, Uploading *uploading,
                  GError **error)
{
    for (;;) {
        g_autoptr(GError) failure = NULL;
        bool done = handle(router, req, res, uploading, &failure);

        if (!may_send_again(router, req, res, uploading, failure)) {
            if (failure != NULL)
                g_propagate_error(error, g_steal_pointer(&failure));
            return done;
        }
        response_reset(res);
        if (req->form != NULL)
            form_wipe(req->form);
    }
}

#define PLAIN_AR "تعذّر تنفيذ الطلب. حاول مرة أخرى بعد قليل."
#define PLAIN_EN "This could not be done. Please try again shortly."

void
router_run_plain_json(Response *res, int status)
{
    Buffer *body = response_body(res, status, "application/problem+json");

    body->size = 0;
    buffer_printf(body, "{\"status\":%d,\"title\":\"%s\",\"detail\":\"%s\"}", status, PLAIN_AR,
                  PLAIN_EN);
}

void
router_run_plain(Response *res, int status)
{
    Buffer *body = response_body(res, status, "text/html; charset=utf-8");

    body->size = 0;
    buffer_printf(body,
                  "<!doctype html>\n<html lang=\"ar\" dir=\"rtl\"><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width\"><title>%d</title>"
                  "<p>" PLAIN_AR "</p><p lang=\"en\" dir=\"ltr\">" PLAIN_EN
                  "</p><p dir=\"ltr\">%d</p></html>\n",
                  status, status);
}

static void
log_failure(const Request *req, const GError *error)
{
    AppError code = error_code(error);

    if (code == APP_ERROR_INTERNAL || code == APP_ERROR_RACE)
        log_bug("request.failed", LOG_CODE("route", req->route == NULL ? "" : req->route->path),
                LOG_CODE("error", error->message));
}

/* Refused at the door, before what was typed was looked at: it is read all the same, so that the page that says
 * so can carry it. */
static void
keep_typed(Request *req, const GError *error)
{
    AppError code = error_code(error);

    if (req->method == HTTP_POST && req->form == NULL && req->route != NULL &&
        req->parts->body != NULL && !is_multipart(req) &&
        (code == APP_ERROR_UNAUTHENTICATED || code == APP_ERROR_LIMITED || code == APP_ERROR_BUSY))
        req->form = form_read(req->mem, req->route->form, req->parts->body, req->parts->body_size);
}

void
router_run_explain(const Router *router, Request *req, Response *res, GError *error)
{
    const Gate *gate = router_gate(router);
    const char *allow = response_find(res, "Allow"), *retry = response_find(res, "Retry-After");
    int         status = req->parts->status;

    if (error == NULL)
        g_set_error(&error, APP_ERROR, APP_ERROR_INTERNAL, "it failed without an error");
    log_failure(req, error);
    keep_typed(req, error);
    req->app = gate->app;
    response_reset(res);
    gate->explain(req, res, error);
    if (response_status(res) == 0)
        router_run_plain(res, error_status(error_code(error)));
    if (status != 0)
        response_set_status(res, status);
    set_again(res, "Allow", allow);
    set_again(res, "Retry-After", retry);
    set_retry(res);
    g_clear_error(&error);
}

void
router_run_wipe(Request *req)
{
    if (req->form != NULL)
        form_wipe(req->form);
    if (req->parts->body != NULL)
        sodium_memzero(req->parts->body, req->parts->body_size);
}

static bool
run(const Router *router, Request *req, Response *res, Uploading **uploading, GError **error)
{
    RequestParts *parts = req->parts;

    if (!router_run_admit(router, req, res, (int64_t)parts->body_size, error) ||
        !router_run_enter(router, req, res, uploading, error))
        return false;
    if (*uploading != NULL &&
        !upload_feed(*uploading, (const uint8_t *)parts->body, parts->body_size, error))
        return false;
    return router_run_finish(router, req, res, *uploading, error);
}

void
router_run(const Router *router, Request *req, Response *res)
{
    Uploading *uploading = NULL;
    GError    *error = NULL;

    log_set_request(req->id);
    if (!run(router, req, res, &uploading, &error))
        router_run_explain(router, req, res, error);
    upload_free(uploading);
    router_run_wipe(req);
    log_set_request(0);
}
