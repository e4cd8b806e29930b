/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists and the file: who sees what, and that nobody sees who the requester is. */
#include "feature/office/office_fixture.h"

#include "base/number.h"
#include "view/i18n.h"

#include <string.h>

#define SUBJECT "ماسورة مكسورة في الشارع"
#define PHONE "0791234567"

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

/* ---- lists ---- */

static void
test_inbox(OfficeFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(office_fixture_get(fixture, liaison(fixture), "/office"), ==, 200);
    office_fixture_shows(fixture, SUBJECT);
    office_fixture_shows(fixture, "شكوى");
    office_fixture_shows(fixture, "تسرّب");
    office_fixture_shows(fixture, "العاصمة");
    office_fixture_shows(fixture, "محوّل إلى الجهة المعنية");
    office_fixture_shows(fixture, "due tone-progress");
    office_fixture_shows(fixture, office_fixture_path(fixture, NULL));
    office_fixture_hides(fixture, "class=\"pager\"");

    petition_fixture_wait(fixture->trial.fixture, 7 * DAYS);
    office_fixture_get(fixture, liaison(fixture), "/office");
    office_fixture_shows(fixture, "due tone-late");
    office_fixture_shows(fixture, "متأخر");

    g_assert_cmpint(office_fixture_get(fixture, &fixture->trial.fixture->roads_liaison, "/office"),
                    ==, 200);
    office_fixture_hides(fixture, SUBJECT);
    office_fixture_shows(fixture, "لا طلبات هنا الآن");
    g_assert_cmpint(office_fixture_get(fixture, unit(fixture), "/office"), ==, 403);
}

static void
test_filters(OfficeFixture *fixture, const void *data)
{
    (void)data;
    office_fixture_get(fixture, liaison(fixture), "/office?list=progress");
    office_fixture_hides(fixture, SUBJECT);
    office_fixture_get(fixture, liaison(fixture), "/office?list=assigned");
    office_fixture_shows(fixture, SUBJECT);
    accept(fixture);
    office_fixture_get(fixture, liaison(fixture), "/office?list=assigned");
    office_fixture_hides(fixture, SUBJECT);
    office_fixture_get(fixture, liaison(fixture), "/office?list=progress");
    office_fixture_shows(fixture, SUBJECT);
    office_fixture_shows(fixture, "aria-current=\"true\"");
}

static void
test_pages(OfficeFixture *fixture, const void *data)
{
    const char *href = "class=\"older\" href=\"", *text;

    (void)data;
    for (int i = 0; i < 50; i++) {
        petition_fixture_wait(fixture->trial.fixture, MINUTES);
        petition_trial_complain(&fixture->trial);
    }
    office_fixture_get(fixture, liaison(fixture), "/office");
    office_fixture_shows(fixture, "class=\"pager\"");
    text = strstr(testing_text(fixture->browser), href);
    g_assert_nonnull(text);
    text += strlen(href);
    g_autofree char *escaped = g_strndup(text, strcspn(text, "\""));
    g_auto(GStrv) parts = g_strsplit(escaped, "&amp;", -1);
    g_autofree char *target = g_strjoinv("&", parts);
    g_assert_cmpuint(g_strv_length(parts), >, 1);

    g_assert_cmpint(office_fixture_get(fixture, liaison(fixture), target), ==, 200);
    office_fixture_shows(fixture, office_fixture_path(fixture, NULL)); /* the last submitted */
    office_fixture_hides(fixture, "class=\"pager\"");
}

static void
test_closed(OfficeFixture *fixture, const void *data)
{
    (void)data;
    accept(fixture);
    office_fixture_get(fixture, liaison(fixture), "/office/closed");
    office_fixture_hides(fixture, SUBJECT);
    g_assert_cmpint(petition_trial_close(&fixture->trial, liaison(fixture),
                                         (PetitionClose){ .on = petition_trial_on(&fixture->trial),
                                                          .outcome = "resolved",
                                                          .answer = "أُصلحت الماسورة" }),
                    ==, DONE);
    g_assert_cmpint(office_fixture_get(fixture, liaison(fixture), "/office/closed"), ==, 200);
    office_fixture_shows(fixture, SUBJECT);
    office_fixture_shows(fixture, "15 نيسان 2026");
    office_fixture_get(fixture, liaison(fixture), "/office");
    office_fixture_hides(fixture, SUBJECT);
}

static void
test_search(OfficeFixture *fixture, const void *data)
{
    Arena      *mem = fixture->trial.fixture->mem;
    const char *number = i18n_ref(mem, fixture->trial.receipt.number);
    const char *by_number = arena_printf(mem, "/office/search?q=%s", number);
    const char *by_words = "/office/search?q=%D9%85%D8%A7%D8%B3%D9%88%D8%B1%D8%A9"; /* ماسورة */

    (void)data;
    g_assert_cmpint(office_fixture_get(fixture, liaison(fixture), "/office/search"), ==, 200);
    office_fixture_hides(fixture, "لا نتائج");
    g_assert_cmpint(office_fixture_get(fixture, liaison(fixture), by_number), ==, 200);
    office_fixture_shows(fixture, SUBJECT);
    office_fixture_get(fixture, unit(fixture), by_words);
    office_fixture_shows(fixture, SUBJECT);
    office_fixture_get(fixture, &fixture->trial.fixture->roads_liaison, by_number);
    office_fixture_shows(fixture, "لا نتائج");
    office_fixture_get(fixture, &fixture->trial.fixture->roads_liaison, by_words);
    office_fixture_hides(fixture, SUBJECT);
}

/* ---- the file ---- */

static void
test_file(OfficeFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(
        office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL)), ==, 200);
    office_fixture_shows(fixture, SUBJECT);
    office_fixture_shows(fixture, "إصلاح الماسورة");
    office_fixture_shows(fixture, "حي نزال قرب المسجد");
    office_fixture_shows(fixture, "مقدم طلب رقم");
    office_fixture_shows(fixture, "الهوية محجوبة");
    office_fixture_shows(fixture, "تأكيد الاختصاص قبل");
    office_fixture_shows(fixture, "سلطة المياه");
    office_fixture_shows(fixture, "قُدّم الطلب");
    office_fixture_shows(fixture, office_fixture_path(fixture, "accept"));
    office_fixture_shows(fixture, office_fixture_path(fixture, "return"));
    office_fixture_shows(fixture, office_fixture_path(fixture, "consult"));
    office_fixture_hides(fixture, office_fixture_path(fixture, "period"));
    office_fixture_hides(fixture, office_fixture_path(fixture, "update"));
    office_fixture_hides(fixture, office_fixture_path(fixture, "route"));
    office_fixture_hides(fixture, office_fixture_path(fixture, "close/preview"));
    office_fixture_shows(fixture, "لا تُغلق الشكوى أو الاقتراح قبل تأكيد الاختصاص");

    office_fixture_hides(fixture, PHONE);
    office_fixture_hides(fixture, "سلمى");
    office_fixture_hides(fixture, "962790000001");
}

static void
test_file_in_work(OfficeFixture *fixture, const void *data)
{
    (void)data;
    accept(fixture);
    office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL));
    office_fixture_shows(fixture, office_fixture_path(fixture, "period"));
    office_fixture_shows(fixture, "أبعد موعد مسموح به: 7 أيار 2026");
    office_fixture_shows(fixture, office_fixture_path(fixture, "close/preview"));
    office_fixture_hides(fixture, office_fixture_path(fixture, "accept"));
    office_fixture_hides(fixture, office_fixture_path(fixture, "return"));
    office_fixture_shows(fixture, "رسالة قصيرة");
    office_fixture_shows(fixture, "الرسائل الموجّهة إلى مقدم الطلب");
    office_fixture_shows(fixture, "لينا");
}

static void
test_answers(OfficeFixture *fixture, const void *data)
{
    const PetitionAnswer answers[] = { { "meter", 1, "445566" }, { "size", 1, "runs" } };
    PetitionSubmit       cmd = petition_fixture_complaint(fixture->trial.fixture);

    (void)data;
    cmd.answers = answers;
    cmd.n_answers = G_N_ELEMENTS(answers);
    g_assert_cmpint(
        petition_trial_submit(&fixture->trial, &fixture->trial.fixture->requester, &cmd), ==, DONE);
    office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL));
    office_fixture_shows(fixture, "رقم العداد");
    office_fixture_shows(fixture, "445566");
    office_fixture_shows(fixture, "الكمية");
    office_fixture_shows(fixture, "<bdi>يسيل</bdi>");
}

static void
test_file_in_english(OfficeFixture *fixture, const void *data)
{
    (void)data;
    fixture->lang = "en";
    g_assert_cmpint(
        office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL)), ==, 200);
    office_fixture_shows(fixture, "Water Authority");
    office_fixture_shows(fixture, "Competence to be confirmed by");
}

static void
test_head_only_notes(OfficeFixture *fixture, const void *data)
{
    const Who *head = &fixture->trial.fixture->head;

    (void)data;
    g_assert_cmpint(office_fixture_get(fixture, head, office_fixture_path(fixture, NULL)), ==, 200);
    office_fixture_shows(fixture, office_fixture_path(fixture, "note"));
    office_fixture_hides(fixture, office_fixture_path(fixture, "accept"));
    g_assert_cmpint(office_fixture_post(fixture, head, office_fixture_path(fixture, "accept"),
                                        testing_form(fixture->browser, "version", "1", NULL)),
                    ==, 403);
    petition_trial_stands(&fixture->trial, "assigned", "entity", 1);
}

/* A restricted file is the head's alone; an officer's look is as of one that is not there. */
static void
test_restricted(OfficeFixture *fixture, const void *data)
{
    (void)data;
    petition_trial_complain_about(&fixture->trial, "officer");
    g_assert_cmpint(
        office_fixture_get(fixture, liaison(fixture), office_fixture_path(fixture, NULL)), ==, 404);
    g_assert_cmpint(office_fixture_get(fixture, &fixture->trial.fixture->head,
                                       office_fixture_path(fixture, NULL)),
                    ==, 200);
    office_fixture_shows(fixture, "ملف مقيّد الاطلاع");
    office_fixture_shows(fixture, office_fixture_path(fixture, "accept"));
}

/* Foreign and absent look alike, byte by byte, whether read or written to. */
static void
test_foreign_is_absent(OfficeFixture *fixture, const void *data)
{
    const Who       *roads = &fixture->trial.fixture->roads_liaison;
    const char      *absent = "/office/requests/26-0000-0000-0";
    g_autofree char *foreign_page = NULL, *foreign_form = NULL;

    (void)data;
    for (char digit = '0'; digit <= '9'; digit++) { /* the check digit that is right */
        int64_t     number;
        const char *text = arena_printf(fixture->trial.fixture->mem, "26-0000-0000-%c", digit);

        if (number_parse(text, &number))
            absent = arena_printf(fixture->trial.fixture->mem, "/office/requests/%s", text);
    }
    g_assert_cmpint(office_fixture_get(fixture, roads, office_fixture_path(fixture, NULL)), ==,
                    404);
    foreign_page = g_strdup(testing_text(fixture->browser));
    g_assert_cmpint(office_fixture_get(fixture, roads, absent), ==, 404);
    g_assert_cmpstr(testing_text(fixture->browser), ==, foreign_page);

    g_assert_cmpint(office_fixture_post(fixture, roads, office_fixture_path(fixture, "note"),
                                        testing_form(fixture->browser, "version", "1", "note",
                                                     "كلام لا يضيع", NULL)),
                    ==, 404);
    foreign_form = g_strdup(testing_text(fixture->browser));
    office_fixture_shows(fixture, "كلام لا يضيع");
    g_assert_cmpint(
        office_fixture_post(
            fixture, roads, arena_printf(fixture->trial.fixture->mem, "%s/note", absent),
            testing_form(fixture->browser, "version", "1", "note", "كلام لا يضيع", NULL)),
        ==, 404);
    g_assert_cmpstr(testing_text(fixture->browser), ==, foreign_form);
    g_assert_cmpint(office_fixture_get(fixture, roads, "/office/requests/12"), ==, 404);
}

#define ADD(name)                                                                                  \
    ENGINE_FIXTURE_ADD("/office/" #name, OfficeFixture, NULL, office_fixture_up, test_##name,      \
                       office_fixture_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD(inbox);
    ADD(filters);
    ADD(pages);
    ADD(closed);
    ADD(search);
    ADD(file);
    ADD(file_in_work);
    ADD(answers);
    ADD(file_in_english);
    ADD(head_only_notes);
    ADD(restricted);
    ADD(foreign_is_absent);
    return g_test_run();
}
