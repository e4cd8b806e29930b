/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The order is fixed: language, visitor, session, right, rate. Everything that is refused says why in
 * the reader's language, and a foreign thing looks like an absent one. */
#include "app/gate.h"

#include "app/error_page.h"
#include "app/nav.h"
#include "app/rates.h"
#include "base/number.h"
#include "core/access.h"
#include "core/cookie.h"
#include "core/limits.h"
#include "core/session.h"
#include "feature/desk/desk.h"
#include "messages.h"
#include "view/html.h"

#include <stdatomic.h>
#include <string.h>

#define VISITOR_SIZE 32
#define MOST_WAITING 48 /* for a database that is gone; the other workers tell people so */

struct AppGate {
    Gate        functions;
    System     *sys;
    Rates      *rates;
    QrTable    *codes; /* of the links that receipts show */
    _Atomic int waiting;
};

static const char *
choose_language(const Request *req)
{
    const char *cookie = request_cookie(req, COOKIE_LANG);
    const char *accepted = request_header(req, "Accept-Language");

    for (size_t i = 0; cookie != NULL && i18n_languages[i] != NULL; i++)
        if (strcmp(i18n_languages[i]->key, cookie) == 0)
            return i18n_languages[i]->key;
    for (size_t i = 0; accepted != NULL && i18n_languages[i] != NULL; i++)
        if (g_ascii_strncasecmp(i18n_languages[i]->key, accepted, 2) == 0)
            return i18n_languages[i]->key;
    return i18n_languages[0]->key;
}

/* The browser's random id: bound into CSRF tokens, codes and drafts, proves nothing about a person. */
static Bytes
know_visitor(Request *req, Response *res)
{
    uint8_t    *id = arena_alloc(req->mem, VISITOR_SIZE);
    const char *cookie = request_cookie(req, COOKIE_VISITOR);

    if (cookie != NULL && crypto_from_base64(cookie, id, VISITOR_SIZE))
        return (Bytes){ id, VISITOR_SIZE };
    crypto_random(id, VISITOR_SIZE);
    response_cookie(res, COOKIE_VISITOR, crypto_base64(req->mem, (Bytes){ id, VISITOR_SIZE }), 0);
    return (Bytes){ id, VISITOR_SIZE };
}

/* A session that is gone is no error: who had it is a visitor again. */
static bool
forgive_absence(GError **cause, GError **error)
{
    if (*cause == NULL || error_code(*cause) == APP_ERROR_NOT_FOUND) {
        g_clear_error(cause);
        return true;
    }
    g_propagate_error(error, *cause);
    *cause = NULL;
    return false;
}

static bool
know_staff(System *sys, const Request *req, Who *who, GError **error)
{
    const char *token = request_cookie(req, COOKIE_STAFF);
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(GError) cause = NULL;

    if (token == NULL)
        return true;
    tx = db_begin(sys->db, req->mem, error);
    if (tx == NULL)
        return false;
    return session_staff(sys, tx, token, who, &cause) || forgive_absence(&cause, error);
}

static bool
know_requester(System *sys, const Request *req, Who *who, GError **error)
{
    const char *token = request_cookie(req, COOKIE_SESSION);
    const char *follow = request_cookie(req, COOKIE_FOLLOW);
    g_autoptr(GError) cause = NULL;

    if (follow != NULL && !session_follow_read(sys, req->mem, follow, &who->petition_id))
        who->petition_id = 0;
    if (token == NULL)
        return true;
    if (!vault_session(sys->vault, req->mem, token, &who->person_id, &who->session, &cause))
        return forgive_absence(&cause, error);
    who->role = ROLE_REQUESTER;
    return true;
}

/* A signed-in person by session, everybody else by address. */
static bool
take_limit(AppGate *gate, Request *req, const Who *who, Response *res, GError **error)
{
    Bytes   address = { req->peer, sizeof req->peer };
    Limit   limit = (Limit)req->route->limit;
    int64_t wait = 0;
    bool    granted = true;

    if (limit != LIMIT_NONE && !rates_take(gate->rates, req->mem, limit,
                                           who->session.data != NULL ? who->session : address,
                                           req->now, &wait, &granted, error))
        return false;
    if (granted)
        return true;
    response_header(res, "Retry-After", arena_printf(req->mem, "%" G_GINT64_FORMAT, (gint64)wait));
    return fail(error, APP_ERROR_LIMITED, "limit %s of %s", limits_rules[limit].name,
                req->route->path);
}

/* Where the language switch leads back to: the answer to a POST has no address of its own, so the page
 * that sent it, when the browser says which. */
static const char *
page_target(System *sys, const Request *req)
{
    const char *from = request_header(req, "Referer");
    size_t      length = strlen(sys->address);

    if (req->method == HTTP_GET)
        return request_target(req);
    if (from == NULL || strncmp(from, sys->address, length) != 0 || from[length] != '/')
        return "/";
    return from + length;
}

/* A page that no requester may enter is the staff's. */
static const char *
sign_in_path(Arena *mem, const System *sys, const Route *route, const char *target)
{
    const Who        requester = { .role = ROLE_REQUESTER, .person_id = 1 };
    bool             staff = !access_may_enter(&requester, (Perm)route->needs, sys->trial);
    g_autofree char *next = g_uri_escape_string(target, "/", FALSE);

    return arena_printf(mem, "%s?next=%s", staff ? "/staff/sign-in" : "/sign-in", next);
}

static void
fill_page(AppGate *gate, Request *req, const Who *who)
{
    Page           *page = ARENA_NEW(req->mem, Page);
    const Language *language = i18n_language(i18n_words(req->lang));
    const Language *other = i18n_languages[0] == language ? i18n_languages[1] : i18n_languages[0];
    const char     *done = request_query(req, "done");

    *page = (Page){ .lang = language->key,
                    .dir = language->dir,
                    .who = who->name,
                    .csrf = session_csrf(gate->sys, req->mem, who),
                    .target = page_target(gate->sys, req),
                    .other_lang = other->key,
                    .other_lang_name = other->name,
                    .trial = gate->sys->trial,
                    .codes = gate->codes,
                    .staff = who->account_id != 0 };
    if (done != NULL)
        page->notice = i18n_find_in("done.", done);
    nav_fill(gate->sys, req, who, page);
    req->page = page;
}

static bool
identify(AppGate *gate, Request *req, Response *res, Who *who, GError **error)
{
    who->visitor = know_visitor(req, res);
    if (!know_staff(gate->sys, req, who, error))
        return false;
    if (who->role == ROLE_AGENT)
        who->caller_id = desk_caller_id(req);
    return who->account_id != 0 || know_requester(gate->sys, req, who, error);
}

/* Whoever sends something waits for a database that is gone as long as its writing would; whoever only
 * reads is told at once. */
static bool
wait_for_store(void *app, const Request *req)
{
    AppGate *gate = app;
    System  *sys = gate->sys;
    int64_t  left = sys->patience - (clock_now(sys->clock) - req->now);
    bool     back = req->method == HTTP_POST && left > 0 &&
                atomic_fetch_add(&gate->waiting, 1) < MOST_WAITING &&
                system_wait(sys, clock_monotonic() + left);

    if (req->method == HTTP_POST && left > 0)
        atomic_fetch_sub(&gate->waiting, 1);
    return back;
}

/* A connection that died since may be all that was wrong: once more without waiting. */
static bool
identify_patiently(AppGate *gate, Request *req, Response *res, Who *who, GError **error)
{
    for (int i = 0;; i++) {
        g_autoptr(GError) cause = NULL;

        *who = (Who){ .lang = req->lang };
        if (identify(gate, req, res, who, &cause))
            return true;
        if (req->method == HTTP_POST && error_code(cause) == APP_ERROR_BUSY &&
            (wait_for_store(gate, req) || i == 0))
            continue;
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
}

/* With replicas: what a browser has sent it must see, whichever node it asks next. */
static void
note_writing(const System *sys, const Request *req, Response *res, Who *who)
{
    if (!sys->replicas)
        return;
    who->wrote = req->method == HTTP_POST || request_cookie(req, COOKIE_WROTE) != NULL;
    if (req->method == HTTP_POST)
        response_cookie(res, COOKIE_WROTE, "1", DB_STALE_MOST / SECONDS);
}

static bool
enter(Request *req, Response *res, GError **error)
{
    AppGate *gate = req->app;
    Who     *who = ARENA_NEW(req->mem, Who);

    req->lang = choose_language(req);
    req->who = who;
    req->app = gate->sys;
    if (!identify_patiently(gate, req, res, who, error))
        return false;
    note_writing(gate->sys, req, res, who);
    fill_page(gate, req, who);
    if (!access_may_enter(who, (Perm)req->route->needs, gate->sys->trial)) {
        if (req->route->needs == PERM_TRIAL)
            return fail(error, APP_ERROR_NOT_FOUND, "%s is for trial mode", req->route->path);
        if (who->role == ROLE_NONE)
            return fail(error, APP_ERROR_UNAUTHENTICATED, "%s needs %s", req->route->path,
                        access_perm_name((Perm)req->route->needs));
        return fail(error, APP_ERROR_FORBIDDEN, "%s needs %s", req->route->path,
                    access_perm_name((Perm)req->route->needs));
    }
    return take_limit(gate, req, who, res, error);
}

/* The site's address, or the one by which this browser reached it. */
static bool
is_ours(const System *sys, const Request *req, const char *origin)
{
    const char *host = request_header(req, "Host"), *authority = strstr(origin, "://");

    return strcmp(origin, sys->address) == 0 ||
           (host != NULL && authority != NULL && g_ascii_strcasecmp(authority + 3, host) == 0);
}

/* What the browser says of where a form comes from. Older ones send no Sec-Fetch-Site; "null" says
 * nothing. */
static bool
is_from_here(const System *sys, const Request *req)
{
    const char *site = request_header(req, "Sec-Fetch-Site");
    const char *origin = request_header(req, "Origin");

    if (site != NULL)
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    return origin == NULL || strcmp(origin, "null") == 0 || is_ours(sys, req, origin);
}

/* Where the form comes from, and the token always. */
static bool
check(Request *req, GError **error)
{
    const char *token = form_typed(req->form, "csrf");

    if (!is_from_here(req->app, req))
        return fail(error, APP_ERROR_FORBIDDEN, "a form from another site");
    if (!session_csrf_is_right(req->app, req->who, token))
        return fail(error, APP_ERROR_FORBIDDEN, "a form without this session's token");
    return true;
}

/* From a page of ours, but its token is not this session's (any more): who signed in or out meanwhile,
 * or slept over it. A form from elsewhere has no right token either, and is no mistake of a person's. */
static bool
is_old_form(const AppGate *gate, const Request *req, const GError *error)
{
    return error_code(error) == APP_ERROR_FORBIDDEN && req->form != NULL && req->who != NULL &&
           is_from_here(gate->sys, req) &&
           !session_csrf_is_right(gate->sys, req->who, form_typed(req->form, "csrf"));
}

/* Certainly from a page of ours: the browser says so, or the token does. */
static bool
is_own_form(const AppGate *gate, const Request *req)
{
    const char *site = request_header(req, "Sec-Fetch-Site");

    if (req->form == NULL)
        return false;
    if (site != NULL)
        return strcmp(site, "same-origin") == 0;
    return req->who != NULL && is_from_here(gate->sys, req) &&
           session_csrf_is_right(gate->sys, req->who, form_typed(req->form, "csrf"));
}

/* Nobody knows who it is: the address does not exist, or the store does not answer. A form gets the token back with
 * which it came. */
static void
fill_nobodys_page(const AppGate *gate, Request *req)
{
    Page       *page = html_nobodys_page(req->mem, i18n_words(req->lang));
    const char *token = req->form == NULL ? NULL : form_typed(req->form, "csrf");

    page->trial = gate->sys->trial;
    if (token != NULL)
        page->csrf = token;
    req->page = page;
}

/* Only a page of trouble leads there. */
static void
fill_sign_in(const AppGate *gate, Request *req)
{
    Page *page = ARENA_NEW(req->mem, Page);

    *page = *(const Page *)req->page;
    page->sign_in = sign_in_path(req->mem, gate->sys, req->route, page->target);
    req->page = page;
}

static void
explain(Request *req, Response *res, const GError *error)
{
    const AppGate *gate = req->app;

    if (req->lang == NULL)
        req->lang = choose_language(req);
    if (req->page == NULL)
        fill_nobodys_page(gate, req);
    else
        fill_sign_in(gate, req);
    error_page_write(req, res, error, is_old_form(gate, req, error), is_own_form(gate, req));
}

/* A receipt's link is the address, /f/, the number, a slash and the code. */
static QrTable *
new_codes(const System *sys)
{
    g_autofree char *prefix = g_strconcat(sys->address, "/f/", NULL);

    return qr_table_new(prefix, NUMBER_TEXT_SIZE - 1 + 1 + VAULT_CODE_LENGTH);
}

AppGate *
gate_new(System *sys)
{
    AppGate *gate = g_new0(AppGate, 1);

    gate->sys = sys;
    gate->functions = (Gate){ .app = gate,
                              .perm_public = PERM_PUBLIC,
                              .enter = enter,
                              .check = check,
                              .wait = wait_for_store,
                              .explain = explain };
    gate->rates = rates_new(sys);
    gate->codes = new_codes(sys);
    return gate;
}

void
gate_free(AppGate *gate)
{
    if (gate == NULL)
        return;
    rates_free(gate->rates);
    qr_table_free(gate->codes);
    g_free(gate);
}

const Gate *
gate_functions(const AppGate *gate)
{
    return &gate->functions;
}
