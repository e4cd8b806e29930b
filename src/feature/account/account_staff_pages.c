/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Staff: password and second factor in one form, and the one-time link of a new account. */
#include "account_html.h"
#include "base/text.h"
#include "core/cookie.h"
#include "core/session.h"
#include "feature/account/account_forms.h"
#include "feature/account/account_pages.h"
#include "feature/account/account_views.h"
#include "messages.h"

#include <string.h>

#define STAFF_SECONDS (12 * 3600)
#define TOTP_SIZE 20

static const char *
home_of(const char *role)
{
    static const struct {
        const char *role, *path;
    } homes[] = {
        { "liaison", "/office" },     { "head", "/office" }, { "directorate", "/office/questions" },
        { "unit", "/office/triage" }, { "agent", "/desk" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(homes); i++)
        if (strcmp(homes[i].role, role) == 0)
            return homes[i].path;
    return "/";
}

static bool
show(Request *req, Response *res, Form *form, int status)
{
    StaffSignInView view = { .form = { .form = form, .action = "/staff/sign-in" } };

    account_staff_sign_in_html(html_page(req, res, status), &view);
    return true;
}

bool
account_staff_page(Request *req, Response *res, GError **error)
{
    Form       *form = form_blank(req->mem, &account_staff_sign_in_form);
    const char *next = request_query(req, "next");
    const Who  *who = req->who;

    (void)error;
    if (who->account_id != 0) {
        response_redirect(res, home_of(role_name(who->role)));
        return true;
    }
    if (next != NULL)
        form_set(form, "next", next);
    return show(req, res, form, 200);
}

static bool
role_of_token(System *sys, Arena *mem, const char *token, Who *who, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL && session_staff(sys, tx, token, who, error);
}

bool
account_staff_sign_in(Request *req, Response *res, GError **error)
{
    System                *sys = req->app;
    const StaffSignInForm *data = req->form->values;
    char                   token[44];
    Who                    who = { .role = ROLE_NONE };
    g_autoptr(GError) cause = NULL;

    if (!form_ok(req->form))
        return show(req, res, req->form, 422);
    if (!session_sign_in(sys, req->mem, data->login, data->password, data->code, token, &cause)) {
        if (error_code(cause) != APP_ERROR_UNAUTHENTICATED) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        form_mistake(req->form, "login", MSG_ACCOUNT_STAFF_WRONG, NULL, NULL);
        return show(req, res, req->form, 422);
    }
    if (!role_of_token(sys, req->mem, token, &who, error))
        return false;
    response_cookie(res, COOKIE_STAFF, token, STAFF_SECONDS);
    response_redirect(res, account_next(data->next, home_of(role_name(who.role))));
    return true;
}

/* ---- the one-time link ---- */

static bool
show_setup(Request *req, Response *res, Form *form, const char *secret, int status, GError **error)
{
    System     *sys = req->app;
    const char *token = request_param(req, "token");
    uint8_t     totp[TOTP_SIZE];
    SetupView   view = { .form = { .form = form,
                                   .action = arena_printf(req->mem, "/staff/setup/%s", token) } };
    Account     account;

    if (!text_from_hex(secret, totp, sizeof totp))
        return fail(error, APP_ERROR_INVALID, "the form's second factor was changed");
    if (!session_setup_account(sys, req->mem, token, &account, error))
        return false;
    form_set(form, "secret", secret);
    view.login = account.login;
    view.secret = crypto_totp_text(req->mem, BYTES_OF(totp));
    view.uri = arena_printf(req->mem, "otpauth://totp/Sawt:%s?secret=%s&issuer=Sawt", account.login,
                            view.secret);
    account_setup_html(html_page(req, res, status), &view);
    return true;
}

bool
account_setup_page(Request *req, Response *res, GError **error)
{
    uint8_t totp[TOTP_SIZE];

    crypto_random(totp, sizeof totp);
    return show_setup(req, res, form_blank(req->mem, &account_setup_form),
                      text_hex(req->mem, BYTES_OF(totp)), 200, error);
}

bool
account_setup_save(Request *req, Response *res, GError **error)
{
    System          *sys = req->app;
    const SetupForm *data = req->form->values;
    const char      *secret = form_typed(req->form, "secret");
    uint8_t          totp[TOTP_SIZE];
    g_autoptr(GError) cause = NULL;

    if (secret == NULL || !text_from_hex(secret, totp, sizeof totp))
        return fail(error, APP_ERROR_INVALID, "the form's second factor was changed");
    if (!form_ok(req->form))
        return show_setup(req, res, req->form, secret, 422, error);
    if (!session_setup(sys, req->mem, request_param(req, "token"), data->password, BYTES_OF(totp),
                       data->code, &cause)) {
        if (error_code(cause) != APP_ERROR_INVALID) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        form_mistake(req->form, "code", MSG_ACCOUNT_SETUP_CODE_WRONG, NULL, NULL);
        return show_setup(req, res, req->form, secret, 422, error);
    }
    response_redirect(res, "/staff/sign-in?done=setup");
    return true;
}
