/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/text.h"

#include <string.h>

#define SAME 85

typedef enum { IS_SAME, IS_OTHER } Verdict;

/* Parts are separated by / as the form has them. */
static const struct {
    const char *name, *a, *b;
    Verdict     verdict;
} cases[] = {
    { "letter for letter", "أحمد/محمد/علي/الخطيب", "أحمد/محمد/علي/الخطيب", IS_SAME },
    { "hamza", "أحمد/إبراهيم/آدم/الخطيب", "احمد/ابراهيم/ادم/الخطيب", IS_SAME },
    { "taa marbuta", "فاطمة/علي/محمد/عودة", "فاطمه/علي/محمد/عوده", IS_SAME },
    { "alif maqsura", "ليلى/عيسى/موسى/يحيى", "ليلي/عيسي/موسي/يحيي", IS_SAME },
    { "hamza on waw", "مؤمن/فؤاد/لؤي/مؤنس", "مومن/فواد/لوي/مونس", IS_SAME },
    { "hamza left out at the end", "علاء/بهاء/ضياء/الفراء", "علا/بها/ضيا/الفرا", IS_SAME },
    { "harakat and tatweel", "مُحَمَّد/عليّ/حـسـن/الخطيب", "محمد/علي/حسن/الخطيب", IS_SAME },
    { "Persian letters", "کریم/علی/حسن/زیدان", "كريم/علي/حسن/زيدان", IS_SAME },
    { "presentation forms", "\uFEE1\uFEA4\uFEE4\uFEAA/علي", "محمد/علي", IS_SAME },
    { "bidi controls from a copied page", "\u202Bأحمد\u202C/علي\u200F", "أحمد/علي", IS_SAME },
    { "Abd Allah in one and in two", "عبد الله/حسن/علي/الطراونة", "عبدالله/حسن/علي/الطراونه",
      IS_SAME },
    { "Abd al-Rahman in one and in two", "أحمد/عبد الرحمن/علي/عبيدات", "احمد/عبدالرحمن/علي/عبيدات",
      IS_SAME },
    { "Nour al-Din in one and in two", "نور الدين/صلاح الدين/علي", "نورالدين/صلاح الدين/علي",
      IS_SAME },
    { "Abu Zayd in one and in two", "سامر/علي/حسن/أبو زيد", "سامر/علي/حسن/ابوزيد", IS_SAME },
    { "one field for all parts", "أحمد محمد علي الخطيب", "أحمد/محمد/علي/الخطيب", IS_SAME },
    { "bin and ibn are no parts", "أحمد بن محمد بن علي الخطيب", "أحمد/محمد/علي/الخطيب", IS_SAME },
    { "the grandfather left out", "أحمد/محمد/علي/الخطيب", "أحمد/محمد/الخطيب", IS_SAME },
    { "the article of a family", "أحمد/محمد/علي/الخطيب", "أحمد/محمد/علي/خطيب", IS_SAME },
    { "one slip in a long part", "أحمد/محمد/علي/الطراونه", "أحمد/محمد/علي/الطروانه", IS_SAME },
    { "one slip in a father's name", "إسماعيل/محمد/علي/العبادي", "إسماعيل/محمود/علي/العبادي",
      IS_SAME },
    { "one slip in a long given name", "إسماعيل/محمد/علي/العبادي", "إسمعيل/محمد/علي/العبادي",
      IS_SAME },
    { "blank parts are none", "أحمد//علي/ /الخطيب", "أحمد/علي/الخطيب", IS_SAME },
    { "Latin case", "AHMAD/MOHAMMAD/ALI/KHATIB", "Ahmad/Mohammad/Ali/Khatib", IS_SAME },
    { "Latin hyphen and article", "Ahmad/Mohammad/Ali/Al-Khatib", "ahmad/mohammad/ali/alkhatib",
      IS_SAME },
    { "Latin spellings of one name", "Mohammad/Ahmad/Ali/Khatib", "Mohammed/Ahmed/Ali/Khatib",
      IS_SAME },
    { "Latin spellings of a given name", "Ahmad/Ali/Khatib", "Ahmed/Ali/Khatib", IS_SAME },
    { "Abdul and Abdel", "Abdul Rahman/Ali/Khatib", "Abdel-Rahman/Ali/Khatib", IS_SAME },
    { "al-Mutasim bi-llah", "المعتصم بالله/علي/الخطيب", "المعتصم باللة/علي/الخطيب", IS_SAME },
    { "Latin accents", "José/María/García", "Jose/Maria/Garcia", IS_SAME },
    { "Latin Abdul Rahman", "Abdul Rahman/Ali/Saleh", "Abdulrahman/Ali/Saleh", IS_SAME },

    { "another person altogether", "أحمد/محمد/علي/الخطيب", "سامر/يوسف/حسن/العبادي", IS_OTHER },
    { "given and father's name swapped", "أحمد/محمد/علي/الخطيب", "محمد/أحمد/علي/الخطيب", IS_OTHER },
    { "swapped, with names far apart", "يوسف/سامر/علي/الخطيب", "سامر/يوسف/علي/الخطيب", IS_OTHER },
    { "middle parts swapped", "أحمد/يوسف/سامر/الخطيب", "أحمد/سامر/يوسف/الخطيب", IS_OTHER },
    { "all in the other order", "أحمد/محمد/علي/الخطيب", "الخطيب/علي/محمد/أحمد", IS_OTHER },
    { "a brother", "أحمد/محمد/علي/الخطيب", "سامر/محمد/علي/الخطيب", IS_OTHER },
    { "a brother one letter apart", "حسن/محمد/علي/الخطيب", "حسين/محمد/علي/الخطيب", IS_OTHER },
    { "another such brother", "محمد/سالم/علي/الخطيب", "أحمد/سالم/علي/الخطيب", IS_OTHER },
    { "and another", "محمد/سالم/علي/الخطيب", "محمود/سالم/علي/الخطيب", IS_OTHER },
    { "and another", "علي/سالم/حسن/الخطيب", "عدي/سالم/حسن/الخطيب", IS_OTHER },
    { "a sister", "أمين/محمد/علي/الخطيب", "أمينة/محمد/علي/الخطيب", IS_OTHER },
    { "a brother: another servant of God", "عبد الكريم/محمد/علي/الخطيب",
      "عبد الحكيم/محمد/علي/الخطيب", IS_OTHER },
    { "one letter apart behind Abd al-", "عبد الحليم/محمد/علي/الخطيب", "عبدالحكيم/محمد/علي/الخطيب",
      IS_OTHER },
    { "one letter apart before Allah", "عبد الله/محمد/علي/الخطيب", "عبيد الله/محمد/علي/الخطيب",
      IS_OTHER },
    { "another light of the faith", "عز الدين/محمد/علي/الخطيب", "علاء الدين/محمد/علي/الخطيب",
      IS_OTHER },
    { "so in Latin", "Abdul Karim/Ali/Khatib", "Abdul Hakim/Ali/Khatib", IS_OTHER },
    { "another first letter", "سليمان/محمد/علي/الخطيب", "اليمان/محمد/علي/الخطيب", IS_OTHER },
    { "a sister with a long name", "منصور/محمد/علي/الخطيب", "منصورة/محمد/علي/الخطيب", IS_OTHER },
    { "a cousin: another father", "أحمد/محمد/علي/الخطيب", "أحمد/سامر/علي/الخطيب", IS_OTHER },
    { "another family", "أحمد/محمد/علي/الخطيب", "أحمد/محمد/علي/العبادي", IS_OTHER },
    { "the father himself", "أحمد/محمد/علي/الخطيب", "محمد/علي/الخطيب", IS_OTHER },
    { "the family left out", "أحمد/محمد/علي/الخطيب", "أحمد/محمد/علي", IS_OTHER },
    { "the given name left out", "أحمد/محمد/علي/الخطيب", "محمد/علي/الخطيب", IS_OTHER },
    { "father and grandfather left out", "أحمد/محمد/علي/الخطيب", "أحمد/الخطيب", IS_OTHER },
    { "the grandfather left out and a slip", "أحمد/محمد/علي/الخطيب", "أحمد/محمود/الخطيب",
      IS_OTHER },
    { "Abd Allah and Abd al-Rahman", "عبد الله/محمد/الخطيب", "عبد الرحمن/محمد/الخطيب", IS_OTHER },
    { "a slip in three parts", "إسماعيل/إبراهيم/سليمان/العبادي", "إسمعيل/ابرهيم/سليمن/العبدي",
      IS_OTHER },
    { "two scripts cannot be compared", "أحمد/محمد/علي/الخطيب", "Ahmad/Mohammad/Ali/Khatib",
      IS_OTHER },
    { "nothing against a name", "", "أحمد/محمد", IS_OTHER },
    { "nothing against nothing", "", "", IS_OTHER },
    { "only punctuation", "./-", "./-", IS_OTHER },
    { "one letter against another", "أ/ب", "ت/ب", IS_OTHER },
    { "an initial is no name", "أ/محمد/الخطيب", "أحمد/محمد/الخطيب", IS_OTHER },
    { "SQL and wildcards", "%/_/' OR 1=1", "أحمد/محمد/الخطيب", IS_OTHER },
    { "bad bytes against bad bytes", "\xFF/\xD8", "\xFE/\xD9", IS_OTHER },
    { "a bad byte among letters", "أح\xFFمد/محمد/الخطيب", "سامر/محمد/الخطيب", IS_OTHER },
};

static int
score(const char *a, const char *b)
{
    g_auto(GStrv) left = g_strsplit(a, "/", -1), right = g_strsplit(b, "/", -1);
    int there = text_name_score((const char *const *)left, g_strv_length(left),
                                (const char *const *)right, g_strv_length(right));
    int back = text_name_score((const char *const *)right, g_strv_length(right),
                               (const char *const *)left, g_strv_length(left));

    g_assert_cmpint(there, ==, back);
    g_assert_cmpint(there, >=, 0);
    g_assert_cmpint(there, <=, 100);
    return there;
}

static void
names_agree_as_people_would_say(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int got = score(cases[i].a, cases[i].b);

        g_test_message("%s: %d", cases[i].name, got);
        if (cases[i].verdict == IS_SAME)
            g_assert_cmpint(got, >=, SAME);
        else
            g_assert_cmpint(got, <, SAME);
    }
}

static void
the_more_is_wrong_the_less_is_the_score(void)
{
    const char *whole = "إسماعيل/محمد/سليمان/الطراونة";
    int         slip = score(whole, "إسماعيل/محمد/سليمان/الطراونا");
    int         missing = score(whole, "إسماعيل/محمد/الطراونة");
    int         both = score(whole, "إسماعيل/محمد/الطراونا");

    g_assert_cmpint(score(whole, whole), ==, 100);
    g_assert_cmpint(slip, <, 100);
    g_assert_cmpint(missing, <, slip);
    g_assert_cmpint(both, <, missing);
    g_assert_cmpint(score(whole, "سامر/يوسف/خالد/العبادي"), ==, 0);
}

static void
hostile_lists_are_bounded(void)
{
    g_autofree char *letters = g_strnfill(100000, 'a');
    const char      *many[1000], *nulls[2] = { NULL, NULL };
    const char      *one[1] = { letters };

    for (size_t i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = "علي";
    g_assert_cmpint(text_name_score(many, 1000, many, 1000), ==, 0);
    g_assert_cmpint(text_name_score(many, 16, many, 16), ==, 100);
    g_assert_cmpint(text_name_score(many, 17, many, 17), ==, 0);
    g_assert_cmpint(text_name_score(one, 1, one, 1), ==, 0);
    g_assert_cmpint(text_name_score(nulls, 2, many, 2), ==, 0);
    g_assert_cmpint(text_name_score(NULL, 0, many, 2), ==, 0);
}

static void
cost(void)
{
    static const char *const a[] = { "عبد الرحمن", "محمد", "إبراهيم", "الطراونة" };
    static const char *const b[] = { "عبدالرحمن", "محمد", "ابراهيم", "الطروانه" };
    volatile int             sink = 0;
    int                      rounds = 50000;

    if (!g_test_perf())
        return;
    g_test_timer_start();
    for (int i = 0; i < rounds; i++)
        sink = text_name_score(a, 4, b, 4);
    (void)sink;
    g_test_message("%.1f ns per pair of names", g_test_timer_elapsed() * 1e9 / rounds);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/name/table", names_agree_as_people_would_say);
    g_test_add_func("/name/order", the_more_is_wrong_the_less_is_the_score);
    g_test_add_func("/name/hostile", hostile_lists_are_bounded);
    g_test_add_func("/name/cost", cost);
    return g_test_run();
}
