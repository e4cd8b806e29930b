/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Words, plurals and dates in both languages, against CLDR's table and what an office writes. */
#include "view/i18n.h"

#include "messages.h"
#include "view/i18n_table.h"

typedef struct {
    Arena       *mem;
    const Words *ar, *en;
    Zone        *zone;
} Fixture;

static void
begin(Fixture *f, gconstpointer data)
{
    (void)data;
    *f = (Fixture){ arena_new(), i18n_words("ar"), i18n_words("en"), zone_new("Asia/Amman") };
    g_assert_nonnull(f->zone);
}

static void
end(Fixture *f, gconstpointer data)
{
    (void)data;
    zone_free(f->zone);
    arena_free(f->mem);
}

static AppTime
at(const Fixture *f, int year, int month, int day, int hour, int minute)
{
    return zone_time(
        f->zone,
        &(Civil){ .year = year, .month = month, .day = day, .hour = hour, .minute = minute });
}

static void
languages(Fixture *f, gconstpointer data)
{
    (void)data;
    g_assert_cmpstr(i18n_languages[0]->key, ==, "ar");
    g_assert_cmpstr(i18n_languages[1]->key, ==, "en");
    g_assert_null(i18n_languages[2]);
    g_assert_cmpstr(i18n_language(f->ar)->dir, ==, "rtl");
    g_assert_cmpstr(i18n_language(f->en)->dir, ==, "ltr");
    g_assert_cmpstr(i18n_language(f->ar)->name, ==, "العربية");

    g_assert_true(i18n_words(NULL) == f->ar);
    g_assert_true(i18n_words("") == f->ar);
    g_assert_true(i18n_words("xx-hostile") == f->ar);
}

/* CLDR 42, written as the numbers themselves: the form that each of 0 to 200 takes. */
static int
cldr_ar(int n)
{
    static const char forms[] = "oooffffffffmmmmmmmmm"; /* n % 100 from 0 to 19 */

    if (n <= 2)
        return n;
    switch (n % 100 < 20 ? forms[n % 100] : 'm') {
    case 'f':
        return 3;
    case 'm':
        return 4;
    default:
        return 5;
    }
}

static void
plural_table(Fixture *f, gconstpointer data)
{
    (void)f;
    (void)data;
    for (int n = 0; n <= 200; n++) {
        g_assert_cmpint(i18n_plural_ar((uint64_t)n), ==, cldr_ar(n));
        g_assert_cmpint(i18n_plural_en((uint64_t)n), ==, n == 1 ? 0 : 1);
    }
    g_assert_cmpint(i18n_plural_ar(1000002), ==, 5);
    g_assert_cmpint(i18n_plural_ar(UINT64_MAX), ==, 4); /* …615 */
}

static void
plurals(Fixture *f, gconstpointer data)
{
    static const struct {
        int64_t     count;
        const char *ar, *en;
    } rows[] = {
        { 0, "أقل من يوم", "0 days" },
        { 1, "يوم واحد", "1 day" },
        { 2, "يومان", "2 days" },
        { 3, "3 أيام", "3 days" },
        { 10, "10 أيام", "10 days" },
        { 11, "11 يومًا", "11 days" },
        { 99, "99 يومًا", "99 days" },
        { 100, "100 يوم", "100 days" },
        { 102, "102 يوم", "102 days" },
        { 103, "103 أيام", "103 days" },
        { 1234, "1,234 يومًا", "1,234 days" },
        { -2, "يومان", "-2 days" },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int64_t count = rows[i].count;

        g_assert_cmpstr(i18n_plural(f->mem, f->ar, MSG_SPAN_DAYS, count, NULL, 0), ==, rows[i].ar);
        g_assert_cmpstr(i18n_plural(f->mem, f->en, MSG_SPAN_DAYS, count, NULL, 0), ==, rows[i].en);
    }
    g_assert_cmpstr(i18n_plural(f->mem, f->ar, MSG_FORM_MISTAKE_TOO_LONG, 2, I18N_ARGS("الاسم")),
                    ==, "الاسم: حرفان على الأكثر");
    /* No plural at all is still a text. */
    g_assert_cmpstr(i18n_plural(f->mem, f->en, MSG_BUTTON_SEND, 5, NULL, 0), ==, "Send");
    g_assert_cmpstr(i18n_plural(f->mem, f->en, 0, 5, NULL, 0), ==, "");
}

/* An argument is text and nothing else: what it holds is never read as a template. */
static void
arguments(Fixture *f, gconstpointer data)
{
    static const char *const hostile[] = {
        "{date}",   "{entity}", "{",           "}",        "{{t \"x\"}}", "%s%n%d", "\\",
        "<script>", "",         "سلطة المياه", "\xFF\xFE", "{0}",         "$1",
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
        g_autofree char *want = g_strdup_printf(
            "%s has answered. Is the problem solved? You may rate how it was dealt with until "
            "%s.",
            hostile[i], "{entity}");

        g_assert_cmpstr(i18n_format(f->mem, f->en, MSG_STATUS_ANSWERED_SENTENCE,
                                    I18N_ARGS(hostile[i], "{entity}")),
                        ==, want);
    }
    g_assert_cmpstr(i18n_format(f->mem, f->ar, MSG_STATUS_RECEIVED_SENTENCE,
                                I18N_ARGS("26-4839-2017-5", "14 أيار 2026")),
                    ==,
                    "سُجّل طلبكم بالرقم \u200E26-4839-2017-5، ونحدّد الجهة المختصة قبل 14 أيار "
                    "2026.");
    /* Too few, none, NULL: gaps, not a crash. */
    g_assert_cmpstr(i18n_format(f->mem, f->en, MSG_OUTCOME_RESOLVED_SENTENCE, NULL, 0), ==,
                    "The problem is solved: .");
    g_assert_cmpstr(i18n_format(f->mem, f->en, MSG_OUTCOME_RESOLVED_SENTENCE, I18N_ARGS(NULL)), ==,
                    "The problem is solved: .");
    g_assert_cmpstr(i18n_format(f->mem, f->en, MSG_BUTTON_SEND, I18N_ARGS("too", "many")), ==,
                    "Send");
}

/* The order of arguments is that of the English text, whatever the Arabic one has. */
static void
order(Fixture *f, gconstpointer data)
{
    (void)data;
    g_assert_cmpstr(
        i18n_format(f->mem, f->ar, MSG_FORM_MISTAKE_OUT_OF_RANGE, I18N_ARGS("العمر", "1", "120")),
        ==, "العمر: رقم من 1 إلى 120");
}

static void
finding(Fixture *f, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(i18n_find("state.received"), ==, MSG_STATE_RECEIVED);
    g_assert_cmpint(i18n_find_in("state.", "in_progress"), ==, MSG_STATE_IN_PROGRESS);
    g_assert_cmpint(i18n_find_in("outcome.", "moot"), ==, MSG_OUTCOME_MOOT);
    g_assert_cmpint(i18n_find("state.none"), ==, 0);
    g_assert_cmpint(i18n_find(""), ==, 0);
    g_assert_cmpint(i18n_find_in("state.", NULL), ==, 0);
    g_assert_cmpint(i18n_find_in("state.", "../../etc/passwd"), ==, 0);
    g_assert_cmpint(i18n_find_in("a.very.long.prefix.that.goes.on.and.on.and.on.and.on.and.on.and."
                                 "on.and.on.and.on.and.on.and.on.and.on.",
                                 "and.a.code.that.no.buffer.holds"),
                    ==, 0);
    for (int i = 1; i <= i18n_n_keys; i++) {
        g_assert_cmpint(i18n_find(i18n_keys[i - 1]), ==, i);
        g_assert_cmpstr(i18n_text(f->ar, i), !=, "");
        g_assert_cmpstr(i18n_text(f->en, i), !=, "");
    }
    g_assert_cmpstr(i18n_text(f->ar, 0), ==, "");
    g_assert_cmpstr(i18n_text(f->ar, -1), ==, "");
    g_assert_cmpstr(i18n_text(f->ar, i18n_n_keys + 1), ==, "");
    g_assert_cmpint(i18n_n_keys, ==, MESSAGES);
}

static void
dates(Fixture *f, gconstpointer data)
{
    static const char *const months[] = {
        "كانون الثاني", "شباط", "آذار",  "نيسان",       "أيار",         "حزيران",
        "تموز",         "آب",   "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول",
    };
    AppTime time = at(f, 2026, 11, 25, 14, 30);

    (void)data;
    g_assert_cmpstr(i18n_datetime(f->mem, f->ar, f->zone, time), ==,
                    "الأربعاء 25 تشرين الثاني 2026، الساعة 14:30");
    g_assert_cmpstr(i18n_datetime(f->mem, f->en, f->zone, time), ==,
                    "Wednesday 25 November 2026 at 14:30");
    g_assert_cmpstr(i18n_datetime(f->mem, f->en, f->zone, at(f, 2026, 1, 2, 9, 5)), ==,
                    "Friday 2 January 2026 at 09:05");
    g_assert_cmpstr(i18n_date(f->mem, f->ar, f->zone, time), ==, "25 تشرين الثاني 2026");
    g_assert_cmpstr(i18n_day(f->mem, f->ar, f->zone, at(f, 2026, 4, 12, 9, 0), time), ==,
                    "الأحد 12 نيسان");
    g_assert_cmpstr(i18n_day(f->mem, f->ar, f->zone, at(f, 2027, 4, 12, 9, 0), time), ==,
                    "الاثنين 12 نيسان 2027");
    g_assert_cmpstr(i18n_day(f->mem, f->en, f->zone, at(f, 2026, 4, 12, 9, 0), 0), ==,
                    "Sunday 12 April 2026");
    for (int month = 1; month <= 12; month++) {
        g_autofree char *want = g_strdup_printf("1 %s 2026", months[month - 1]);

        g_assert_cmpstr(i18n_date(f->mem, f->ar, f->zone, at(f, 2026, month, 1, 0, 0)), ==, want);
    }
    /* The day is that of the zone, not of UTC. */
    g_assert_cmpstr(i18n_date(f->mem, f->en, f->zone, at(f, 2026, 12, 31, 23, 59)), ==,
                    "31 December 2026");

    g_assert_cmpstr(i18n_date(f->mem, f->ar, f->zone, 0), ==, "");
    g_assert_cmpstr(i18n_datetime(f->mem, f->ar, f->zone, 0), ==, "");
    g_assert_cmpstr(i18n_day(f->mem, f->ar, f->zone, 0, time), ==, "");
}

static void
spans(Fixture *f, gconstpointer data)
{
    static const struct {
        int64_t     time;
        const char *alone, *left, *english;
    } rows[] = {
        { 3 * DAYS, "3 أيام", "بقيت 3 أيام", "3 days left" },
        { 3 * DAYS - 1, "يومان", "بقي يومان", "2 days left" },
        { -2 * DAYS, "يومان", "متأخر يومين", "late 2 days" },
        { -1 * DAYS, "يوم واحد", "متأخر يومًا", "late 1 day" },
        { -11 * DAYS, "11 يومًا", "متأخر 11 يومًا", "late 11 days" },
        { 5 * HOURS, "5 ساعات", "بقيت 5 ساعات", "5 hours left" },
        { HOURS, "ساعة واحدة", "بقيت ساعة", "1 hour left" },
        { 90 * MINUTES, "ساعة واحدة", "بقيت ساعة", "1 hour left" },
        { 2 * MINUTES, "دقيقتان", "بقيت دقيقتان", "2 minutes left" },
        { 0, "دقيقة واحدة", "بقيت دقيقة", "1 minute left" },
        { -1, "دقيقة واحدة", "متأخر دقيقة", "late 1 minute" },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_assert_cmpstr(i18n_span(f->mem, f->ar, rows[i].time), ==, rows[i].alone);
        g_assert_cmpstr(i18n_left(f->mem, f->ar, rows[i].time), ==, rows[i].left);
        g_assert_cmpstr(i18n_left(f->mem, f->en, rows[i].time), ==, rows[i].english);
    }
    g_assert_cmpstr(i18n_span(f->mem, f->en, INT64_MIN), ==, "106,751,991 days");
}

static void
numbers(Fixture *f, gconstpointer data)
{
    (void)data;
    g_assert_cmpstr(i18n_number(f->mem, 0), ==, "0");
    g_assert_cmpstr(i18n_number(f->mem, 999), ==, "999");
    g_assert_cmpstr(i18n_number(f->mem, 1000), ==, "1,000");
    g_assert_cmpstr(i18n_number(f->mem, 1234567), ==, "1,234,567");
    g_assert_cmpstr(i18n_number(f->mem, -1234), ==, "-1,234");
    g_assert_cmpstr(i18n_number(f->mem, INT64_MIN), ==, "-9,223,372,036,854,775,808");

    g_assert_cmpstr(i18n_size(f->mem, f->en, 0), ==, "0 bytes");
    g_assert_cmpstr(i18n_size(f->mem, f->en, 1023), ==, "1,023 bytes");
    g_assert_cmpstr(i18n_size(f->mem, f->en, 1024), ==, "1.0 KB");
    g_assert_cmpstr(i18n_size(f->mem, f->en, 1468006), ==, "1.4 MB");
    g_assert_cmpstr(i18n_size(f->mem, f->ar, 2202010), ==, "2.1 م.ب");
    g_assert_cmpstr(i18n_size(f->mem, f->en, 50 * 1024 * 1024), ==, "50 MB");
    g_assert_cmpstr(i18n_size(f->mem, f->en, 1024 * 1024 - 1), ==, "1.0 MB");
    g_assert_cmpstr(i18n_size(f->mem, f->en, (int64_t)3 << 40), ==, "3,072 GB");

    g_assert_cmpstr(i18n_ref(f->mem, 26483920175), ==, "26-4839-2017-5");
    g_assert_cmpstr(i18n_ref(f->mem, 0), ==, "");
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        { "/i18n/languages", languages }, { "/i18n/plural-table", plural_table },
        { "/i18n/plurals", plurals },     { "/i18n/arguments", arguments },
        { "/i18n/order", order },         { "/i18n/finding", finding },
        { "/i18n/dates", dates },         { "/i18n/spans", spans },
        { "/i18n/numbers", numbers },
    };

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, NULL, begin, tests[i].test, end);
    return g_test_run();
}
