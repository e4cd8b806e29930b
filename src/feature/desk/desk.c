/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The surface of the telephone desk: only agents, and nothing without a form of its own. */
#include "feature/desk/desk.h"

#include "core/access.h"
#include "core/limits.h"
#include "feature/account/account.h"
#include "feature/desk/desk_forms.h"
#include "feature/desk/desk_pages.h"

static const Route routes[] = {
    { HTTP_GET, "/desk", desk_pages_show, .needs = PERM_DESK },
    { HTTP_GET, "/desk/find", desk_pages_back, .needs = PERM_DESK },
    { HTTP_POST, "/desk/find", desk_pages_find, .needs = PERM_DESK, .limit = LIMIT_ACT,
      .form = &desk_forms_find },
    { HTTP_GET, "/desk/register", desk_pages_register_page, .needs = PERM_DESK },
    { HTTP_POST, "/desk/register", desk_pages_register, .needs = PERM_DESK, .limit = LIMIT_ACT,
      .form = &account_identity_form },
    { HTTP_POST, "/desk/end", desk_pages_end, .needs = PERM_DESK, .limit = LIMIT_ACT,
      .form = &desk_forms_empty },
    { HTTP_GET, "/desk/suggest", desk_lodge_suggest, .needs = PERM_DESK, .limit = LIMIT_FIND },
    { HTTP_GET, "/desk/fields", desk_lodge_asks, .needs = PERM_DESK, .limit = LIMIT_FIND },
    { HTTP_POST, "/desk/draft", desk_lodge_keep, .needs = PERM_DESK, .limit = LIMIT_PAGE,
      .form = &desk_forms_lodge },
    { HTTP_POST, "/desk/clear", desk_lodge_clear, .needs = PERM_DESK, .limit = LIMIT_ACT,
      .form = &desk_forms_empty },
    { HTTP_GET, "/desk/requests", desk_pages_back, .needs = PERM_DESK },
    { HTTP_POST, "/desk/requests", desk_lodge_send, .needs = PERM_DESK, .limit = LIMIT_ACT,
      .form = &desk_forms_lodge },
    { HTTP_GET, "/desk/requests/{number}", desk_requests_show, .needs = PERM_DESK },
    { HTTP_GET, "/desk/requests/{number}/receipt", desk_requests_receipt, .needs = PERM_DESK },
    { HTTP_GET, "/desk/requests/{number}/add", desk_pages_back, .needs = PERM_DESK },
    { HTTP_POST, "/desk/requests/{number}/add", desk_requests_add, .needs = PERM_DESK,
      .limit = LIMIT_ACT, .form = &desk_forms_add },
    { HTTP_GET, "/desk/calls", desk_calls_list, .needs = PERM_DESK },
    { HTTP_GET, "/desk/calls/{id}", desk_calls_show, .needs = PERM_DESK },
    { HTTP_POST, "/desk/calls/{id}", desk_calls_settle, .needs = PERM_DESK, .limit = LIMIT_ACT,
      .form = &desk_forms_call },
    { HTTP_POST, "/desk/calls/{id}/take", desk_calls_take, .needs = PERM_DESK, .limit = LIMIT_ACT,
      .form = &desk_forms_empty },
    { 0 },
};

const Feature desk_feature = { .name = "desk", .routes = routes };
