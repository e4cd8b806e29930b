/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looking words up and putting arguments in. All tables are const and made when the program is
 * built: any thread may read them. An unknown message is an empty text, so that a page with a wrong
 * id is a page with a gap and not a crash. */
#include "view/i18n.h"

#include "base/number.h"
#include "messages.h"
#include "view/i18n_table.h"

#include <stdlib.h>

static const MessageForm no_form = { "", 0, NULL };

const Words *
i18n_words(const char *lang)
{
    for (size_t i = 0; lang != NULL && i < i18n_n_tables; i++)
        if (strcmp(i18n_tables[i].language.key, lang) == 0)
            return &i18n_tables[i];
    return &i18n_tables[0];
}

const Language *
i18n_language(const Words *words)
{
    return &words->language;
}

int
i18n_plural_ar(uint64_t count)
{
    uint64_t hundredth = count % 100;

    if (count <= 2)
        return (int)count;
    if (hundredth >= 3 && hundredth <= 10)
        return 3;
    return hundredth >= 11 ? 4 : 5;
}

int
i18n_plural_en(uint64_t count)
{
    return count == 1 ? 0 : 1;
}

const MessageForm *
i18n_form(const Words *words, int message)
{
    if (message < 1 || message > i18n_n_keys)
        return &no_form;
    return &words->forms[words->first[message - 1]];
}

const MessageForm *
i18n_plural_form(const Words *words, int message, int64_t count)
{
    uint64_t size = count < 0 ? -(uint64_t)count : (uint64_t)count;

    if (message < 1 || message > i18n_n_keys ||
        words->first[message] - words->first[message - 1] == 1)
        return i18n_form(words, message);
    return i18n_form(words, message) + words->plural(size);
}

const char *
i18n_text(const Words *words, int message)
{
    return i18n_form(words, message)->text;
}

static const char *
argument_of(const MessagePart *part, const char *const *arguments, size_t n, const char *count)
{
    if (part->argument == MESSAGE_COUNT)
        return count;
    if (part->argument < 0 || (size_t)part->argument >= n || arguments[part->argument] == NULL)
        return "";
    return arguments[part->argument];
}

#define LEFT_TO_RIGHT_MARK "\u200E"

/* Behind Arabic letters 26-4839-2017-5 is shown as 5-2017-4839-26 and +962 as 962+ (rules W2, W4 and
 * W7 of the bidirectional algorithm), in a message to a telephone as much as in a title. What stands
 * in the texts themselves tools/poc.py has marked. */
static bool
needs_mark(const Words *words, const char *argument)
{
    return words->language.dir[0] == 'r' && strpbrk(argument, "+-") != NULL &&
           strspn(argument, "+-0123456789") == strlen(argument);
}

static const char *
fill(Arena *mem, const Words *words, const MessageForm *form, const char *const *arguments,
     size_t n, const char *count)
{
    size_t room = 1;
    char  *text, *end;

    if (form->parts == NULL)
        return form->text;
    for (const MessagePart *part = form->parts;; part++) {
        room += part->size + strlen(LEFT_TO_RIGHT_MARK) +
                strlen(argument_of(part, arguments, n, count));
        if (part->argument == MESSAGE_END)
            break;
    }

    text = end = arena_alloc(mem, room);
    for (const MessagePart *part = form->parts;; part++) {
        const char *argument = argument_of(part, arguments, n, count);
        size_t      size = strlen(argument);

        end = (char *)memcpy(end, part->text, part->size) + part->size;
        if (needs_mark(words, argument))
            end = g_stpcpy(end, LEFT_TO_RIGHT_MARK);
        end = (char *)memcpy(end, argument, size) + size;
        if (part->argument == MESSAGE_END)
            return text;
    }
}

const char *
i18n_format(Arena *mem, const Words *words, int message, const char *const *arguments, size_t n)
{
    return fill(mem, words, i18n_form(words, message), arguments, n, "");
}

const char *
i18n_plural(Arena *mem, const Words *words, int message, int64_t count,
            const char *const *arguments, size_t n)
{
    return fill(mem, words, i18n_plural_form(words, message, count), arguments, n,
                i18n_number(mem, count));
}

static int
compare_keys(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}

int
i18n_find(const char *key)
{
    const char *const *found =
        bsearch(key, i18n_keys, (size_t)i18n_n_keys, sizeof *i18n_keys, compare_keys);

    return found == NULL ? 0 : (int)(found - i18n_keys) + 1;
}

int
i18n_find_in(const char *prefix, const char *code)
{
    char   key[128];
    size_t head = strlen(prefix), tail = code == NULL ? 0 : strlen(code);

    if (code == NULL || head + tail >= sizeof key)
        return 0;
    memcpy(key, prefix, head);
    memcpy(key + head, code, tail + 1);
    return i18n_find(key);
}

/* A year, a day, an hour: without printf, which a page of dates would spend half of its time in. */
static const char *
decimal(Arena *mem, int number)
{
    char   digits[12];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return arena_text(mem, digits + at, sizeof digits - at);
}

static const char *
time_of_day(Arena *mem, const Civil *civil)
{
    char text[] = { (char)('0' + civil->hour / 10), (char)('0' + civil->hour % 10), ':',
                    (char)('0' + civil->minute / 10), (char)('0' + civil->minute % 10) };

    return arena_text(mem, text, sizeof text);
}

const char *
i18n_date(Arena *mem, const Words *words, const Zone *zone, AppTime time)
{
    Civil civil;

    if (time == 0)
        return "";
    civil = zone_civil(zone, time);
    return i18n_format(mem, words, MSG_DATE_DATE,
                       I18N_ARGS(decimal(mem, civil.day),
                                 i18n_text(words, MSG_MONTH_01 + civil.month - 1),
                                 decimal(mem, civil.year)));
}

const char *
i18n_datetime(Arena *mem, const Words *words, const Zone *zone, AppTime time)
{
    Civil civil;

    if (time == 0)
        return "";
    civil = zone_civil(zone, time);
    return i18n_format(mem, words, MSG_DATE_DATETIME,
                       I18N_ARGS(i18n_text(words, MSG_WEEKDAY_0 + civil.weekday),
                                 i18n_date(mem, words, zone, time), time_of_day(mem, &civil)));
}

const char *
i18n_day(Arena *mem, const Words *words, const Zone *zone, AppTime time, AppTime now)
{
    const char *weekday, *month;
    Civil       civil;

    if (time == 0)
        return "";
    civil = zone_civil(zone, time);
    weekday = i18n_text(words, MSG_WEEKDAY_0 + civil.weekday);
    month = i18n_text(words, MSG_MONTH_01 + civil.month - 1);

    if (now != 0 && zone_civil(zone, now).year == civil.year)
        return i18n_format(mem, words, MSG_DATE_DAY,
                           I18N_ARGS(weekday, decimal(mem, civil.day), month));
    return i18n_format(mem, words, MSG_DATE_DAY_YEAR,
                       I18N_ARGS(weekday, i18n_date(mem, words, zone, time)));
}

/* Whole days, hours or minutes, at least one; rounded down, so that nobody is promised more. */
static const char *
distance(Arena *mem, const Words *words, int64_t microseconds, int days, int hours, int minutes)
{
    uint64_t size = microseconds < 0 ? -(uint64_t)microseconds : (uint64_t)microseconds;

    if (size >= DAYS)
        return i18n_plural(mem, words, days, (int64_t)(size / DAYS), NULL, 0);
    if (size >= HOURS)
        return i18n_plural(mem, words, hours, (int64_t)(size / HOURS), NULL, 0);
    return i18n_plural(mem, words, minutes, (int64_t)MAX(size / MINUTES, 1), NULL, 0);
}

const char *
i18n_span(Arena *mem, const Words *words, int64_t microseconds)
{
    return distance(mem, words, microseconds, MSG_SPAN_DAYS, MSG_SPAN_HOURS, MSG_SPAN_MINUTES);
}

const char *
i18n_left(Arena *mem, const Words *words, int64_t microseconds)
{
    if (microseconds < 0)
        return distance(mem, words, microseconds, MSG_LATE_DAYS, MSG_LATE_HOURS, MSG_LATE_MINUTES);
    return distance(mem, words, microseconds, MSG_LEFT_DAYS, MSG_LEFT_HOURS, MSG_LEFT_MINUTES);
}

const char *
i18n_number(Arena *mem, int64_t number)
{
    char     digits[32], *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    int      n = 0;

    do {
        if (n > 0 && n % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + rest % 10);
        rest /= 10;
        n++;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    return arena_text(mem, at, (size_t)(digits + sizeof digits - at));
}

const char *
i18n_ref(Arena *mem, int64_t number)
{
    char text[NUMBER_TEXT_SIZE];

    if (number <= 0)
        return "";
    number_format(number, text);
    return arena_copy(mem, text);
}

const char *
i18n_size(Arena *mem, const Words *words, int64_t bytes)
{
    static const int units[] = { MSG_SIZE_KB, MSG_SIZE_MB, MSG_SIZE_GB };
    int64_t          scale = 1024, tenths;
    size_t           unit = 0;

    if (bytes < 1024)
        return i18n_format(mem, words, MSG_SIZE_BYTES, I18N_ARGS(i18n_number(mem, bytes)));
    /* 1023.95 and more would be rounded to 1024.0 */
    while (bytes >= scale * 1024 - scale / 20 && unit + 1 < G_N_ELEMENTS(units)) {
        scale *= 1024;
        unit++;
    }
    tenths = bytes / scale * 10 + (bytes % scale * 10 + scale / 2) / scale;
    return i18n_format(
        mem, words, units[unit],
        I18N_ARGS(tenths < 100 ? arena_printf(mem, "%d.%d", (int)(tenths / 10), (int)(tenths % 10))
                               : i18n_number(mem, (tenths + 5) / 10)));
}
