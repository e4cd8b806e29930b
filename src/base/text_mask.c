/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A text is cut into runs: groups of digits with single separators between them. In each run first
 * what dials like a telephone is masked, then what is left and has ten digits or one long group.
 * When in doubt digits are masked, but dates and the numbers of petitions are not: officers need
 * them, and they point to nobody. */
#include "base/text.h"

#include "base/number.h"
#include "base/utf8.h"

#include <string.h>

#define LONG_GROUP 9 /* digits without a separator: no date, no amount in this country */
#define DOCUMENT 10  /* digits of a national number */
#define GROUPS_MOST 64
#define DIGITS_MOST 16 /* more than any telephone has */
#define SHOWN 2
#define DOT "•"

typedef struct {
    const char *begin, *end; /* in the text */
    size_t      n;           /* digits */
    char        digits[DIGITS_MOST];
    uint32_t    after; /* the separator behind it */
    bool        plus;  /* before it */
    bool        taken; /* decided: masked, or left alone */
} Group;

typedef struct {
    Group  groups[GROUPS_MOST];
    size_t n;
} Run;

static bool
separates(uint32_t code)
{
    return code == '.' || code == '(' || code == ')' || code == '/' || code == '_' ||
           utf8_is_dash(code) || utf8_is_hidden(code) ||
           (utf8_is_space(code) && code != '\n' && code != '\r');
}

/* The group that begins at `text`; behind its digits. */
static const char *
read_group(const char *text, Group *group)
{
    const char *at = text;
    int         digit;

    *group = (Group){ .begin = text };
    for (;;) {
        group->end = at;
        digit = utf8_digit(utf8_next(&at));
        if (digit < 0)
            return group->end;
        if (group->n < DIGITS_MOST)
            group->digits[group->n] = (char)('0' + digit);
        group->n++;
    }
}

/* Over the separators between two groups, at most three and visible ones at most two (") -" and the
 * like); the last visible one into `separator`. NULL when no digit follows. */
static const char *
skip_separators(const char *text, uint32_t *separator, bool *plus)
{
    const char *at = text;
    size_t      n = 0;
    uint32_t    code;

    *separator = 0;
    *plus = false;
    for (;;) {
        const char *from = at;

        code = utf8_next(&at);
        if (utf8_digit(code) >= 0)
            return from;
        if (code == '+' && !*plus) {
            *plus = true;
            continue;
        }
        if (!separates(code) || n == 4)
            return NULL;
        if (!utf8_is_hidden(code)) {
            *separator = code;
            n++;
        }
    }
}

/* The run that begins with a digit at `text`; behind its last group. */
static const char *
read_run(const char *text, bool plus, Run *run)
{
    const char *next = text;

    run->n = 0;
    while (next != NULL && run->n < GROUPS_MOST) {
        Group *group = &run->groups[run->n++];

        text = read_group(next, group);
        group->plus = plus;
        next = skip_separators(text, &group->after, &plus);
    }
    return text;
}

static int
value_of(const Group *group)
{
    int value = 0;

    for (size_t i = 0; i < group->n && i < 4; i++)
        value = value * 10 + group->digits[i] - '0';
    return value;
}

static bool
is_between(const Group *group, size_t most_digits, int first, int last)
{
    int value = value_of(group);

    return group->n <= most_digits && value >= first && value <= last;
}

static bool
is_year(const Group *group)
{
    return group->n == 4 && is_between(group, 4, 1900, 2099);
}

static bool
is_date(const Group *group)
{
    uint32_t by = group[0].after;

    if (by != group[1].after || by == ' ' || !is_between(&group[1], 2, 1, 12))
        return false;
    return (is_year(&group[0]) && is_between(&group[2], 2, 1, 31)) ||
           (is_year(&group[2]) && is_between(&group[0], 2, 1, 31));
}

static bool
is_petition(const Group *group)
{
    int64_t number;
    char    text[NUMBER_TEXT_SIZE + 1];

    if (group[0].n != 2 || group[1].n != 4 || group[2].n != 4 || group[3].n != 1)
        return false;
    for (size_t i = 0; i < 3; i++) {
        if (!utf8_is_dash(group[i].after))
            return false;
    }
    g_snprintf(text, sizeof text, "%.2s%.4s%.4s%.1s", group[0].digits, group[1].digits,
               group[2].digits, group[3].digits);
    return number_parse(text, &number);
}

static void
take(Run *run, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        run->groups[i].taken = true;
}

static void
spare_dates_and_petitions(Run *run)
{
    for (size_t i = 0; i + 3 <= run->n; i++) {
        if (i + 4 <= run->n && is_petition(&run->groups[i]))
            take(run, i, 4);
        else if (is_date(&run->groups[i]))
            take(run, i, 3);
    }
}

static bool
begins(const char *digits, const char *with)
{
    return strncmp(digits, with, strlen(with)) == 0;
}

static bool
dials(const char *digits, size_t n, bool plus)
{
    if (plus || begins(digits, "00"))
        return n >= 8;
    if (digits[0] == '0')
        return n == 9 || n == 10;
    if (begins(digits, "962"))
        return n >= 11 && n <= 13;
    return n == 9 && digits[0] == '7' && strchr("789", digits[1]) != NULL;
}

static bool
identifies(const char *digits, size_t n, bool plus)
{
    (void)digits;
    (void)plus;
    return n == DOCUMENT;
}

/* How many groups from `first` on make the longest number that `test` knows; 0: none. */
static size_t
longest(const Run *run, size_t first, bool (*test)(const char *, size_t, bool))
{
    char   digits[DIGITS_MOST + 1] = "";
    size_t n = 0, found = 0;

    for (size_t i = first; i < run->n && !run->groups[i].taken; i++) {
        const Group *group = &run->groups[i];

        if (n + group->n > DIGITS_MOST || (i > first && group->plus))
            break;
        memcpy(digits + n, group->digits, group->n);
        n += group->n;
        if (test(digits, n, run->groups[first].plus))
            found = i - first + 1;
    }
    return found;
}

/* Dots for the digits of `n` groups but the last two, into `out`. */
static void
mask(GString *out, const Group *group, size_t n)
{
    const char *at = group[0].begin, *end = group[n - 1].end;
    size_t      left = 0;
    uint32_t    code;

    for (size_t i = 0; i < n; i++)
        left += group[i].n;

    for (const char *from = at; from < end; from = at) {
        code = utf8_next(&at);
        if (utf8_digit(code) >= 0 && left-- > SHOWN)
            g_string_append(out, DOT);
        else
            g_string_append_len(out, from, at - from);
    }
}

/* How many groups from each one are masked together; 0: not the first of any. */
static void
decide(Run *run, size_t n_masked[GROUPS_MOST])
{
    static bool (*const tests[])(const char *, size_t, bool) = { dials, identifies };

    memset(n_masked, 0, sizeof(size_t[GROUPS_MOST]));
    spare_dates_and_petitions(run);
    for (size_t test = 0; test < G_N_ELEMENTS(tests); test++) {
        for (size_t i = 0; i < run->n; i++) {
            size_t n = run->groups[i].taken ? 0 : longest(run, i, tests[test]);

            if (n == 0)
                continue;
            n_masked[i] = n;
            take(run, i, n);
        }
    }
    for (size_t i = 0; i < run->n; i++) {
        if (!run->groups[i].taken && run->groups[i].n >= LONG_GROUP)
            n_masked[i] = 1;
    }
}

static void
put_run(GString *out, Run *run)
{
    size_t n_masked[GROUPS_MOST];

    decide(run, n_masked);
    for (size_t i = 0; i < run->n;) {
        size_t      n = MAX(n_masked[i], 1);
        const char *end = run->groups[i + n - 1].end;

        if (n_masked[i] > 0)
            mask(out, &run->groups[i], n);
        else
            g_string_append_len(out, run->groups[i].begin, end - run->groups[i].begin);
        i += n;
        if (i < run->n)
            g_string_append_len(out, end, run->groups[i].begin - end);
    }
}

char *
text_mask_numbers(Arena *mem, const char *text)
{
    g_autoptr(GString) out = g_string_sized_new(strlen(text));
    Run      run;
    bool     plus = false;
    uint32_t code;

    for (const char *from = text; (code = utf8_next(&text)) != 0; from = text) {
        if (utf8_digit(code) >= 0) {
            text = read_run(from, plus, &run);
            put_run(out, &run);
        } else {
            g_string_append_len(out, from, text - from);
        }
        plus = code == '+' || (plus && utf8_is_hidden(code));
    }
    return arena_text(mem, out->str, out->len);
}
