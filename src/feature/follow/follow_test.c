/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The requester's pages through the router, on a store of their own. */
#include "feature/follow/follow.h"
#include "feature/follow/follow_fixture.h"

#include "base/log.h"
#include "base/number.h"
#include "core/cookie.h"
#include "feature/attachment/attachment.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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

static const Who *
stranger(const FollowFixture *fixture)
{
    return &fixture->trial.fixture->stranger;
}

/* Another request, of the same person. */
static PetitionReceipt
another(FollowFixture *fixture)
{
    PetitionFixture *petition = fixture->trial.fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(petition);

    cmd.subject = "عداد معطّل";
    return petition_fixture_submit(petition, &cmd);
}

/* ---- number and code ---- */

static void
whatever_is_wrong_looks_the_same(FollowFixture *fixture, const void *data)
{
    static const char *const numbers[] = {
        NULL, NULL, "26-0000-0000-1", NULL, NULL, "26483920175"
    };
    static const char *const codes[] = { "0000000000", NULL,         "0000000000",
                                         "short",      "!!!!!!!!!!", NULL };
    PetitionReceipt          other = another(fixture);
    const char              *first = NULL;

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        const char *number = numbers[i] != NULL ? numbers[i] : follow_fixture_number(fixture);
        const char *code = codes[i] != NULL ? codes[i] : other.code;

        g_assert_cmpint(POST(&fixture->visitor, "/follow", "number", number, "code", code), ==,
                        422);
        g_assert_null(response_find_cookie(fixture->answer, COOKIE_FOLLOW));
        follow_fixture_shows(fixture, "لا يطابق هذا الرقم وهذا الرمز أي طلب");
        follow_fixture_shows(fixture, "<title>خطأ:");
        if (first == NULL)
            first = follow_fixture_blanked(fixture);
        g_assert_cmpstr(follow_fixture_blanked(fixture), ==, first);
    }
}

static void
a_form_of_number_and_code_keeps_what_was_typed(FollowFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(GET(&fixture->visitor, "/follow"), ==, 200);
    g_assert_cmpint(POST(&fixture->visitor, "/follow", "number", "12", "code", ""), ==, 422);
    follow_fixture_shows(fixture, "value=\"12\"");
    g_assert_cmpint(POST(&fixture->visitor, "/follow", "number", "26483920175", "code", "ABC-1"),
                    ==, 422);
    follow_fixture_shows(fixture, "value=\"ABC-1\"");
    g_assert_cmpint(GET(&fixture->agent, "/follow"), ==, 403);
}

/* Any digits, small letters, dashes, O for 0: as it is read out over a telephone. */
static void
number_and_code_let_in_for_one_request(FollowFixture *fixture, const void *data)
{
    Arena      *mem = fixture->trial.fixture->mem;
    const char *code = follow_fixture_code(fixture);
    char       *small = g_ascii_strdown(code, -1);
    char        other[NUMBER_TEXT_SIZE];

    (void)data;
    g_assert_cmpint(GET(&fixture->visitor, PATH("")), ==, 401);
    g_assert_cmpint(POST(&fixture->visitor, "/follow", "number", follow_fixture_number(fixture),
                         "code", arena_printf(mem, "%.5s-%s ", small, small + 5)),
                    ==, 303);
    g_free(small);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, PATH(""));
    g_assert_nonnull(testing_cookie(fixture->browser, COOKIE_FOLLOW));
    g_assert_cmpint(GET(&fixture->visitor, PATH("")), ==, 200);

    number_format(another(fixture).number, other);
    g_assert_cmpint(GET(&fixture->visitor, arena_printf(mem, "/follow/%s", other)), ==, 404);
    petition_fixture_wait(fixture->trial.fixture, 31 * MINUTES);
    g_assert_cmpint(GET(&fixture->visitor, PATH("")), ==, 401);
}

static char *
link_of(FollowFixture *fixture, const char *number, const char *code)
{
    return arena_printf(fixture->trial.fixture->mem, "/f/%s/%s", number, code);
}

static void
a_link_lets_in_or_is_not_there(FollowFixture *fixture, const void *data)
{
    const char *number = follow_fixture_number(fixture), *code = follow_fixture_code(fixture);
    const char *wrong;

    (void)data;
    g_assert_cmpint(GET(&fixture->visitor, link_of(fixture, number, "0000000000")), ==, 404);
    wrong = follow_fixture_blanked(fixture);
    g_assert_cmpint(GET(&fixture->visitor, link_of(fixture, "26-0000-0000-1", code)), ==, 404);
    g_assert_cmpstr(follow_fixture_blanked(fixture), ==, wrong);
    g_assert_cmpint(GET(&fixture->visitor, link_of(fixture, "x", "y")), ==, 404);
    g_assert_cmpstr(follow_fixture_blanked(fixture), ==, wrong);
    g_assert_null(testing_cookie(fixture->browser, COOKIE_FOLLOW));

    g_assert_cmpint(GET(&fixture->visitor, link_of(fixture, number, code)), ==, 303);
    g_assert_cmpstr(follow_fixture_target(fixture), ==, PATH(""));
    g_assert_cmpint(GET(&fixture->visitor, PATH("")), ==, 200);
}

/* Whatever is written to the log while links are tried, also while the store fails. */
static void
a_link_is_never_logged(FollowFixture *fixture, const void *data)
{
    int    ends[2], saved = dup(STDERR_FILENO);
    char   text[16384];
    size_t size = 0;

    (void)data;
    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    log_event("test.begins", LOG_INT("n", 1));
    GET(&fixture->visitor, link_of(fixture, follow_fixture_number(fixture), "0000000000"));
    GET(&fixture->visitor,
        link_of(fixture, follow_fixture_number(fixture), follow_fixture_code(fixture)));
    POST(&fixture->visitor, "/follow", "number", follow_fixture_number(fixture), "code",
         "0000000000");
    petition_fixture_execute(fixture->trial.fixture, "ALTER TABLE petition RENAME TO gone");
    GET(&fixture->visitor,
        link_of(fixture, follow_fixture_number(fixture), follow_fixture_code(fixture)));
    petition_fixture_execute(fixture->trial.fixture, "ALTER TABLE gone RENAME TO petition");
    dup2(saved, STDERR_FILENO);
    close(saved);
    for (ssize_t got;
         size < sizeof text - 1 && (got = read(ends[0], text + size, sizeof text - 1 - size)) > 0;)
        size += (size_t)got;
    text[size] = '\0';
    close(ends[0]);

    g_assert_nonnull(strstr(text, "test.begins"));
    g_assert_null(strstr(text, follow_fixture_code(fixture)));
    g_assert_null(strstr(text, follow_fixture_number(fixture)));
    g_assert_null(strstr(text, "/f/2"));
}

/* ---- the page ---- */

static void
everybody_else_finds_nothing(FollowFixture *fixture, const void *data)
{
    const char *foreign;

    (void)data;
    g_assert_cmpint(GET(stranger(fixture), PATH("")), ==, 404);
    foreign = follow_fixture_blanked(fixture);
    g_assert_cmpint(GET(stranger(fixture), "/follow/26-0000-0000-1"), ==, 404);
    g_assert_cmpstr(follow_fixture_blanked(fixture), ==, foreign);
    g_assert_cmpint(GET(stranger(fixture), "/follow/x"), ==, 404);
    g_assert_cmpstr(follow_fixture_blanked(fixture), ==, foreign);
    g_assert_cmpint(GET(&fixture->trial.fixture->liaison, PATH("")), ==, 403);
    g_assert_cmpint(GET(stranger(fixture), PATH("/withdraw")), ==, 404);
    g_assert_cmpint(GET(stranger(fixture), PATH("/add")), ==, 404);
    g_assert_cmpint(POST(stranger(fixture), PATH("/add"), "text", "من غير صاحبه"), ==, 404);
    g_assert_cmpint(POST(stranger(fixture), PATH("/withdraw"), "why", "other"), ==, 404);
    g_assert_cmpint(POST(stranger(fixture), PATH("/rate"), "solved", "yes"), ==, 404);
}

static void
number_and_code_are_for_reading(FollowFixture *fixture, const void *data)
{
    (void)data;
    GET(&fixture->visitor,
        link_of(fixture, follow_fixture_number(fixture), follow_fixture_code(fixture)));
    g_assert_cmpint(GET(&fixture->visitor, PATH("")), ==, 200);
    follow_fixture_shows(fixture, "الرقم والرمز للاطلاع فقط");
    follow_fixture_hides(fixture, "/withdraw");
    g_assert_cmpint(POST(&fixture->visitor, PATH("/add"), "text", "إضافة"), ==, 401);
    g_assert_cmpint(POST(&fixture->visitor, PATH("/withdraw"), "why", "other"), ==, 401);

    /* Signed in as somebody else, with the cookie of number and code. */
    g_assert_cmpint(GET(stranger(fixture), PATH("")), ==, 200);
    follow_fixture_hides(fixture, "/withdraw");
    g_assert_cmpint(GET(stranger(fixture), PATH("/withdraw")), ==, 404);
    g_assert_cmpint(POST(stranger(fixture), PATH("/withdraw"), "why", "other"), ==, 403);
    g_assert_cmpint(POST(stranger(fixture), PATH("/add"), "text", "إضافة"), ==, 403);
    petition_trial_stands(&fixture->trial, "assigned", "entity", 1);
}

/* No word of what has no command yet. */
static void
promises_what_is_possible(FollowFixture *fixture)
{
    static const char *const words[] = { "التصعيد", "صُعّد", "إعادة الفتح", "التظلّم", "مرتبط به" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        follow_fixture_hides(fixture, words[i]);
}

static void
every_status_has_its_sentence_with_dates(FollowFixture *fixture, const void *data)
{
    PetitionTrial *trial = &fixture->trial;
    const Who     *officer = &trial->fixture->liaison;

    (void)data;
    GET(requester(fixture), PATH(""));
    follow_fixture_shows(fixture, "لدى الجهة المعنية");
    follow_fixture_shows(fixture,
                         "طلبكم لدى سلطة المياه منذ الأربعاء 15 نيسان، وعليها تأكيد اختصاصها قبل ");
    follow_fixture_shows(fixture, "الأحد 19 نيسان 2026");
    follow_fixture_shows(fixture, "ماسورة مكسورة في الشارع");
    follow_fixture_shows(fixture, "<li class=\"todo\"><h3>تأكيد الاختصاص</h3>");
    follow_fixture_shows(fixture, "<li class=\"now\"><h3>سُجّل الطلب</h3>");
    promises_what_is_possible(fixture);

    g_assert_cmpint(
        petition_trial_return(trial, officer,
                              (PetitionReturn){ .on = petition_trial_on(trial), .ground = "area" }),
        ==, DONE);
    GET(requester(fixture), PATH(""));
    follow_fixture_shows(fixture, "ونحدّد الجهة المختصة قبل ");
    follow_fixture_shows(fixture, "الموقع خارج الحدود الإدارية");
    g_assert_cmpint(petition_trial_route(trial, &trial->fixture->unit,
                                         (PetitionRoute){ .on = petition_trial_on(trial),
                                                          .entity_id = WATER,
                                                          .note = "سرّ الوحدة" }),
                    ==, DONE);
    g_assert_cmpint(
        petition_trial_accept(trial, officer, (PetitionAccept){ .on = petition_trial_on(trial) }),
        ==, DONE);
    GET(requester(fixture), PATH(""));
    follow_fixture_shows(fixture, "قيد المعالجة");
    follow_fixture_shows(fixture, "تعالج سلطة المياه طلبكم، وموعد الرد");
    promises_what_is_possible(fixture);
    follow_fixture_hides(fixture, "سرّ الوحدة");
    follow_fixture_hides(fixture, "متأخر");

    petition_fixture_wait(trial->fixture, 60 * DAYS);
    GET(requester(fixture), PATH(""));
    follow_fixture_shows(fixture, "badge tone-late");
    follow_fixture_shows(fixture, "متأخر");
}

static void
the_answer_is_shown_and_the_end(FollowFixture *fixture, const void *data)
{
    (void)data;
    follow_fixture_close(fixture, "أُصلحت الماسورة <b>يوم الأحد</b>");
    GET(requester(fixture), PATH(""));
    follow_fixture_shows(fixture, "صدر الرد");
    follow_fixture_shows(fixture, "أُصلحت الماسورة &lt;b&gt;يوم الأحد");
    follow_fixture_shows(fixture, "حتى 29 نيسان 2026");
    follow_fixture_shows(fixture, "هل حُلّت المشكلة؟");
    follow_fixture_hides(fixture, "/withdraw\"");
    promises_what_is_possible(fixture);

    petition_fixture_wait(fixture->trial.fixture, 15 * DAYS);
    GET(requester(fixture), PATH(""));
    follow_fixture_shows(fixture, "انتهى طلبكم في 15 نيسان 2026: تمّ الحل");
    follow_fixture_hides(fixture, "name=\"solved\"");
    promises_what_is_possible(fixture);
}

static void
every_page_speaks_english(FollowFixture *fixture, const void *data)
{
    (void)data;
    fixture->lang = "en";
    g_assert_cmpint(GET(&fixture->visitor, "/follow"), ==, 200);
    follow_fixture_shows(fixture, "Follow a request");
    g_assert_cmpint(GET(requester(fixture), PATH("")), ==, 200);
    follow_fixture_shows(fixture, "Water Authority");
    follow_fixture_shows(fixture, "Wednesday 15 April");
    g_assert_cmpint(GET(requester(fixture), PATH("/withdraw")), ==, 200);
    g_assert_cmpint(GET(requester(fixture), PATH("/add")), ==, 200);
    g_assert_cmpint(GET(requester(fixture), "/mine"), ==, 200);
}

/* ---- my requests ---- */

static void
my_requests_are_mine(FollowFixture *fixture, const void *data)
{
    const char *text;

    (void)data;
    g_assert_cmpint(GET(stranger(fixture), "/mine"), ==, 200);
    follow_fixture_shows(fixture, "لا طلبات بعد");
    follow_fixture_shows(fixture, "href=\"/new\"");
    follow_fixture_hides(fixture, "ماسورة");
    g_assert_cmpint(GET(&fixture->visitor, "/mine"), ==, 401);

    petition_fixture_wait(fixture->trial.fixture, HOURS);
    another(fixture);
    g_assert_cmpint(GET(requester(fixture), "/mine"), ==, 200);
    follow_fixture_shows(fixture, PATH(""));
    text = testing_text(fixture->browser);
    g_assert_nonnull(strstr(text, "عداد معطّل"));
    g_assert_true(strstr(text, "عداد معطّل") < strstr(text, "ماسورة مكسورة في الشارع"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

#define CASE(name)                                                                                 \
    ENGINE_FIXTURE_ADD("/follow/" #name, FollowFixture, NULL, up, name, follow_fixture_down)
    CASE(whatever_is_wrong_looks_the_same);
    CASE(a_form_of_number_and_code_keeps_what_was_typed);
    CASE(number_and_code_let_in_for_one_request);
    CASE(a_link_lets_in_or_is_not_there);
    CASE(a_link_is_never_logged);
    CASE(everybody_else_finds_nothing);
    CASE(number_and_code_are_for_reading);
    CASE(every_status_has_its_sentence_with_dates);
    CASE(the_answer_is_shown_and_the_end);
    CASE(every_page_speaks_english);
    CASE(my_requests_are_mine);
    return g_test_run();
}
