/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/text.h"

#include "base/number.h"

#include <string.h>

/* • stands for a digit that is hidden. */
static const struct {
    const char *name, *text, *masked;
} cases[] = {
    { "nothing", "", "" },
    { "no digits", "انقطاع المياه", "انقطاع المياه" },
    { "a mobile", "اتصلوا على 0791234567 مساءً", "اتصلوا على ••••••••67 مساءً" },
    { "Arabic-Indic digits", "هاتفي ٠٧٩١٢٣٤٥٦٧.", "هاتفي ••••••••٦٧." },
    { "Persian digits", "۰۷۹۱۲۳۴۵۶۷", "••••••••۶۷" },
    { "in groups", "079 123 4567", "••• ••• ••67" },
    { "with dashes and brackets", "(079) 123-4567", "(•••) •••-••67" },
    { "international", "+962 79 123 4567", "+••• •• ••• ••67" },
    { "by 00", "00962791234567", "••••••••••••67" },
    { "without the 0", "791234567", "•••••••67" },
    { "a land line", "06 500 1234", "•• ••• ••34" },
    { "abroad", "+970 599 123 456", "+••• ••• ••• •56" },
    { "digit by digit", "0 7 9 1 2 3 4 5 6 7", "• • • • • • • • 6 7" },
    { "bidi controls between", "079\u200F123\u202A4567", "•••\u200F•••\u202A••67" },
    { "zero-width between", "07\u200B91\u200B23\u200B45\u200B67",
      "••\u200B••\u200B••\u200B••\u200B67" },
    { "two scripts in one", "079١٢٣4567", "••••••••67" },
    { "a national number", "الرقم الوطني 9871012345", "الرقم الوطني ••••••••45" },
    { "a national number in groups", "987 101 2345", "••• ••• ••45" },
    { "two telephones", "0791234567 0781234568", "••••••••67 ••••••••68" },
    { "two telephones with a stroke", "0791234567/0781234568", "••••••••67/••••••••68" },
    { "letters close around it", "tel:0791234567abc", "tel:••••••••67abc" },
    { "an account", "JO94CBJO0010000000000131000302", "JO94CBJO••••••••••••••••••••02" },
    { "a year before it", "2025 0791 234 567", "2025 •••• ••• •67" },
    { "a house before it", "منزل 12 0791234567", "منزل 12 ••••••••67" },
    { "a date", "بتاريخ 2025-11-25 10:30", "بتاريخ 2025-11-25 10:30" },
    { "a date in the other order", "25/11/2025", "25/11/2025" },
    { "a date in Arabic digits", "٢٥/١١/٢٠٢٥", "٢٥/١١/٢٠٢٥" },
    { "a date and a telephone", "25/11/2025 0791234567", "25/11/2025 ••••••••67" },
    { "dates from to", "2025-11-25 2025-12-01", "2025-11-25 2025-12-01" },
    { "an amount", "دفعت 1,250,000 دينار", "دفعت 1,250,000 دينار" },
    { "a short number", "911 أو 117117", "911 أو 117117" },
    { "eight digits", "12345678", "12345678" },
    { "nine digits in a row", "123456789", "•••••••89" },
    { "no date after all: month 13", "2025-13-2500", "••••-••-••00" },
    { "a line break ends a number", "0791\n234567", "0791\n234567" },
    { "a full stop before a number", "عمره 45. 0791234567", "عمره 45. ••••••••67" },
    { "bad bytes stay",
      "\xFF"
      "0791234567\xD9",
      "\xFF••••••••67\xD9" },
};

static void
numbers_that_point_to_somebody_are_masked(void)
{
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].name);
        g_assert_cmpstr(text_mask_numbers(mem, cases[i].text), ==, cases[i].masked);
    }
}

static void
petitions_stay_when_they_are_real(void)
{
    g_autoptr(Arena) mem = arena_new();
    char  number[NUMBER_TEXT_SIZE];
    char *text;

    number_format(number_make(26, 48392017), number);
    text = arena_printf(mem, "طلبي السابق %s لم يُحل", number);
    g_assert_cmpstr(text_mask_numbers(mem, text), ==, text);

    text[strlen("طلبي السابق 26-4839-201")]++; /* no longer right by its check digit */
    g_assert_nonnull(strstr(text_mask_numbers(mem, text), "••-••••-••18-"));
}

/* Masking must not be undone by length: thousands of groups, digits and separators. */
static void
long_texts_are_masked_to_the_end(void)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *digits = g_strnfill(100000, '7');
    const char      *masked;

    for (int i = 0; i < 2000; i++)
        g_string_append(text, "1 ");
    g_string_append(text, "0791234567");
    masked = text_mask_numbers(mem, text->str);
    g_assert_true(g_str_has_suffix(masked, "••••••••67"));

    masked = text_mask_numbers(mem, digits);
    g_assert_cmpuint(text_length(masked), ==, 100000);
    g_assert_true(g_str_has_suffix(masked, "•77"));
    g_assert_null(strstr(masked, "777"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/mask/table", numbers_that_point_to_somebody_are_masked);
    g_test_add_func("/mask/petitions", petitions_stay_when_they_are_real);
    g_test_add_func("/mask/long", long_texts_are_masked_to_the_end);
    return g_test_run();
}
