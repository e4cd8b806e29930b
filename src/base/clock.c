/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A clock is one atomic number: where a fixed clock stands, or by how much a system clock is off.
 * Civil dates are computed here by the proleptic Gregorian calendar (eras of 400 years that begin on
 * 1 March, so that the leap day is the last); of GLib only the offsets of a zone are asked, which
 * any number of threads may read. */
#include "base/clock.h"

#include <glib.h>
#include <stdatomic.h>
#include <time.h>

#define DAY_SECONDS 86400
#define DAYS_OF_ERA 146097
#define DAYS_TO_1970 719468 /* from 1 March of the year 0 */

struct Clock {
    bool            fixed;
    _Atomic int64_t offset;
};

enum { ZONE_DAYS = 512 };

/* GLib walks through all of a zone's changes for each question (2 µs), and a page asks a dozen. A UTC
 * day through which the offset stays the same is kept with it in one word, so that threads may race:
 * the day above 32 bits, below it the offset and a bit that tells it from an empty place. */
struct Zone {
    GTimeZone       *offsets;
    _Atomic uint64_t days[ZONE_DAYS];
};

static Clock *
new_clock(bool fixed, int64_t offset)
{
    Clock *clock = g_new0(Clock, 1);

    clock->fixed = fixed;
    atomic_init(&clock->offset, offset);
    return clock;
}

Clock *
clock_new_system(void)
{
    return new_clock(false, 0);
}

Clock *
clock_new_fixed(AppTime now)
{
    return new_clock(true, now);
}

void
clock_free(Clock *clock)
{
    g_free(clock);
}

static int64_t
read_clock(clockid_t which)
{
    struct timespec now;

    clock_gettime(which, &now);
    return now.tv_sec * SECONDS + now.tv_nsec / 1000;
}

AppTime
clock_now(const Clock *clock)
{
    int64_t offset = atomic_load_explicit(&clock->offset, memory_order_relaxed);

    return clock->fixed ? offset : read_clock(CLOCK_REALTIME) + offset;
}

void
clock_move(Clock *clock, int64_t by)
{
    atomic_fetch_add(&clock->offset, by);
}

int64_t
clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t
floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t era, of_era, of_year;

    year += floor_div(month - 1, 12);
    month = (month - 1) - 12 * floor_div(month - 1, 12) + 1;
    year -= month <= 2;
    era = floor_div(year, 400);
    of_era = year - era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    return era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970 +
           day - 1;
}

int64_t
clock_day(int year, int month, int day)
{
    return days_of(year, month, day);
}

static Civil
civil_of(int64_t seconds)
{
    int64_t days = floor_div(seconds, DAY_SECONDS);
    int64_t rest = seconds - days * DAY_SECONDS;
    int64_t shifted = days + DAYS_TO_1970;
    int64_t era = floor_div(shifted, DAYS_OF_ERA);
    int64_t of_era = shifted - era * DAYS_OF_ERA;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;

    return (Civil){
        .year = (int)(year + era * 400 + (month >= 10)),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(of_year - (153 * month + 2) / 5 + 1),
        .hour = (int)(rest / 3600),
        .minute = (int)(rest / 60 % 60),
        .second = (int)(rest % 60),
        .weekday = (int)(days + 4 - 7 * floor_div(days + 4, 7)),
    };
}

Civil
clock_utc(AppTime time)
{
    return civil_of(floor_div(time, SECONDS));
}

Zone *
zone_new(const char *name)
{
    GTimeZone *offsets = name == NULL ? NULL : g_time_zone_new_identifier(name);
    Zone      *zone;

    if (offsets == NULL)
        return NULL;

    zone = g_new0(Zone, 1);
    zone->offsets = offsets;
    return zone;
}

void
zone_free(Zone *zone)
{
    if (zone == NULL)
        return;
    g_time_zone_unref(zone->offsets);
    g_free(zone);
}

static int
interval_at(const Zone *zone, int64_t seconds)
{
    return g_time_zone_find_interval(zone->offsets, G_TIME_TYPE_UNIVERSAL, seconds);
}

static uint64_t
day_word(int64_t day, int64_t offset)
{
    return (uint64_t)day << 32 | (uint32_t)(int32_t)offset << 1 | 1;
}

static int64_t
word_offset(uint64_t word)
{
    return (int32_t)(uint32_t)word >> 1;
}

/* Seconds to add to UTC at an instant. */
static int64_t
offset_at(const Zone *zone, int64_t seconds)
{
    int64_t           day = floor_div(seconds, DAY_SECONDS);
    _Atomic uint64_t *kept = (_Atomic uint64_t *)&zone->days[(uint64_t)day % ZONE_DAYS];
    uint64_t          word = atomic_load_explicit(kept, memory_order_relaxed);
    int64_t           offset;
    int               interval;

    if ((word & 1) != 0 && (int32_t)(word >> 32) == day)
        return word_offset(word);

    interval = interval_at(zone, seconds);
    offset = g_time_zone_get_offset(zone->offsets, interval);
    if (interval_at(zone, day * DAY_SECONDS) == interval_at(zone, (day + 1) * DAY_SECONDS))
        atomic_store_explicit(kept, day_word(day, offset), memory_order_relaxed);
    return offset;
}

static int64_t
local_seconds(const Zone *zone, AppTime time)
{
    int64_t seconds = floor_div(time, SECONDS);

    return seconds + offset_at(zone, seconds);
}

/* The instant of a local time: of two the earlier, and in a gap as if the clock had not yet been
 * moved, which is the gap's length later on the wall. */
static AppTime
instant_of(const Zone *zone, int64_t local)
{
    int64_t before = local - offset_at(zone, local - DAY_SECONDS);
    int64_t after = local - offset_at(zone, local + DAY_SECONDS);
    bool    before_fits = before + offset_at(zone, before) == local;
    bool    after_fits = after + offset_at(zone, after) == local;

    if (before_fits && after_fits)
        return MIN(before, after) * SECONDS;
    return (after_fits ? after : before) * SECONDS;
}

Civil
zone_civil(const Zone *zone, AppTime time)
{
    return civil_of(local_seconds(zone, time));
}

AppTime
zone_time(const Zone *zone, const Civil *civil)
{
    int64_t days = days_of(civil->year, civil->month, civil->day);

    return instant_of(zone, days * DAY_SECONDS + (int64_t)civil->hour * 3600 +
                                (int64_t)civil->minute * 60 + civil->second);
}

int64_t
zone_day(const Zone *zone, AppTime time)
{
    return floor_div(local_seconds(zone, time), DAY_SECONDS);
}

AppTime
zone_midnight(const Zone *zone, int64_t day)
{
    return instant_of(zone, day * DAY_SECONDS);
}
