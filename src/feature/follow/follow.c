/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Number and code. What must stay true: a wrong code, an unknown number and another petition's code get
 * one answer after the same work, and neither number nor code is ever logged. */
#include "feature/follow/follow.h"

#include "base/number.h"
#include "core/access.h"
#include "core/cookie.h"
#include "core/limits.h"
#include "core/session.h"
#include "feature/follow/follow_forms.h"
#include "feature/follow/follow_pages.h"
#include "follow_html.h"
#include "messages.h"

#include <sodium.h>

#define FOLLOW_SECONDS (30 * 60)

/* Looks up and compares also what cannot be right, so that a try costs the same whatever is wrong. */
static bool
is_proved(Request *req, const char *number_text, const char *code, Petition *petition, bool *right,
          GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    g_autoptr(GError) cause = NULL;
    char    given[VAULT_CODE_LENGTH + 1] = "", wanted[VAULT_CODE_LENGTH + 1];
    int64_t number = 0;
    bool    formed, found, same;

    if (tx == NULL)
        return false;
    formed = number_parse(number_text, &number);
    formed = crypto_base32_fold(code, VAULT_CODE_LENGTH, given) && formed;
    found = petition_by_number(tx, number, petition, &cause);
    if (!found && error_code(cause) != APP_ERROR_NOT_FOUND) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    vault_tracking_code(sys->vault, found ? petition->id : 0, wanted);
    same = sodium_memcmp(given, wanted, VAULT_CODE_LENGTH) == 0;
    *right = formed && found && same;
    return true;
}

static void
let_in(Request *req, Response *res, const Petition *petition)
{
    response_cookie(res, COOKIE_FOLLOW, session_follow_cookie(req->app, req->mem, petition->id),
                    FOLLOW_SECONDS);
    response_redirect(res, follow_pages_path(req->mem, petition->number, ""));
}

static bool
show_start(Request *req, Response *res, Form *form, int status)
{
    FollowStartView view = { .form = { .form = form, .action = "/follow" } };

    follow_start_html(html_page(req, res, status), &view);
    return true;
}

static bool
start(Request *req, Response *res, GError **error)
{
    (void)error;
    return show_start(req, res, form_blank(req->mem, &follow_forms_prove), 200);
}

static bool
prove(Request *req, Response *res, GError **error)
{
    const FollowProveForm *data = req->form->values;
    Petition               petition;
    bool                   right;

    if (!form_ok(req->form))
        return show_start(req, res, req->form, 422);
    if (!is_proved(req, data->number, data->code, &petition, &right, error))
        return false;
    if (right) {
        let_in(req, res, &petition);
        return true;
    }
    form_mistake(req->form, "number", MSG_FOLLOW_WRONG, NULL, NULL);
    return show_start(req, res, req->form, 422);
}

/* The link of the receipt's QR code and of messages. */
static bool
prove_link(Request *req, Response *res, GError **error)
{
    Petition petition;
    bool     right;

    if (!is_proved(req, request_param(req, "number"), request_param(req, "code"), &petition, &right,
                   error))
        return false;
    if (!right)
        return fail(error, APP_ERROR_NOT_FOUND, "a link without a right number and code");
    let_in(req, res, &petition);
    return true;
}

static const Route routes[] = {
    { HTTP_GET, "/follow", start, .needs = PERM_VISITOR },
    { HTTP_POST, "/follow", prove, .needs = PERM_VISITOR, .limit = LIMIT_PROVE,
      .form = &follow_forms_prove },
    { HTTP_GET, "/f/{number}/{code}", prove_link, .needs = PERM_VISITOR, .limit = LIMIT_PROVE },
    { HTTP_GET, "/follow/{number}", follow_pages_show, .needs = PERM_FOLLOW, .quick = true },
    { HTTP_GET, "/follow/{number}/rate", follow_pages_back, .needs = PERM_FOLLOW },
    { HTTP_POST, "/follow/{number}/rate", follow_acts_rate, .needs = PERM_REQUESTER,
      .limit = LIMIT_ACT, .form = &follow_forms_rate },
    { HTTP_GET, "/follow/{number}/withdraw", follow_acts_withdraw_page, .needs = PERM_REQUESTER },
    { HTTP_POST, "/follow/{number}/withdraw", follow_acts_withdraw, .needs = PERM_REQUESTER,
      .limit = LIMIT_ACT, .form = &follow_forms_withdraw },
    { HTTP_GET, "/follow/{number}/add", follow_acts_add_page, .needs = PERM_REQUESTER },
    { HTTP_POST, "/follow/{number}/add", follow_acts_add, .needs = PERM_REQUESTER,
      .limit = LIMIT_ACT, .form = &follow_forms_add },
    { HTTP_GET, "/mine", follow_pages_mine, .needs = PERM_REQUESTER },
    { 0 },
};

const Feature follow_feature = { .name = "follow", .routes = routes };
