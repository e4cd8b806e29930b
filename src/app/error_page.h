/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page (or JSON, where it was asked for) of an error: what happened and what one can do, in the
 * reader's language; nothing about the inside but the request's id. */
#pragma once

#include "http/route.h"

/* `old_form`: it is not a right that is missing, the form's page is out of date. `own`: see trouble_show. */
void error_page_write(Request *req, Response *res, const GError *error, bool old_form, bool own);
