/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days are laid out once: asking the calendar for each act would cost more than the act's own drawing. */
#include "feature/generate/generate_times.h"

enum {
    MARGIN = 400 /* days behind the period, for acts that fall away there */,
    HOURS_OF_DAY = 24
};

#define GROWTH 0.12 /* a year */
#define LAST_MINUTE (5 * MINUTES)

typedef struct {
    AppTime midnight, opening, closing;
    bool    working;
} Day;

struct GenerateTimes {
    GenerateWeights *days, *hours, *hours_off;
    Day              all[GENERATE_TIMES_DAYS + MARGIN];
};

static const double months[] = {
    1.15, 1.05, 0.95, 0.85, 0.95, 1.1, 1.25, 1.25, 1.1, 0.95, 0.9, 1.05
};
static const double hours_weights[HOURS_OF_DAY] = { 0.5, 0.3, 0.2, 0.1, 0.1, 0.2, 0.6, 1.6,
                                                    4.5, 6.5, 7.5, 7.5, 7.0, 6.0, 5.0, 3.5,
                                                    3.0, 3.0, 3.0, 3.2, 3.2, 2.8, 2.0, 1.0 };
static const double off_weights[HOURS_OF_DAY] = { 0.9, 0.5, 0.3, 0.2, 0.1, 0.2, 0.4, 0.8,
                                                  1.5, 2.2, 2.8, 3.0, 2.8, 2.4, 2.6, 2.8,
                                                  3.0, 3.2, 3.4, 3.6, 3.6, 3.2, 2.4, 1.5 };

static double
weight_of_day(const Calendar *calendar, const Day *day, int i)
{
    Civil  date = zone_civil(calendar->zone, day->midnight + 12 * HOURS);
    double weight = months[date.month - 1] * (1 + GROWTH * i / 365);

    if (day->working)
        return weight * (date.weekday == 0 ? 1.2 : 1); /* what the weekend has left */
    return weight * (date.weekday == 5 ? 0.3 : 0.42);
}

GenerateTimes *
generate_times_new(const Calendar *calendar, int64_t first_day)
{
    GenerateTimes *times = g_new0(GenerateTimes, 1);
    double         weights[GENERATE_TIMES_DAYS];

    for (int i = 0; i < GENERATE_TIMES_DAYS + MARGIN; i++) {
        Day    *day = &times->all[i];
        int64_t number = first_day + i;

        day->midnight = zone_midnight(calendar->zone, number);
        day->working = calendar_is_working_day(calendar, number);
        if (day->working) {
            day->opening = calendar_opening(calendar, number);
            day->closing = calendar_closing(calendar, number);
        }
        if (i < GENERATE_TIMES_DAYS)
            weights[i] = weight_of_day(calendar, day, i);
    }
    times->days = generate_weights_new(weights, GENERATE_TIMES_DAYS);
    times->hours = generate_weights_new(hours_weights, HOURS_OF_DAY);
    times->hours_off = generate_weights_new(off_weights, HOURS_OF_DAY);
    return times;
}

void
generate_times_free(GenerateTimes *times)
{
    if (times == NULL)
        return;
    generate_weights_free(times->days);
    generate_weights_free(times->hours);
    generate_weights_free(times->hours_off);
    g_free(times);
}

AppTime
generate_times_end(const GenerateTimes *times)
{
    return times->all[GENERATE_TIMES_DAYS].midnight;
}

AppTime
generate_times_lodged(const GenerateTimes *times, double part)
{
    double     of_day, of_hour;
    const Day *day = &times->all[generate_weights_at(times->days, part, &of_day)];
    size_t     hour =
        generate_weights_at(day->working ? times->hours : times->hours_off, of_day, &of_hour);
    /* A day on which the clocks are moved has one hour more or less: its own end is never passed. */
    AppTime at = day->midnight + (AppTime)(((double)hour + of_hour) * (double)HOURS);

    return MIN(at, day[1].midnight - 1);
}

static size_t
day_of(const GenerateTimes *times, AppTime at)
{
    size_t i =
        (size_t)CLAMP((at - times->all[0].midnight) / DAYS, 0, GENERATE_TIMES_DAYS + MARGIN - 2);

    while (i > 0 && times->all[i].midnight > at)
        i--;
    while (i < GENERATE_TIMES_DAYS + MARGIN - 2 && times->all[i + 1].midnight <= at)
        i++;
    return i;
}

AppTime
generate_times_office(const GenerateTimes *times, GenerateDraw *draw, AppTime from,
                      size_t working_days)
{
    size_t     i = day_of(times, from);
    const Day *day = &times->all[i];
    AppTime    earliest = day->opening;

    if (working_days == 0 && day->working && from < day->closing - LAST_MINUTE) {
        earliest = MAX(earliest, from + 1);
    } else {
        for (size_t left = MAX(working_days, 1); left > 0 && i < GENERATE_TIMES_DAYS + MARGIN - 1;)
            left -= times->all[++i].working;
        day = &times->all[i];
        earliest = day->working ? day->opening : day->midnight;
    }
    if (!day->working) /* behind the margin: far after the end */
        return MAX(earliest, from + 1);
    return earliest + (AppTime)(generate_draw_unit(draw) * (double)(day->closing - earliest));
}
