/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004. The running digit goes through the
 * table with each digit of the number; the check digit is the one that brings it back to 0, which is
 * the running digit itself, as the diagonal is 0. */
#include "base/number.h"

#include "base/utf8.h"

#include <glib.h>

#define DIGITS 11
#define BODIES INT64_C(100000000)

static const uint8_t quasigroup[10][10] = {
    { 0, 3, 1, 7, 5, 9, 8, 6, 4, 2 }, { 7, 0, 9, 2, 1, 5, 4, 8, 6, 3 },
    { 4, 2, 0, 6, 8, 7, 1, 3, 5, 9 }, { 1, 7, 5, 0, 9, 8, 3, 4, 2, 6 },
    { 6, 1, 2, 3, 0, 4, 5, 9, 7, 8 }, { 3, 6, 7, 4, 2, 0, 9, 5, 8, 1 },
    { 5, 8, 6, 9, 7, 2, 0, 1, 3, 4 }, { 8, 9, 4, 5, 3, 6, 2, 0, 1, 7 },
    { 9, 4, 3, 8, 6, 1, 7, 2, 0, 5 }, { 2, 5, 8, 1, 4, 3, 6, 7, 9, 0 },
};

/* The last `n` digits of `number`, highest first. */
static void
digits_of(int64_t number, uint8_t *digits, size_t n)
{
    while (n > 0) {
        digits[--n] = (uint8_t)(number % 10);
        number /= 10;
    }
}

static uint8_t
damm(const uint8_t *digits, size_t n)
{
    uint8_t running = 0;

    for (size_t i = 0; i < n; i++)
        running = quasigroup[running][digits[i]];
    return running;
}

int64_t
number_make(int year, int64_t body)
{
    uint8_t digits[DIGITS - 1];
    int64_t number = year * BODIES + body;

    g_assert(year >= 0 && year <= 99 && body >= 0 && body < BODIES);
    digits_of(number, digits, sizeof digits);
    return number * 10 + damm(digits, sizeof digits);
}

void
number_format(int64_t number, char out[NUMBER_TEXT_SIZE])
{
    uint8_t digits[DIGITS];

    g_assert(number >= 0 && number < 1000 * BODIES);
    digits_of(number, digits, sizeof digits);
    for (size_t i = 0; i < DIGITS; i++) {
        if (i == 2 || i == 6 || i == 10)
            *out++ = '-';
        *out++ = (char)('0' + digits[i]);
    }
    *out = '\0';
}

bool
number_parse(const char *text, int64_t *number)
{
    uint8_t  digits[DIGITS];
    size_t   n = 0;
    int64_t  value = 0;
    uint32_t code;

    while ((code = utf8_next(&text)) != 0) {
        int digit = utf8_digit(code);

        if (digit >= 0 && n < DIGITS) {
            digits[n++] = (uint8_t)digit;
            value = value * 10 + digit;
        } else if (digit >= 0 ||
                   !(utf8_is_dash(code) || utf8_is_space(code) || utf8_is_hidden(code))) {
            return false;
        }
    }
    if (n != DIGITS || damm(digits, DIGITS) != 0)
        return false;

    *number = value;
    return true;
}
