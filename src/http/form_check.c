/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From what was typed to values. A field that is wrong keeps its zero value and gets one mistake; a
 * name that no field has, or a second value where one is expected, makes the form wrong as a whole. */
#include "base/text.h"
#include "base/utf8.h"
#include "http/form.h"
#include "http/form_parts.h"

#include <string.h>

#define DEFAULT_MAX 200
#define DEFAULT_LONG_MAX 5000

#define MEMBER(form, field, T) ((T *)(void *)((char *)(form)->values + (field)->offset))

static size_t
max_of(const FormField *field)
{
    if (field->max != 0)
        return field->max;
    return field->kind == FORM_LONG_TEXT ? DEFAULT_LONG_MAX : DEFAULT_MAX;
}

static bool
mistaken(Form *form, const FormField *field, FormMistakeKind kind, int64_t number)
{
    form_add_mistake(form, field->name, kind, number);
    return false;
}

/* A line break is one character, however it is sent: what `maxlength` counts in a browser. */
static size_t
length_of(const char *text)
{
    size_t n = text_length(text);

    for (const char *at = strstr(text, "\r\n"); at != NULL; at = strstr(at + 2, "\r\n"))
        n--;
    return n;
}

static bool
check_length(Form *form, const FormField *field, const char *text)
{
    size_t n = length_of(text), max = max_of(field);

    if (n > max)
        return mistaken(form, field, FORM_MISTAKE_TOO_LONG, (int64_t)max);
    if (n < field->min)
        return mistaken(form, field, FORM_MISTAKE_TOO_SHORT, (int64_t)field->min);
    return true;
}

/* Digits of any script as ASCII, dashes as '-', without white space and invisible characters: what
 * comes out of a copied number. */
static char *
plain(Arena *mem, const char *text)
{
    char    *out = arena_alloc(mem, strlen(text) * UTF8_MOST + 1), *to = out;
    uint32_t code;

    while ((code = utf8_next(&text)) != 0) {
        int digit = utf8_digit(code);

        if (utf8_is_space(code) || utf8_is_bidi(code) || utf8_is_hidden(code))
            continue;
        if (digit >= 0)
            *to++ = (char)('0' + digit);
        else if (utf8_is_dash(code))
            *to++ = '-';
        else
            to += utf8_encode(code, to);
    }
    *to = '\0';
    return out;
}

static bool
is_code(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if (*at <= ' ' || *at >= 0x7F)
            return false;
    return true;
}

static bool
is_choice(const FormField *field, const char *text)
{
    if (field->choices == NULL)
        return is_code(text);
    for (const char *const *choice = field->choices; *choice != NULL; choice++)
        if (g_str_equal(*choice, text))
            return true;
    return false;
}

static bool
check_digits(Form *form, const FormField *field, const char *typed, const char **out)
{
    char *digits = plain(form->mem, typed), *to = digits;

    for (const char *at = digits; *at != '\0'; at++) {
        if (*at == '-')
            continue;
        if (!g_ascii_isdigit(*at))
            return mistaken(form, field, FORM_MISTAKE_NOT_DIGITS, 0);
        *to++ = *at;
    }
    *to = '\0';
    if (digits[0] == '\0')
        return mistaken(form, field, FORM_MISTAKE_NOT_DIGITS, 0);
    *out = digits;
    return check_length(form, field, digits);
}

static bool
check_phone(Form *form, const FormField *field, const char *typed, const char **out)
{
    *out = text_phone(form->mem, typed);
    return *out != NULL || mistaken(form, field, FORM_MISTAKE_NOT_A_PHONE, 0);
}

/* One value of a text-like kind that is not empty. */
static bool
check_text(Form *form, const FormField *field, const char *typed, const char **out)
{
    *out = typed;
    switch (field->kind) {
    case FORM_TEXT:
        if (strpbrk(typed, "\r\n") != NULL)
            return mistaken(form, field, FORM_MISTAKE_NOT_TEXT, 0);
        return check_length(form, field, typed);
    case FORM_EMAIL:
        if (!text_is_email(typed))
            return mistaken(form, field, FORM_MISTAKE_NOT_AN_EMAIL, 0);
        return true;
    case FORM_PHONE:
        return check_phone(form, field, typed, out);
    case FORM_DIGITS:
        return check_digits(form, field, typed, out);
    case FORM_CHOICE:
        if (!is_choice(field, typed))
            return mistaken(form, field, FORM_MISTAKE_NOT_A_CHOICE, 0);
        return check_length(form, field, typed);
    case FORM_LONG_TEXT:
    case FORM_SECRET:
    case FORM_HIDDEN:
        return check_length(form, field, typed);
    case FORM_INT:
    case FORM_FLAG:
    case FORM_DATE:
    case FORM_FILE:
    default:
        g_assert_not_reached();
    }
}

/* What counts as typed: trimmed where ends do not matter, NULL when nothing is left. */
static const char *
trimmed(Form *form, const FormField *field, const FormValue *value)
{
    const char *text = value->value;

    switch (field->kind) {
    case FORM_SECRET:
    case FORM_HIDDEN:
        break;
    case FORM_LONG_TEXT:
        return text_is_blank(text) ? NULL : text;
    case FORM_TEXT:
    case FORM_INT:
    case FORM_FLAG:
    case FORM_CHOICE:
    case FORM_DATE:
    case FORM_PHONE:
    case FORM_EMAIL:
    case FORM_DIGITS:
    case FORM_FILE:
    default:
        text = text_trim(form->mem, text);
        break;
    }
    return text[0] == '\0' ? NULL : text;
}

static void
check_required(Form *form, const FormField *field, bool there)
{
    if (field->required && !there)
        mistaken(form, field, FORM_MISTAKE_REQUIRED, 0);
}

static void
read_one(Form *form, const FormField *field)
{
    const FormValue *value = form_value(form, field->name, 0);
    const char      *typed = value == NULL ? NULL : trimmed(form, field, value), *out;

    if (value != NULL && value->bad)
        mistaken(form, field, FORM_MISTAKE_NOT_TEXT, 0);
    else if (typed == NULL)
        check_required(form, field, false);
    else if (check_text(form, field, typed, &out))
        *MEMBER(form, field, const char *) = out;
}

static void
read_many(Form *form, const FormField *field)
{
    const char **items = ARENA_ARRAY(form->mem, const char *, form->raw->n + 1);
    size_t       n = 0;

    for (size_t i = 0; i < form->raw->n; i++) {
        const FormValue *value = &form->raw->items[i];
        const char      *typed, *out;

        if (!g_str_equal(value->name, field->name))
            continue;
        if (value->bad) {
            mistaken(form, field, FORM_MISTAKE_NOT_TEXT, 0);
            return;
        }
        typed = trimmed(form, field, value);
        if (typed == NULL)
            continue;
        if (!check_text(form, field, typed, &out))
            return;
        items[n++] = out;
    }
    check_required(form, field, n > 0);
    *MEMBER(form, field, Texts) = (Texts){ .items = items, .n = n };
}

/* Decimal digits as a number; false: none, or over 2^63. */
static bool
parse_int(const char *text, int64_t *out, bool *over)
{
    uint64_t value = 0;

    *over = false;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!g_ascii_isdigit(*text))
            return false;
        *over = *over || value > (INT64_MAX - 9) / 10;
        if (!*over)
            value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = (int64_t)value;
    return true;
}

static void
read_int(Form *form, const FormField *field)
{
    const FormValue *typed = form_value(form, field->name, 0);
    const char      *text = typed == NULL ? "" : plain(form->mem, typed->value);
    bool             negative = text[0] == '-', over;
    int64_t          max = field->max == 0 ? INT64_MAX : (int64_t)field->max, value;

    if (typed != NULL && typed->bad)
        mistaken(form, field, FORM_MISTAKE_NOT_TEXT, 0);
    else if (text[0] == '\0')
        check_required(form, field, false);
    else if (!parse_int(text + negative, &value, &over))
        mistaken(form, field, FORM_MISTAKE_NOT_A_NUMBER, 0);
    else if (over || (negative && value != 0) || value < (int64_t)field->min || value > max)
        mistaken(form, field, FORM_MISTAKE_OUT_OF_RANGE, max);
    else
        *MEMBER(form, field, int64_t) = value;
}

static void
read_flag(Form *form, const FormField *field)
{
    const FormValue *typed = form_value(form, field->name, 0);
    bool             on = typed != NULL && !typed->bad && !g_str_equal(typed->value, "0");

    check_required(form, field, on);
    *MEMBER(form, field, bool) = on;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar (Hinnant's days_from_civil). */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool
is_calendar_date(int64_t year, int64_t month, int64_t day)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool             leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return year >= 1800 && year <= 2999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= lengths[month - 1] + (month == 2 && leap);
}

/* What was typed into `name` and `part`, in plain digits; "?" when it was no text. */
static const char *
date_part(Form *form, const FormField *field, const char *part)
{
    const FormValue *value =
        form_value(form, arena_printf(form->mem, "%s%s", field->name, part), 0);

    if (value == NULL)
        return "";
    return value->bad ? "?" : plain(form->mem, value->value);
}

/* However it was typed, as year-month-day; "" when nothing was. */
static const char *
date_text(Form *form, const FormField *field)
{
    const char *whole = date_part(form, field, ""), *year = date_part(form, field, "-year");
    const char *month = date_part(form, field, "-month"), *day = date_part(form, field, "-day");

    if (year[0] == '\0' && month[0] == '\0' && day[0] == '\0')
        return whole;
    return arena_printf(form->mem, "%s%s-%s-%s", whole, year, month, day);
}

static bool
parse_date(const char *text, int64_t *days)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 4);
    int64_t numbers[3];
    bool    over;

    if (g_strv_length(parts) != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (strlen(parts[i]) > 4 || !parse_int(parts[i], &numbers[i], &over))
            return false;
    if (!is_calendar_date(numbers[0], numbers[1], numbers[2]))
        return false;
    *days = days_of(numbers[0], numbers[1], numbers[2]);
    return true;
}

static void
read_date(Form *form, const FormField *field)
{
    const char *text = date_text(form, field);
    int64_t     days = FORM_NO_DATE;

    if (text[0] == '\0')
        check_required(form, field, false);
    else if (!parse_date(text, &days))
        mistaken(form, field, FORM_MISTAKE_NOT_A_DATE, 0);
    *MEMBER(form, field, int64_t) = days;
}

static void
read_field(Form *form, const FormField *field)
{
    switch (field->kind) {
    case FORM_INT:
        read_int(form, field);
        break;
    case FORM_FLAG:
        read_flag(form, field);
        break;
    case FORM_DATE:
        read_date(form, field);
        break;
    case FORM_FILE:
        break;
    case FORM_TEXT:
    case FORM_LONG_TEXT:
    case FORM_CHOICE:
    case FORM_PHONE:
    case FORM_EMAIL:
    case FORM_DIGITS:
    case FORM_SECRET:
    case FORM_HIDDEN:
    default:
        if (field->many)
            read_many(form, field);
        else
            read_one(form, field);
    }
}

/* May come as often as it likes. */
static bool
is_many(const FormValue *value)
{
    return value->kind == FORM_NAME_EXTRA ||
           (value->kind == FORM_NAME_FIELD &&
            (value->field->many || value->field->kind == FORM_FILE));
}

/* Names that are nobody's, and second values: one mistake is enough. */
static void
check_names(Form *form)
{
    for (size_t i = 0; i < form->raw->n; i++) {
        const FormValue *value = &form->raw->items[i];

        if (value->kind == FORM_NAME_EXTRA && value->bad)
            form_add_mistake(form, value->name, FORM_MISTAKE_NOT_TEXT, 0);
        if (value->kind != FORM_NAME_UNKNOWN &&
            (is_many(value) || form_value(form, value->name, 1) == NULL))
            continue;
        form_add_mistake(form, "", FORM_MISTAKE_UNKNOWN, 0);
        break;
    }
    if (form->raw->broken)
        form_add_mistake(form, "", FORM_MISTAKE_NOT_TEXT, 0);
}

void
form_check(Form *form)
{
    form->mistakes = NULL;
    memset(form->values, 0, form->spec->size);
    check_names(form);
    for (size_t i = 0; i < form->spec->n_fields; i++)
        read_field(form, &form->spec->fields[i]);
}
