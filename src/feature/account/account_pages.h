/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: its routes; where a page goes on to. */
#pragma once

#include "feature/account/account.h"

/* `next` when it is a path of this site, else `otherwise`. */
const char        *account_next(const char *next, const char *otherwise);

bool               account_staff_page(Request *req, Response *res, GError **error);
bool               account_staff_sign_in(Request *req, Response *res, GError **error);
bool               account_setup_page(Request *req, Response *res, GError **error);
bool               account_setup_save(Request *req, Response *res, GError **error);

extern const Route account_routes[];
