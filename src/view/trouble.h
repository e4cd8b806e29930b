/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of an error: what happened and what one can do, from the messages error.STATUS.*. */
#pragma once

#include "view/html.h"

typedef struct {
    int64_t     status;
    int         title, text, todo;
    const char *incident; /* the request's id in hexadecimal, or NULL */
    bool        sign_in;
} TroubleView;

/* Begin the answer and write the page for `status`; one without messages of its own is shown as 500.
 * Needs nothing that may itself be in trouble: `req` may have no page, route or language. */
void trouble_show(Request *req, Response *res, int status);
