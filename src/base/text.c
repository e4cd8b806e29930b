/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The plain part of text: validity, length, trimming, digits, showing. Every function is safe on any
 * bytes that end in NUL; what is no UTF-8 counts as U+FFFD. Folding, stems, names, masking and
 * telephone numbers have a file each. */
#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_BITS UINT64_C(0x0101010101010101)

/* Eight bytes that are ASCII and not NUL. */
static bool
is_plain(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof word);
    return ((word | (word - LOW_BITS)) & HIGH_BITS) == 0;
}

bool
text_is_valid(const char *text, size_t length)
{
    size_t   at = 0;
    uint32_t code;

    while (at < length) {
        size_t size;

        if (length - at >= 8 && is_plain(text + at)) {
            at += 8;
            continue;
        }
        size = utf8_decode((const uint8_t *)text + at, length - at, &code);
        if (size == 0 || code == 0 || utf8_is_noncharacter(code))
            return false;
        at += size;
    }
    return true;
}

size_t
text_length(const char *text)
{
    size_t length = 0;

    while (utf8_next(&text) != 0)
        length++;
    return length;
}

/* Letters and symbols that show nothing: Hangul fillers, the blank Braille cell, a lone tatweel. */
static bool
shows_nothing(uint32_t code)
{
    return code == 0x115F || code == 0x1160 || code == 0x3164 || code == 0xFFA0 || code == 0x2800 ||
           code == 0x640;
}

static bool
is_mark(uint32_t code)
{
    GUnicodeType type = g_unichar_type(code);

    return type == G_UNICODE_NON_SPACING_MARK || type == G_UNICODE_ENCLOSING_MARK ||
           type == G_UNICODE_SPACING_MARK;
}

bool
text_is_blank(const char *text)
{
    uint32_t code;

    while ((code = utf8_next(&text)) != 0) {
        if (!utf8_is_space(code) && !utf8_is_control(code) && !utf8_is_hidden(code) &&
            !shows_nothing(code) && !is_mark(code))
            return false;
    }
    return true;
}

char *
text_trim(Arena *mem, const char *text)
{
    const char *at = text, *first = NULL, *behind = text;
    uint32_t    code;

    for (const char *from = at; (code = utf8_next(&at)) != 0; from = at) {
        if (utf8_is_space(code))
            continue;
        if (first == NULL)
            first = from;
        behind = at;
    }
    return first == NULL ? arena_text(mem, "", 0)
                         : arena_text(mem, first, (size_t)(behind - first));
}

char *
text_ascii_digits(Arena *mem, const char *text)
{
    char    *copy = arena_copy(mem, text); /* a digit only becomes shorter */
    char    *to = copy;
    uint32_t code;

    for (const char *from = text; (code = utf8_next(&text)) != 0; from = text) {
        if ((code >= 0x660 && code <= 0x669) || (code >= 0x6F0 && code <= 0x6F9)) {
            *to++ = (char)('0' + (code & 0xF));
            continue;
        }
        memcpy(to, from, (size_t)(text - from));
        to += text - from;
    }
    *to = '\0';
    return copy;
}

/* Joiners and variation selectors stay: Persian and emoji need them, and they turn nothing round. */
static bool
must_be_shown(uint32_t code)
{
    if (code == '\n' || code == '\r' || code == '\t' || code == 0x200C || code == 0x200D ||
        (code >= 0xFE00 && code <= 0xFE0F))
        return false;
    return utf8_is_control(code) || utf8_is_hidden(code);
}

char *
text_show_controls(Arena *mem, const char *text)
{
    g_autoptr(GString) shown = g_string_sized_new(strlen(text));
    uint32_t code;

    for (const char *from = text; (code = utf8_next(&text)) != 0; from = text) {
        if (must_be_shown(code))
            g_string_append_printf(shown, "‹U+%04X›", code);
        else
            g_string_append_len(shown, from, text - from);
    }
    return arena_text(mem, shown->str, shown->len);
}

/* Belongs to the grapheme before it: marks, joiners, variation selectors, skin tones. */
static bool
clings(uint32_t code)
{
    return code == 0x200C || code == 0x200D || (code >= 0x1F3FB && code <= 0x1F3FF) ||
           (code >= 0xE0020 && code <= 0xE007F) || is_mark(code);
}

char *
text_ellipsis(Arena *mem, const char *text, size_t most)
{
    const char *at = text, *end = text;
    uint32_t    code = 0, before = 0;

    /* `end` is the last place up to `most` where a grapheme begins */
    for (size_t n = 0; n <= most; n++, before = code) {
        const char *from = at;

        code = utf8_next(&at);
        if (code == 0)
            return arena_copy(mem, text);
        if (!clings(code) && before != 0x200D)
            end = from;
    }
    return arena_printf(mem, "%.*s…", (int)(end - text), text);
}

const char *
text_language(const char *text)
{
    size_t   arabic = 0, latin = 0;
    uint32_t code;

    while ((code = utf8_next(&text)) != 0) {
        if ((code | 0x20) - 'a' < 26)
            latin++;
        else if (code >= 0xC0 && g_unichar_isalpha(code)) {
            GUnicodeScript script = g_unichar_get_script(code);

            arabic += script == G_UNICODE_SCRIPT_ARABIC;
            latin += script == G_UNICODE_SCRIPT_LATIN;
        }
    }
    return arabic > latin ? "ar" : "en";
}

static bool
is_address_byte(uint32_t code)
{
    return code > ' ' && code < 0x7F && strchr("<>()[]\\,;:\"@", (int)code) == NULL;
}

/* Letters of any script are let through on both sides; controls, spaces and what would end an
 * address in a mail's head are not. */
static bool
is_address_code(uint32_t code)
{
    if (code < 0x80)
        return is_address_byte(code);
    return code != UTF8_REPLACEMENT && !utf8_is_space(code) && !utf8_is_control(code) &&
           !utf8_is_hidden(code) && g_unichar_isgraph(code);
}

/* At least two labels, each of letters, digits and inner hyphens. */
static bool
is_domain(const char *text)
{
    uint32_t code, before = '.';
    bool     dotted = false;

    while ((code = utf8_next(&text)) != 0) {
        if (code == '.') {
            if (before == '.' || before == '-')
                return false;
            dotted = true;
        } else if (code == '-' ? before == '.' : !g_unichar_isalnum(code) && !is_mark(code)) {
            return false;
        }
        before = code;
    }
    return dotted && before != '.' && before != '-';
}

bool
text_is_email(const char *text)
{
    const char *at = strchr(text, '@');

    if (at == NULL || at == text || at - text > 64 || strlen(text) > 254)
        return false;

    if (*text == '.' || at[-1] == '.')
        return false;

    while (text < at) {
        if (!is_address_code(utf8_next(&text)))
            return false;
    }
    return text_is_valid(at, strlen(at)) && is_domain(at + 1);
}

char *
text_hex(Arena *mem, Bytes bytes)
{
    static const char figures[] = "0123456789abcdef";
    char             *hex = arena_alloc(mem, bytes.size * 2 + 1);

    for (size_t i = 0; i < bytes.size; i++) {
        hex[2 * i] = figures[bytes.data[i] >> 4];
        hex[2 * i + 1] = figures[bytes.data[i] & 0xF];
    }
    return hex;
}

bool
text_from_hex(const char *text, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < 2 * size; i++) {
        if (!g_ascii_isxdigit(text[i]))
            return false;
    }
    if (text[2 * size] != '\0')
        return false;

    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 |
                           g_ascii_xdigit_value(text[2 * i + 1]));
    return true;
}
