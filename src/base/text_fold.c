/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two ways to the same result. ASCII, the Arabic block and common punctuation are folded by tables in
 * one pass; the first byte of anything else sends the whole text the long way: NFKD, the same mapping
 * per code point, NFC. (Decomposed first, an accent or a hamza is a mark like any other and drops;
 * composed last, the scripts that keep their marks come out as NFKC.) What must stay true: both ways
 * agree, and folding a folded text changes nothing. Marks that are kept are cut to 30 on one base, as
 * in Unicode's Stream-Safe Text Format: GLib orders them in quadratic time.
 *
 * The hamza that stands alone (ء) is dropped at the end of a word only, where people leave it out
 * (كهرباء كهربا) and no two common words differ by it alone but a few names (علاء علا); within a word
 * it separates (قراءة قرية). */
#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

#define KEEP 0 /* in the tables: stands for itself */
#define DROP 1 /* U+0001 is a control, which folds to a space: free for this */
#define SPACE ' '
#define ALEF 0x627
#define WAW 0x648
#define HEH 0x647
#define YEH 0x64A
#define KAF 0x643
#define MARKS_MOST 30

/* clang-format off */

/* ASCII: what is neither letter, digit nor symbol is a space. */
static const uint8_t ascii[128] = {
    [0 ... ' '] = SPACE, ['!'... '#'] = SPACE, ['%'... '*'] = SPACE, [','... '/'] = SPACE,
    [':'... ';'] = SPACE, ['?'... '@'] = SPACE, ['['... ']'] = SPACE, ['_'] = SPACE,
    ['{'] = SPACE, ['}'] = SPACE, [127] = SPACE,
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g',
    ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n',
    ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u',
    ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
};

/* The Arabic block from U+0600, by its last byte. */
static const uint16_t arabic[256] = {
    [0x00 ... 0x05] = DROP,  [0x09 ... 0x0A] = SPACE, [0x0C ... 0x0D] = SPACE,
    [0x10 ... 0x1A] = DROP,  [0x1B] = SPACE,          [0x1C] = DROP,
    [0x1D ... 0x1F] = SPACE, [0x22 ... 0x23] = ALEF,  [0x24] = WAW,
    [0x25] = ALEF,           [0x26] = YEH,            [0x29] = HEH,
    [0x40] = DROP,           [0x49] = YEH,            [0x4B ... 0x5F] = DROP,
    [0x60] = '0', [0x61] = '1', [0x62] = '2', [0x63] = '3', [0x64] = '4',
    [0x65] = '5', [0x66] = '6', [0x67] = '7', [0x68] = '8', [0x69] = '9',
    [0x6A ... 0x6D] = SPACE, [0x70] = DROP,           [0x71 ... 0x73] = ALEF,
    [0x74] = DROP,           [0x75] = ALEF,           [0x76] = WAW,
    [0x77] = 0x6C7,          [0x78] = YEH,            [0xA9] = KAF,
    [0xBE] = HEH,            [0xC0 ... 0xC3] = HEH,   [0xCC] = YEH,
    [0xD2 ... 0xD3] = YEH,   [0xD4] = SPACE,          [0xD5] = HEH,
    [0xD6 ... 0xDD] = DROP,  [0xDF ... 0xE8] = DROP,  [0xEA ... 0xED] = DROP,
    [0xF0] = '0', [0xF1] = '1', [0xF2] = '2', [0xF3] = '3', [0xF4] = '4',
    [0xF5] = '5', [0xF6] = '6', [0xF7] = '7', [0xF8] = '8', [0xF9] = '9',
};

/* clang-format on */

typedef struct {
    char *begin, *word, *to;
    bool  gap; /* a space is due before the next letter */
} Folded;

static void
end_word(Folded *out)
{
    while (out->to - out->word > 2 && memcmp(out->to - 2, "ء", 2) == 0)
        out->to -= 2;
}

static inline void
put(Folded *out, uint32_t code)
{
    if (code == DROP)
        return;

    if (code == SPACE) {
        if (!out->gap && out->to > out->begin) {
            end_word(out);
            out->gap = true;
        }
        return;
    }
    if (out->gap) {
        *out->to++ = ' ';
        out->word = out->to;
        out->gap = false;
    }
    if (code < 0x80) {
        *out->to++ = (char)code;
    } else if (code < 0x800) {
        *out->to++ = (char)(0xC0 | code >> 6);
        *out->to++ = (char)(0x80 | (code & 0x3F));
    } else {
        out->to += utf8_encode(code, out->to);
    }
}

static void
finish(Folded *out)
{
    end_word(out);
    *out->to = '\0';
}

static inline uint32_t
fold_ascii(uint8_t byte)
{
    return ascii[byte] == KEEP ? byte : ascii[byte];
}

static inline uint32_t
fold_arabic(uint8_t low)
{
    return arabic[low] == KEEP ? 0x600u + low : arabic[low];
}

/* U+2000 to U+206F: spaces, controls and punctuation, but for two that are symbols. */
static uint32_t
fold_general(uint32_t code)
{
    if ((code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) || code >= 0x2060)
        return DROP;
    return code == 0x2044 || code == 0x2052 ? code : SPACE;
}

/* False at the first code point that needs the long way. */
static bool
fold_quickly(const char *text, Folded *out)
{
    const uint8_t *at = (const uint8_t *)text;

    while (*at != 0) {
        if (*at < 0x80) {
            put(out, fold_ascii(*at));
            at++;
        } else if (*at >= 0xD8 && *at <= 0xDB && (at[1] & 0xC0) == 0x80) {
            put(out, fold_arabic((uint8_t)(at[0] << 6 | (at[1] & 0x3F))));
            at += 2;
        } else if (*at == 0xC2 && (at[1] == 0xA0 || at[1] == 0xAB || at[1] == 0xBB)) {
            put(out, SPACE); /* no-break space, guillemets */
            at += 2;
        } else if (*at == 0xE2 && (at[1] == 0x80 || at[1] == 0x81) && at[2] >= 0x80 &&
                   at[2] <= (at[1] == 0x80 ? 0xBF : 0xAF)) {
            put(out, fold_general(0x2000u | (at[1] & 1u) << 6 | (at[2] & 0x3Fu)));
            at += 3;
        } else {
            return false;
        }
    }
    finish(out);
    return true;
}

/* Marks that only say how a letter is read. Those of Indic and other scripts are letters of their
 * own and stay. */
static bool
is_diacritic(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0x300, 0x36F },   { 0x483, 0x489 },   { 0x591, 0x5C7 },   { 0x610, 0x6ED },
        { 0x711, 0x711 },   { 0x730, 0x74A },   { 0x898, 0x8FF },   { 0x1AB0, 0x1AFF },
        { 0x1DC0, 0x1DFF }, { 0x20D0, 0x20FF }, { 0xFE20, 0xFE2F }, { 0x10EFD, 0x10EFF },
    };
    GUnicodeType type = g_unichar_type(code);

    if (type != G_UNICODE_NON_SPACING_MARK && type != G_UNICODE_ENCLOSING_MARK)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

static bool
is_filler(uint32_t code)
{
    return code == 0x115F || code == 0x1160 || code == 0x3164 || code == 0xFFA0;
}

static bool
separates(uint32_t code)
{
    switch ((int)g_unichar_type(code)) { /* int: the other twenty kinds do not */
    case G_UNICODE_CONTROL:
    case G_UNICODE_CONNECT_PUNCTUATION:
    case G_UNICODE_DASH_PUNCTUATION:
    case G_UNICODE_OPEN_PUNCTUATION:
    case G_UNICODE_CLOSE_PUNCTUATION:
    case G_UNICODE_INITIAL_PUNCTUATION:
    case G_UNICODE_FINAL_PUNCTUATION:
    case G_UNICODE_OTHER_PUNCTUATION:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
        return true;
    default:
        return code == UTF8_REPLACEMENT || code == 0x2800; /* the blank Braille cell */
    }
}

static bool
drops(uint32_t code)
{
    return utf8_is_hidden(code) || is_filler(code) || g_unichar_type(code) == G_UNICODE_FORMAT ||
           is_diacritic(code);
}

static uint32_t
fold_code(uint32_t code)
{
    int digit;

    if (code < 0x80)
        return fold_ascii((uint8_t)code);
    if (code >= 0x600 && code <= 0x6FF)
        return fold_arabic((uint8_t)code);
    if (drops(code))
        return DROP;
    if (separates(code))
        return SPACE;

    digit = utf8_digit(code);
    if (digit >= 0)
        return (uint32_t)('0' + digit);
    code = g_unichar_tolower(code);
    return code == 0x3C2 ? 0x3C3 : code; /* final sigma */
}

static bool
reorders(uint32_t code)
{
    return g_unichar_combining_class(code) != 0;
}

/* Valid UTF-8 without what will drop anyway, and with few marks on one base: safe to normalise. */
static char *
prepare(const char *text)
{
    char    *ready = g_malloc(strlen(text) * 3 + 1); /* a bad byte becomes three */
    char    *to = ready;
    size_t   n_marks = 0;
    uint32_t code;

    while ((code = utf8_next(&text)) != 0) {
        if (drops(code))
            continue;
        n_marks = reorders(code) ? n_marks + 1 : 0;
        if (n_marks <= MARKS_MOST)
            to += utf8_encode(code, to);
    }
    *to = '\0';
    return ready;
}

static char *
fold_thoroughly(Arena *mem, const char *text)
{
    g_autofree char *ready = prepare(text);
    g_autofree char *apart = g_utf8_normalize(ready, -1, G_NORMALIZE_NFKD);
    g_autofree char *room = g_malloc(strlen(apart) * 2 + 1); /* lower case may take a byte more */
    g_autofree char *composed = NULL;
    Folded           out = { .begin = room, .word = room, .to = room };
    const char      *at = apart;
    size_t           n_marks = 0;
    uint32_t         code;

    while ((code = utf8_next(&at)) != 0) {
        code = fold_code(code);
        if (code == DROP)
            continue;
        n_marks = reorders(code) ? n_marks + 1 : 0;
        if (code == 0xDF) { /* ß */
            put(&out, 's');
            put(&out, 's');
        } else if (n_marks <= MARKS_MOST) {
            put(&out, code);
        }
    }
    finish(&out);
    composed = g_utf8_normalize(room, -1, G_NORMALIZE_NFC);
    return arena_copy(mem, composed);
}

char *
text_fold(Arena *mem, const char *text)
{
    char  *room = arena_alloc(mem, strlen(text) + 1);
    Folded out = { .begin = room, .word = room, .to = room };

    return fold_quickly(text, &out) ? room : fold_thoroughly(mem, text);
}
