/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/utf8.h"

#include <glib.h>

static bool
continues(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

static size_t
decode_three(const uint8_t *bytes, uint32_t *code)
{
    uint32_t value = (bytes[0] & 0x0Fu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);

    if (value < 0x800 || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code = value;
    return 3;
}

static size_t
decode_four(const uint8_t *bytes, uint32_t *code)
{
    uint32_t value = (bytes[0] & 0x07u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 |
                     (bytes[3] & 0x3Fu);

    if (value < 0x10000 || value > 0x10FFFF)
        return 0;
    *code = value;
    return 4;
}

size_t
utf8_decode(const uint8_t *bytes, size_t size, uint32_t *code)
{
    uint8_t first = size == 0 ? 0xFF : bytes[0];

    if (first < 0x80) {
        *code = first;
        return 1;
    }
    if (first < 0xC2 || first > 0xF4 || size < 2 || !continues(bytes[1]))
        return 0;
    if (first < 0xE0) {
        *code = (first & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
        return 2;
    }
    if (size < 3 || !continues(bytes[2]))
        return 0;
    if (first < 0xF0)
        return decode_three(bytes, code);
    if (size < 4 || !continues(bytes[3]))
        return 0;
    return decode_four(bytes, code);
}

/* The NUL continues nothing, so a size of 4 never reads past it. */
uint32_t
utf8_next(const char **text)
{
    uint32_t code;
    size_t   size;

    if (**text == '\0')
        return 0;

    size = utf8_decode((const uint8_t *)*text, UTF8_MOST, &code);
    if (size == 0) {
        code = UTF8_REPLACEMENT;
        size = 1;
    }
    *text += size;
    return code;
}

size_t
utf8_encode(uint32_t code, char out[UTF8_MOST])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

int
utf8_digit(uint32_t code)
{
    if (code < 0x80)
        return code >= '0' && code <= '9' ? (int)code - '0' : -1;
    return g_unichar_digit_value(code);
}

bool
utf8_is_space(uint32_t code)
{
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool
utf8_is_dash(uint32_t code)
{
    return code == '-' || code == 0x2212 || code == 0xAD || /* a soft hyphen shows as one */
           (code > 0x80 && g_unichar_type(code) == G_UNICODE_DASH_PUNCTUATION);
}

bool
utf8_is_bidi(uint32_t code)
{
    return code == 0x61C || code == 0x200E || code == 0x200F ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool
utf8_is_hidden(uint32_t code)
{
    if (code < 0xAD)
        return false;
    return code == 0xAD || code == 0x34F || code == 0x61C || (code >= 0x17B4 && code <= 0x17B5) ||
           (code >= 0x180B && code <= 0x180F) || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
           (code >= 0xFE00 && code <= 0xFE0F) || code == 0xFEFF ||
           (code >= 0xFFF0 && code <= 0xFFFB) || (code >= 0x1D173 && code <= 0x1D17A) ||
           (code >= 0xE0000 && code <= 0xE0FFF);
}

bool
utf8_is_control(uint32_t code)
{
    return (code > 0 && code < 0x20) || (code >= 0x7F && code < 0xA0);
}

bool
utf8_is_noncharacter(uint32_t code)
{
    return (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}
