/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/text.h"

#include "base/thread.h"

#include <string.h>

static char *
stems_text(const char *text, size_t most)
{
    g_autoptr(Arena) mem = arena_new();
    const char **stems = ARENA_ARRAY(mem, const char *, most + 1);
    size_t       n = text_stems(mem, text, stems, most);

    g_assert_null(stems[n]);
    return g_strjoinv(" ", (char **)stems);
}

static const struct {
    const char *name, *text, *stems;
} cases[] = {
    { "nothing", "", "" },
    { "stop words", "ومن الذي على هذه the and of", "" },
    { "numbers stay", "شارع 5 رقم ٢٠٢٥", "شارع 5 رقم 2025" },
    { "single letters do not", "أ b و", "" },
    { "each once", "شارع شارع، شارع", "شارع" },
    { "English", "Complaints complaining COMPLAINED", "complaint complain" },
    { "an apostrophe", "don't", "don" },
    { "symbols separate", "شارع|street+5", "شارع street 5" },
    { "emoji separate and are no words", "شارع📢street", "شارع street" },
    { "other scripts are their own stem", "Москва हिन्दी", "москва हिन्दी" },
    { "bad bytes separate", "street\xFFstreet", "street" },
    { "in the order of the text", "street شارع", "street شارع" },
};

static void
words_are_stemmed(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *stems = stems_text(cases[i].text, 16);

        g_test_message("%s", cases[i].name);
        g_assert_cmpstr(stems, ==, cases[i].stems);
    }
}

/* What people write and what they look for meet in one stem. */
static const char *const pairs[][2] = {
    { "المياه", "مياه" },      { "المدرسة", "مدرسه" },
    { "والكهرباء", "كهربا" },  { "الشوارع", "شوارع" },
    { "مُعَلِّم", "معلم" },        { "الطرق", "طرق" },
    { "بالمستشفى", "مستشفي" }, { "complaints", "complaint" },
    { "مدرسات", "مدرسة" },     { "والمعلمين", "معلم" },
    { "شارعنا", "الشارع" },    { "خدماتهم", "خدمة" },
    { "للبلديات", "بلدية" },   { "هالشارع", "شارع" },
    { "وموظفيها", "الموظف" },  { "الكهرباء", "كهربا" },
};

static void
forms_of_a_word_meet(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *one = stems_text(pairs[i][0], 4), *other = stems_text(pairs[i][1], 4);

        g_assert_cmpstr(one, ==, other);
        g_assert_cmpstr(one, !=, "");
    }
}

static void
no_more_than_asked_for(void)
{
    g_autofree char *none = stems_text("one two three", 0);
    g_autofree char *two = stems_text("alpha beta gamma delta", 2);

    g_assert_cmpstr(none, ==, "");
    g_assert_cmpstr(two, ==, "alpha beta");
}

static void
hostile_texts_are_bounded(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *letters = g_strnfill(1000000, 'x');
    g_autofree char *stem = stems_text(letters, 4);
    g_autoptr(Arena) mem = arena_new();
    const char **stems = ARENA_ARRAY(mem, const char *, 5000);

    g_assert_cmpuint(strlen(stem), <=, 100);
    for (int i = 0; i < 20000; i++)
        g_string_append_printf(text, "w%dw ", i);
    g_assert_cmpuint(text_stems(mem, text->str, stems, 5000), ==, 5000);
}

static void *
stem_often(void *unused)
{
    for (int i = 0; i < 200; i++) {
        g_autofree char *stems = stems_text("المياه مقطوعة في شارعنا complaints", 8);

        g_assert_true(g_str_has_suffix(stems, "complaint"));
    }
    return unused;
}

static void
threads_do_not_share_a_stemmer(void)
{
    pthread_t threads[4];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("stemmer", 0, stem_often, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
}

static void
measure(const char *what, const char *text)
{
    g_autoptr(Arena) mem = arena_new();
    int rounds = 10000;

    g_test_timer_start();
    for (int i = 0; i < rounds; i++) {
        const char *stems[256];

        text_stems(mem, text, stems, 256);
        arena_reset(mem);
    }
    g_test_message("%.1f ns for stems of %s", g_test_timer_elapsed() * 1e9 / rounds, what);
}

static void
cost(void)
{
    if (!g_test_perf())
        return;
    measure("nothing", "");
    measure("13 Arabic words", "انقطاع المياه عن حي الزهور منذ ثلاثة أيام ولم يتم الرد على الشكوى");
    measure("13 English words",
            "The water has been off in our street for three days nobody answers");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stems/table", words_are_stemmed);
    g_test_add_func("/stems/meet", forms_of_a_word_meet);
    g_test_add_func("/stems/most", no_more_than_asked_for);
    g_test_add_func("/stems/hostile", hostile_texts_are_bounded);
    g_test_add_func("/stems/threads", threads_do_not_share_a_stemmer);
    g_test_add_func("/stems/cost", cost);
    return g_test_run();
}
