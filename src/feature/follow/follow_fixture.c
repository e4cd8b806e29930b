/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/follow/follow_fixture.h"

#include "base/text.h"
#include "core/cookie.h"
#include "feature/notify/notify.h"
#include "view/html.h"
#include "view/trouble.h"

#include <sqlite3.h>
#include <string.h>

static const char labels_sql[] =
    "INSERT INTO label (subject, id, lang, text) VALUES"
    " ('entity.name', 1, 'ar', 'سلطة المياه'), ('entity.name', 1, 'en', 'Water Authority'),"
    " ('entity.name', 2, 'ar', 'وزارة الأشغال'), ('entity.keywords', 1, 'ar', 'ماسورة|مياه'),"
    " ('service.name', 11, 'ar', 'تسرّب'), ('service.name', 21, 'ar', 'إنارة الشوارع'),"
    " ('service.keywords', 11, 'ar', 'تسرب المياه'), ('directorate.name', 101, 'ar', 'مديرية "
    "الشبكات'),"
    " ('place.name', 1001, 'ar', 'العاصمة');";

static const uint8_t visitor_id[32] = { 1 }, agent_session[32] = { 2 }, other_session[32] = { 3 };

/* ---- the gate ---- */

static void
fill_page(FollowFixture *fixture, Request *req, const Who *who)
{
    const Language *language = i18n_language(i18n_words(req->lang));
    Page           *page = ARENA_NEW(req->mem, Page);

    *page = (Page){ .lang = language->key,
                    .dir = language->dir,
                    .who = who->name,
                    .csrf = session_csrf(fixture->trial.fixture->sys, req->mem, who),
                    .target = request_target(req),
                    .staff = who->account_id != 0 };
    if (request_query(req, "done") != NULL) {
        page->notice = i18n_find_in("done.", request_query(req, "done"));
        g_assert_cmpint(page->notice, !=, 0);
    }
    req->page = page;
}

static Who
asking(FollowFixture *fixture, Request *req)
{
    System     *sys = fixture->trial.fixture->sys;
    const char *follow = req == NULL ? NULL : request_cookie(req, COOKIE_FOLLOW);
    Who         who = *fixture->who;

    who.lang = fixture->lang;
    who.visitor = BYTES_OF(visitor_id);
    if (follow != NULL && !session_follow_read(sys, req->mem, follow, &who.petition_id))
        who.petition_id = 0;
    return who;
}

static bool
enter(Request *req, Response *res, GError **error)
{
    FollowFixture *fixture = req->app;
    Who           *who = ARENA_NEW(req->mem, Who);

    (void)res;
    *who = asking(fixture, req);
    req->app = fixture->trial.fixture->sys;
    req->who = who;
    req->lang = fixture->lang;
    fill_page(fixture, req, who);
    if (access_may_enter(who, (Perm)req->route->needs, true))
        return true;
    return fail(error, who->role == ROLE_NONE ? APP_ERROR_UNAUTHENTICATED : APP_ERROR_FORBIDDEN,
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

    if (error_code(error) == APP_ERROR_INTERNAL)
        g_test_message("%s", error->message);
    req->id = 0;      /* no incident on the page, */
    req->page = NULL; /* and no address of its own, so that two of them can be compared */
    trouble_show(req, res, status, status, true);
}

/* ---- up and down ---- */

/* The statements of other features are prepared when the store is opened: once more, with them. */
static void
reopen(CoreFixture *core, const DbQuery *const *const *queries)
{
    g_autoptr(GError) error = NULL;
    DbOptions options = core_fixture_db_options(core, &core->schema);
    size_t    n = 0;

    db_close(core->sys.db);
    while (core->queries[n] != NULL)
        n++;
    for (; *queries != NULL; queries++)
        core->queries[n++] = *queries;
    core->sys.db = db_open(&options, &error);
    g_assert_no_error(error);
}

static void
seat_people(FollowFixture *fixture)
{
    fixture->visitor = (Who){ .role = ROLE_NONE };
    fixture->agent = fixture->trial.fixture->agent;
    fixture->agent.session = BYTES_OF(agent_session);
    fixture->other_agent = fixture->trial.fixture->agent;
    fixture->other_agent.session = BYTES_OF(other_session);
}

void
follow_fixture_up(FollowFixture *fixture, const Route *const *routes,
                  const DbQuery *const *const *queries)
{
    EventListener *listeners = g_new0(EventListener, 2);
    g_autoptr(GError) error = NULL;

    listeners[0] = notify_feature.listener;
    petition_trial_up(&fixture->trial, listeners);
    reopen(fixture->trial.fixture->core, queries);
    petition_fixture_execute(fixture->trial.fixture, labels_sql);
    g_assert_true(system_reload_reference(fixture->trial.fixture->sys, &error));
    petition_trial_complain(&fixture->trial);
    seat_people(fixture);

    fixture->gate = (Gate){ .app = fixture,
                            .perm_public = PERM_PUBLIC,
                            .enter = enter,
                            .check = check,
                            .explain = explain };
    fixture->router = router_new(routes, &fixture->gate, &error);
    g_assert_no_error(error);
    fixture->browser = testing_new(fixture->router, fixture->trial.fixture->core->clock);
    fixture->lang = "ar";
    html_set_zone(fixture->trial.fixture->sys->zone);
}

void
follow_fixture_down(FollowFixture *fixture, const void *data)
{
    const EventListener *listeners = fixture->trial.fixture->sys->listeners;

    testing_free(fixture->browser);
    router_free(fixture->router);
    petition_trial_down(&fixture->trial, data);
    g_free((void *)listeners);
}

/* ---- asking ---- */

int
follow_fixture_get(FollowFixture *fixture, const Who *who, const char *target)
{
    fixture->who = who;
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
follow_fixture_post(FollowFixture *fixture, const Who *who, const char *target, ...)
{
    PetitionFixture *petition = fixture->trial.fixture;
    g_autoptr(GString) form = g_string_new(NULL);
    const char *name, *command = fixture->command;
    va_list     pairs;
    Who         sender;

    fixture->who = who;
    sender = asking(fixture, NULL);
    va_start(pairs, target);
    while ((name = va_arg(pairs, const char *)) != NULL)
        add_pair(form, name, va_arg(pairs, const char *));
    va_end(pairs);
    if (command == NULL)
        command = text_hex(petition->mem, command_id_read(petition->mem, NULL));
    add_pair(form, "csrf", session_csrf(petition->sys, petition->mem, &sender));
    add_pair(form, "command", command);
    fixture->answer = testing_post(fixture->browser, target, form->str);
    return response_status(fixture->answer);
}

const char *
follow_fixture_number(FollowFixture *fixture)
{
    return i18n_ref(fixture->trial.fixture->mem, fixture->trial.receipt.number);
}

const char *
follow_fixture_code(FollowFixture *fixture)
{
    return fixture->trial.receipt.code;
}

const char *
follow_fixture_path(FollowFixture *fixture, const char *root, const char *rest)
{
    return arena_printf(fixture->trial.fixture->mem, "%s/%s%s", root,
                        follow_fixture_number(fixture), rest);
}

const char *
follow_fixture_target(FollowFixture *fixture)
{
    const char *target = response_find(fixture->answer, "Location");

    return target == NULL ? "" : target;
}

/* ---- looking ---- */

const char *
follow_fixture_value(FollowFixture *fixture, const char *behind, const char *name)
{
    Arena      *mem = fixture->trial.fixture->mem;
    const char *at = strstr(testing_text(fixture->browser), behind);

    g_assert_nonnull(at);
    at = strstr(at, arena_printf(mem, "name=\"%s\" value=\"", name));
    g_assert_nonnull(at);
    at += strlen(name) + strlen("name=\"\" value=\"");
    return arena_text(mem, at, strcspn(at, "\""));
}

char *
follow_fixture_blanked(FollowFixture *fixture)
{
    g_autoptr(GRegex) values = g_regex_new("value=\"[^\"]*\"", 0, 0, NULL);
    g_autofree char *text = g_regex_replace_literal(values, testing_text(fixture->browser), -1, 0,
                                                    "value=\"…\"", 0, NULL);

    return arena_copy(fixture->trial.fixture->mem, text);
}

void
follow_fixture_shows(FollowFixture *fixture, const char *text)
{
    if (strstr(testing_text(fixture->browser), text) == NULL)
        g_error("the page does not show \"%s\":\n%s", text, testing_text(fixture->browser));
}

void
follow_fixture_hides(FollowFixture *fixture, const char *text)
{
    if (strstr(testing_text(fixture->browser), text) != NULL)
        g_error("the page shows \"%s\":\n%s", text, testing_text(fixture->browser));
}

void
follow_fixture_close(FollowFixture *fixture, const char *answer)
{
    PetitionTrial *trial = &fixture->trial;
    const Who     *officer = &trial->fixture->liaison;

    g_assert_cmpint(
        petition_trial_accept(trial, officer, (PetitionAccept){ .on = petition_trial_on(trial) }),
        ==, DONE);
    g_assert_cmpint(petition_trial_close(trial, officer,
                                         (PetitionClose){ .on = petition_trial_on(trial),
                                                          .outcome = "resolved",
                                                          .answer = answer }),
                    ==, DONE);
}

int64_t
follow_fixture_looks(FollowFixture *fixture)
{
    static const char sql[] = "SELECT count(*) FROM vault_event WHERE actor_ref IS NOT NULL";
    CoreFixture      *core = fixture->trial.fixture->core;
    g_autofree char  *path = g_build_filename(core->directory, "vault.db", NULL);
    sqlite3          *file;
    sqlite3_stmt     *row = NULL;
    int64_t           n;

    if (core->vault_url != NULL) {
        g_autofree char *looks = engine_fixture_sql(core->vault_url, sql);

        return g_ascii_strtoll(looks, NULL, 10);
    }
    g_assert_cmpint(sqlite3_open_v2(path, &file, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(file, sql, -1, &row, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(row), ==, SQLITE_ROW);
    n = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(file);
    return n;
}
