/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lodging for the caller, with and without scripts. */
#include "feature/attachment/attachment.h"
#include "feature/desk/desk.h"
#include "feature/follow/follow_fixture.h"

#include "base/number.h"

#define GET(path) follow_fixture_get(fixture, &fixture->agent, path)
#define POST(path, ...) follow_fixture_post(fixture, &fixture->agent, path, __VA_ARGS__, NULL)
#define SHOWS(text) follow_fixture_shows(fixture, text)
#define HIDES(text) follow_fixture_hides(fixture, text)

#define SALMA_PHONE "0790000001"

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

/* The number of the request that was lodged last. */
static char *
last_number(FollowFixture *fixture)
{
    char text[NUMBER_TEXT_SIZE];

    number_format(count(fixture, "SELECT number FROM petition ORDER BY id DESC LIMIT 1"), text);
    return arena_copy(fixture->trial.fixture->mem, text);
}

#define REQUEST                                                                                    \
    "type", "complaint", "about", "service", "subject", "لا ماء منذ يومين", "text",                \
        "العداد لا يدور", "contact", "call", "identity_hidden", "1"

static void
a_request_is_lodged_for_the_caller(FollowFixture *fixture, const void *data)
{
    char code[VAULT_CODE_LENGTH + 1];

    (void)data;
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", "1:11", "entity_q", "تسرّب", "fields_of",
                         "11", "wanted", "إعادة الماء", "place", "JO-AM", "place_words", "حي نزال"),
                    ==, 303);
    g_assert_cmpstr(follow_fixture_target(fixture), ==,
                    arena_printf(fixture->trial.fixture->mem, "/desk/requests/%s/receipt",
                                 last_number(fixture)));
    g_assert_cmpint(GET(follow_fixture_target(fixture)), ==, 200);
    SHOWS(arena_printf(fixture->trial.fixture->mem,
                       "<p class=\"huge\"><bdi class=\"ref\" dir=\"ltr\">%s",
                       last_number(fixture)));
    vault_tracking_code(fixture->trial.fixture->sys->vault,
                        count(fixture, "SELECT id FROM petition ORDER BY id DESC LIMIT 1"), code);
    SHOWS(arena_printf(fixture->trial.fixture->mem, "%.5s-%s", code, code + 5));
    SHOWS("سُجّل طلبكم، ورقمه");
    SHOWS("تقديم الشكوى لا يوقف مدد الطعن");
    g_assert_cmpint(
        count(fixture,
              "SELECT count(*) FROM petition WHERE channel = 'call' AND contact = 'call' AND"
              " identity_hidden AND entity_id = 1 AND service_id = 11 AND place_id = 1001"
              " AND state = 'assigned' AND lang = 'ar'"),
        ==, 1);
    g_assert_cmpint(
        count(fixture,
              "SELECT count(*) FROM event WHERE kind = 'submit' AND actor_role = 'agent' AND"
              " actor_ref = 509 AND on_behalf = 'requester'"),
        ==, 1);
    GET("/desk");
    SHOWS("لا ماء منذ يومين");
}

static void
an_entity_is_chosen_in_four_ways_or_not_at_all(FollowFixture *fixture, const void *data)
{
    (void)data;
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(POST("/desk/requests", REQUEST, "entity_list", "roads"), ==, 303);
    g_assert_cmpint(count(fixture, "SELECT entity_id FROM petition ORDER BY id DESC LIMIT 1"), ==,
                    ROADS);
    g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", "1:0", "entity_list", "roads"), ==,
                    303);
    g_assert_cmpint(count(fixture, "SELECT entity_id FROM petition ORDER BY id DESC LIMIT 1"), ==,
                    WATER);

    /* Without scripts: words find, a button of the answer chooses and sends. */
    g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", "", "entity_q", "تسرب المياه"), ==,
                    422);
    SHOWS("اختاروا الجهة من النتائج");
    SHOWS("name=\"chosen\" value=\"1:11\"");
    SHOWS("value=\"لا ماء منذ يومين\"");
    SHOWS("العداد لا يدور</textarea>");
    SHOWS("name=\"identity_hidden\" checked");
    g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", "", "entity_q", "تسرب المياه", "chosen",
                         "1:11", "fields_of", "11"),
                    ==, 303);
    g_assert_cmpint(count(fixture, "SELECT service_id FROM petition ORDER BY id DESC LIMIT 1"), ==,
                    WATER_LEAKS);

    g_assert_cmpint(POST("/desk/requests", REQUEST), ==, 303);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM petition WHERE state = 'received'"), ==,
                    1);
    for (const char *const *pick =
             (const char *const[]){ "x", "99:0", "1:99", "1:11x", "1", "2:11", NULL };
         *pick != NULL; pick++)
        g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", *pick), ==, 422);
    g_assert_cmpint(POST("/desk/requests", REQUEST, "entity_list", "nowhere"), ==, 422);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM petition"), ==, 5);
}

/* The questions of the service are asked before it is sent; what the caller does not know is left out. */
static void
the_service_asks_its_own_questions(FollowFixture *fixture, const void *data)
{
    PetitionTrial *trial = &fixture->trial;
    PetitionFile   file;
    g_autoptr(GError) error = NULL;

    (void)data;
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(GET("/desk/fields?pick=1%3A11"), ==, 200);
    SHOWS("name=\"fields_of\" value=\"11\"");
    SHOWS("name=\"f.meter\"");
    SHOWS("name=\"f.seen\"");
    HIDES("<html");
    for (const char *const *pick =
             (const char *const[]){ "", "?pick=", "?pick=1%3A0", "?pick=99%3A11", NULL };
         *pick != NULL; pick++) {
        g_assert_cmpint(GET(arena_printf(trial->fixture->mem, "/desk/fields%s", *pick)), ==, 200);
        HIDES("name=");
    }

    g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", "1:11"), ==, 422);
    SHOWS("لهذه الخدمة أسئلة");
    SHOWS("name=\"f.meter\"");
    SHOWS("العداد لا يدور</textarea>");
    g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", "1:11", "fields_of", "11", "f.meter",
                         "تسعة", "f.size", "runs", "f.seen", "day", "f.seen", "rain"),
                    ==, 422);
    SHOWS("في إجابات أسئلة الخدمة");
    SHOWS("value=\"تسعة\"");
    GET("/desk"); /* from the draft: what has a mistake, and beside it every choice */
    SHOWS("value=\"تسعة\"");
    SHOWS("value=\"day\" checked");
    SHOWS("value=\"rain\" checked");
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM petition"), ==, 1);

    g_assert_cmpint(POST("/desk/requests", REQUEST, "pick", "1:11", "fields_of", "11", "f.meter",
                         "٩٩٠", "f.seen", "day", "f.seen", "rain"),
                    ==, 303);
    trial->receipt.number = count(fixture, "SELECT number FROM petition ORDER BY id DESC LIMIT 1");
    g_assert_true(petition_file(trial->fixture->sys, petition_trial_look(trial),
                                &trial->fixture->unit, trial->receipt.number, false, &file,
                                &error));
    g_assert_cmpint(file.content.n_answers, ==, 2);
    g_assert_cmpstr(file.content.answers[0].code, ==, "meter");
    g_assert_cmpstr(file.content.answers[1].code, ==, "seen");
    g_assert_cmpstr(file.content.answers[1].value, ==, "day|rain");
    db_end(g_steal_pointer(&trial->tx)); /* a write waits for no snapshot of its own thread */

    /* Praise is asked nothing, as on the web. */
    g_assert_cmpint(POST("/desk/requests", "type", "praise", "about", "service", "subject", "شكر",
                         "text", "شكرًا", "contact", "sms", "pick", "1:11"),
                    ==, 303);
}

/* Kept by each answer and by the script, for this agent and this caller, until it is sent or cleared. */
static void
what_was_typed_in_an_unfinished_call_is_kept(FollowFixture *fixture, const void *data)
{
    PetitionFixture *people = fixture->trial.fixture;
    Who              colleague = fixture->other_agent;

    (void)data;
    colleague.account_id++;
    find(fixture, SALMA_PHONE);
    g_assert_cmpint(POST("/desk/requests", "subject", "نصف مكالمة", "text", ""), ==, 422);
    petition_fixture_wait(people, 21 * MINUTES); /* the call's time is over */
    GET("/desk");
    HIDES("نصف مكالمة");
    g_assert_cmpint(POST("/desk/draft", "subject", "بلا متصل"), ==, 404);

    find(fixture, SALMA_PHONE);
    GET("/desk");
    SHOWS("ما كُتب في مكالمة سابقة");
    SHOWS("value=\"نصف مكالمة\"");
    HIDES("name=\"identity_hidden\" checked"); /* it was not ticked */
    g_assert_cmpint(POST("/desk/draft", "type", "complaint", "subject", "كلها", "pick", "1:11",
                         "fields_of", "11", "f.meter", "990", "identity_hidden", "1"),
                    ==, 204);
    GET("/desk");
    SHOWS("value=\"كلها\"");
    SHOWS("value=\"1:11\"");
    SHOWS("value=\"990\"");
    SHOWS("name=\"identity_hidden\" checked");
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM draft"), ==, 1);

    /* Nobody else's, and of no other caller. */
    g_assert_cmpint(follow_fixture_post(fixture, &colleague, "/desk/find", "who", SALMA_PHONE,
                                        "document_type", "national_number", NULL),
                    ==, 303);
    follow_fixture_get(fixture, &colleague, "/desk");
    SHOWS("سلمى العلي");
    HIDES("كلها");
    find(fixture, "0790000002");
    GET("/desk");
    HIDES("كلها");

    find(fixture, SALMA_PHONE);
    g_assert_cmpint(POST("/desk/clear", "none", ""), ==, 303);
    GET(follow_fixture_target(fixture));
    HIDES("كلها");
    SHOWS("مُسح ما كُتب");
    SHOWS("name=\"identity_hidden\" checked");

    g_assert_cmpint(POST("/desk/draft", REQUEST), ==, 204);
    g_assert_cmpint(POST("/desk/requests", REQUEST), ==, 303);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM draft"), ==, 0);
    GET("/desk");
    HIDES("العداد لا يدور</textarea>");
}

static void
what_is_refused_comes_back_as_it_was_typed(FollowFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST("/desk/requests", REQUEST), ==, 422); /* nobody is on the line */
    SHOWS("انتهت مدة المكالمة");
    SHOWS("العداد لا يدور</textarea>");

    find(fixture, SALMA_PHONE);
    g_assert_cmpint(POST("/desk/requests", "subject", "بلا نص"), ==, 422);
    SHOWS("value=\"بلا نص\"");
    SHOWS("href=\"#f-text\"");
    g_assert_cmpint(POST("/desk/requests", REQUEST, "unknown", "1"), ==, 422);

    find(fixture, "0790000003"); /* a proved mobile only: no complaint */
    g_assert_cmpint(POST("/desk/requests", REQUEST), ==, 422);
    SHOWS("تُقبل الشكوى ممن جرى التحقق من هويته");
    SHOWS("العداد لا يدور</textarea>");
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM petition"), ==, 1);
    g_assert_cmpint(POST("/desk/requests", "type", "inquiry", "about", "service", "subject", "سؤال",
                         "text", "متى يُفتح المكتب؟", "contact", "sms"),
                    ==, 303);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM petition WHERE NOT identity_hidden"), ==,
                    1);
}

static void
a_double_tap_is_one_request(FollowFixture *fixture, const void *data)
{
    const char *first;

    (void)data;
    find(fixture, SALMA_PHONE);
    GET("/desk");
    fixture->command = follow_fixture_value(fixture, "action=\"/desk/requests\"", "command");
    g_assert_cmpint(POST("/desk/requests", REQUEST), ==, 303);
    first = arena_copy(fixture->trial.fixture->mem, follow_fixture_target(fixture));
    g_assert_cmpint(POST("/desk/requests", REQUEST), ==, 303);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, first);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM petition"), ==, 2);
}

/* What was on its way when the form was sent is no draft of the next call; and another request in a form
 * that was sent is refused once, not for ever. */
static void
a_form_that_was_sent_keeps_nothing(FollowFixture *fixture, const void *data)
{
    (void)data;
    find(fixture, SALMA_PHONE);
    GET("/desk");
    fixture->command = follow_fixture_value(fixture, "action=\"/desk/requests\"", "command");
    g_assert_cmpint(POST("/desk/draft", REQUEST), ==, 204);
    g_assert_cmpint(POST("/desk/requests", REQUEST), ==, 303);
    g_assert_cmpint(POST("/desk/draft", REQUEST), ==, 409);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM draft"), ==, 0);

    g_assert_cmpint(POST("/desk/requests", REQUEST, "wanted", "إعادة الماء"), ==, 422);
    g_assert_cmpstr(follow_fixture_value(fixture, "action=\"/desk/requests\"", "command"), !=,
                    fixture->command);
    fixture->command = follow_fixture_value(fixture, "action=\"/desk/requests\"", "command");
    g_assert_cmpint(POST("/desk/requests", REQUEST, "wanted", "إعادة الماء"), ==, 303);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM petition"), ==, 3);
    g_assert_cmpint(count(fixture, "SELECT count(*) FROM draft"), ==, 0);
}

static void
suggestions_are_picked_not_sent(FollowFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(GET("/desk/suggest?q=%D8%AA%D8%B3%D8%B1%D8%A8"), ==, 200);
    SHOWS("<button type=\"button\" class=\"result\" data-value=\"1:11\" data-label=\"تسرّب\">");
    HIDES("<html");
    g_assert_cmpint(GET("/desk/suggest"), ==, 200);
    HIDES("<li>");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

#define CASE(name)                                                                                 \
    ENGINE_FIXTURE_ADD("/desk/lodge/" #name, FollowFixture, NULL, up, name, follow_fixture_down)
    CASE(a_request_is_lodged_for_the_caller);
    CASE(an_entity_is_chosen_in_four_ways_or_not_at_all);
    CASE(the_service_asks_its_own_questions);
    CASE(what_was_typed_in_an_unfinished_call_is_kept);
    CASE(what_is_refused_comes_back_as_it_was_typed);
    CASE(a_double_tap_is_one_request);
    CASE(a_form_that_was_sent_keeps_nothing);
    CASE(suggestions_are_picked_not_sent);
    return g_test_run();
}
