/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What people write is first brought down to a plus and digits, then read by its beginning. Jordanian
 * mobiles are 77 (Orange), 78 (Umniah) and 79 (Zain) and seven digits more; a Jordanian line that is
 * no mobile cannot receive a message and is none. */
#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

#define DIGITS_MOST 18 /* 00, 15 digits of E.164, and one to see that it is too long */

typedef struct {
    char   digits[DIGITS_MOST + 1];
    size_t n;
    bool   plus;
} Dialled;

static bool
separates(uint32_t code)
{
    return utf8_is_dash(code) || utf8_is_space(code) || utf8_is_hidden(code) || code == '(' ||
           code == ')' || code == '.' || code == '/';
}

static bool
read_dialled(const char *text, Dialled *dialled)
{
    uint32_t code;

    *dialled = (Dialled){ .n = 0 };
    while ((code = utf8_next(&text)) != 0) {
        int digit = utf8_digit(code);

        if (digit >= 0 && dialled->n < DIGITS_MOST) {
            dialled->digits[dialled->n++] = (char)('0' + digit);
        } else if ((code == '+' || code == 0xFF0B) && dialled->n == 0 && !dialled->plus) {
            dialled->plus = true;
        } else if (digit >= 0 || !separates(code)) {
            return false;
        }
    }
    return true;
}

/* The nine digits of a mobile with or without the trunk's 0, else NULL. */
static const char *
mobile(const char *national)
{
    if (*national == '0')
        national++;
    if (strlen(national) != 9 || national[0] != '7' || strchr("789", national[1]) == NULL)
        return NULL;
    return national;
}

char *
text_phone(Arena *mem, const char *text)
{
    Dialled     dialled;
    const char *digits = dialled.digits, *national;
    bool        international;

    if (!read_dialled(text, &dialled))
        return NULL;

    international = dialled.plus;
    if (!dialled.plus && g_str_has_prefix(digits, "00")) {
        international = true;
        digits += 2;
    }
    if (g_str_has_prefix(digits, "962"))
        national = mobile(digits + 3);
    else
        national = international ? NULL : mobile(digits);

    if (national != NULL)
        return arena_printf(mem, "962%s", national);

    if (!international || g_str_has_prefix(digits, "962") || *digits == '0' || strlen(digits) < 8 ||
        strlen(digits) > 15)
        return NULL;
    return arena_copy(mem, digits);
}

char *
text_phone_shown(Arena *mem, const char *phone)
{
    if (g_str_has_prefix(phone, "9627") && strlen(phone) == 12)
        return arena_printf(mem, "+962\u00a07\u00a0%.4s\u00a0%s", phone + 4, phone + 8);
    return arena_printf(mem, "+%s", phone);
}
