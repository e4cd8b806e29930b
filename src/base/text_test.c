/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

static const struct {
    const char *name, *text;
    size_t      length;
    bool        valid;
} valid_cases[] = {
    { "nothing", "", 0, true },
    { "ASCII", "abcdefghijklmnopqrstuvwxyz", 26, true },
    { "Arabic and emoji", "صوت 📢", 11, true },
    { "the last code point that is one", "\U0010FFFD", 4, true },
    { "controls are valid, others refuse them", "a\x01\x7f", 3, true },
    { "a NUL", "abc\0def", 7, false },
    { "a NUL among eight", "01234567\0abcdefgh", 17, false },
    { "overlong NUL", "\xC0\x80", 2, false },
    { "overlong slash in three", "\xE0\x80\xAF", 3, false },
    { "overlong in four", "\xF0\x80\x80\xAF", 4, false },
    { "a surrogate", "\xED\xA0\x80", 3, false },
    { "a pair of surrogates (CESU-8)", "\xED\xA0\xBD\xED\xB8\x80", 6, false },
    { "beyond U+10FFFF", "\xF4\x90\x80\x80", 4, false },
    { "five bytes", "\xF8\x88\x80\x80\x80", 5, false },
    { "U+FFFF", "\xEF\xBF\xBF", 3, false },
    { "U+1FFFE", "\xF0\x9F\xBF\xBE", 4, false },
    { "U+FDD0", "\xEF\xB7\x90", 3, false },
    { "U+FFFD stands for itself", "\xEF\xBF\xBD", 3, true },
    { "cut in a letter", "\xD8\xB5\xD9", 3, false },
    { "a lone continuation", "\x80", 1, false },
    { "a bad byte behind eight good ones", "01234567\xFF", 9, false },
    { "Latin-1", "caf\xE9 ", 5, false },
};

static void
validity_is_strict(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(valid_cases); i++) {
        size_t           length = valid_cases[i].length;
        g_autofree char *exact = g_malloc(MAX(length, 1)); /* no NUL behind it: ASan watches */

        g_test_message("%s", valid_cases[i].name);
        memcpy(exact, valid_cases[i].text, length);
        g_assert_true(text_is_valid(exact, length) == valid_cases[i].valid);
    }
}

/* Every code point there is, against GLib; and back from bytes to code point. */
static void
every_code_point_is_coded_as_glib_does(void)
{
    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        char        bytes[UTF8_MOST + 1] = "", reference[8];
        size_t      size, n;
        const char *at = bytes;

        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        size = utf8_encode(code, bytes);
        n = (size_t)g_unichar_to_utf8(code, reference);
        g_assert_true(size == n && memcmp(bytes, reference, n) == 0);
        g_assert_cmpuint(utf8_next(&at), ==, code);
        g_assert_true(at == bytes + size);
        g_assert_cmpuint(utf8_next(&at), ==, 0);
        g_assert_true(text_is_valid(bytes, size) == !utf8_is_noncharacter(code));
    }
}

static void
bad_bytes_count_one_by_one(void)
{
    g_assert_cmpuint(text_length(""), ==, 0);
    g_assert_cmpuint(text_length("صوت 📢"), ==, 5);
    g_assert_cmpuint(text_length("a\xFF\xD8"), ==, 3);
    g_assert_cmpuint(text_length("\xF0\x9F\x93"), ==, 3);
}

static const struct {
    const char *name, *text;
    bool        blank;
} blank_cases[] = {
    { "nothing", "", true },
    { "spaces of all kinds", " \t\r\n\u00A0\u2003\u3000\u2028", true },
    { "zero-width and bidi", "\u200B\u200F\u202E\u2069\uFEFF\u00AD", true },
    { "controls", "\x01\x1b\x7f", true },
    { "marks without a letter", "\u064B\u0301", true },
    { "fillers and the blank Braille cell", "\u3164\u115F\uFFA0\u2800", true },
    { "tatweel alone", "ــــ", true },
    { "tags", "\U000E0041\U000E007F", true },
    { "a letter among spaces", "  ب ", false },
    { "a digit", "٠", false },
    { "a symbol", "📢", false },
    { "punctuation", ".", false },
    { "bytes that are no UTF-8", "\xFF", false },
};

static void
blank_is_what_shows_nothing(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(blank_cases); i++) {
        g_test_message("%s", blank_cases[i].name);
        g_assert_true(text_is_blank(blank_cases[i].text) == blank_cases[i].blank);
    }
}

typedef char *(*TextFunction)(Arena *mem, const char *text);

typedef struct {
    const char *name, *text, *result;
} TextCase;

static void
check(TextFunction function, const TextCase *rows, size_t n)
{
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < n; i++) {
        g_test_message("%s", rows[i].name);
        g_assert_cmpstr(function(mem, rows[i].text), ==, rows[i].result);
    }
}

static const TextCase trim_cases[] = {
    { "nothing", "", "" },
    { "only spaces", " \t\u3000\n", "" },
    { "both ends, any script's", "\u00A0\u2003 صوت نا \u2029\r\n", "صوت نا" },
    { "nothing to do", "a  b", "a  b" },
    { "one letter", " a ", "a" },
    { "controls stay", " \u200F ", "\u200F" },
    { "bad bytes stay", " \xFF ", "\xFF" },
};

static void
white_space_is_trimmed(void)
{
    check(text_trim, trim_cases, G_N_ELEMENTS(trim_cases));
}

static const TextCase digit_cases[] = {
    { "Arabic-Indic", "٠١٢٣٤٥٦٧٨٩", "0123456789" },
    { "Persian", "۰۱۲۳۴۵۶۷۸۹", "0123456789" },
    { "among letters", "شارع ٥ ب", "شارع 5 ب" },
    { "others stay", "५ ５ ² a5", "५ ５ ² a5" },
    { "neighbours of the digits stay", "\u065F\u066A\u06EF\u06FA", "\u065F\u066A\u06EF\u06FA" },
    { "bad bytes stay", "\xD9٥\xFF",
      "\xD9"
      "5\xFF" },
};

static void
arabic_digits_become_ascii(void)
{
    check(text_ascii_digits, digit_cases, G_N_ELEMENTS(digit_cases));
}

static const TextCase control_cases[] = {
    { "nothing hidden", "صوت\n\tabc\r\n", "صوت\n\tabc\r\n" },
    { "a reversed file name", "photo\u202Egpj.exe", "photo‹U+202E›gpj.exe" },
    { "isolates and marks", "\u2066a\u2069\u200F\u061C", "‹U+2066›a‹U+2069›‹U+200F›‹U+061C›" },
    { "zero-width", "a\u200Bb\uFEFF\u00AD\u2060", "a‹U+200B›b‹U+FEFF›‹U+00AD›‹U+2060›" },
    { "C0, DEL, C1", "\x01\x1b\x7f\xC2\x85", "‹U+0001›‹U+001B›‹U+007F›‹U+0085›" },
    { "tags that carry a message unseen", "a\U000E0041", "a‹U+E0041›" },
    { "joiners of Persian and emoji stay", "می\u200Cخواهم 👨\u200D👩 ❤\uFE0F",
      "می\u200Cخواهم 👨\u200D👩 ❤\uFE0F" },
};

static void
controls_are_shown(void)
{
    check(text_show_controls, control_cases, G_N_ELEMENTS(control_cases));
}

static const struct {
    const char *name, *text;
    size_t      most;
    const char *result;
} ellipsis_cases[] = {
    { "short enough", "صوت", 3, "صوت" },
    { "one too many", "صوتي", 3, "صوت…" },
    { "nothing asked", "abc", 0, "…" },
    { "nothing there", "", 0, "" },
    { "harakat are not torn off", "مُحَمَّد", 3, "مُ…" },
    { "whole with its marks", "مُحَمَّد", 4, "مُحَ…" },
    { "an accent of its own", "e\u0301e\u0301", 3, "e\u0301…" },
    { "a family is one", "a👨\u200D👩\u200D👧b", 4, "a…" },
    { "skin tone", "a👍🏽b", 2, "a…" },
    { "a thousand marks on one letter", "a\u0301\u0301\u0301\u0301\u0301", 3, "…" },
    { "bad bytes", "\xFF\xFF\xFF", 2, "\xFF\xFF…" },
};

static void
long_texts_are_cut_between_graphemes(void)
{
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(ellipsis_cases); i++) {
        g_test_message("%s", ellipsis_cases[i].name);
        g_assert_cmpstr(text_ellipsis(mem, ellipsis_cases[i].text, ellipsis_cases[i].most), ==,
                        ellipsis_cases[i].result);
    }
}

static const TextCase language_cases[] = {
    { "Arabic", "انقطاع المياه", "ar" },
    { "English", "No water", "en" },
    { "mostly Arabic", "خدمة e-fawateercom متوقفة عن العمل", "ar" },
    { "mostly English", "The word صوت means voice", "en" },
    { "nothing", "", "en" },
    { "digits and symbols", "٢٦ 📢", "en" },
    { "as many of each",
      "ابabc"
      "ج",
      "en" },
    { "presentation forms are Arabic", "\uFEFB\uFE91", "ar" },
};

static void
the_language_is_that_of_most_letters(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(language_cases); i++) {
        g_test_message("%s", language_cases[i].name);
        g_assert_cmpstr(text_language(language_cases[i].text), ==, language_cases[i].result);
    }
}

static const TextCase phone_cases[] = {
    { "as everybody writes it", "0791234567", "962791234567" },
    { "Orange and Umniah", "0771234567", "962771234567" },
    { "Umniah", "0781234567", "962781234567" },
    { "international", "+962791234567", "962791234567" },
    { "by 00, in groups", "00962 79 123 4567", "962791234567" },
    { "without the 0", "791234567", "962791234567" },
    { "without the +", "962791234567", "962791234567" },
    { "with the 0 left in", "+962 (0)79-123-4567", "962791234567" },
    { "Arabic-Indic digits", "٠٧٩ ١٢٣ ٤٥٦٧", "962791234567" },
    { "Persian digits, no-break space", "۰۷۹\u00A0۱۲۳۴۵۶۷", "962791234567" },
    { "dots and slashes", "079/123.45.67", "962791234567" },
    { "bidi marks from an address book", "\u202A+962 79 123 4567\u202C", "962791234567" },
    { "fullwidth", "＋９６２７９１２３４５６７", "962791234567" },
    { "another country", "+970 59 912 3456", "970599123456" },
    { "another country by 00", "0020 100 123 4567", "201001234567" },
    { "the shortest abroad", "+12345678", "12345678" },
    { "the longest abroad", "+123456789012345", "123456789012345" },
    { "too long", "+1234567890123456", NULL },
    { "too short", "+1234567", NULL },
    { "nothing", "", NULL },
    { "only a plus", "+", NULL },
    { "a land line", "065001234", NULL },
    { "a land line, international", "+962 6 500 1234", NULL },
    { "076 is nobody's", "0761234567", NULL },
    { "a digit too few", "079123456", NULL },
    { "a digit too many", "07912345678", NULL },
    { "abroad without plus or 00", "970599123456", NULL },
    { "no country begins with 0", "+0791234567", NULL },
    { "000", "000791234567", NULL },
    { "two plusses", "++962791234567", NULL },
    { "a plus within", "0791+234567", NULL },
    { "letters", "0791234567 home", NULL },
    { "two numbers", "0791234567, 0781234567", NULL },
    { "a national number", "9871012345", NULL },
    { "bad bytes", "079123456\xD9", NULL },
    { "SQL", "0791234567'--", NULL },
};

static void
telephones_are_shown_with_spaces(void)
{
    static const char *const shown[][2] = {
        { "962790123456", "+962\u00a07\u00a09012\u00a03456" },
        { "9627901234567", "+9627901234567" },
        { "96265001234", "+96265001234" },
        { "4915112345678", "+4915112345678" },
    };
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        g_assert_cmpstr(text_phone_shown(mem, shown[i][0]), ==, shown[i][1]);
}

static void
telephones_are_read_in_any_usual_writing(void)
{
    check(text_phone, phone_cases, G_N_ELEMENTS(phone_cases));
}

static const struct {
    const char *text;
    bool        right;
} email_cases[] = {
    { "a@b.jo", true },
    { "first.last+tag@mail.example.com", true },
    { "o'brien@example.com", true },
    { "صوت@مثال.الاردن", true },
    { "user@xn--mgbayh7gpa.jo", true },
    { "a@sub-domain.example", true },
    { "", false },
    { "@", false },
    { "a@b", false },
    { "@b.jo", false },
    { "a@", false },
    { "a@.jo", false },
    { "a@b.", false },
    { "a@b..jo", false },
    { "a@-b.jo", false },
    { "a@b-.jo", false },
    { "a@b.jo-", false },
    { ".a@b.jo", false },
    { "a.@b.jo", false },
    { "a@b@c.jo", false },
    { "a b@c.jo", false },
    { "a@b .jo", false },
    { "a@b.jo\n", false },
    { "a@b.jo\r\nBcc: x@y.z", false },
    { "a\x01@b.jo", false },
    { "a\u202E@b.jo", false },
    { "a@b\u200B.jo", false },
    { "a\u00A0@b.jo", false },
    { "\"a\"@b.jo", false },
    { "<a@b.jo>", false },
    { "a,c@b.jo", false },
    { "a@b.jo;c@d.jo", false },
    { "a@[127.0.0.1]", false },
    { "a@b.jo\xFF", false },
    { "\xFF@b.jo", false },
};

static void
email_addresses_are_plain(void)
{
    g_autofree char *local = g_strnfill(65, 'a');
    g_autofree char *domain = g_strnfill(250, 'b');
    g_autofree char *long_local = g_strconcat(local, "@b.jo", NULL);
    g_autofree char *long_domain = g_strconcat("a@", domain, ".jo", NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(email_cases); i++) {
        g_autofree char *shown = g_strescape(email_cases[i].text, NULL);

        g_test_message("%s", shown);
        g_assert_true(text_is_email(email_cases[i].text) == email_cases[i].right);
    }
    g_assert_false(text_is_email(long_local));
    g_assert_true(text_is_email(long_local + 1));
    g_assert_false(text_is_email(long_domain));
}

static void
hexadecimal_goes_both_ways(void)
{
    static const uint8_t bytes[] = { 0x00, 0x7F, 0x80, 0xFF, 0xA5 };
    g_autoptr(Arena) mem = arena_new();
    uint8_t back[5] = { 9, 9, 9, 9, 9 };

    g_assert_cmpstr(text_hex(mem, BYTES_OF(bytes)), ==, "007f80ffa5");
    g_assert_cmpstr(text_hex(mem, (Bytes){ NULL, 0 }), ==, "");
    g_assert_true(text_from_hex("007F80ffa5", back, sizeof back));
    g_assert_cmpmem(back, sizeof back, bytes, sizeof bytes);
    g_assert_true(text_from_hex("", back, 0));

    back[0] = 9;
    g_assert_false(text_from_hex("117f80ffa", back, sizeof back));
    g_assert_false(text_from_hex("117f80ffa5a", back, sizeof back));
    g_assert_false(text_from_hex("117f80ffa5a5", back, sizeof back));
    g_assert_false(text_from_hex("117f80ffag", back, sizeof back));
    g_assert_false(text_from_hex("11 f80ffa5", back, sizeof back));
    g_assert_false(text_from_hex("0x117f80ff", back, sizeof back));
    g_assert_false(text_from_hex("", back, sizeof back));
    g_assert_cmpint(back[0], ==, 9); /* written on success only */
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/valid", validity_is_strict);
    g_test_add_func("/text/code-points", every_code_point_is_coded_as_glib_does);
    g_test_add_func("/text/length", bad_bytes_count_one_by_one);
    g_test_add_func("/text/blank", blank_is_what_shows_nothing);
    g_test_add_func("/text/trim", white_space_is_trimmed);
    g_test_add_func("/text/digits", arabic_digits_become_ascii);
    g_test_add_func("/text/controls", controls_are_shown);
    g_test_add_func("/text/ellipsis", long_texts_are_cut_between_graphemes);
    g_test_add_func("/text/language", the_language_is_that_of_most_letters);
    g_test_add_func("/text/phone_shown", telephones_are_shown_with_spaces);
    g_test_add_func("/text/phone", telephones_are_read_in_any_usual_writing);
    g_test_add_func("/text/email", email_addresses_are_plain);
    g_test_add_func("/text/hex", hexadecimal_goes_both_ways);
    return g_test_run();
}
