/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/text.h"

#include "base/utf8.h"
#include "base/vectors.h"

#include <string.h>

static const struct {
    const char *name, *text, *folded;
} cases[] = {
    { "nothing", "", "" },
    { "hamza on and under alef, madda, wasla", "أحمد إبراهيم آلاء ٱلله", "احمد ابراهيم الا الله" },
    { "hamza on waw and yeh", "مؤمن رئيس", "مومن رييس" },
    { "alif maqsura and taa marbuta", "مستشفى مدرسة", "مستشفي مدرسه" },
    { "hamza at a word's end", "كهرباء، شيء ماء", "كهربا شي ما" },
    { "hamza within a word", "قراءات", "قراءات" },
    { "hamza alone", "ء", "ء" },
    { "two hamzas alone", "ءء", "ء" },
    { "two hamzas at the end", "ماءء", "ما" },
    { "harakat, shadda, dagger alef", "مُحَمَّدٌ هٰذا", "محمد هذا" },
    { "tatweel", "صـــوت", "صوت" },
    { "Persian kaf and yeh", "کریم", "كريم" },
    { "Urdu heh and yeh barree", "ہے ھ", "هي ه" },
    { "letters of neighbours stay", "پگچڤ", "پگچڤ" },
    { "digits of two scripts", "٠١٢ ۳۴۵", "012 345" },
    { "other digits", "५６", "56" },
    { "separators in numbers", "١٬٢٣٤٫٥٪", "1 234 5" },
    { "punctuation becomes one space", "ماء،؛؟ - كهرباء!!", "ما كهربا" },
    { "no space at the ends", "  «صوت»  ", "صوت" },
    { "line breaks and tabs", "a\r\n\tb", "a b" },
    { "case", "AMMAN Irbid", "amman irbid" },
    { "accents", "Café Ñandú İstanbul", "cafe nandu istanbul" },
    { "sharp s and final sigma", "Straße ẞ ΣΑΣ ς", "strasse ss σασ σ" },
    { "lam-alef ligatures", "\uFEFB \uFEF7 \uFEF5 \uFEF9", "لا لا لا لا" },
    { "presentation forms", "\uFEE1\uFEA4\uFEE4\uFEAA", "محمد" },
    { "the ligature of the blessing", "\uFDFA", "صلي الله عليه وسلم" },
    { "fullwidth", "Ｓａｗｔ　１", "sawt 1" },
    { "bidi controls vanish", "\u202Bصو\u200Fت\u202C\u061C", "صوت" },
    { "zero-width vanishes", "a\u200Bb\uFEFFc\u2060d\u00ADe", "abcde" },
    { "joiners vanish", "می\u200Cخواهم", "ميخواهم" },
    { "tags and selectors vanish", "a\U000E0041\uFE0F", "a" },
    { "fillers vanish", "a\u3164\uFFA0b", "ab" },
    { "symbols stay", "5$ + 3€ 📢", "5$ + 3€ 📢" },
    { "Hebrew points drop", "שָׁלוֹם", "שלום" },
    { "marks of Hindi stay", "हिन्दी", "हिन्दी" },
    { "Hangul is whole", "한국어", "한국어" },
    { "controls separate",
      "a\x01"
      "b\x7f"
      "c",
      "a b c" },
    { "bad bytes separate",
      "a\xFF\xD8"
      "b",
      "a b" },
    { "only punctuation", "…!؟", "" },
    { "only marks", "\u064B\u0301", "" },
    { "zalgo", "Z\u0351\u036B\u0343a\u0328\u031Blgo", "zalgo" },
    { "superscripts and fractions", "m² ½", "m2 1⁄2" },
};

static void
texts_fold_as_the_table_says(void)
{
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_assert_cmpstr(text_fold(mem, cases[i].text), ==, cases[i].folded);
    }
}

/* Sanitizers take part of the way. */
#ifdef SAWT_SANITIZED
#define STRIDE 13
#define ROUNDS 10000
#else
#define STRIDE 1
#define ROUNDS 60000
#endif

/* What must be true of any folded text. */
static void
assert_folded(Arena *mem, const char *text)
{
    const char      *folded = text_fold(mem, text);
    g_autofree char *nfkc = g_utf8_normalize(folded, -1, G_NORMALIZE_NFKC);

    g_assert_true(g_utf8_validate(folded, -1, NULL));
    g_assert_cmpstr(text_fold(mem, folded), ==, folded);
    g_assert_cmpstr(nfkc, ==, folded);
    g_assert_true(folded[0] != ' ' && strstr(folded, "  ") == NULL);
    g_assert_false(g_str_has_suffix(folded, " "));
}

/* Alone, between letters, between marks, and behind what takes the long way: both ways agree. */
static void
every_code_point_folds_once_and_for_all(void)
{
    g_autoptr(Arena) mem = arena_new();

    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        char        text[64] = "", bytes[UTF8_MOST + 1] = "";
        const char *quick, *thorough;

        if ((code >= 0xD800 && code <= 0xDFFF) || (code > 0x323AF && code < 0xE0000) ||
            (code > 0x3000 && code % STRIDE != 0))
            continue;
        bytes[utf8_encode(code, bytes)] = '\0';
        assert_folded(mem, bytes);
        g_snprintf(text, sizeof text, "ب%sء\u093C%s\u094D%s", bytes, bytes, bytes);
        assert_folded(mem, text);

        g_snprintf(text, sizeof text, "x%sy ء%s ", bytes, bytes);
        quick = text_fold(mem, text);
        g_snprintf(text, sizeof text, "x%sy ء%s é", bytes, bytes);
        thorough = text_fold(mem, text);
        if (code < 0x3000) {
            g_assert_true(g_str_has_prefix(thorough, quick));
            g_assert_cmpstr(thorough + strlen(quick), ==, " e");
        }
        if (code % 16 == 0)
            arena_reset(mem);
    }
}

/* Random texts of what makes normal forms difficult, and random bytes. */
static void
random_texts_fold_once_and_for_all(void)
{
    static const uint32_t codes[] = {
        'a',    ' ',    '-',    0x621,  0x627,  0x654,  0x640,  0x64B,  0x6D5,  0x93C,   0x94D,
        0x915,  0x958,  0x1100, 0x1161, 0x11A8, 0xAC00, 0x3164, 0x200D, 0x34F,  0x301,   0x345,
        0x3B1,  0x1FB4, 0xFEFB, 0xFDFA, 0xDF,   0x1E9E, 0x130,  0xAB70, 0x13A0, 0x1D15E, 0x302A,
        0x302E, 0x5B0,  0xFB2A, 0xE38,  0xF71,  0xF74,  0xF73,  0xFFFD, 0x2C65, 0x23A,
    };
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GRand) random = g_rand_new_with_seed(20100411);

    for (int round = 0; round < ROUNDS; round++) {
        char   text[600];
        size_t size = 0, n = (size_t)g_rand_int_range(random, 1, round % 50 == 0 ? 120 : 12);

        for (size_t i = 0; i < n; i++) {
            if (round % 3 == 0)
                text[size++] = (char)g_rand_int_range(random, 1, 256);
            else
                size += utf8_encode(codes[g_rand_int_range(random, 0, G_N_ELEMENTS(codes))],
                                    text + size);
        }
        text[size] = '\0';
        assert_folded(mem, text);
        arena_reset(mem);
    }
}

/* GLib orders marks in quadratic time: a million of them must not be handed to it. */
static void
a_million_marks_are_no_weapon(void)
{
    static const char *const marks[] = { "\u093C\u094D", "\u05B0\u0301", "\u0F71\u0F74",
                                         "\u302A\u302E" };
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        g_autoptr(GString) text = g_string_new("क");
        int64_t begin = g_get_monotonic_time();

        for (int k = 0; k < 500000; k++)
            g_string_append(text, marks[i]);
        g_assert_cmpuint(strlen(text_fold(mem, text->str)), <, 200);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 10 * G_USEC_PER_SEC);
    }
}

static void
naughty_strings_fold_once_and_for_all(void)
{
    g_autofree char *folder = vectors_path("sec-blns");
    g_autofree char *path = folder == NULL ? NULL : g_build_filename(folder, "blns.txt", NULL);
    g_autofree char *content = NULL;
    g_autoptr(Arena) mem = arena_new();

    if (path == NULL)
        return;
    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    for (char *line = content; line != NULL;) {
        char *end = strchr(line, '\n');

        if (end != NULL)
            *end = '\0';
        assert_folded(mem, line);
        line = end == NULL ? NULL : end + 1;
    }
}

static void
measure(const char *what, const char *piece)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GString) text = g_string_new(NULL);
    int rounds = 20000;

    while (text->len < 2000)
        g_string_append(text, piece);
    g_test_timer_start();
    for (int i = 0; i < rounds; i++) {
        (void)!text_fold(mem, text->str);
        arena_reset(mem);
    }
    g_test_message("%.1f ns per 100 bytes of %s",
                   g_test_timer_elapsed() * 1e11 / rounds / (double)text->len, what);
}

static void
cost(void)
{
    if (!g_test_perf())
        return;
    measure("Arabic", "انقطاع المياه عن حي الزهور منذ ثلاثة أيام، ولم يتم الرد على الشكوى. ");
    measure("English", "The water has been off in our street for three days, and nobody answers. ");
    measure("French",
            "L’eau est coupée dans notre rue depuis trois jours, et personne ne répond. ");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fold/table", texts_fold_as_the_table_says);
    g_test_add_func("/fold/code-points", every_code_point_folds_once_and_for_all);
    g_test_add_func("/fold/random", random_texts_fold_once_and_for_all);
    g_test_add_func("/fold/marks", a_million_marks_are_no_weapon);
    g_test_add_func("/fold/naughty", naughty_strings_fold_once_and_for_all);
    g_test_add_func("/fold/cost", cost);
    return g_test_run();
}
