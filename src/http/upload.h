/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside http only: a multipart body on its way into the route's Upload. Runs on worker threads, one
 * at a time. */
#pragma once

#include "http/route.h"

typedef struct Uploading Uploading;

/* For a request whose route has an upload; puts an empty form into it. INVALID. */
Uploading *upload_new(Request *req, const Gate *gate, GError **error) MUST_USE;
/* INVALID, TOO_LARGE, what the gate's check says, what the Upload says. */
bool upload_feed(Uploading *uploading, const uint8_t *bytes, size_t size, GError **error) MUST_USE;
/* All bytes are in: the form is complete and checked. INVALID when the body broke off. */
bool upload_finish(Uploading *uploading, GError **error) MUST_USE;
/* Abandons the file that is still open. */
void upload_free(Uploading *uploading);
