/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: what its handlers share, and the handlers of the routes. */
#pragma once

#include "feature/feature.h"
#include "feature/follow/follow_views.h"

/* The petition of the path, as its requester's own; `own`: who asks is signed in as that requester,
 * not only the holder of number and code. NOT_FOUND for everybody else. */
bool
follow_pages_load(Request *req, DbTx *tx, PetitionFile *file, bool *own, GError **error) MUST_USE;
/* The page of a petition; `rate` is the form as it was sent, or NULL. */
bool follow_pages_show_with(Request *req, Response *res, Form *rate, int status,
                            GError **error) MUST_USE;
/* "/follow/26-4839-2017-5" and `rest` behind it. */
char *follow_pages_path(Arena *mem, int64_t number, const char *rest);

bool  follow_pages_show(Request *req, Response *res, GError **error);
bool  follow_pages_mine(Request *req, Response *res, GError **error);
/* A page that only an answer to a form shows, asked for by itself (the language switch does): back to
 * the petition. */
bool follow_pages_back(Request *req, Response *res, GError **error);

bool follow_acts_rate(Request *req, Response *res, GError **error);
bool follow_acts_withdraw_page(Request *req, Response *res, GError **error);
bool follow_acts_withdraw(Request *req, Response *res, GError **error);
bool follow_acts_add_page(Request *req, Response *res, GError **error);
bool follow_acts_add(Request *req, Response *res, GError **error);
