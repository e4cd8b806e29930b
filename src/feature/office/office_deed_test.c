/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Acts: what was done, what was refused and why, what came between; nothing typed is ever lost. */
#include "feature/office/office_fixture.h"

#include <string.h>

#define POST(fixture, who, act, ...)                                                               \
    office_fixture_post((fixture), (who), office_fixture_path((fixture), (act)),                   \
                        testing_form((fixture)->browser, __VA_ARGS__, NULL))

static const Who *
liaison(OfficeFixture *fixture)
{
    return &fixture->trial.fixture->liaison;
}

static const Who *
unit(OfficeFixture *fixture)
{
    return &fixture->trial.fixture->unit;
}

static void
accept(OfficeFixture *fixture)
{
    g_assert_cmpint(petition_trial_accept(&fixture->trial, liaison(fixture),
                                          (PetitionAccept){ petition_trial_on(&fixture->trial) }),
                    ==, DONE);
}

/* A colleague's note: one version more, and nothing that forbids the act. */
static void
note(OfficeFixture *fixture, const char *text)
{
    g_assert_cmpint(petition_trial_note(&fixture->trial, &fixture->trial.fixture->head,
                                        (PetitionNote){ petition_trial_on(&fixture->trial), text }),
                    ==, DONE);
}

static void
stands(OfficeFixture *fixture, const char *state, int64_t version)
{
    Petition petition = petition_trial_read(&fixture->trial);

    g_assert_cmpstr(petition.state, ==, state);
    g_assert_cmpint(petition.version, ==, version);
}

/* ---- done ---- */

static void
test_accept(OfficeFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST(fixture, liaison(fixture), "accept", "version", "1"), ==, 303);
    g_assert_true(g_str_has_suffix(office_fixture_target(fixture), "?done=accept"));
    stands(fixture, "in_progress", 2);
}

/* The form of the page sent twice is one act, and never a conflict with oneself. */
static void
test_double_tap(OfficeFixture *fixture, const void *data)
{
    const char *action = arena_printf(fixture->trial.fixture->mem, "action=\"%s\"",
                                      office_fixture_path(fixture, "accept"));

    (void)data;
    office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL));
    const char *version = office_fixture_value(fixture, action, "version");
    const char *command = office_fixture_value(fixture, action, "command");

    for (int tap = 0; tap < 2; tap++) {
        g_assert_cmpint(
            POST(fixture, liaison(fixture), "accept", "version", version, "command", command), ==,
            303);
        g_assert_true(g_str_has_suffix(office_fixture_target(fixture), "?done=accept"));
    }
    stands(fixture, "in_progress", 2);
    g_assert_cmpint(POST(fixture, liaison(fixture), "note", "version", "2", "note", "بالرقم نفسه",
                         "command", command),
                    ==, 422); /* other content under the same id */
    office_fixture_shows(fixture, "بالرقم نفسه</textarea>");
}

static void
test_work(OfficeFixture *fixture, const void *data)
{
    (void)data;
    accept(fixture);
    g_assert_cmpint(POST(fixture, liaison(fixture), "period", "version", "2", "due_day-day", "3",
                         "due_day-month", "5", "due_day-year", "2026"),
                    ==, 303);
    g_assert_cmpint(POST(fixture, liaison(fixture), "update", "version", "3", "news", "بدأ الحفر"),
                    ==, 303);
    g_assert_cmpint(POST(fixture, liaison(fixture), "note", "version", "4", "note", "راجعوا سامي"),
                    ==, 303);
    stands(fixture, "in_progress", 5);

    office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL));
    office_fixture_shows(fixture, "موعد الرد: 3 أيار 2026");
    office_fixture_shows(fixture, "بدأ الحفر");
    office_fixture_shows(fixture, "<li class=\"internal\">");
    office_fixture_shows(fixture, "راجعوا سامي");
    office_fixture_shows(fixture, "لا يراه مقدم الطلب");
    office_fixture_hides(fixture, office_fixture_path(fixture, "period"));
    office_fixture_shows(fixture, "حُدِّد موعد الرد من قبل"); /* why it cannot be set again */
}

static void
test_close(OfficeFixture *fixture, const void *data)
{
    const char *answer = "أُصلحت الماسورة يوم 14 نيسان.\nتفقّدنا الموقع.";

    (void)data;
    accept(fixture);
    g_assert_cmpint(POST(fixture, liaison(fixture), "close/preview", "version", "2", "outcome",
                         "resolved", "answer", answer),
                    ==, 200);
    office_fixture_shows(fixture, "تمّ الحل");
    office_fixture_shows(fixture, "أُصلحت الماسورة يوم 14 نيسان.<br>");
    office_fixture_shows(fixture, "صدر الرد");
    office_fixture_shows(fixture, "أجابت");
    office_fixture_shows(fixture, "29 نيسان 2026");
    office_fixture_shows(fixture, "إرسال الرد وإغلاق الطلب");
    stands(fixture, "in_progress", 2);

    g_assert_cmpint(POST(fixture, liaison(fixture), "close", "version", "2", "outcome", "resolved",
                         "answer", answer),
                    ==, 303);
    stands(fixture, "closed", 3);
    g_assert_cmpint(
        office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL)), ==, 200);
    office_fixture_shows(fixture, "النتيجة: تمّ الحل");
    office_fixture_hides(fixture, office_fixture_path(fixture, "close/preview"));
    office_fixture_shows(fixture, office_fixture_path(fixture, "note"));
}

/* It waits at the unit because of whom it is about, not for want of an entity. */
static void
test_triage_says_why(OfficeFixture *fixture, const void *data)
{
    (void)data;
    petition_trial_complain_about(&fixture->trial, "head");
    g_assert_cmpint(office_fixture_get(fixture, unit(fixture), "/office/triage"), ==, 200);
    office_fixture_shows(fixture, "شكوى على رئيس الجهة");
    office_fixture_hides(fixture, "لا جهة معروفة");
}

static void
test_return_and_route(OfficeFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST(fixture, liaison(fixture), "return", "version", "1", "ground",
                         "other_entity", "proposed_entity", "2", "legal_text", "قانون الطرق"),
                    ==, 303);
    g_assert_cmpstr(office_fixture_target(fixture), ==, "/office?done=return");
    stands(fixture, "received", 2);

    g_assert_cmpint(office_fixture_get(fixture, unit(fixture), "/office/triage"), ==, 200);
    office_fixture_shows(fixture, "أُعيد لعدم الاختصاص");
    office_fixture_shows(fixture, "العاصمة");
    g_assert_cmpint(office_fixture_get(fixture, liaison(fixture), "/office/triage"), ==, 403);

    office_fixture_get(fixture, unit(fixture), office_fixture_path(fixture, NULL));
    office_fixture_shows(fixture, "من اختصاص جهة أخرى");
    office_fixture_shows(fixture, "وزارة الأشغال");
    office_fixture_shows(fixture, "قانون الطرق");
    office_fixture_shows(fixture, "name=\"target\" value=\"2-0\"");
    office_fixture_shows(fixture, "اقترحتها");
    office_fixture_hides(fixture, "name=\"target\" value=\"1-"); /* who returned it */
    g_assert_cmpint(POST(fixture, unit(fixture), "route", "version", "2", "route_note", "للعلم"),
                    ==, 422);
    office_fixture_shows(fixture, "اختاروا الجهة التي يُحوَّل إليها الطلب");
    office_fixture_shows(fixture, "للعلم</textarea>");
    g_assert_cmpint(POST(fixture, unit(fixture), "route", "version", "2", "target", "2-21"), ==,
                    303);
    stands(fixture, "assigned", 3);
    g_assert_cmpint(office_fixture_get(fixture, &fixture->trial.fixture->roads_liaison,
                                       office_fixture_path(fixture, NULL)),
                    ==, 200);
}

static void
test_question(OfficeFixture *fixture, const void *data)
{
    const Who  *pipes = &fixture->trial.fixture->pipes;
    const char *path;

    (void)data;
    accept(fixture);
    g_assert_cmpint(POST(fixture, liaison(fixture), "consult", "version", "2", "directorate", "101",
                         "question", "متى تُصلح؟", "answer_days", "3"),
                    ==, 303);
    path = arena_printf(fixture->trial.fixture->mem, "/office/questions/%" G_GINT64_FORMAT,
                        (gint64)petition_trial_question(&fixture->trial));

    g_assert_cmpint(office_fixture_get(fixture, pipes, "/office/questions"), ==, 200);
    office_fixture_shows(fixture, path);
    g_assert_cmpint(office_fixture_get(fixture, pipes, path), ==, 200);
    office_fixture_shows(fixture, "متى تُصلح؟");
    office_fixture_hides(fixture, "0791234567");
    g_assert_cmpint(office_fixture_get(fixture, &fixture->trial.fixture->meters, path), ==, 404);
    office_fixture_get(fixture, pipes, path);

    const char *number = office_fixture_value(fixture, path, "number");
    const char *form = arena_copy(fixture->trial.fixture->mem,
                                  testing_form(fixture->browser, "number", number, "reply",
                                               "نحتاج إلى مضخة", "proposed_days", "4", NULL));
    g_assert_cmpint(office_fixture_post(fixture, pipes, path, form), ==, 303);
    office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL));
    office_fixture_shows(fixture, "نحتاج إلى مضخة");
    office_fixture_shows(fixture, "المدة المقترحة للمعالجة");
    office_fixture_shows(fixture, "مديرية الشبكات");

    g_assert_cmpint(office_fixture_post(fixture, pipes, path, form), ==, 422); /* a second answer */
    office_fixture_shows(fixture, "نحتاج إلى مضخة</textarea>");
    office_fixture_shows(fixture, "أُجيب عن هذا السؤال من قبل");
    office_fixture_get(fixture, pipes, "/office/questions");
    office_fixture_hides(fixture, path);
}

/* ---- refused ---- */

static void
test_refused_keeps_text(OfficeFixture *fixture, const void *data)
{
    (void)data;
    accept(fixture);
    g_assert_cmpint(POST(fixture, liaison(fixture), "period", "version", "2", "due_day-day", "30",
                         "due_day-month", "12", "due_day-year", "2026"),
                    ==, 422);
    office_fixture_shows(fixture, "7 أيار 2026 على الأبعد"); /* the rule and its date */
    office_fixture_shows(fixture, "id=\"f-due_day-error\"");
    office_fixture_shows(fixture, "value=\"2026\"");
    office_fixture_shows(fixture, "<title>خطأ:");

    g_assert_cmpint(POST(fixture, liaison(fixture), "consult", "version", "2", "directorate", "101",
                         "question", "سؤال <لا> يضيع", "answer_days", "99"),
                    ==, 422);
    office_fixture_shows(fixture, "لا تتجاوز مهلة المديرية نصف المدة المتبقية");
    office_fixture_shows(fixture, "سؤال &lt;لا&gt; يضيع</textarea>");
    office_fixture_shows(fixture, "value=\"101\" selected");

    g_assert_cmpint(POST(fixture, liaison(fixture), "close/preview", "version", "2", "outcome",
                         "thanked", "answer", "جواب لا يضيع"),
                    ==, 422);
    office_fixture_shows(fixture, "جواب لا يضيع</textarea>");
    stands(fixture, "in_progress", 2);
}

static void
test_mistakes_keep_text(OfficeFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST(fixture, liaison(fixture), "consult", "version", "1", "directorate", "",
                         "question", "ما الذي حدث؟", "answer_days", "كثير"),
                    ==, 422);
    office_fixture_shows(fixture, "class=\"problems\"");
    office_fixture_shows(fixture, "ما الذي حدث؟</textarea>");
    office_fixture_shows(fixture, "value=\"كثير\"");
    g_assert_cmpint(POST(fixture, liaison(fixture), "note", "version", "1", "note", "  "), ==, 422);
    stands(fixture, "assigned", 1);
}

/* The state forbids the act as a whole: its form is gone, its words are not. */
static void
test_state_refuses(OfficeFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST(fixture, liaison(fixture), "update", "version", "1", "news", "خبر مبكر"),
                    ==, 422);
    office_fixture_shows(fixture, "لا يُعلَم مقدم الطلب بالمستجدات إلا والطلب قيد المعالجة");
    office_fixture_shows(fixture, "ما كتبتموه");
    office_fixture_shows(fixture, "خبر مبكر");
    office_fixture_hides(fixture, office_fixture_path(fixture, "update"));
}

/* ---- somebody was first ---- */

static void
test_conflict_keeps_text(OfficeFixture *fixture, const void *data)
{
    const char *action = arena_printf(fixture->trial.fixture->mem, "action=\"%s\"",
                                      office_fixture_path(fixture, "update"));

    (void)data;
    accept(fixture);
    note(fixture, "اتصل بي الوزير");
    g_assert_cmpint(POST(fixture, liaison(fixture), "update", "version", "2", "news", "بدأ العمل"),
                    ==, 409);
    office_fixture_shows(fixture, "سبقكم زميل إلى تغيير هذا الملف");
    office_fixture_shows(fixture, "ما تغيّر");
    office_fixture_shows(fixture, "اتصل بي الوزير");
    office_fixture_shows(fixture, "هالة");
    office_fixture_shows(fixture, "بدأ العمل</textarea>");
    g_assert_cmpstr(office_fixture_value(fixture, action, "version"), ==, "3");
    stands(fixture, "in_progress", 3);

    g_assert_cmpint(POST(fixture, liaison(fixture), "update", "version", "3", "news", "بدأ العمل"),
                    ==, 303);
}

static void
test_conflict_of_an_act_that_is_gone(OfficeFixture *fixture, const void *data)
{
    (void)data;
    accept(fixture);
    g_assert_cmpint(POST(fixture, liaison(fixture), "return", "version", "1", "ground",
                         "not_competent", "legal_text", "المادة 5 من قانون المياه"),
                    ==, 409);
    office_fixture_shows(fixture, "ما كتبتموه");
    office_fixture_shows(fixture, "المادة 5 من قانون المياه");
    office_fixture_shows(fixture, "خارج اختصاص الجهة");
    office_fixture_shows(fixture, "أُكّد الاختصاص");
    g_assert_cmpint(POST(fixture, liaison(fixture), "close/preview", "version", "1", "outcome",
                         "resolved", "answer", "جواب"),
                    ==, 409);
    office_fixture_shows(fixture, "جواب</textarea>");
    g_assert_cmpint(POST(fixture, liaison(fixture), "accept", "version", "x"), ==, 409);
}

/* A note is about the file, whatever has become of it since the page was opened. */
static void
test_note_needs_no_version(OfficeFixture *fixture, const void *data)
{
    (void)data;
    accept(fixture);
    g_assert_cmpint(
        POST(fixture, liaison(fixture), "note", "version", "1", "note", "من صفحة قديمة"), ==, 303);
    g_assert_cmpint(POST(fixture, liaison(fixture), "note", "note", "بلا نسخة"), ==, 303);
    stands(fixture, "in_progress", 4);
}

/* A colleague returned it: the file is not theirs any more, what they wrote is. */
static void
test_lost_keeps_text(OfficeFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(
        petition_trial_return(
            &fixture->trial, liaison(fixture),
            (PetitionReturn){ .on = petition_trial_on(&fixture->trial), .ground = "area" }),
        ==, DONE);
    g_assert_cmpint(POST(fixture, liaison(fixture), "consult", "version", "1", "directorate", "102",
                         "question", "سؤال طويل كُتب بعناية", "answer_days", "2"),
                    ==, 404);
    office_fixture_shows(fixture, "سؤال طويل كُتب بعناية");
    office_fixture_shows(fixture, "مديرية العدادات");
    office_fixture_hides(fixture, "ماسورة");
}

#define ADD(name)                                                                                  \
    ENGINE_FIXTURE_ADD("/office/deed/" #name, OfficeFixture, NULL, office_fixture_up, test_##name, \
                       office_fixture_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(accept);
    ADD(double_tap);
    ADD(work);
    ADD(close);
    ADD(triage_says_why);
    ADD(return_and_route);
    ADD(question);
    ADD(refused_keeps_text);
    ADD(mistakes_keep_text);
    ADD(state_refuses);
    ADD(conflict_keeps_text);
    ADD(conflict_of_an_act_that_is_gone);
    ADD(note_needs_no_version);
    ADD(lost_keeps_text);
    return g_test_run();
}
