/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: the handlers of its routes, and what they share. */
#pragma once

#include "feature/desk/desk_draft.h"
#include "feature/desk/desk_views.h"
#include "feature/feature.h"

/* The one screen. `find`, `identity` and `lodge` are forms that came back with mistakes, or NULL;
 * `nobody`: a search found nobody. */
typedef struct DeskScreen {
    Form *find, *identity, *lodge, *fields; /* fields: of the service that lodge picks, or NULL */
    bool  nobody;
    int   status;
} DeskScreen;

bool
desk_pages_screen(Request *req, Response *res, const DeskScreen *screen, GError **error) MUST_USE;
bool desk_pages_show(Request *req, Response *res, GError **error);
bool desk_pages_find(Request *req, Response *res, GError **error);
bool desk_pages_register_page(Request *req, Response *res, GError **error);
bool desk_pages_register(Request *req, Response *res, GError **error);
bool desk_pages_end(Request *req, Response *res, GError **error);
/* A page that only an answer to a form shows, asked for by itself: back to the screen. */
bool desk_pages_back(Request *req, Response *res, GError **error);

/* The lists of the desk's forms, ended by an empty one. */
const Choices *desk_lodge_choices(Request *req);
/* A blank one with what is usual. */
Form *desk_lodge_blank(Request *req);
/* What fits the words that were typed without picking; nothing when something was picked. */
void desk_lodge_find(Request *req, const char *words, DeskHits *out);
/* What the service of "entity:service" asks; `form` NULL: a blank one. */
/* The form of the answers that were kept; NULL when there are none. */
bool
desk_lodge_restore(Request *req, const DeskAnswers *answers, Form **form, GError **error) MUST_USE;
DeskFields desk_lodge_fields(Request *req, const char *pick, Form *form);
bool       desk_lodge_asks(Request *req, Response *res, GError **error);
/* The script's autosave: 204, whatever is missing. */
bool desk_lodge_keep(Request *req, Response *res, GError **error);
bool desk_lodge_clear(Request *req, Response *res, GError **error);
bool desk_lodge_suggest(Request *req, Response *res, GError **error);
bool desk_lodge_send(Request *req, Response *res, GError **error);

bool desk_requests_show(Request *req, Response *res, GError **error);
bool desk_requests_receipt(Request *req, Response *res, GError **error);
bool desk_requests_add(Request *req, Response *res, GError **error);
/* The newest requests of a person, for the screen. */
bool desk_requests_of(Request *req, int64_t person_id, const DeskRequestRow **rows, size_t *n,
                      GError **error) MUST_USE;

bool desk_calls_list(Request *req, Response *res, GError **error);
bool desk_calls_take(Request *req, Response *res, GError **error);
bool desk_calls_show(Request *req, Response *res, GError **error);
bool desk_calls_settle(Request *req, Response *res, GError **error);
