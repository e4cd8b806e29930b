/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The telephone desk through the router, on a store of its own: the caller and their requests. */
#include "feature/attachment/attachment.h"
#include "feature/desk/desk.h"
#include "feature/desk/desk_seal.h"
#include "feature/follow/follow_fixture.h"

#include <string.h>

#define GET(path) follow_fixture_get(fixture, &fixture->agent, path)
#define POST(path, ...) follow_fixture_post(fixture, &fixture->agent, path, __VA_ARGS__, NULL)
#define SHOWS(text) follow_fixture_shows(fixture, text)
#define HIDES(text) follow_fixture_hides(fixture, text)
#define PATH(rest) follow_fixture_path(fixture, "/desk/requests", rest)

#define SALMA_PHONE "0790000001"
#define SALMA_DOCUMENT "9871012345"
#define OTHER_PHONE "0790000002"

static void
up(FollowFixture *fixture, const void *data)
{
    (void)data;
    follow_fixture_up(fixture, (const Route *const[]){ desk_feature.routes, NULL },
                      (const DbQuery *const *const[]){ desk_queries, attachment_queries, NULL });
}

static void
find(FollowFixture *fixture, const char *who)
{
    g_assert_cmpint(POST("/desk/find", "who", who, "document_type", "national_number"), ==, 303);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, "/desk");
}

static int64_t
count(FollowFixture *fixture, const char *sql)
{
    return petition_fixture_count(fixture->trial.fixture, sql);
}

/* ---- who may ---- */

static void
the_desk_is_for_agents(FollowFixture *fixture, const void *data)
{
    static const char *const pages[] = { "/desk", "/desk/register", "/desk/calls",
                                         "/desk/suggest?q=x", "/desk/calls/1" };
    const PetitionFixture   *people = fixture->trial.fixture;

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        g_assert_cmpint(follow_fixture_get(fixture, &fixture->visitor, pages[i]), ==, 401);
        g_assert_cmpint(follow_fixture_get(fixture, &people->requester, pages[i]), ==, 403);
        g_assert_cmpint(follow_fixture_get(fixture, &people->liaison, pages[i]), ==, 403);
        g_assert_cmpint(follow_fixture_get(fixture, &people->unit, pages[i]), ==, 403);
    }
    g_assert_cmpint(follow_fixture_post(fixture, &people->counter, "/desk/find", "who", "1", NULL),
                    ==, 403);
}

static void
a_seal_is_good_for_one_session_purpose_and_time(FollowFixture *fixture, const void *data)
{
    PetitionFixture *people = fixture->trial.fixture;
    System          *sys = people->sys;
    const Who       *agent = &fixture->agent;
    char            *seal = desk_seal_write(sys, people->mem, agent, "caller", "سلمى\n1", 60);
    char            *broken = arena_copy(people->mem, seal);

    (void)data;
    g_assert_cmpstr(desk_seal_read(sys, people->mem, agent, "caller", seal), ==, "سلمى\n1");
    g_assert_null(desk_seal_read(sys, people->mem, &fixture->other_agent, "caller", seal));
    g_assert_null(
        desk_seal_read(sys, people->mem, &people->agent, "caller", seal)); /* no session */
    g_assert_null(desk_seal_read(sys, people->mem, agent, "call", seal));
    g_assert_null(desk_seal_read(sys, people->mem, agent, "caller", NULL));
    g_assert_null(desk_seal_read(sys, people->mem, agent, "caller", ""));
    g_assert_null(desk_seal_read(sys, people->mem, agent, "caller", "????"));
    broken[strlen(broken) / 2] ^= 1;
    g_assert_null(desk_seal_read(sys, people->mem, agent, "caller", broken));
    for (size_t size = 0; size < strlen(seal); size++)
        g_assert_null(
            desk_seal_read(sys, people->mem, agent, "caller", arena_text(people->mem, seal, size)));
    petition_fixture_wait(people, 60 * SECONDS);
    g_assert_null(desk_seal_read(sys, people->mem, agent, "caller", seal));
}

/* ---- the caller ---- */

static void
a_caller_is_found_by_telephone_or_document(FollowFixture *fixture, const void *data)
{
    static const char *const ways[] = { SALMA_PHONE, "+962 79 000 0001", SALMA_DOCUMENT,
                                        "٩٨٧١٠١٢٣٤٥" };

    (void)data;
    g_assert_cmpint(GET("/desk"), ==, 200);
    SHOWS("ابحثوا عن المتصل أو سجّلوه أولًا");
    HIDES("سلمى");
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        find(fixture, ways[i]);
        g_assert_cmpint(GET("/desk"), ==, 200);
        SHOWS("سلمى العلي");
        SHOWS("<bdi class=\"ref\" dir=\"ltr\">+962\u00a07\u00a09000\u00a00001</bdi>");
        SHOWS("ماسورة مكسورة في الشارع");
        SHOWS("<p class=\"readback\">");
        SHOWS("طلبكم لدى سلطة المياه منذ");
        SHOWS("name=\"identity_hidden\" checked");
        g_assert_cmpint(POST("/desk/end", "none", ""), ==, 303);
        GET("/desk");
        HIDES("سلمى");
    }
}

/* Each search and each opening is written down, and nothing but the cookie says who it is. */
static void
looks_are_recorded_and_ids_stay_sealed(FollowFixture *fixture, const void *data)
{
    PetitionFixture *people = fixture->trial.fixture;
    char *id = arena_printf(people->mem, "%" G_GINT64_FORMAT, (gint64)people->requester.person_id);

    (void)data;
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(follow_fixture_looks(fixture), ==, 2);
    g_assert_null(strstr(testing_cookie(fixture->browser, "sawt-caller"), id));
    GET("/desk");
    HIDES(id);
    GET(PATH(""));
    HIDES(id);
    g_assert_cmpint(follow_fixture_looks(fixture), ==, 2); /* looking at pages opens nobody again */
    g_assert_cmpint(POST("/desk/find", "who", "0799999999"), ==, 200);
    g_assert_cmpint(follow_fixture_looks(fixture), >, 2);
}

static void
a_call_is_one_agents_and_ends(FollowFixture *fixture, const void *data)
{
    (void)data;
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(follow_fixture_get(fixture, &fixture->other_agent, "/desk"), ==, 200);
    HIDES("سلمى");
    g_assert_cmpint(follow_fixture_get(fixture, &fixture->other_agent, PATH("")), ==, 404);
    g_assert_cmpint(GET(PATH("")), ==, 200);
    petition_fixture_wait(fixture->trial.fixture, 21 * MINUTES);
    g_assert_cmpint(GET(PATH("")), ==, 404);
    GET("/desk");
    HIDES("سلمى");
}

static void
whom_nobody_knows_is_registered(FollowFixture *fixture, const void *data)
{
    PetitionFixture *people = fixture->trial.fixture;
    const Identity   rami = { .document_type = "national_number",
                              .document_issuer = "JO",
                              .document_number = "9881112223",
                              .birth_date = "1988-02-01",
                              .name = { "رامي", "سعيد", "علي", "الزعبي" } };
    int64_t          added;
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(vault_registry_import(people->sys->vault, people->mem, &rami, 1, &added, &error));
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(POST("/desk/find", "who", "9881112223", "document_type", "national_number"), ==,
                    200);
    SHOWS("لا أحد مسجّل بهذا الرقم");
    SHOWS("value=\"9881112223\"");
    HIDES("سلمى"); /* the one before is off the line */
    SHOWS("لا يُرسل إليه رمز");
    HIDES("نرسل");
    g_assert_cmpint(POST("/desk/find", "who", ""), ==, 422);

    g_assert_cmpint(POST("/desk/register", "document_type", "national_number", "document_number",
                         "9881112223", "name1", "سمير", "name4", "الزعبي", "birth_date-day", "1",
                         "birth_date-month", "2", "birth_date-year", "1988", "phone", "0791112223"),
                    ==, 422);
    SHOWS("البيانات لا تطابق الوثيقة");
    SHOWS("value=\"سمير\"");
    g_assert_cmpint(POST("/desk/register", "name1", "رامي"), ==, 422);
    g_assert_cmpint(POST("/desk/register", "document_type", "national_number", "document_number",
                         "9881112223", "name1", "رامي", "name2", "سعيد", "name3", "علي", "name4",
                         "الزعبي", "birth_date-day", "١", "birth_date-month", "2",
                         "birth_date-year", "1988", "phone", "0791112223", "place", "JO-AM"),
                    ==, 303);
    g_assert_cmpint(GET(follow_fixture_target(fixture)), ==, 200);
    SHOWS("رامي الزعبي");
    SHOWS("لا طلبات سابقة");
    find(fixture, "0791112223");
}

static void
a_family_is_told_apart_by_documents(FollowFixture *fixture, const void *data)
{
    PetitionFixture    *people = fixture->trial.fixture;
    const Identity      sister = { .document_type = "national_number",
                                   .document_issuer = "JO",
                                   .document_number = "9901010101",
                                   .birth_date = "1990-01-01",
                                   .name = { "هدى", "أحمد", "خالد", "العلي" } };
    const VaultRegister cmd = { .identity = &sister,
                                .contact = &(Contact){ .phone = "962790000001" },
                                .verification = VAULT_VERIFIED,
                                .lang = "ar",
                                .by = &fixture->visitor,
                                .command_id = command_id_read(people->mem, NULL) };
    VaultPerson         person;
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(vault_register(people->sys->vault, people->mem, &cmd, &person, &error));
    g_assert_cmpint(POST("/desk/find", "who", SALMA_PHONE), ==, 422);
    SHOWS("هذا الهاتف لأكثر من شخص");
    HIDES("سلمى");
    HIDES("هدى");
    find(fixture, "9901010101");
    GET("/desk");
    SHOWS("هدى العلي");
}

/* ---- reading out ---- */

static void
only_the_callers_requests_are_read_out(FollowFixture *fixture, const void *data)
{
    const char *absent;

    (void)data;
    g_assert_cmpint(GET(PATH("")), ==, 404);
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(GET(PATH("")), ==, 200);
    SHOWS("ماسورة مكسورة في الشارع");
    SHOWS("سُجّل الطلب");
    g_assert_cmpint(GET(PATH("/receipt")), ==, 200);

    find(fixture, OTHER_PHONE);
    g_assert_cmpint(GET(PATH("")), ==, 404);
    absent = follow_fixture_blanked(fixture);
    g_assert_cmpint(GET("/desk/requests/26-0000-0000-1"), ==, 404);
    g_assert_cmpstr(follow_fixture_blanked(fixture), ==, absent);
    g_assert_cmpint(GET(PATH("/receipt")), ==, 404);
    g_assert_cmpint(POST(PATH("/add"), "text", "من غير صاحبه"), ==, 404);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM event WHERE kind = 'add_information'"), ==,
                    0);
}

static void
an_answer_is_read_out_and_information_added(FollowFixture *fixture, const void *data)
{
    (void)data;
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(POST(PATH("/add"), "text", ""), ==, 422);
    g_assert_cmpint(POST(PATH("/add"), "text", "الماء وصل إلى الدرج"), ==, 303);
    g_assert_cmpint(GET(follow_fixture_target(fixture)), ==, 200);
    SHOWS("الماء وصل إلى الدرج");
    SHOWS("عن طريق مركز الاتصال الوطني");
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM event WHERE kind = 'add_information' AND"
                                   " actor_role = 'agent' AND on_behalf = 'requester'"),
                    ==, 1);

    follow_fixture_close(fixture, "أُصلحت الماسورة يوم الأحد");
    g_assert_cmpint(GET(PATH("")), ==, 200);
    SHOWS("صدر الرد على طلبكم: تمّ الحل");
    SHOWS("أُصلحت الماسورة يوم الأحد");
    g_assert_cmpint(POST(PATH("/add"), "text", "بعد الإغلاق"), ==, 422);
    SHOWS("أُغلق هذا الطلب في 15 نيسان 2026");
    SHOWS("بعد الإغلاق</textarea>");
}

static void
every_page_speaks_english(FollowFixture *fixture, const void *data)
{
    (void)data;
    fixture->lang = "en";
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(GET("/desk"), ==, 200);
    SHOWS("Water Authority");
    SHOWS("End the call");
    g_assert_cmpint(GET("/desk/register"), ==, 200);
    SHOWS("Register the caller");
    g_assert_cmpint(GET(PATH("")), ==, 200);
    SHOWS("Read out to the caller");
    g_assert_cmpint(GET(PATH("/receipt")), ==, 200);
    for (const char *const *path =
             (const char *const[]){ "/desk/find", "/desk/requests", PATH("/add"), NULL };
         *path != NULL; path++)
        g_assert_cmpint(GET(*path), ==, 303);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

#define CASE(name)                                                                                 \
    ENGINE_FIXTURE_ADD("/desk/" #name, FollowFixture, NULL, up, name, follow_fixture_down)
    CASE(the_desk_is_for_agents);
    CASE(a_seal_is_good_for_one_session_purpose_and_time);
    CASE(a_caller_is_found_by_telephone_or_document);
    CASE(looks_are_recorded_and_ids_stay_sealed);
    CASE(a_call_is_one_agents_and_ends);
    CASE(whom_nobody_knows_is_registered);
    CASE(a_family_is_told_apart_by_documents);
    CASE(only_the_callers_requests_are_read_out);
    CASE(an_answer_is_read_out_and_information_added);
    CASE(every_page_speaks_english);
    return g_test_run();
}
