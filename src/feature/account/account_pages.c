/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requesters: mobile → code → (identity as on the card, the first time) → session. The same three pages
 * sign in and register, so that nobody has to know which of the two they need. */
#include "feature/account/account_pages.h"

#include "account_html.h"
#include "base/text.h"
#include "core/access.h"
#include "core/cookie.h"
#include "core/limits.h"
#include "core/session.h"
#include "feature/account/account_forms.h"
#include "feature/account/account_phone.h"
#include "feature/account/account_views.h"
#include "feature/notify/notify.h"
#include "messages.h"

#include <string.h>

#define PURPOSE "phone"
#define LANG_SECONDS (365LL * 24 * 3600)
#define MOST_WITH_ONE_PHONE 8

static const Who nobody = { .role = ROLE_NONE };

const char *
account_next(const char *next, const char *otherwise)
{
    bool ours = next != NULL && next[0] == '/' && next[1] != '/' && next[1] != '\\';

    return ours ? next : otherwise;
}

static const char *
with_next(Arena *mem, const char *path, const char *next, const char *light)
{
    g_autofree char *escaped = g_uri_escape_string(next == NULL ? "" : next, "/", FALSE);

    return arena_printf(mem, "%s?next=%s%s", path, escaped, light == NULL ? "" : "&light=1");
}

/* ---- mobile ---- */

static bool
show_phone(Request *req, Response *res, Form *form, Form *password, int status)
{
    PhoneView view = { .form = { .form = form, .action = "/sign-in" },
                       .password = { .form = password, .action = "/sign-in/password" },
                       .password_open = !form_ok(password),
                       .light = form_typed(form, "light") != NULL &&
                                form_typed(form, "light")[0] == '1' };

    account_phone_html(html_page(req, res, status), &view);
    return true;
}

static void
carry(const Request *req, Form *form)
{
    const char *next = request_query(req, "next");
    const char *light = request_query(req, "light");

    if (next != NULL)
        form_set(form, "next", next);
    if (light != NULL && form_field(form->spec, "light") != NULL)
        form_set(form, "light", "1");
}

static bool
phone_page(Request *req, Response *res, GError **error)
{
    Form *form = form_blank(req->mem, &account_phone_form);
    Form *password = form_blank(req->mem, &account_password_sign_in_form);

    (void)error;
    carry(req, form);
    carry(req, password);
    return show_phone(req, res, form, password, 200);
}

static bool
show_code(Request *req, Response *res, Form *form, const char *phone, const char *digits,
          int status)
{
    CodeView view = { .form = { .form = form, .action = "/sign-in/code" },
                      .phone = phone == NULL ? NULL : text_mask_numbers(req->mem, phone),
                      .digits = digits,
                      .again = with_next(req->mem, "/sign-in", form_typed(form, "next"),
                                         form_typed(form, "light")) };

    account_code_html(html_page(req, res, status), &view);
    return true;
}

/* The code's page is the answer itself, not a redirect: in trial mode it carries the code. */
static bool
send_code(Request *req, Response *res, GError **error)
{
    System          *sys = req->app;
    const Who       *who = req->who;
    const PhoneForm *data = req->form->values;
    Form            *next = form_blank(req->mem, &account_code_form);
    char             digits[7];

    if (!form_ok(req->form))
        return show_phone(req, res, req->form, form_blank(req->mem, &account_password_sign_in_form),
                          422);
    if (!vault_code_new(sys->vault, req->mem, who->visitor, PURPOSE, data->phone, digits, error) ||
        !notify_send_code(sys, req->mem, data->phone, digits, req->lang, error))
        return false;
    if (data->next != NULL)
        form_set(next, "next", data->next);
    if (data->light != NULL)
        form_set(next, "light", data->light);
    return show_code(
        req, res, next, data->phone,
        sys->trial && sys->gateways.sms_url == NULL ? arena_copy(req->mem, digits) : NULL, 200);
}

/* ---- code ---- */

static bool
register_light(System *sys, Request *req, const char *phone, int64_t *person_id, GError **error)
{
    Contact       contact = { .phone = phone };
    VaultRegister cmd = { .contact = &contact,
                          .verification = VAULT_UNKNOWN,
                          .lang = req->lang,
                          .by = &nobody,
                          .command_id =
                              command_id_read(req->mem, form_typed(req->form, "command")) };
    VaultPerson   person;

    if (!vault_register(sys->vault, req->mem, &cmd, &person, error))
        return false;
    *person_id = person.id;
    return true;
}

/* One person with this mobile: that is who it is (*person_id). None, or several: the card decides. */
static bool
find_person(Request *req, const char *phone, const CodeForm *data, int64_t *person_id,
            GError **error)
{
    System     *sys = req->app;
    VaultPerson found[MOST_WITH_ONE_PHONE];
    size_t      n = 0;

    *person_id = 0;
    if (!vault_find_by_phone(sys->vault, req->mem, &nobody, phone, found, G_N_ELEMENTS(found), &n,
                             error))
        return false;
    if (n == 1 && (data->light != NULL || found[0].verification != VAULT_UNKNOWN))
        *person_id = found[0].id;
    else if (n == 0 && data->light != NULL && !register_light(sys, req, phone, person_id, error))
        return false;
    return true;
}

/* The code is used with what it is for: whatever failed before has not cost it. */
static bool
use_code(Request *req, Response *res, const VaultProof *proof, const char *phone, GError **error)
{
    System         *sys = req->app;
    const CodeForm *data = req->form->values;
    int64_t         person_id;
    char            token[44];

    if (!find_person(req, phone, data, &person_id, error))
        return false;
    if (person_id == 0) {
        if (!vault_code_check(sys->vault, req->mem, proof->visitor, proof->purpose, proof->digits,
                              &phone, error))
            return false;
        response_cookie(res, ACCOUNT_PHONE_COOKIE, account_phone_seal(sys, req->mem, phone),
                        ACCOUNT_PHONE_SECONDS);
        response_redirect(res, with_next(req->mem, "/sign-in/identity", data->next, NULL));
        return true;
    }
    if (!vault_code_session(sys->vault, req->mem, proof, person_id, token, error))
        return false;
    account_keep_session(res, token);
    response_redirect(res, account_next(data->next, "/mine"));
    return true;
}

static bool
prove_code(Request *req, Response *res, GError **error)
{
    System         *sys = req->app;
    const Who      *who = req->who;
    const CodeForm *data = req->form->values;
    const char     *phone = NULL;
    VaultProof      proof;
    g_autoptr(GError) cause = NULL;

    if (!form_ok(req->form))
        return show_code(req, res, req->form, NULL, NULL, 422);
    proof = (VaultProof){ who->visitor, PURPOSE, data->code };
    if (!vault_code_peek(sys->vault, req->mem, &proof, &phone, error))
        return false;
    if (phone != NULL)
        return use_code(req, res, &proof, phone, error);
    if (vault_code_check(sys->vault, req->mem, who->visitor, PURPOSE, data->code, &phone, &cause))
        return fail(error, APP_ERROR_CONFLICT, "another code was sent at this very moment");
    if (error_code(cause) != APP_ERROR_INVALID) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    form_mistake(req->form, "code", MSG_ACCOUNT_CODE_WRONG, NULL, NULL);
    return show_code(req, res, req->form, NULL, NULL, 422);
}

static bool
code_page(Request *req, Response *res, GError **error)
{
    Form *form = form_blank(req->mem, &account_code_form);

    (void)error;
    carry(req, form);
    return show_code(req, res, form, NULL, NULL, 200);
}

/* ---- identity ---- */

static const char *
proved_phone(Request *req, GError **error)
{
    System     *sys = req->app;
    const Who  *who = req->who;
    const char *phone =
        account_phone_open(sys, req->mem, request_cookie(req, ACCOUNT_PHONE_COOKIE));
    Identity identity;
    Contact  contact;

    if (phone != NULL)
        return phone;
    if (who->person_id != 0 &&
        vault_reveal(sys->vault, req->mem, who, who->person_id, NULL, &identity, &contact, error))
        return contact.phone;
    return NULL;
}

static Choices *
governorates(Request *req)
{
    const Reference    *ref = system_reference(req->app);
    size_t              n;
    const Place *const *places = reference_places(ref, 0, &n);
    Choice             *choices = ARENA_ARRAY(req->mem, Choice, n);
    Choices            *lists = ARENA_ARRAY(req->mem, Choices, 2);

    for (size_t i = 0; i < n; i++)
        choices[i] =
            (Choice){ .value = places[i]->code,
                      .label = reference_label(ref, "place.name", places[i]->id, req->lang) };
    lists[0] = (Choices){ .field = "place", .choices = choices, .n = n, .as_list = true };
    return lists;
}

static bool
show_identity(Request *req, Response *res, Form *form, int status)
{
    System      *sys = req->app;
    IdentityView view = {
        .form = { .form = form, .action = "/sign-in/identity", .choices = governorates(req) },
        .trial = sys->trial
    };

    account_identity_html(html_page(req, res, status), &view);
    return true;
}

static bool
identity_page(Request *req, Response *res, GError **error)
{
    Form *form = form_blank(req->mem, &account_identity_form);
    g_autoptr(GError) cause = NULL;

    (void)error;
    if (proved_phone(req, &cause) == NULL) {
        response_redirect(res, with_next(req->mem, "/sign-in", request_query(req, "next"), NULL));
        return true;
    }
    carry(req, form);
    form_set(form, "document_type", "national_number");
    return show_identity(req, res, form, 200);
}

static bool
save_identity(Request *req, Response *res, GError **error)
{
    System          *sys = req->app;
    const char      *phone = proved_phone(req, error);
    AccountIdentity *data = req->form->values;
    int64_t          person_id;
    g_autoptr(GError) cause = NULL;

    if (phone == NULL) {
        g_clear_error(error);
        response_redirect(res,
                          with_next(req->mem, "/sign-in", form_typed(req->form, "next"), NULL));
        return true;
    }
    if (!form_ok(req->form))
        return show_identity(req, res, req->form, 422);
    data->phone = phone; /* the proved one, whatever the form says */
    Who by = *(const Who *)req->who;
    by.lang = req->lang;
    if (account_register(sys, req->mem, &by, req->form,
                         command_id_read(req->mem, form_typed(req->form, "command")), &person_id,
                         &cause)) {
        response_redirect(res, account_next(data->next, "/mine"));
        return account_begin_session(sys, req->mem, person_id, res, error);
    }
    if (!form_ok(req->form))
        return show_identity(req, res, req->form, 422);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

/* ---- document and password ---- */

static bool
sign_in_with_password(Request *req, Response *res, GError **error)
{
    System                   *sys = req->app;
    const PasswordSignInForm *data = req->form->values;
    Form                     *phone = form_blank(req->mem, &account_phone_form);
    VaultPerson               person = { .id = 0 };
    g_autoptr(GError) cause = NULL;

    if (form_typed(req->form, "next") != NULL)
        form_set(phone, "next", form_typed(req->form, "next"));
    if (!form_ok(req->form))
        return show_phone(req, res, phone, req->form, 422);
    if (!vault_find_by_document(sys->vault, req->mem, &nobody, "national_number", "JO",
                                data->document_number, &person, &cause) &&
        error_code(cause) != APP_ERROR_NOT_FOUND) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    g_clear_error(&cause);
    if (vault_check_password(sys->vault, req->mem, person.id, data->password, &cause)) {
        response_redirect(res, account_next(data->next, "/mine"));
        return account_begin_session(sys, req->mem, person.id, res, error);
    }
    if (error_code(cause) != APP_ERROR_UNAUTHENTICATED) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    form_mistake(req->form, "document_number", MSG_ACCOUNT_PASSWORD_WRONG, NULL, NULL);
    return show_phone(req, res, phone, req->form, 422);
}

/* ---- own data, password ---- */

static bool
show_profile(Request *req, Response *res, Form *form, int status, GError **error)
{
    System     *sys = req->app;
    const Who  *who = req->who;
    VaultPerson person;
    Identity    identity;
    Contact     contact;
    ProfileView view = { .form = { .form = form, .action = "/account" } };

    if (!vault_person(sys->vault, req->mem, who->person_id, &person, error) ||
        !vault_reveal(sys->vault, req->mem, who, who->person_id, NULL, &identity, &contact, error))
        return false;
    if (identity.name[0] != NULL)
        view.name = arena_printf(req->mem, "%s %s", identity.name[0],
                                 identity.name[3] == NULL ? "" : identity.name[3]);
    view.phone = contact.phone == NULL ? NULL : text_phone_shown(req->mem, contact.phone);
    view.email = contact.email;
    view.has_password = person.has_password;
    account_profile_html(html_page(req, res, status), &view);
    return true;
}

static bool
profile_page(Request *req, Response *res, GError **error)
{
    return show_profile(req, res, form_blank(req->mem, &account_password_form), 200, error);
}

static bool
save_password(Request *req, Response *res, GError **error)
{
    System             *sys = req->app;
    const Who          *who = req->who;
    const PasswordForm *data = req->form->values;

    if (!form_ok(req->form))
        return show_profile(req, res, req->form, 422, error);
    response_redirect(res, "/account?done=password");
    return vault_set_password(sys->vault, req->mem, who, who->person_id, data->password, error);
}

/* ---- both kinds of people ---- */

static bool
sign_out(Request *req, Response *res, GError **error)
{
    System    *sys = req->app;
    const Who *who = req->who;

    response_cookie(res, COOKIE_STAFF, "", -1);
    response_cookie(res, COOKIE_SESSION, "", -1);
    response_cookie(res, COOKIE_FOLLOW, "", -1);
    response_cookie(res, ACCOUNT_PHONE_COOKIE, "", -1);
    response_redirect(res, "/?done=signed_out");
    if (who->session.data == NULL)
        return true;
    return who->account_id != 0 ? session_end(sys, req->mem, who->session, error)
                                : vault_session_end(sys->vault, req->mem, who->session, error);
}

static bool
choose_language(Request *req, Response *res, GError **error)
{
    const char *lang = request_param(req, "lang");

    for (size_t i = 0; i18n_languages[i] != NULL; i++)
        if (strcmp(i18n_languages[i]->key, lang) == 0) {
            response_cookie(res, COOKIE_LANG, i18n_languages[i]->key, LANG_SECONDS);
            response_redirect(res, account_next(request_query(req, "back"), "/"));
            return true;
        }
    return fail(error, APP_ERROR_NOT_FOUND, "there is no such language");
}

const Route account_routes[] = {
    { HTTP_GET, "/sign-in", phone_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/sign-in", send_code, .needs = PERM_VISITOR, .limit = LIMIT_CODE,
      .form = &account_phone_form },
    { HTTP_GET, "/sign-in/code", code_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/sign-in/code", prove_code, .needs = PERM_VISITOR, .limit = LIMIT_PROVE,
      .form = &account_code_form },
    { HTTP_GET, "/sign-in/identity", identity_page, .needs = PERM_VISITOR },
    { HTTP_POST, "/sign-in/identity", save_identity, .needs = PERM_VISITOR, .limit = LIMIT_PROVE,
      .form = &account_identity_form },
    { HTTP_POST, "/sign-in/password", sign_in_with_password, .needs = PERM_VISITOR,
      .limit = LIMIT_SIGN_IN, .form = &account_password_sign_in_form },
    { HTTP_GET, "/account", profile_page, .needs = PERM_REQUESTER },
    { HTTP_POST, "/account", save_password, .needs = PERM_REQUESTER, .limit = LIMIT_SIGN_IN,
      .form = &account_password_form },
    { HTTP_POST, "/sign-out", sign_out, .needs = PERM_PUBLIC, .limit = LIMIT_PAGE,
      .form = &account_empty_form },
    { HTTP_GET, "/language/{lang}", choose_language, .needs = PERM_PUBLIC },
    { HTTP_GET, "/staff/sign-in", account_staff_page, .needs = PERM_PUBLIC },
    { HTTP_POST, "/staff/sign-in", account_staff_sign_in, .needs = PERM_PUBLIC,
      .limit = LIMIT_SIGN_IN, .form = &account_staff_sign_in_form },
    { HTTP_GET, "/staff/setup/{token}", account_setup_page, .needs = PERM_PUBLIC },
    { HTTP_POST, "/staff/setup/{token}", account_setup_save, .needs = PERM_PUBLIC,
      .limit = LIMIT_SIGN_IN, .form = &account_setup_form },
    { 0 },
};
