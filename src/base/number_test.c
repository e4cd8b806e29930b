/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/number.h"

#include <glib.h>
#include <string.h>

static void
a_number_is_said_in_four_groups(void)
{
    char    text[NUMBER_TEXT_SIZE];
    int64_t number = number_make(26, 48392017), back;

    number_format(number, text);
    g_assert_cmpint(strlen(text), ==, NUMBER_TEXT_SIZE - 1);
    g_assert_true(g_str_has_prefix(text, "26-4839-2017-"));
    g_assert_true(number_parse(text, &back));
    g_assert_cmpint(back, ==, number);
    g_assert_cmpint(number / 10, ==, 2648392017);
}

/* Damm's own example: the check digit of 572 is 4. Leading zeros change nothing. */
static void
the_check_digit_is_damms(void)
{
    g_assert_cmpint(number_make(0, 572), ==, 5724);
    g_assert_cmpint(number_make(0, 0), ==, 0);
}

static bool
is_right(const char *digits)
{
    int64_t number;

    return number_parse(digits, &number);
}

/* Thousands of numbers spread over the whole range, with the extremes. */
static int64_t
sample(size_t i)
{
    int64_t body = i == 0 ? 0 : i == 1 ? 99999999 : (int64_t)(i * 2654435761u % 100000000u);

    return number_make((int)(i % 100), body);
}

static void
every_wrong_digit_is_caught(void)
{
    for (size_t i = 0; i < 5000; i++) {
        g_autofree char *digits = g_strdup_printf("%011" G_GINT64_FORMAT, sample(i));

        g_assert_true(is_right(digits));
        for (size_t at = 0; at < 11; at++) {
            char right = digits[at];

            for (char wrong = '0'; wrong <= '9'; wrong++) {
                digits[at] = wrong;
                g_assert_true(is_right(digits) == (wrong == right));
            }
            digits[at] = right;
        }
    }
}

static void
every_swap_of_neighbours_is_caught(void)
{
    for (size_t i = 0; i < 20000; i++) {
        g_autofree char *digits = g_strdup_printf("%011" G_GINT64_FORMAT, sample(i));

        for (size_t at = 0; at + 1 < 11; at++) {
            char left = digits[at], right = digits[at + 1];

            digits[at] = right;
            digits[at + 1] = left;
            g_assert_true(is_right(digits) == (left == right));
            digits[at] = left;
            digits[at + 1] = right;
        }
    }
}

/* Of the ten last digits exactly one is right. */
static void
one_check_digit_in_ten_is_right(void)
{
    for (size_t i = 0; i < 1000; i++) {
        int n = 0;

        for (int64_t last = 0; last < 10; last++) {
            g_autofree char *digits =
                g_strdup_printf("%011" G_GINT64_FORMAT, sample(i) / 10 * 10 + last);

            n += is_right(digits);
        }
        g_assert_cmpint(n, ==, 1);
    }
}

static const struct {
    const char *name, *text;
    int64_t     number; /* -1: refused */
} parse_cases[] = {
    { "with dashes", "00-0000-0572-4", 5724 },
    { "without", "00000005724", 5724 },
    { "Arabic-Indic digits", "٠٠-٠٠٠٠-٠٥٧٢-٤", 5724 },
    { "Persian digits", "۰۰۰۰۰۰۰۵۷۲۴", 5724 },
    { "Devanagari and fullwidth digits", "०००0000５７２４", 5724 },
    { "three scripts at once", "00٠٠۰۰05٧۲4", 5724 },
    { "en dash, em dash, minus, Hebrew maqaf", "00–0000—0572−4", 5724 },
    { "non-breaking and soft hyphens", "00‑0000\u00AD0572‐4", 5724 },
    { "spaces, no-break and narrow ones", " 00 0000\u00A00572\u202F4\n", 5724 },
    { "bidi controls from a copied page", "\u200F\u206600-0000\u200E-0572-4\u2069\u202C", 5724 },
    { "a byte order mark before it", "\uFEFF00000005724", 5724 },
    { "a wrong check digit", "00-0000-0572-5", -1 },
    { "ten digits", "0000005724", -1 },
    { "twelve digits", "000000005724", -1 },
    { "a part's suffix is no part of the number", "00-0000-0572-4-1", -1 },
    { "nothing", "", -1 },
    { "dashes alone", "--", -1 },
    { "a letter", "00-0000-0572-4a", -1 },
    { "a sign", "+0000005724", -1 },
    { "a dot", "00.0000.0572.4", -1 },
    { "superscript digits are none", "0000000572⁴", -1 },
    { "half a UTF-8 sequence", "00000005724\xD9", -1 },
    { "an overlong zero",
      "\xC0\xB0"
      "0000005724",
      -1 },
    { "SQL", "00000005724' OR 1=1", -1 },
};

static void
numbers_are_read_as_people_write_them(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(parse_cases); i++) {
        int64_t number = -1;

        g_test_message("%s", parse_cases[i].name);
        g_assert_true(number_parse(parse_cases[i].text, &number) == (parse_cases[i].number >= 0));
        g_assert_cmpint(number, ==, parse_cases[i].number);
    }
}

static void
a_very_long_text_is_refused(void)
{
    g_autofree char *zeros = g_strnfill(1000000, '0');
    int64_t          number;

    g_assert_false(number_parse(zeros, &number));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/number/groups", a_number_is_said_in_four_groups);
    g_test_add_func("/number/damm", the_check_digit_is_damms);
    g_test_add_func("/number/wrong-digit", every_wrong_digit_is_caught);
    g_test_add_func("/number/swap", every_swap_of_neighbours_is_caught);
    g_test_add_func("/number/one-in-ten", one_check_digit_in_ten_is_right);
    g_test_add_func("/number/parse", numbers_are_read_as_people_write_them);
    g_test_add_func("/number/long", a_very_long_text_is_refused);
    return g_test_run();
}
