/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/clock.h"

#include "base/thread.h"

#include <glib.h>

static void
a_fixed_clock_stands_until_it_is_moved(void)
{
    Clock *clock = clock_new_fixed(5 * SECONDS);

    g_assert_cmpint(clock_now(clock), ==, 5 * SECONDS);
    clock_move(clock, 3 * DAYS);
    g_assert_cmpint(clock_now(clock), ==, 5 * SECONDS + 3 * DAYS);
    clock_move(clock, -3 * DAYS);
    g_assert_cmpint(clock_now(clock), ==, 5 * SECONDS);
    clock_free(clock);
    clock_free(NULL);
}

static void
a_system_clock_runs_shifted(void)
{
    Clock  *clock = clock_new_system();
    AppTime real = g_get_real_time();
    AppTime now = clock_now(clock);

    g_assert_cmpint(now, >=, real);
    g_assert_cmpint(now, <, real + MINUTES);
    clock_move(clock, 10 * DAYS);
    g_assert_cmpint(clock_now(clock), >=, real + 10 * DAYS);
    g_assert_cmpint(clock_now(clock), <, real + 10 * DAYS + MINUTES);
    clock_free(clock);
}

static void
the_monotonic_clock_never_goes_back(void)
{
    int64_t last = clock_monotonic();

    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic();

        g_assert_cmpint(now, >=, last);
        last = now;
    }
}

static void *
move_often(void *data)
{
    for (int i = 0; i < 10000; i++) {
        clock_move(data, 1);
        g_assert_cmpint(clock_now(data), >, 0);
    }
    return NULL;
}

static void
many_threads_move_one_clock(void)
{
    Clock    *clock = clock_new_fixed(1);
    pthread_t threads[4];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("mover", 0, move_often, clock);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
    g_assert_cmpint(clock_now(clock), ==, 40001);
    clock_free(clock);
}

static void
unknown_zones_are_refused(void)
{
    g_assert_null(zone_new("Asia/Atlantis"));
    g_assert_null(zone_new("../../etc/passwd"));
    g_assert_null(zone_new(NULL));
    zone_free(NULL);
}

static void
assert_civil(Civil civil, const char *text)
{
    g_autofree char *got =
        g_strdup_printf("%04d-%02d-%02d %02d:%02d:%02d %d", civil.year, civil.month, civil.day,
                        civil.hour, civil.minute, civil.second, civil.weekday);

    g_assert_cmpstr(got, ==, text);
}

static const struct {
    const char *name, *zone;
    int64_t     seconds;
    const char *civil;
} civil_cases[] = {
    { "the epoch", "UTC", 0, "1970-01-01 00:00:00 4" },
    { "a second before it", "UTC", -1, "1969-12-31 23:59:59 3" },
    { "a leap day", "UTC", 1709164800, "2024-02-29 00:00:00 4" },
    { "2000 is a leap year", "UTC", 951782400, "2000-02-29 00:00:00 2" },
    { "1900 is none", "UTC", -2203891200, "1900-03-01 00:00:00 4" },
    { "far ahead", "UTC", 4107542400, "2100-03-01 00:00:00 1" },
    { "before the era of 400 years", "UTC", -62162035200, "0000-03-01 00:00:00 3" },
    { "Amman is 3 hours ahead since 2022", "Asia/Amman", 1764020000, "2025-11-25 00:33:20 2" },
    { "Amman in the winter of 2021", "Asia/Amman", 1640995200, "2022-01-01 02:00:00 6" },
    { "Amman in the summer of 2021", "Asia/Amman", 1625097600, "2021-07-01 03:00:00 4" },
    { "Amman after GLib's table ends", "Asia/Amman", 2240524800, "2040-12-31 03:00:00 1" },
};

static void
civil_dates_are_right(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(civil_cases); i++) {
        Zone *zone = zone_new(civil_cases[i].zone);
        Civil civil;

        g_test_message("%s", civil_cases[i].name);
        g_assert_nonnull(zone);
        civil = zone_civil(zone, civil_cases[i].seconds * SECONDS + 999999);
        assert_civil(civil, civil_cases[i].civil);
        g_assert_cmpint(zone_time(zone, &civil), ==, civil_cases[i].seconds * SECONDS);
        if (g_str_equal(civil_cases[i].zone, "UTC"))
            assert_civil(clock_utc(civil_cases[i].seconds * SECONDS), civil_cases[i].civil);
        zone_free(zone);
    }
}

/* Every hour of 60 years against GLib's own calendar. */
static void
civil_dates_agree_with_glib(void)
{
    Zone *zone = zone_new("Asia/Amman");
    g_autoptr(GTimeZone) reference = g_time_zone_new_identifier("Asia/Amman");

    for (int64_t at = -10 * 365 * DAYS; at < 50 * 365 * DAYS; at += 7 * HOURS + 13 * MINUTES) {
        g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at / SECONDS);
        g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, reference);
        g_autofree char *text = g_date_time_format(local, "%Y-%m-%d %H:%M:%S %w");

        assert_civil(zone_civil(zone, at), text);
    }
    zone_free(zone);
}

static const struct {
    const char *name;
    Civil       civil, back;
} odd_cases[] = {
    { "midnight that the clocks skip is an hour later",
      { .year = 2022, .month = 2, .day = 25 },
      { .year = 2022, .month = 2, .day = 25, .hour = 1 } },
    { "half an hour into the gap as well",
      { .year = 2022, .month = 2, .day = 25, .minute = 30 },
      { .year = 2022, .month = 2, .day = 25, .hour = 1, .minute = 30 } },
    { "the hour before the gap is itself",
      { .year = 2022, .month = 2, .day = 24, .hour = 23 },
      { .year = 2022, .month = 2, .day = 24, .hour = 23 } },
    { "day 0 is the last of the month before",
      { .year = 2024, .month = 3, .day = 0, .hour = 12 },
      { .year = 2024, .month = 2, .day = 29, .hour = 12 } },
    { "month 13 is next January",
      { .year = 2024, .month = 13, .day = 5 },
      { .year = 2025, .month = 1, .day = 5 } },
    { "month 0 is last December",
      { .year = 2024, .month = 0, .day = 5 },
      { .year = 2023, .month = 12, .day = 5 } },
    { "month -12 is a year and a month back",
      { .year = 2024, .month = -12, .day = 5 },
      { .year = 2022, .month = 12, .day = 5 } },
    { "24 o'clock is the next midnight",
      { .year = 2024, .month = 1, .day = 31, .hour = 24 },
      { .year = 2024, .month = 2, .day = 1 } },
};

static void
odd_civil_times_are_resolved(void)
{
    Zone *zone = zone_new("Asia/Amman");

    for (size_t i = 0; i < G_N_ELEMENTS(odd_cases); i++) {
        Civil civil = zone_civil(zone, zone_time(zone, &odd_cases[i].civil));

        g_test_message("%s", odd_cases[i].name);
        civil.weekday = 0;
        g_assert_cmpmem(&civil, sizeof civil, &odd_cases[i].back, sizeof civil);
    }
    zone_free(zone);
}

static void
of_a_time_shown_twice_it_is_the_first(void)
{
    Zone *zone = zone_new("Asia/Amman");
    /* on 29 October 2021 at 01:00 the clocks went back to 00:00 */
    Civil   civil = { .year = 2021, .month = 10, .day = 29, .minute = 30 };
    AppTime first = zone_time(zone, &civil);

    g_assert_cmpint(zone_civil(zone, first).minute, ==, 30);
    g_assert_cmpint(zone_civil(zone, first).hour, ==, 0);
    g_assert_cmpint(zone_civil(zone, first + HOURS).hour, ==, 0);
    g_assert_cmpint(zone_civil(zone, first - HOURS).hour, ==, 23);
    zone_free(zone);
}

static void
days_begin_at_their_midnight(void)
{
    Zone *zone = zone_new("Asia/Amman");

    for (int64_t day = -4000; day < 25000; day++) {
        AppTime midnight = zone_midnight(zone, day);

        g_assert_cmpint(zone_day(zone, midnight), ==, day);
        g_assert_cmpint(zone_day(zone, midnight - 1), ==, day - 1);
    }
    g_assert_cmpint(zone_day(zone, 0), ==, 0);
    g_assert_cmpint(zone_day(zone, 22 * HOURS), ==, 1);
    zone_free(zone);
}

static void *
read_zone(void *data)
{
    for (int64_t day = 18000; day < 19000; day++)
        g_assert_cmpint(zone_day(data, zone_midnight(data, day)), ==, day);
    return NULL;
}

static void
many_threads_read_one_zone(void)
{
    Zone     *zone = zone_new("Asia/Amman");
    pthread_t threads[4];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("reader", 0, read_zone, zone);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
    zone_free(zone);
}

static void
cost(void)
{
    Zone            *zone = zone_new("Asia/Amman");
    Clock           *clock = clock_new_system();
    volatile int64_t sink = 0;
    int              rounds = 1000000;

    if (g_test_perf()) {
        g_test_timer_start();
        for (int i = 0; i < rounds; i++)
            sink += zone_civil(zone, 1764020000 * SECONDS + i).day;
        g_test_message("%.1f ns per zone_civil", g_test_timer_elapsed() * 1e9 / rounds);
        g_test_timer_start();
        for (int i = 0; i < rounds; i++)
            sink += clock_now(clock);
        g_test_message("%.1f ns per clock_now", g_test_timer_elapsed() * 1e9 / rounds);
    }
    (void)sink;
    clock_free(clock);
    zone_free(zone);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/clock/fixed", a_fixed_clock_stands_until_it_is_moved);
    g_test_add_func("/clock/system", a_system_clock_runs_shifted);
    g_test_add_func("/clock/monotonic", the_monotonic_clock_never_goes_back);
    g_test_add_func("/clock/threads", many_threads_move_one_clock);
    g_test_add_func("/zone/unknown", unknown_zones_are_refused);
    g_test_add_func("/zone/civil", civil_dates_are_right);
    g_test_add_func("/zone/agrees-with-glib", civil_dates_agree_with_glib);
    g_test_add_func("/zone/odd-times", odd_civil_times_are_resolved);
    g_test_add_func("/zone/shown-twice", of_a_time_shown_twice_it_is_the_first);
    g_test_add_func("/zone/days", days_begin_at_their_midnight);
    g_test_add_func("/zone/threads", many_threads_read_one_zone);
    g_test_add_func("/clock/cost", cost);
    return g_test_run();
}
