/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rules of data/calendar.csv as numbers: which days of the week are worked, from when to when, and
 * in Ramadan. What a rule does not say or says wrongly is Jordan's usual week. */
#pragma once

#include "base/arena.h"

typedef struct {
    int opening, closing; /* minutes of the day */
} OfficeHours;

typedef struct {
    int64_t first, last; /* days since 1970-01-01 */
} DaySpan;

typedef struct ReferenceWeek {
    bool        weekend[7]; /* 0: Sunday */
    OfficeHours usual, ramadan;
    DaySpan    *ramadans;
    size_t      n_ramadans;
} ReferenceWeek;

typedef struct ReferenceRows ReferenceRows;

/* Of the rows' rules; in `mem`. */
const ReferenceWeek *reference_week_read(Arena *mem, const ReferenceRows *rows);
/* In which hours of that day offices are open, if it is a working day. */
OfficeHours reference_week_hours(const ReferenceWeek *week, int64_t day);
