/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the calendar's rules once, when the reference data is loaded: every deadline asks for them. */
#include "core/reference_week.h"

#include "base/clock.h"
#include "core/reference_data.h"

#include <stdio.h>
#include <string.h>

#define USUAL_WEEKEND "fri,sat"
#define RAMADAN "ramadan."

static const OfficeHours usual_hours = { 8 * 60 + 30, 15 * 60 + 30 };

static const char *
rule_of(const ReferenceRows *rows, const char *name)
{
    for (size_t i = 0; i < rows->n_rules; i++)
        if (strcmp(rows->rules[i].name, name) == 0)
            return rows->rules[i].value;
    return NULL;
}

/* `list` as "fri,sat". */
static bool
names_weekday(const char *list, int weekday)
{
    static const char *const names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

    for (; *list != '\0'; list++)
        if (g_ascii_strncasecmp(list, names[weekday], 3) == 0)
            return true;
    return false;
}

/* `text` as "08:30-15:30"; else what is usual. */
static OfficeHours
read_hours(const char *text, OfficeHours usual)
{
    int         from_hour, from_minute, to_hour, to_minute;
    OfficeHours hours;

    if (text == NULL ||
        sscanf(text, "%2d:%2d-%2d:%2d", &from_hour, &from_minute, &to_hour, &to_minute) != 4)
        return usual;

    hours = (OfficeHours){ from_hour * 60 + from_minute, to_hour * 60 + to_minute };
    return hours.opening >= 0 && hours.opening < hours.closing && hours.closing <= 24 * 60 ? hours
                                                                                           : usual;
}

/* `text` as "2026-02-18,2026-03-19,1". */
static bool
read_span(const char *text, DaySpan *span)
{
    Civil first, last;

    if (sscanf(text, "%4d-%2d-%2d,%4d-%2d-%2d", &first.year, &first.month, &first.day, &last.year,
               &last.month, &last.day) != 6)
        return false;

    *span = (DaySpan){ clock_day(first.year, first.month, first.day),
                       clock_day(last.year, last.month, last.day) };
    return true;
}

const ReferenceWeek *
reference_week_read(Arena *mem, const ReferenceRows *rows)
{
    ReferenceWeek *week = ARENA_NEW(mem, ReferenceWeek);
    const char    *weekend = rule_of(rows, "weekend");

    for (int i = 0; i < 7; i++)
        week->weekend[i] = names_weekday(weekend == NULL ? USUAL_WEEKEND : weekend, i);
    week->usual = read_hours(rule_of(rows, "hours.default"), usual_hours);
    week->ramadan = read_hours(rule_of(rows, "hours.ramadan"), week->usual);

    week->ramadans = ARENA_ARRAY(mem, DaySpan, rows->n_rules + 1);
    for (size_t i = 0; i < rows->n_rules; i++)
        if (g_str_has_prefix(rows->rules[i].name, RAMADAN) &&
            read_span(rows->rules[i].value, &week->ramadans[week->n_ramadans]))
            week->n_ramadans++;
    return week;
}

OfficeHours
reference_week_hours(const ReferenceWeek *week, int64_t day)
{
    for (size_t i = 0; i < week->n_ramadans; i++)
        if (week->ramadans[i].first <= day && day <= week->ramadans[i].last)
            return week->ramadan;
    return week->usual;
}
