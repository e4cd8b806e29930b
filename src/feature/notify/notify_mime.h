/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One message as RFC 5322 and MIME have it: plain text in UTF-8, base64, headers in ASCII only. */
#pragma once

#include "base/arena.h"
#include "base/clock.h"

#include <glib.h>

typedef struct {
    int64_t     id; /* of the outbox row: the same when it is sent again, so that readers see one */
    const char *from, *from_name;
    const char *to; /* must pass notify_mime_is_address */
    const char *subject, *text, *lang;
    AppTime     at;
} NotifyMail;

/* May it stand in a header and an SMTP command? ASCII, no white space, none of <>()[],;:\" */
bool notify_mime_is_address(const char *address);
/* `text` as it may stand in a header: words of RFC 2047, 75 characters each, never inside a character. */
const char *notify_mime_header(Arena *mem, const char *text);
/* The caller frees it. */
GString *notify_mime_write(Arena *mem, const NotifyMail *mail);
