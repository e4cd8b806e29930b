/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/calendar.h"

#include "base/text.h"
#include "core/reference_data.h"

#include <stdio.h>
#include <string.h>

/* ---- the calendar of 2026 as data/ has it ---- */

static const char *const holidays_2026[] = {
    "2026-01-01", "2026-01-16", "2026-03-20", "2026-03-21", "2026-03-22",
    "2026-05-01", "2026-05-25", "2026-05-26", "2026-05-27", "2026-05-28",
    "2026-05-29", "2026-06-16", "2026-08-25", "2026-12-25", "2027-01-01",
};

static ReferenceRule rules_2026[] = {
    { "timezone", "Asia/Amman" },
    { "weekend", "fri,sat" },
    { "hours.default", "08:30-15:30" },
    { "hours.ramadan", "10:00-15:00" },
    { "ramadan.1447", "2026-02-18,2026-03-19,1" },
    { "ramadan.1451", "2030-01-05,2030-02-03,1" },
    { "ramadan.1452", "2030-12-26,2031-01-23,1" },
};

typedef struct {
    Zone      *zone;
    Reference *reference;
    Calendar   calendar;
} Office;

/* "2026-04-15 10:00" or "2026-04-15", in Amman. */
static AppTime
at(const Office *office, const char *text)
{
    Civil civil = { .year = 0 };

    g_assert_cmpint(sscanf(text, "%d-%d-%d %d:%d:%d", &civil.year, &civil.month, &civil.day,
                           &civil.hour, &civil.minute, &civil.second),
                    >=, 3);
    return zone_time(office->zone, &civil);
}

static char *
shown(const Office *office, AppTime time)
{
    Civil civil = zone_civil(office->zone, time);

    return g_strdup_printf("%04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day,
                           civil.hour, civil.minute);
}

static void
office_open(Office *office, ReferenceRule *rules, size_t n_rules)
{
    Arena        *mem = arena_new();
    ReferenceRows rows = { .rules = rules, .n_rules = n_rules };

    office->zone = zone_new("Asia/Amman");
    rows.holidays = ARENA_ARRAY(mem, ReferenceHoliday, G_N_ELEMENTS(holidays_2026));
    for (size_t i = 0; i < G_N_ELEMENTS(holidays_2026); i++)
        rows.holidays[rows.n_holidays++].day = zone_day(office->zone, at(office, holidays_2026[i]));
    office->reference = reference_load_rows(mem, &rows);
    office->calendar = (Calendar){ office->reference, office->zone };
}

static void
office_close(Office *office)
{
    reference_free(office->reference);
    zone_free(office->zone);
}

/* ---- the 48 hours ---- */

static const struct {
    const char *name, *from, *expect;
} hours_cases[] = {
    { "a Sunday forenoon: the same time on Tuesday", "2026-04-12 10:17", "2026-04-14 10:17" },
    { "a Tuesday: the same time on Thursday", "2026-04-14 15:29", "2026-04-16 15:29" },
    { "a Wednesday: the weekend does not count", "2026-04-15 10:00", "2026-04-19 10:00" },
    { "a Thursday: the weekend does not count", "2026-04-16 09:00", "2026-04-20 09:00" },
    { "exactly at opening is in office hours", "2026-04-12 08:30", "2026-04-14 08:30" },
    { "before opening: from opening on", "2026-04-12 05:00", "2026-04-14 08:30" },
    { "exactly at closing: from Monday's opening on", "2026-04-12 15:30", "2026-04-15 08:30" },
    { "a Thursday afternoon: from Sunday's opening on", "2026-04-16 16:00", "2026-04-21 08:30" },
    { "a Friday: from Sunday's opening on", "2026-04-17 11:00", "2026-04-21 08:30" },
    { "a Saturday night: from Sunday's opening on", "2026-04-18 23:59", "2026-04-21 08:30" },
    { "just after midnight on Sunday", "2026-04-19 00:00", "2026-04-21 08:30" },
    { "the evening before a holiday", "2026-06-15 20:00", "2026-06-21 08:30" },
    { "on a holiday: from the next opening on", "2026-06-16 10:00", "2026-06-21 08:30" },
    { "an estimated holiday counts as one", "2026-08-24 10:00", "2026-08-27 10:00" },
    { "Eid al-Adha with Independence Day: a week", "2026-05-24 10:00", "2026-06-01 10:00" },
    { "in Ramadan before the later opening", "2026-02-22 09:00", "2026-02-24 10:00" },
    { "in Ramadan at the earlier closing", "2026-02-22 15:00", "2026-02-25 10:00" },
    { "in Ramadan within hours", "2026-02-22 14:59", "2026-02-24 14:59" },
    { "into Ramadan: the same time all the same", "2026-02-16 15:20", "2026-02-18 15:20" },
    { "out of Ramadan over Eid al-Fitr", "2026-03-19 11:00", "2026-03-24 11:00" },
    { "after closing on the last day of Ramadan", "2026-03-19 15:10", "2026-03-25 08:30" },
    { "over the turn of the year", "2026-12-31 12:00", "2027-01-04 12:00" },
    { "when other countries change their clocks", "2026-03-26 10:00", "2026-03-30 10:00" },
};

static void
forty_eight_hours(void)
{
    Office office;

    office_open(&office, rules_2026, G_N_ELEMENTS(rules_2026));
    for (size_t i = 0; i < G_N_ELEMENTS(hours_cases); i++) {
        AppTime          from = at(&office, hours_cases[i].from);
        g_autofree char *end =
            shown(&office, calendar_after_working_hours(&office.calendar, from, 2));

        g_test_message("%s", hours_cases[i].name);
        g_assert_cmpstr(end, ==, hours_cases[i].expect);
    }

    AppTime odd = at(&office, "2026-04-12 10:17:33") + 123456;
    g_assert_cmpint(calendar_after_working_hours(&office.calendar, odd, 2) - odd, ==, 2 * DAYS);
    office_close(&office);
}

/* ---- periods ---- */

static const struct {
    const char *name, *from;
    int64_t     days;
    const char *expect;
} days_cases[] = {
    { "three days from a Sunday", "2026-04-12 10:00", 3, "2026-04-15 15:30" },
    { "the time of day does not matter", "2026-04-12 23:59", 3, "2026-04-15 15:30" },
    { "midnight belongs to its day", "2026-04-12 00:00", 3, "2026-04-15 15:30" },
    { "from a Thursday over the weekend", "2026-04-16 10:00", 3, "2026-04-21 15:30" },
    { "from a Friday", "2026-04-17 10:00", 3, "2026-04-21 15:30" },
    { "from a Saturday night", "2026-04-18 23:00", 1, "2026-04-19 15:30" },
    { "ten days over Eid al-Adha", "2026-05-18 10:00", 10, "2026-06-07 15:30" },
    { "it ends in Ramadan: closes earlier", "2026-02-17 10:00", 2, "2026-02-19 15:00" },
    { "it ends after Eid al-Fitr", "2026-03-18 10:00", 2, "2026-03-23 15:30" },
    { "twenty days", "2026-04-12 10:00", 20, "2026-05-10 15:30" },
    { "no days: today's closing", "2026-04-12 10:00", 0, "2026-04-12 15:30" },
    { "no days on a Friday: the next working day's", "2026-04-17 10:00", 0, "2026-04-19 15:30" },
};

static void
periods_are_dates(void)
{
    Office office;

    office_open(&office, rules_2026, G_N_ELEMENTS(rules_2026));
    for (size_t i = 0; i < G_N_ELEMENTS(days_cases); i++) {
        AppTime from = at(&office, days_cases[i].from);
        AppTime end = calendar_after_working_days(&office.calendar, from, days_cases[i].days);
        g_autofree char *end_shown = shown(&office, end);

        g_test_message("%s", days_cases[i].name);
        g_assert_cmpstr(end_shown, ==, days_cases[i].expect);
        if (days_cases[i].days > 0)
            g_assert_cmpint(calendar_working_days(&office.calendar, from, end), ==,
                            days_cases[i].days);
    }
    office_close(&office);
}

static const struct {
    const char *name, *from, *to;
    int64_t     expect;
} count_cases[] = {
    { "nothing between", "2026-04-12 10:00", "2026-04-12 10:00", 0 },
    { "the same day", "2026-04-12 08:00", "2026-04-12 20:00", 0 },
    { "the next day before closing is not over", "2026-04-12 10:00", "2026-04-13 15:29", 0 },
    { "the next day at closing", "2026-04-12 10:00", "2026-04-13 15:30", 1 },
    { "over a weekend", "2026-04-16 10:00", "2026-04-19 15:30", 1 },
    { "to a Friday", "2026-04-15 10:00", "2026-04-17 12:00", 1 },
    { "a week with a holiday", "2026-06-14 10:00", "2026-06-21 15:30", 4 },
    { "two days late", "2026-04-15 15:30", "2026-04-13 15:30", -2 },
    { "late by less than a day", "2026-04-15 12:00", "2026-04-14 15:30", 0 },
};

static void
days_are_counted(void)
{
    Office office;

    office_open(&office, rules_2026, G_N_ELEMENTS(rules_2026));
    for (size_t i = 0; i < G_N_ELEMENTS(count_cases); i++) {
        g_test_message("%s", count_cases[i].name);
        g_assert_cmpint(calendar_working_days(&office.calendar, at(&office, count_cases[i].from),
                                              at(&office, count_cases[i].to)),
                        ==, count_cases[i].expect);
    }
    office_close(&office);
}

/* ---- days and hours ---- */

static const struct {
    const char *name, *day;
    bool        works;
    const char *opening, *closing;
} day_cases[] = {
    { "a Sunday", "2026-04-12", true, "08:30", "15:30" },
    { "a Thursday", "2026-04-16", true, "08:30", "15:30" },
    { "a Friday", "2026-04-17", false, "08:30", "15:30" },
    { "a Saturday", "2026-04-18", false, "08:30", "15:30" },
    { "Labour Day", "2026-05-01", false, "08:30", "15:30" },
    { "the Prophet's Birthday, estimated", "2026-08-25", false, "08:30", "15:30" },
    { "the day before Ramadan", "2026-02-17", true, "08:30", "15:30" },
    { "its first day", "2026-02-18", true, "10:00", "15:00" },
    { "its last day", "2026-03-19", true, "10:00", "15:00" },
    { "the first Ramadan of 2030", "2030-01-06", true, "10:00", "15:00" },
    { "the second Ramadan of 2030", "2030-12-29", true, "10:00", "15:00" },
    { "between them", "2030-06-02", true, "08:30", "15:30" },
    { "a day before 1970", "1969-12-31", true, "08:30", "15:30" },
};

static void
days_and_hours(void)
{
    Office office;

    office_open(&office, rules_2026, G_N_ELEMENTS(rules_2026));
    for (size_t i = 0; i < G_N_ELEMENTS(day_cases); i++) {
        int64_t          day = zone_day(office.zone, at(&office, day_cases[i].day));
        g_autofree char *opening = shown(&office, calendar_opening(&office.calendar, day));
        g_autofree char *closing = shown(&office, calendar_closing(&office.calendar, day));

        g_test_message("%s", day_cases[i].name);
        g_assert_cmpint(calendar_is_working_day(&office.calendar, day), ==, day_cases[i].works);
        g_assert_true(g_str_has_prefix(opening, day_cases[i].day));
        g_assert_cmpstr(opening + strlen("2026-04-12 "), ==, day_cases[i].opening);
        g_assert_cmpstr(closing + strlen("2026-04-12 "), ==, day_cases[i].closing);
    }
    office_close(&office);
}

/* Wrong or missing rules must not stop the clocks. */
static void
broken_rules_are_the_usual_week(void)
{
    static ReferenceRule broken[] = {
        { "hours.default", "from nine to five" },
        { "hours.ramadan", "15:00-10:00" },
        { "ramadan.1447", "some time in spring" },
    };
    static ReferenceRule never[] = { { "weekend", "sun,mon,tue,wed,thu,fri,sat" } };
    Office               office;
    int64_t              day;

    office_open(&office, broken, G_N_ELEMENTS(broken));
    day = zone_day(office.zone, at(&office, "2026-02-18"));
    g_autofree char *closing = shown(&office, calendar_closing(&office.calendar, day));
    g_assert_cmpstr(closing, ==, "2026-02-18 15:30");
    g_assert_false(calendar_is_working_day(&office.calendar, day + 2));
    office_close(&office);

    office_open(&office, never, G_N_ELEMENTS(never));
    g_assert_cmpint(calendar_after_working_days(&office.calendar, at(&office, "2026-04-12"), 1), >,
                    at(&office, "2026-04-12"));
    office_close(&office);
}

static void
speed(void)
{
    enum { ROUNDS = 2000 };
    Office  office;
    int64_t begun;
    AppTime from;

    office_open(&office, rules_2026, G_N_ELEMENTS(rules_2026));
    from = at(&office, "2026-04-12 10:00");
    begun = clock_monotonic();
    for (int i = 0; i < ROUNDS; i++)
        from += calendar_after_working_hours(&office.calendar, from, 2) % 2;
    g_test_message("48 hours: %.2f µs", (double)(clock_monotonic() - begun) / ROUNDS);
    begun = clock_monotonic();
    for (int i = 0; i < ROUNDS; i++)
        from += calendar_after_working_days(&office.calendar, from, 10) % 2;
    g_test_message("10 working days: %.2f µs", (double)(clock_monotonic() - begun) / ROUNDS);
    office_close(&office);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/calendar/forty-eight hours", forty_eight_hours);
    g_test_add_func("/calendar/periods are dates", periods_are_dates);
    g_test_add_func("/calendar/days are counted", days_are_counted);
    g_test_add_func("/calendar/days and hours", days_and_hours);
    g_test_add_func("/calendar/broken rules are the usual week", broken_rules_are_the_usual_week);
    g_test_add_func("/calendar/speed", speed);
    return g_test_run();
}
