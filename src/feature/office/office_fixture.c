/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/office/office_fixture.h"

#include "core/outbox.h"
#include "feature/attachment/attachment.h"
#include "feature/office/office.h"
#include "view/html.h"
#include "view/trouble.h"

#include <string.h>

static const char labels_sql[] =
    "INSERT INTO label (subject, id, lang, text) VALUES"
    " ('entity.name', 1, 'ar', 'سلطة المياه'), ('entity.name', 1, 'en', 'Water Authority'),"
    " ('entity.name', 2, 'ar', 'وزارة الأشغال'), ('entity.keywords', 2, 'ar', 'شارع|رصيف'),"
    " ('entity.keywords', 1, 'ar', 'ماسورة|مياه'), ('service.name', 11, 'ar', 'تسرّب'),"
    " ('service.name', 21, 'ar', 'إنارة الشوارع'), ('directorate.name', 101, 'ar', 'مديرية "
    "الشبكات'),"
    " ('directorate.name', 102, 'ar', 'مديرية العدادات'), ('place.name', 1001, 'ar', 'العاصمة'),"
    " ('service_field.label', 301, 'ar', 'رقم العداد'), ('service_field.label', 302, 'ar', "
    "'الكمية'),"
    " ('service_field.choice.runs', 302, 'ar', 'يسيل');";

/* Stands for notify: who is told of an accepted petition. */
static bool
tell(Prepare *prepare, const Event *event, GError **error)
{
    (void)error;
    if (strcmp(event->kind, "accept") == 0)
        outbox_add(prepare,
                   &(OutboxMessage){
                       .petition_id = event->petition_id,
                       .event_id = event->id,
                       .recipient = "requester",
                       .channel = "sms",
                       .message = event->kind,
                       .lang = "ar",
                       .dedupe = arena_printf(prepare->mem, "%" G_GINT64_FORMAT, (gint64)event->id),
                       .at = prepare->recorded_at });
    return true;
}

static const EventListener listeners[] = { tell, NULL };

/* ---- the gate ---- */

static bool
enter(Request *req, Response *res, GError **error)
{
    OfficeFixture *fixture = req->app;

    (void)res;
    req->app = fixture->trial.fixture->sys;
    req->who = fixture->who;
    req->lang = fixture->lang;
    return access_may_enter(fixture->who, (Perm)req->route->needs, true) ||
           fail(error, APP_ERROR_FORBIDDEN, "not for this role");
}

static bool
check(Request *req, GError **error)
{
    (void)req;
    (void)error;
    return true;
}

static void
explain(Request *req, Response *res, const GError *error)
{
    int status = error_status(error_code(error));

    if (error_code(error) == APP_ERROR_INTERNAL)
        g_test_message("%s", error->message);
    req->lang = "ar";
    req->id = 0; /* no incident on the page, so that two of them can be compared */
    trouble_show(req, res, status, status, true);
}

/* The statements of attachments are prepared when the store is opened: once more, with them. */
static void
reopen(CoreFixture *core)
{
    g_autoptr(GError) error = NULL;
    DbOptions options = core_fixture_db_options(core, &core->schema);
    size_t    n = 0;

    db_close(core->sys.db);
    while (core->queries[n] != NULL)
        n++;
    core->queries[n] = attachment_queries;
    core->sys.db = db_open(&options, &error);
    g_assert_no_error(error);
}

void
office_fixture_up(OfficeFixture *fixture, const void *data)
{
    g_autoptr(GError) error = NULL;
    const Route *const *tables;

    (void)data;
    petition_trial_up(&fixture->trial, listeners);
    reopen(fixture->trial.fixture->core);
    petition_fixture_execute(fixture->trial.fixture, labels_sql);
    g_assert_true(system_reload_reference(fixture->trial.fixture->sys, &error));
    petition_trial_complain(&fixture->trial);

    fixture->gate = (Gate){ .app = fixture,
                            .perm_public = PERM_PUBLIC,
                            .enter = enter,
                            .check = check,
                            .explain = explain };
    tables = (const Route *const[]){ office_feature.routes, NULL };
    fixture->router = router_new(tables, &fixture->gate, &error);
    g_assert_no_error(error);
    fixture->browser = testing_new(fixture->router, fixture->trial.fixture->core->clock);
    fixture->lang = "ar";
    html_set_zone(fixture->trial.fixture->sys->zone);
}

void
office_fixture_down(OfficeFixture *fixture, const void *data)
{
    testing_free(fixture->browser);
    router_free(fixture->router);
    petition_trial_down(&fixture->trial, data);
}

/* ---- asking ---- */

int
office_fixture_get(OfficeFixture *fixture, const Who *who, const char *target)
{
    fixture->who = who;
    fixture->answer = testing_get(fixture->browser, target);
    return response_status(fixture->answer);
}

int
office_fixture_post(OfficeFixture *fixture, const Who *who, const char *target, const char *form)
{
    fixture->who = who;
    fixture->answer = testing_post(fixture->browser, target, form);
    return response_status(fixture->answer);
}

const char *
office_fixture_path(OfficeFixture *fixture, const char *act)
{
    PetitionFixture *petition = fixture->trial.fixture;
    const char      *number = i18n_ref(petition->mem, fixture->trial.receipt.number);

    if (act == NULL)
        return arena_printf(petition->mem, "/office/requests/%s", number);
    return arena_printf(petition->mem, "/office/requests/%s/%s", number, act);
}

const char *
office_fixture_value(OfficeFixture *fixture, const char *behind, const char *name)
{
    Arena      *mem = fixture->trial.fixture->mem;
    const char *at = strstr(testing_text(fixture->browser), behind);

    g_assert_nonnull(at);
    at = strstr(at, arena_printf(mem, "name=\"%s\" value=\"", name));
    g_assert_nonnull(at);
    at += strlen(name) + strlen("name=\"\" value=\"");
    return arena_text(mem, at, strcspn(at, "\""));
}

/* ---- looking ---- */

const char *
office_fixture_target(OfficeFixture *fixture)
{
    const char *target = response_find(fixture->answer, "Location");

    return target == NULL ? "" : target;
}

void
office_fixture_shows(OfficeFixture *fixture, const char *text)
{
    if (strstr(testing_text(fixture->browser), text) == NULL)
        g_error("the page does not show \"%s\":\n%s", text, testing_text(fixture->browser));
}

void
office_fixture_hides(OfficeFixture *fixture, const char *text)
{
    if (strstr(testing_text(fixture->browser), text) != NULL)
        g_error("the page shows \"%s\":\n%s", text, testing_text(fixture->browser));
}
