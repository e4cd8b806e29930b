/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: router_run in the pieces that the engine needs one by one. */
#pragma once

#include "http/route.h"
#include "http/upload.h"

#define ROUTER_RUN_MOST_BODY ((int64_t)64 * 1024) /* of a urlencoded form */

const Gate *router_gate(const Router *router);

/* What the head alone decides: route, method, type and length of the body. Calls nobody, so an I/O
 * thread may. False: explain `error`. */
bool router_run_admit(const Router *router, Request *req, Response *res, int64_t length,
                      GError **error) MUST_USE;
/* The gate, before the body. For an upload *uploading is then made. */
bool router_run_enter(const Router *router, Request *req, Response *res, Uploading **uploading,
                      GError **error) MUST_USE;
/* The form (of the body, or of the uploading) and the handler. */
bool router_run_finish(const Router *router, Request *req, Response *res, Uploading *uploading,
                       GError **error) MUST_USE;
/* Write the page for `error`, which is freed, and log what is our fault. */
void router_run_explain(const Router *router, Request *req, Response *res, GError *error);
/* Wipe what must not outlive the request. */
void router_run_wipe(Request *req);
/* A fixed page in both languages, for when nobody else can write one. */
void router_run_plain(Response *res, int status);
/* The same for programs. */
void router_run_plain_json(Response *res, int status);
