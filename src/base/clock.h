/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time comes from a Clock in the context, never from time(): deadlines are tested by moving it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Microseconds since 1970-01-01 00:00 UTC. 0 stands for "no time". */
typedef int64_t AppTime;

#define SECONDS ((int64_t)1000000)
#define MINUTES (60 * SECONDS)
#define HOURS (60 * MINUTES)
#define DAYS (24 * HOURS)

typedef struct Clock Clock;

/* The machine's time. */
Clock *clock_new_system(void);
/* Stands at `now` until it is moved. For tests and replay. */
Clock *clock_new_fixed(AppTime now);
void   clock_free(Clock *clock);

/* Thread-safe. */
AppTime clock_now(const Clock *clock);
/* Move a clock by `by` microseconds; a system clock keeps running, shifted. Thread-safe. */
void clock_move(Clock *clock, int64_t by);

/* Microseconds of a clock that never goes back, for measuring only. */
int64_t clock_monotonic(void);

/* A civil date and time in a time zone (IANA name). `weekday` 0 = Sunday. */
typedef struct {
    int year, month, day, hour, minute, second, weekday;
} Civil;

/* The civil date and time of UTC, for stamps that machines read. */
Civil clock_utc(AppTime time);

/* Days since 1970-01-01 of a date, which needs no zone. Fields beyond their range carry over. */
int64_t clock_day(int year, int month, int day);

/* The offsets of one place. Never changes: any number of threads may read it. */
typedef struct Zone Zone;

/* NULL when the zone is unknown. */
Zone *zone_new(const char *name);
void  zone_free(Zone *zone);
Civil zone_civil(const Zone *zone, AppTime time);
/* The instant of a civil time; `weekday` is not read. Fields beyond their range carry over (day 0 is
 * the last of the month before). Of a time that the clocks show twice the first, and one that they
 * skip is as much later as they skip. */
AppTime zone_time(const Zone *zone, const Civil *civil);
/* Days since 1970-01-01 of the civil day on which `time` falls, and back: its midnight, or
 * the day's first instant where the clocks skip midnight (Amman did every spring until 2022). */
int64_t zone_day(const Zone *zone, AppTime time);
AppTime zone_midnight(const Zone *zone, int64_t day);
