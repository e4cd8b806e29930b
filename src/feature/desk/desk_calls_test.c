/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calling back: who is called, by whom, three times at the most. */
#include "feature/attachment/attachment.h"
#include "feature/desk/desk.h"
#include "feature/desk/desk_calls.h"
#include "feature/follow/follow_fixture.h"

#include <string.h>

#define GET(path) follow_fixture_get(fixture, &fixture->agent, path)
#define POST(path, ...) follow_fixture_post(fixture, &fixture->agent, path, __VA_ARGS__, NULL)
#define SHOWS(text) follow_fixture_shows(fixture, text)
#define HIDES(text) follow_fixture_hides(fixture, text)

#define PHONE "+962790000001"

static int64_t
count(FollowFixture *fixture, const char *sql)
{
    return petition_fixture_count(fixture->trial.fixture, sql);
}

/* A complaint whose requester wants a call, answered. */
static void
up(FollowFixture *fixture, const void *data)
{
    PetitionFixture *people;
    PetitionSubmit   cmd;

    follow_fixture_up(fixture, (const Route *const[]){ desk_feature.routes, NULL },
                      (const DbQuery *const *const[]){ desk_queries, attachment_queries, NULL });
    people = fixture->trial.fixture;
    cmd = petition_fixture_complaint(people);
    cmd.contact = "call";
    cmd.about = data == NULL ? "service" : "officer";
    fixture->trial.receipt = petition_fixture_submit(people, &cmd);
    if (data == NULL)
        follow_fixture_close(fixture, "أُصلحت الماسورة يوم الأحد");
}

static const char *
call_path(FollowFixture *fixture, const char *rest)
{
    return arena_printf(fixture->trial.fixture->mem, "/desk/calls/%" G_GINT64_FORMAT "%s",
                        (gint64)count(fixture, "SELECT id FROM outbox WHERE channel = 'call'"),
                        rest);
}

static void
take(FollowFixture *fixture)
{
    g_assert_cmpint(POST(call_path(fixture, "/take"), "none", ""), ==, 303);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, call_path(fixture, ""));
}

static void
results_are_decided(void)
{
    static const struct {
        const char *result;
        int64_t     tries;
        const char *fate;
        bool        again;
    } cases[] = {
        { "reached", 0, "done", false },      { "reached", 2, "done", false },
        { "no_answer", 0, "waiting", true },  { "no_answer", 1, "waiting", true },
        { "no_answer", 2, "dead", false },    { "no_answer", 7, "dead", false },
        { "wrong_number", 0, "dead", false },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        DeskCallSettle settle =
            desk_calls_decide(cases[i].result, cases[i].tries, CORE_FIXTURE_NOW);

        g_assert_cmpstr(settle.fate, ==, cases[i].fate);
        g_assert_cmpint(settle.next_at, ==, cases[i].again ? CORE_FIXTURE_NOW + 2 * HOURS : 0);
    }
}

static void
a_telephone_is_shown_to_who_takes_the_call(FollowFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(GET("/desk/calls"), ==, 200);
    SHOWS(follow_fixture_number(fixture));
    SHOWS("المحاولة 1 من 3");
    HIDES("79000000");
    g_assert_cmpint(follow_fixture_looks(fixture), ==, 0);
    g_assert_cmpint(GET(call_path(fixture, "")), ==, 303); /* not taken */

    take(fixture);
    g_assert_cmpint(follow_fixture_looks(fixture), ==, 1);
    g_assert_null(strstr(testing_cookie(fixture->browser, "sawt-call"), "79000000"));
    g_assert_cmpint(GET(call_path(fixture, "")), ==, 200);
    SHOWS("tel:" PHONE);
    SHOWS("سلمى العلي");
    SHOWS("أُصلحت الماسورة يوم الأحد");
    SHOWS("+962\u00a07\u00a09000\u00a00001</bdi>");
    SHOWS("معكم مركز الاتصال الوطني بشأن طلبكم رقم");
    SHOWS("صدر الرد على طلبكم: تمّ الحل");
    HIDES("/f/"); /* nobody can read a link out */
    GET("/desk/calls");
    HIDES(follow_fixture_number(fixture));
    SHOWS("لا مكالمات مستحقّة الآن");
    g_assert_cmpint(follow_fixture_looks(fixture), ==, 1);
}

static void
a_call_belongs_to_one_agent(FollowFixture *fixture, const void *data)
{
    (void)data;
    take(fixture);
    g_assert_cmpint(follow_fixture_post(fixture, &fixture->other_agent, call_path(fixture, "/take"),
                                        "none", "", NULL),
                    ==, 409);
    g_assert_cmpint(follow_fixture_get(fixture, &fixture->other_agent, call_path(fixture, "")), ==,
                    303);
    g_assert_cmpint(follow_fixture_post(fixture, &fixture->other_agent, call_path(fixture, ""),
                                        "result", "reached", NULL),
                    ==, 409);
    g_assert_cmpint(follow_fixture_looks(fixture), ==, 1);
    g_assert_cmpint(POST("/desk/calls/1/take", "none", ""), ==, 404);
    g_assert_cmpint(POST("/desk/calls/1", "result", "reached"), ==, 409);
    g_assert_cmpint(POST(call_path(fixture, ""), "result", "perhaps"), ==, 422);
    SHOWS(PHONE);
    g_assert_cmpint(POST(call_path(fixture, ""), "result", "reached"), ==, 303);
    g_assert_cmpint(count(fixture,
                          "SELECT count(*) FROM outbox WHERE channel = 'call' AND fate = 'done' AND"
                          " tries = 1 AND next_at IS NULL AND lease_until IS NULL AND"
                          " done_at IS NOT NULL"),
                    ==, 1);
    g_assert_cmpint(GET(follow_fixture_target(fixture)), ==, 200);
    SHOWS("سُجّل أن صاحب الطلب بُلّغ بالرد");
    g_assert_null(testing_cookie(fixture->browser, "sawt-call"));
    g_assert_cmpint(POST(call_path(fixture, "/take"), "none", ""), ==, 404);
}

static void
nobody_answers_three_times(FollowFixture *fixture, const void *data)
{
    static const char *const attempts[] = { "المحاولة 1 من 3", "المحاولة 2 من 3",
                                            "المحاولة 3 من 3" };

    (void)data;
    for (int i = 0; i < 3; i++) {
        g_assert_cmpint(GET("/desk/calls"), ==, 200);
        SHOWS(attempts[i]);
        take(fixture);
        g_assert_cmpint(POST(call_path(fixture, ""), "result", "no_answer"), ==, 303);
        g_assert_cmpint(count(fixture, "SELECT tries FROM outbox WHERE channel = 'call'"), ==,
                        i + 1);
        GET("/desk/calls");
        SHOWS("لا مكالمات مستحقّة الآن");
        petition_fixture_wait(fixture->trial.fixture, 2 * HOURS - SECONDS);
        g_assert_cmpint(POST(call_path(fixture, "/take"), "none", ""), ==,
                        i < 2 ? 409 : 404); /* not due yet */
        petition_fixture_wait(fixture->trial.fixture, SECONDS);
    }
    g_assert_cmpint(count(fixture,
                          "SELECT count(*) FROM outbox WHERE channel = 'call' AND fate = 'dead' AND"
                          " error = 'no_answer' AND next_at IS NULL"),
                    ==, 1);
    g_assert_cmpint(
        count(fixture, "SELECT count(*) FROM outbox s JOIN outbox c ON c.event_id = s.event_id AND"
                       " c.channel = 'call' AND s.message = c.message AND s.lang = c.lang"
                       " WHERE s.channel = 'sms' AND s.fate = 'waiting'"),
        ==, 1); /* it is told all the same */
    petition_fixture_wait(fixture->trial.fixture, 30 * DAYS);
    GET("/desk/calls");
    SHOWS("لا مكالمات مستحقّة الآن");
}

static void
a_wrong_number_ends_it(FollowFixture *fixture, const void *data)
{
    (void)data;
    take(fixture);
    g_assert_cmpint(POST(call_path(fixture, ""), "result", "wrong_number"), ==, 303);
    g_assert_cmpint(count(fixture,
                          "SELECT count(*) FROM outbox WHERE channel = 'call' AND fate = 'dead' AND"
                          " error = 'wrong_number'"),
                    ==, 1);
    g_assert_cmpint(
        count(fixture, "SELECT count(*) FROM outbox s JOIN outbox c ON c.event_id = s.event_id AND"
                       " c.channel = 'call' WHERE s.channel = 'sms'"),
        ==, 0); /* a stranger's telephone is told nothing */
}

/* Who takes a call and goes home: it comes back, and no try was counted. */
static void
a_call_without_a_result_comes_back(FollowFixture *fixture, const void *data)
{
    const char *kept;

    (void)data;
    take(fixture);
    kept = arena_copy(fixture->trial.fixture->mem, testing_cookie(fixture->browser, "sawt-call"));
    petition_fixture_wait(fixture->trial.fixture, 21 * MINUTES);
    g_assert_cmpint(POST(call_path(fixture, ""), "result", "reached"), ==, 409);
    g_assert_cmpint(GET("/desk/calls"), ==, 200);
    SHOWS("المحاولة 1 من 3");
    g_assert_cmpint(follow_fixture_post(fixture, &fixture->other_agent, call_path(fixture, "/take"),
                                        "none", "", NULL),
                    ==, 303);
    testing_set_cookie(fixture->browser, "sawt-call", kept);
    g_assert_cmpint(POST(call_path(fixture, ""), "result", "reached"), ==, 409);
    g_assert_cmpint(count(fixture, "SELECT tries FROM outbox WHERE channel = 'call'"), ==, 0);
}

/* Of a restricted file only that there is news. */
static void
a_restricted_answer_is_not_read_out(FollowFixture *fixture, const void *data)
{
    PetitionTrial *trial = &fixture->trial;
    const Who     *head = &trial->fixture->head;

    (void)data;
    g_assert_cmpint(
        petition_trial_accept(trial, head, (PetitionAccept){ .on = petition_trial_on(trial) }), ==,
        DONE);
    g_assert_cmpint(petition_trial_close(trial, head,
                                         (PetitionClose){ .on = petition_trial_on(trial),
                                                          .outcome = "resolved",
                                                          .answer = "نُقل الموظف" }),
                    ==, DONE);
    take(fixture);
    g_assert_cmpint(GET(call_path(fixture, "")), ==, 200);
    SHOWS("يوجد جديد بشأن طلبكم");
    HIDES("تمّ الحل");
    HIDES("نُقل الموظف");
}

static void
the_list_goes_on_page_by_page(FollowFixture *fixture, const void *data)
{
    PetitionFixture *people = fixture->trial.fixture;
    g_autofree char *more = NULL;
    const char      *text;

    (void)data;
    petition_fixture_execute(
        people,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
        " INSERT INTO outbox (id, petition_id, event_id, recipient, channel, message, lang, "
        "dedupe, fate, tries,"
        " next_at, created_at) SELECT i, petition_id, event_id, recipient, channel, message, lang, "
        "'x' || i, fate,"
        " i % 2, next_at - 60000000 * (i / 2), created_at FROM outbox, n WHERE channel = 'call'");
    g_assert_cmpint(GET("/desk/calls"), ==, 200);
    text = strstr(testing_text(fixture->browser), "href=\"/desk/calls?at=");
    g_assert_nonnull(text);
    text += strlen("href=\"");
    more = g_strndup(text, strcspn(text, "\""));
    for (char *at = strstr(more, "&amp;"); at != NULL; at = strstr(more, "&amp;"))
        memmove(at + 1, at + 5, strlen(at + 5) + 1);
    g_assert_cmpint(GET(more), ==, 200);
    text = testing_text(fixture->browser);
    for (int i = 0; i < 11; i++) {
        text = strstr(text, "<li class=\"job\">");
        g_assert_nonnull(text);
        text++;
    }
    g_assert_null(strstr(text, "<li class=\"job\">"));
    g_assert_null(strstr(text, "desk/calls?at="));
}

static void
the_pages_speak_english(FollowFixture *fixture, const void *data)
{
    (void)data;
    fixture->lang = "en";
    g_assert_cmpint(GET("/desk/calls"), ==, 200);
    SHOWS("Try 1 of 3");
    take(fixture);
    g_assert_cmpint(GET(call_path(fixture, "")), ==, 200);
    SHOWS("Nobody answered");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/desk/calls/results_are_decided", results_are_decided);
#define CASE(name)                                                                                 \
    ENGINE_FIXTURE_ADD("/desk/calls/" #name, FollowFixture, NULL, up, name, follow_fixture_down)
    CASE(a_telephone_is_shown_to_who_takes_the_call);
    CASE(a_call_belongs_to_one_agent);
    CASE(nobody_answers_three_times);
    CASE(a_wrong_number_ends_it);
    CASE(a_call_without_a_result_comes_back);
    CASE(the_list_goes_on_page_by_page);
    CASE(the_pages_speak_english);
    ENGINE_FIXTURE_ADD("/desk/calls/a_restricted_answer_is_not_read_out", FollowFixture, "officer",
                       up, a_restricted_answer_is_not_read_out, follow_fixture_down);
    return g_test_run();
}
