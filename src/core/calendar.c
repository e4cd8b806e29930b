/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Working days and hours by the rules of data/calendar.csv and the holidays; what a rule does not say
 * or says wrongly is Jordan's usual week. What must stay true: the same rules and times always give
 * the same answer, for deadlines are shown as rights. */
#include "core/calendar.h"

#include <stdio.h>
#include <string.h>

#define USUAL_WEEKEND "fri,sat"

enum {
    DAYS_MOST = 4000, /* looked at before giving up on rules without a working day */
    WEEK = 7,
    EPOCH_WEEKDAY = 4, /* 1970-01-01 was a Thursday */
};

/* ---- days ---- */

static int
weekday_of(int64_t day)
{
    return (int)(((day + EPOCH_WEEKDAY) % WEEK + WEEK) % WEEK);
}

static const char *
weekend_of(const Calendar *calendar)
{
    const char *rule = reference_calendar_rule(calendar->reference, "weekend");

    return rule == NULL ? USUAL_WEEKEND : rule;
}

/* `list` as "fri,sat". */
static bool
names_weekday(const char *list, int weekday)
{
    static const char *const names[WEEK] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

    for (; *list != '\0'; list++)
        if (g_ascii_strncasecmp(list, names[weekday], 3) == 0)
            return true;
    return false;
}

bool
calendar_is_working_day(const Calendar *calendar, int64_t day)
{
    return !names_weekday(weekend_of(calendar), weekday_of(day)) &&
           !reference_is_holiday(calendar->reference, day);
}

/* The first working day behind `day`. */
static int64_t
next_working_day(const Calendar *calendar, int64_t day)
{
    for (int i = 0; i < DAYS_MOST; i++)
        if (calendar_is_working_day(calendar, ++day))
            break;
    return day;
}

static int64_t
add_working_days(const Calendar *calendar, int64_t day, int64_t days)
{
    for (int64_t i = 0; i < days; i++)
        day = next_working_day(calendar, day);
    return day;
}

/* ---- hours ---- */

typedef struct {
    int opening, closing; /* minutes of the day */
} Hours;

static const Hours usual_hours = { 8 * 60 + 30, 15 * 60 + 30 };

static bool
read_hours(const char *text, Hours *hours)
{
    int from_hour, from_minute, to_hour, to_minute;

    if (text == NULL ||
        sscanf(text, "%2d:%2d-%2d:%2d", &from_hour, &from_minute, &to_hour, &to_minute) != 4)
        return false;

    *hours = (Hours){ from_hour * 60 + from_minute, to_hour * 60 + to_minute };
    return hours->opening >= 0 && hours->opening < hours->closing && hours->closing <= 24 * 60;
}

static int64_t
day_number(const Calendar *calendar, const Civil *civil)
{
    return zone_day(calendar->zone, zone_time(calendar->zone, civil));
}

/* `text` as "2026-02-18,2026-03-19,1". */
static bool
spans_day(const Calendar *calendar, const char *text, int64_t day)
{
    Civil first = { .hour = 12 }, last = { .hour = 12 };

    if (text == NULL || sscanf(text, "%4d-%2d-%2d,%4d-%2d-%2d", &first.year, &first.month,
                               &first.day, &last.year, &last.month, &last.day) != 6)
        return false;
    return day_number(calendar, &first) <= day && day <= day_number(calendar, &last);
}

/* Ramadan is listed by Hijri year, which is some 33/32 of ours: no more than one off. */
static bool
is_ramadan(const Calendar *calendar, int64_t day)
{
    int64_t year = 1970 + day * 400 / 146097;
    int64_t hijri = (year - 622) * 33 / 32;

    for (int64_t i = hijri - 1; i <= hijri + 2; i++) {
        char name[32];

        g_snprintf(name, sizeof name, "ramadan.%d", (int)i);
        if (spans_day(calendar, reference_calendar_rule(calendar->reference, name), day))
            return true;
    }
    return false;
}

static Hours
hours_of(const Calendar *calendar, int64_t day)
{
    const Reference *reference = calendar->reference;
    Hours            hours;

    if (is_ramadan(calendar, day) &&
        read_hours(reference_calendar_rule(reference, "hours.ramadan"), &hours))
        return hours;
    if (read_hours(reference_calendar_rule(reference, "hours.default"), &hours))
        return hours;

    return usual_hours;
}

/* ---- instants ---- */

static AppTime
time_on(const Calendar *calendar, int64_t day, Civil time)
{
    Civil date = zone_civil(calendar->zone, zone_midnight(calendar->zone, day));

    time.year = date.year;
    time.month = date.month;
    time.day = date.day;
    return zone_time(calendar->zone, &time);
}

static AppTime
minutes_on(const Calendar *calendar, int64_t day, int minutes)
{
    return time_on(calendar, day, (Civil){ .hour = minutes / 60, .minute = minutes % 60 });
}

AppTime
calendar_opening(const Calendar *calendar, int64_t day)
{
    return minutes_on(calendar, day, hours_of(calendar, day).opening);
}

AppTime
calendar_closing(const Calendar *calendar, int64_t day)
{
    return minutes_on(calendar, day, hours_of(calendar, day).closing);
}

/* ---- periods ---- */

/* `from` itself in office hours, else the next opening. */
static AppTime
office_time(const Calendar *calendar, AppTime from)
{
    int64_t day = zone_day(calendar->zone, from);

    if (!calendar_is_working_day(calendar, day) || from >= calendar_closing(calendar, day))
        return calendar_opening(calendar, next_working_day(calendar, day));
    return MAX(from, calendar_opening(calendar, day));
}

AppTime
calendar_after_working_hours(const Calendar *calendar, AppTime from, int days)
{
    AppTime start = office_time(calendar, from);
    int64_t day = add_working_days(calendar, zone_day(calendar->zone, start), days);
    AppTime end = time_on(calendar, day, zone_civil(calendar->zone, start));
    AppTime below_second = ((start % SECONDS) + SECONDS) % SECONDS;

    return end + below_second;
}

AppTime
calendar_after_working_days(const Calendar *calendar, AppTime from, int64_t days)
{
    int64_t day = zone_day(calendar->zone, from);

    if (days <= 0 && !calendar_is_working_day(calendar, day))
        days = 1;
    return calendar_closing(calendar, add_working_days(calendar, day, days));
}

int64_t
calendar_working_days(const Calendar *calendar, AppTime from, AppTime to)
{
    int64_t day, last, n = 0;

    if (to < from)
        return -calendar_working_days(calendar, to, from);

    day = zone_day(calendar->zone, from);
    last = zone_day(calendar->zone, to);
    while (++day < last)
        n += calendar_is_working_day(calendar, day) ? 1 : 0;
    if (day == last && calendar_is_working_day(calendar, last) &&
        calendar_closing(calendar, last) <= to)
        n++;
    return n;
}
