/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The handlers of the office. Used by this feature only. */
#pragma once

#include "http/route.h"

bool office_list_inbox(Request *req, Response *res, GError **error);
bool office_list_closed(Request *req, Response *res, GError **error);
bool office_list_search(Request *req, Response *res, GError **error);
bool office_triage_list(Request *req, Response *res, GError **error);
bool office_question_list(Request *req, Response *res, GError **error);
bool office_question_page(Request *req, Response *res, GError **error);
bool office_question_reply(Request *req, Response *res, GError **error);
bool office_deed_file(Request *req, Response *res, GError **error);
bool office_deed_preview(Request *req, Response *res, GError **error);
/* Every act on a file: which one, the route's form says. */
bool office_deed_act(Request *req, Response *res, GError **error);
