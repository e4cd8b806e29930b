/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Working time: Sunday to Thursday, hours of the season, holidays (product.md 5). Pure: no clock, no
 * database. */
#pragma once

#include "base/clock.h"
#include "core/reference.h"

typedef struct Calendar {
    const Reference *reference;
    const Zone      *zone;
} Calendar;

bool calendar_is_working_day(const Calendar *calendar, int64_t day);
/* Opening and closing of a working day. */
AppTime calendar_opening(const Calendar *calendar, int64_t day);
AppTime calendar_closing(const Calendar *calendar, int64_t day);
/* The 48 hours: lodged in office hours, the same time two working days later; otherwise two working
 * days after the next opening. `days` is 2 for the 48 hours. */
AppTime calendar_after_working_hours(const Calendar *calendar, AppTime from, int days);
/* A period in working days is a date: the day of `from` is not counted, it ends at the closing time
 * of the last day. */
AppTime calendar_after_working_days(const Calendar *calendar, AppTime from, int64_t days);
/* Working days that begin after the day of `from` and end by `to`; negative when `to` is before. */
int64_t calendar_working_days(const Calendar *calendar, AppTime from, AppTime to);
