/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What requesters do through their pages: rate, withdraw, add; and what is refused on the way. */
#include "feature/follow/follow.h"
#include "feature/follow/follow_fixture.h"

#include "feature/attachment/attachment.h"

#define GET(who, path) follow_fixture_get(fixture, who, path)
#define POST(who, path, ...) follow_fixture_post(fixture, who, path, __VA_ARGS__, NULL)
#define PATH(rest) follow_fixture_path(fixture, "/follow", rest)

static void
up(FollowFixture *fixture, const void *data)
{
    (void)data;
    follow_fixture_up(fixture, (const Route *const[]){ follow_feature.routes, NULL },
                      (const DbQuery *const *const[]){ attachment_queries, NULL });
}

static const Who *
requester(const FollowFixture *fixture)
{
    return &fixture->trial.fixture->requester;
}

static const char *
version(FollowFixture *fixture)
{
    return arena_printf(fixture->trial.fixture->mem, "%" G_GINT64_FORMAT,
                        (gint64)petition_trial_read(&fixture->trial).version);
}

/* ---- rating ---- */

static void
a_rating_is_taken_once(FollowFixture *fixture, const void *data)
{
    (void)data;
    follow_fixture_close(fixture, "أُصلحت");
    g_assert_cmpint(POST(requester(fixture), PATH("/rate"), "stars", "5", "words", "شكرًا لكم"), ==,
                    422);
    follow_fixture_shows(fixture, "شكرًا لكم</textarea>");
    follow_fixture_shows(fixture, "<option value=\"5\"");
    follow_fixture_shows(fixture, "href=\"#f-solved\"");

    g_assert_cmpint(POST(requester(fixture), PATH("/rate"), "solved", "partly", "stars", "4",
                         "words", "شكرًا", "version", version(fixture)),
                    ==, 303);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, PATH("?done=rated"));
    g_assert_cmpint(GET(requester(fixture), PATH("?done=rated")), ==, 200);
    follow_fixture_shows(fixture, "سُجّل تقييمكم");
    follow_fixture_shows(fixture, "حُلّ جزء منها");
    follow_fixture_shows(fixture, "التقييم: 4 من 5");
    follow_fixture_hides(fixture, "name=\"solved\"");
    g_assert_cmpint(petition_trial_read(&fixture->trial).stars, ==, 4);

    g_assert_cmpint(POST(requester(fixture), PATH("/rate"), "solved", "no", "words", "مرة أخرى"),
                    ==, 422);
    follow_fixture_shows(fixture, "سُجّل تقييمكم من قبل");
    follow_fixture_shows(fixture, "مرة أخرى</textarea>");
    g_assert_cmpstr(petition_trial_read(&fixture->trial).solved, ==, "partly");
}

static void
a_late_rating_is_refused_with_its_date(FollowFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST(requester(fixture), PATH("/rate"), "solved", "yes"), ==, 422);
    follow_fixture_shows(fixture, "تُقيَّم المعالجة بعد إغلاق الطلب");
    follow_fixture_close(fixture, "أُصلحت");
    petition_fixture_wait(fixture->trial.fixture, 15 * DAYS);
    g_assert_cmpint(POST(requester(fixture), PATH("/rate"), "solved", "yes", "words", "فات الأوان"),
                    ==, 422);
    follow_fixture_shows(fixture, "انتهت مهلة التقييم في 29 نيسان 2026");
    follow_fixture_shows(fixture, "فات الأوان</textarea>");
    g_assert_null(petition_trial_read(&fixture->trial).solved);
}

static void
a_double_tap_is_one_rating(FollowFixture *fixture, const void *data)
{
    const char *seen;

    (void)data;
    follow_fixture_close(fixture, "أُصلحت");
    g_assert_cmpint(GET(requester(fixture), PATH("")), ==, 200);
    seen = follow_fixture_value(fixture, "id=\"rate\"", "version");
    fixture->command = follow_fixture_value(fixture, "id=\"rate\"", "command");
    for (int i = 0; i < 2; i++)
        g_assert_cmpint(POST(requester(fixture), PATH("/rate"), "solved", "yes", "version", seen),
                        ==, 303);
    g_assert_cmpint(petition_trial_read(&fixture->trial).version, ==, 4);
    g_assert_cmpint(POST(requester(fixture), PATH("/rate"), "solved", "no", "version", seen), ==,
                    422);
    follow_fixture_shows(fixture, "أُرسل هذا النموذج من قبل بمحتوى آخر");
}

/* ---- withdrawing and adding ---- */

static void
a_withdrawal_is_asked_for_and_done(FollowFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(GET(requester(fixture), PATH("/withdraw")), ==, 200);
    follow_fixture_shows(fixture, "بعد السحب تتوقف المعالجة");
    follow_fixture_shows(fixture, "ماسورة مكسورة في الشارع");
    g_assert_cmpint(POST(requester(fixture), PATH("/withdraw"), "words", "هدّدني موظف"), ==, 422);
    follow_fixture_shows(fixture, "هدّدني موظف</textarea>");
    petition_trial_stands(&fixture->trial, "assigned", "entity", 1);

    g_assert_cmpint(POST(requester(fixture), PATH("/withdraw"), "why", "pressed", "words",
                         "هدّدني موظف", "version", "1"),
                    ==, 303);
    petition_trial_stands(&fixture->trial, "withdrawn", "none", 2);
    g_assert_cmpint(GET(requester(fixture), follow_fixture_target(fixture)), ==, 200);
    follow_fixture_shows(fixture, "انتهى طلبكم في 15 نيسان 2026: سُحب بطلب مقدّمه");
    follow_fixture_shows(fixture, "تعرّضت لضغط بسبب الطلب");

    g_assert_cmpint(POST(requester(fixture), PATH("/withdraw"), "why", "other", "words", "مرتين"),
                    ==, 422);
    follow_fixture_shows(fixture, "سُحب هذا الطلب في 15 نيسان 2026");
    follow_fixture_shows(fixture, "مرتين</textarea>");
    g_assert_cmpint(POST(requester(fixture), PATH("/add"), "text", "بعد السحب"), ==, 422);
    follow_fixture_shows(fixture, "بعد السحب</textarea>");
}

/* Somebody else was first: nothing that was typed is lost, and the next try is about what is there. */
static void
information_is_added_to_what_was_seen(FollowFixture *fixture, const void *data)
{
    PetitionTrial *trial = &fixture->trial;

    (void)data;
    g_assert_cmpint(petition_trial_accept(trial, &trial->fixture->liaison,
                                          (PetitionAccept){ .on = petition_trial_on(trial) }),
                    ==, DONE);
    g_assert_cmpint(POST(requester(fixture), PATH("/add"), "text", "العداد رقم ٧", "version", "1"),
                    ==, 409);
    follow_fixture_shows(fixture, "تغيّر الطلب بعد أن فتحتم الصفحة");
    follow_fixture_shows(fixture, "العداد رقم ٧</textarea>");
    follow_fixture_shows(fixture, "name=\"version\" value=\"2\"");

    g_assert_cmpint(POST(requester(fixture), PATH("/add"), "text", "العداد رقم ٧", "version", "2"),
                    ==, 303);
    g_assert_cmpint(GET(requester(fixture), follow_fixture_target(fixture)), ==, 200);
    follow_fixture_shows(fixture, "أُضيفت المعلومات إلى الطلب");
    follow_fixture_shows(fixture, "العداد رقم ٧</blockquote>");
    g_assert_cmpint(POST(requester(fixture), PATH("/add"), "text", "  "), ==, 422);
    g_assert_cmpint(POST(requester(fixture), PATH("/add"), "text", "x", "other", "y"), ==, 422);
    g_assert_cmpint(GET(requester(fixture), PATH("/rate")), ==, 303);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, PATH(""));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

#define CASE(name)                                                                                 \
    ENGINE_FIXTURE_ADD("/follow/acts/" #name, FollowFixture, NULL, up, name, follow_fixture_down)
    CASE(a_rating_is_taken_once);
    CASE(a_late_rating_is_refused_with_its_date);
    CASE(a_double_tap_is_one_rating);
    CASE(a_withdrawal_is_asked_for_and_done);
    CASE(information_is_added_to_what_was_seen);
    return g_test_run();
}
