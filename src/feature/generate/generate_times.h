/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside the feature: when people write and when offices work. The number of requests grows from year to
 * year, differs by month (water in summer, roads and heating in winter), is small on days off, and follows
 * the hours of the day; offices act in their own hours only. */
#pragma once

#include "core/calendar.h"
#include "feature/generate/generate_draw.h"

typedef struct GenerateTimes GenerateTimes;

enum { GENERATE_TIMES_DAYS = 5 * 365 };

/* The period of five years that begins with `first_day` (days since 1970). */
GenerateTimes *generate_times_new(const Calendar *calendar, int64_t first_day);
void           generate_times_free(GenerateTimes *times);
/* The end of the period: nothing happens from here on. */
AppTime generate_times_end(const GenerateTimes *times);
/* When this part (0 to 1) of all requests has come in: the greater, the later. */
AppTime generate_times_lodged(const GenerateTimes *times, double part);
/* In office hours, behind `from`: so many working days later; 0: the same day, if the office is open then. */
AppTime generate_times_office(const GenerateTimes *times, GenerateDraw *draw, AppTime from,
                              size_t working_days);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GenerateTimes, generate_times_free)
