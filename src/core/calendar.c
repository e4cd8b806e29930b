/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Working days and hours by the rules of data/calendar.csv and the holidays. What must stay true: the
 * same rules and times always give the same answer, for deadlines are shown as rights. */
#include "core/calendar.h"

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

bool
calendar_is_working_day(const Calendar *calendar, int64_t day)
{
    return !reference_week(calendar->reference)->weekend[weekday_of(day)] &&
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
    return minutes_on(calendar, day,
                      reference_week_hours(reference_week(calendar->reference), day).opening);
}

AppTime
calendar_closing(const Calendar *calendar, int64_t day)
{
    return minutes_on(calendar, day,
                      reference_week_hours(reference_week(calendar->reference), day).closing);
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
