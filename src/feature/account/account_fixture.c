/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/account/account_fixture.h"

#include "core/access.h"
#include "core/cookie.h"
#include "feature/notify/notify.h"
#include "view/html.h"
#include "view/trouble.h"

#include <string.h>

enum { ENTITY = 11 };

const uint8_t         account_fixture_totp[20] = "ABCDEFGHIJKLMNOPQRST";

static const Identity registry[] = {
    { .document_type = "national_number",
      .document_issuer = "JO",
      .document_number = "9871234567",
      .name = { "ليلى", "محمد", "أحمد", "العبادي" },
      .birth_date = "1987-03-14" },
    { .document_type = "national_number",
      .document_issuer = "JO",
      .document_number = "9851112223",
      .name = { "عمر", "خالد", "يوسف", "الزعبي" },
      .birth_date = "1985-07-02" },
};

/* ---- the gate ---- */

static Who
who_asks(AccountFixture *fixture, Arena *mem)
{
    System     *sys = &fixture->core->sys;
    uint8_t    *visitor = arena_alloc(mem, 32);
    const char *staff = testing_cookie(fixture->browser, COOKIE_STAFF);
    const char *session = testing_cookie(fixture->browser, COOKIE_SESSION);
    Who         who = { .role = ROLE_NONE, .lang = "ar" };

    memset(visitor, fixture->visitor + 1, 32);
    who.visitor = (Bytes){ visitor, 32 };
    if (staff != NULL) {
        g_autoptr(DbTx) tx = db_begin(sys->db, mem, NULL);

        if (tx != NULL && session_staff(sys, tx, staff, &who, NULL))
            return who;
    }
    if (session != NULL &&
        vault_session(sys->vault, mem, session, &who.person_id, &who.session, NULL))
        who.role = ROLE_REQUESTER;
    return who;
}

static bool
enter(Request *req, Response *res, GError **error)
{
    AccountFixture *fixture = req->app;
    Who            *who = ARENA_NEW(req->mem, Who);
    Page           *page = ARENA_NEW(req->mem, Page);

    (void)res;
    *who = who_asks(fixture, req->mem);
    req->app = &fixture->core->sys;
    req->who = who;
    req->lang = "ar";
    *page = (Page){ .lang = "ar",
                    .dir = "rtl",
                    .csrf = session_csrf(req->app, req->mem, who),
                    .target = request_target(req) };
    req->page = page;
    return access_may_enter(who, (Perm)req->route->needs, true) ||
           fail(error, who->role == ROLE_NONE ? APP_ERROR_UNAUTHENTICATED : APP_ERROR_FORBIDDEN,
                "not for this role");
}

static bool
check(Request *req, GError **error)
{
    return session_csrf_is_right(req->app, req->who, form_typed(req->form, "csrf")) ||
           fail(error, APP_ERROR_FORBIDDEN, "a form without its token");
}

static void
explain(Request *req, Response *res, const GError *error)
{
    int status = error_status(error_code(error));

    g_assert_cmpint(error_code(error), !=, APP_ERROR_INTERNAL);
    trouble_show(req, res, status, status, true);
}

/* ---- up and down ---- */

static const DbQuery insert_entity = {
    .sql = "INSERT INTO entity (id, code, kind, version) VALUES ($1, 'water', 'ministry', 1)",
    .table = "entity",
};

static const DbQuery *const queries[] = { &insert_entity, NULL };

static bool
prepare_entity(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    Event event = { .petition_id = ENTITY,
                    .version = 1,
                    .kind = "import",
                    .visibility = "unit",
                    .actor_role = ROLE_SYSTEM };

    (void)cmd, (void)result;
    if (!event_append(prepare, &event, error))
        return false;
    plan_one(prepare->plan, &insert_entity, DB_PARAMS(db_int(ENTITY)));
    return true;
}

static AccountMade
make_account(AccountFixture *fixture, const char *login, Role role, bool by_link)
{
    CommandContext context = core_fixture_context(fixture->core, fixture->core->mem);
    AccountNew     cmd = { .login = login, .name = "سامي الخطيب", .role = role };
    AccountMade    made;
    g_autoptr(GError) error = NULL;

    cmd.entity_id = role == ROLE_LIAISON ? ENTITY : 0;
    if (!by_link) {
        cmd.password = ACCOUNT_FIXTURE_PASSWORD;
        cmd.totp = BYTES_OF(account_fixture_totp);
    }
    if (!session_account_new(&context, &cmd, &made, &error))
        g_error("no account: %s", error->message);
    return made;
}

void
account_fixture_up(AccountFixture *fixture, const void *data)
{
    const CoreFixtureOptions options = { .queries = queries };
    CommandContext           context;
    int64_t                  added;
    g_autoptr(GError) error = NULL;

    fixture->core = core_fixture_new(&options);
    context = core_fixture_context(fixture->core, fixture->core->mem);
    g_assert_true(command_run(&context, prepare_entity, NULL, NULL, NULL, &error));
    g_assert_true(system_reload_reference(&fixture->core->sys, &error));
    g_assert_true(vault_registry_import(fixture->core->sys.vault, fixture->core->mem, registry,
                                        G_N_ELEMENTS(registry), &added, &error));
    if (data != NULL)
        make_account(fixture, data, ROLE_LIAISON, false);
    fixture->gate = (Gate){ .app = fixture,
                            .perm_public = PERM_PUBLIC,
                            .enter = enter,
                            .check = check,
                            .explain = explain };
    fixture->router =
        router_new((const Route *const[]){ account_feature.routes, NULL }, &fixture->gate, &error);
    g_assert_no_error(error);
    fixture->browser = testing_new(fixture->router, fixture->core->clock);
    html_set_zone(fixture->core->zone);
}

void
account_fixture_down(AccountFixture *fixture, const void *data)
{
    (void)data;
    testing_free(fixture->browser);
    router_free(fixture->router);
    core_fixture_free(fixture->core);
}

/* ---- asking ---- */

int
account_fixture_get(AccountFixture *fixture, const char *target)
{
    fixture->answer = testing_get(fixture->browser, target);
    return response_status(fixture->answer);
}

static void
add_pair(GString *form, const char *name, const char *value)
{
    g_autofree char *escaped = g_uri_escape_string(value, NULL, FALSE);

    g_string_append_printf(form, "%s%s=%s", form->len == 0 ? "" : "&", name, escaped);
}

int
account_fixture_post(AccountFixture *fixture, const char *target, ...)
{
    Arena *mem = fixture->core->mem;
    Who    who = who_asks(fixture, mem);
    g_autoptr(GString) form = g_string_new(NULL);
    const char *name;
    va_list     pairs;

    va_start(pairs, target);
    while ((name = va_arg(pairs, const char *)) != NULL)
        add_pair(form, name, va_arg(pairs, const char *));
    va_end(pairs);
    add_pair(form, "csrf", session_csrf(&fixture->core->sys, mem, &who));
    fixture->answer = testing_post(fixture->browser, target, form->str);
    return response_status(fixture->answer);
}

const char *
account_fixture_target(const AccountFixture *fixture)
{
    const char *target = response_find(fixture->answer, "Location");

    return target == NULL ? "" : target;
}

void
account_fixture_shows(AccountFixture *fixture, const char *text)
{
    if (strstr(testing_text(fixture->browser), text) == NULL)
        g_error("the page does not show \"%s\":\n%s", text, testing_text(fixture->browser));
}

void
account_fixture_hides(AccountFixture *fixture, const char *text)
{
    if (strstr(testing_text(fixture->browser), text) != NULL)
        g_error("the page shows \"%s\":\n%s", text, testing_text(fixture->browser));
}

char *
account_fixture_bare(AccountFixture *fixture)
{
    g_autoptr(GRegex) values = g_regex_new("value=\"[^\"]*\"", 0, 0, NULL);
    g_autofree char *text =
        g_regex_replace_literal(values, testing_text(fixture->browser), -1, 0, "", 0, NULL);

    return arena_copy(fixture->core->mem, text);
}

/* ---- secrets ---- */

const char *
account_fixture_code(AccountFixture *fixture, const uint8_t totp[20], int64_t off)
{
    char *digits = arena_alloc(fixture->core->mem, 7);

    crypto_totp((Bytes){ totp, 20 }, clock_now(fixture->core->clock) / SECONDS / 30 + off, digits);
    return digits;
}

const char *
account_fixture_link(AccountFixture *fixture, const char *login, Role role)
{
    return make_account(fixture, login, role, true).link_token;
}

const char *
account_fixture_digits(AccountFixture *fixture)
{
    const char *notice = strstr(testing_text(fixture->browser), "class=\"notice tone-info\"");

    for (; notice != NULL && *notice != '\0'; notice++)
        if (strspn(notice, "0123456789") == 6)
            return arena_text(fixture->core->mem, notice, 6);
    g_error("the page shows no code:\n%s", testing_text(fixture->browser));
}
