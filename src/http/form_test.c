/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/form.h"
#include "http/form_parts.h"

#include <string.h>

typedef struct {
    const char *title, *story, *colour, *code, *phone, *email, *digits, *word, *page;
    int64_t     count, born;
    bool        agreed;
    Texts       services;
} Sample;

static const char *const colours[] = { "red", "green", NULL };

static const FormField   fields[] = {
      { .name = "title", .kind = FORM_TEXT, .offset = offsetof(Sample, title), .min = 3, .max = 10 },
      { .name = "story", .kind = FORM_LONG_TEXT, .offset = offsetof(Sample, story), .max = 12 },
      { .name = "colour",
        .kind = FORM_CHOICE,
        .offset = offsetof(Sample, colour),
        .choices = colours },
      { .name = "code", .kind = FORM_CHOICE, .offset = offsetof(Sample, code) },
      { .name = "phone", .kind = FORM_PHONE, .offset = offsetof(Sample, phone) },
      { .name = "email", .kind = FORM_EMAIL, .offset = offsetof(Sample, email) },
      { .name = "digits",
        .kind = FORM_DIGITS,
        .offset = offsetof(Sample, digits),
        .min = 4,
        .max = 10 },
      { .name = "word", .kind = FORM_SECRET, .offset = offsetof(Sample, word), .min = 4 },
      { .name = "page", .kind = FORM_HIDDEN, .offset = offsetof(Sample, page) },
      { .name = "count", .kind = FORM_INT, .offset = offsetof(Sample, count), .min = 1, .max = 500 },
      { .name = "born", .kind = FORM_DATE, .offset = offsetof(Sample, born) },
      { .name = "agreed", .kind = FORM_FLAG, .offset = offsetof(Sample, agreed) },
      { .name = "services", .kind = FORM_CHOICE, .offset = offsetof(Sample, services), .many = true },
      { .name = "photo", .kind = FORM_FILE },
};

static const FormSpec  spec = { .name = "sample", FORM_SPEC(Sample, fields), .extra = "f-" };

static const FormField strict_fields[] = {
    { .name = "title", .kind = FORM_TEXT, .offset = offsetof(Sample, title), .required = true },
    { .name = "count", .kind = FORM_INT, .offset = offsetof(Sample, count), .required = true },
    { .name = "born", .kind = FORM_DATE, .offset = offsetof(Sample, born), .required = true },
    { .name = "agreed", .kind = FORM_FLAG, .offset = offsetof(Sample, agreed), .required = true },
    { .name = "services",
      .kind = FORM_CHOICE,
      .offset = offsetof(Sample, services),
      .many = true,
      .required = true },
};

static const FormSpec strict = { .name = "strict", FORM_SPEC(Sample, strict_fields) };

/* Each row: this body makes that mistake in that field (0: none). */
static const struct {
    const char     *name, *body;
    const char     *field;
    FormMistakeKind expect;
    int64_t         number;
} mistakes[] = {
    { "nothing at all", "", "", 0, 0 },
    { "empty pieces are nothing", "&&title=abc&", "title", 0, 0 },
    { "no equals sign is an empty value", "title", "title", 0, 0 },
    { "a short text", "title=ab", "title", FORM_MISTAKE_TOO_SHORT, 3 },
    { "a long text", "title=abcdefghijk", "title", FORM_MISTAKE_TOO_LONG, 10 },
    { "ten Arabic letters are ten",
      "title=%D8%B5%D8%B5%D8%B5%D8%B5%D8%B5%D8%B5%D8%B5%D8%B5%D8%B5%D8%B5", "title", 0, 0 },
    { "white space at the ends does not count", "title=+++abcdefghij+", "title", 0, 0 },
    { "a line break in a line", "title=ab%0Acd", "title", FORM_MISTAKE_NOT_TEXT, 0 },
    { "a line break in a text counts once", "story=abcde%0D%0Afghijk", "story", 0, 0 },
    { "a long text over its limit", "story=abcde%0D%0Afghijkl", "story", FORM_MISTAKE_TOO_LONG,
      12 },
    { "not UTF-8", "title=%FF%FE", "title", FORM_MISTAKE_NOT_TEXT, 0 },
    { "overlong UTF-8", "title=%C0%AFabc", "title", FORM_MISTAKE_NOT_TEXT, 0 },
    { "a surrogate", "title=%ED%A0%80abc", "title", FORM_MISTAKE_NOT_TEXT, 0 },
    { "NUL", "title=abc%00def", "title", FORM_MISTAKE_NOT_TEXT, 0 },
    { "half a percent", "title=abc%4", "", FORM_MISTAKE_NOT_TEXT, 0 },
    { "a percent of no digits", "title=abc%zz", "", FORM_MISTAKE_NOT_TEXT, 0 },
    { "a percent in a name", "ti%74le=abc", "title", 0, 0 },
    { "an unknown field", "titel=abc", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "an unknown field without a name", "=abc", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "a name that is no text", "%FF=abc", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "a name with a NUL behind it", "title%00x=abc", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "a field twice", "title=abc&title=abc", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "a flag twice", "agreed=0&agreed=1", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "a part of a date twice", "born-day=1&born-day=2", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "many of many", "services=a&services=b", "", 0, 0 },
    { "the token and the command belong to every form", "csrf=abc&command=1", "", 0, 0 },
    { "two tokens", "csrf=abc&csrf=def", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "extra fields as often as they like", "f-a=1&f-a=2&f-b=", "", 0, 0 },
    { "an extra field that is no text", "f-a=%FF", "f-a", FORM_MISTAKE_NOT_TEXT, 0 },
    { "a date part of no date", "title-day=1", "", FORM_MISTAKE_UNKNOWN, 0 },
    { "a choice", "colour=green", "colour", 0, 0 },
    { "no choice", "colour=blue", "colour", FORM_MISTAKE_NOT_A_CHOICE, 0 },
    { "a choice in another case", "colour=Red", "colour", FORM_MISTAKE_NOT_A_CHOICE, 0 },
    { "any code", "code=a.b:c-1", "code", 0, 0 },
    { "a code with a space", "code=a+b", "code", FORM_MISTAKE_NOT_A_CHOICE, 0 },
    { "one of many is wrong", "services=a&services=b%20c", "services", FORM_MISTAKE_NOT_A_CHOICE,
      0 },
    { "a telephone", "phone=0791234567", "phone", 0, 0 },
    { "a telephone in Arabic digits",
      "phone=%D9%A0%D9%A7%D9%A9%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7", "phone", 0, 0 },
    { "no telephone", "phone=hello", "phone", FORM_MISTAKE_NOT_A_PHONE, 0 },
    { "an address", "email=a%40b.jo", "email", 0, 0 },
    { "no address", "email=a.jo", "email", FORM_MISTAKE_NOT_AN_EMAIL, 0 },
    { "digits with dashes and marks", "digits=%E2%80%8E12-34+5", "digits", 0, 0 },
    { "no digits", "digits=12a45", "digits", FORM_MISTAKE_NOT_DIGITS, 0 },
    { "dashes only", "digits=---", "digits", FORM_MISTAKE_NOT_DIGITS, 0 },
    { "few digits", "digits=123", "digits", FORM_MISTAKE_TOO_SHORT, 4 },
    { "many digits", "digits=12345678901", "digits", FORM_MISTAKE_TOO_LONG, 10 },
    { "a short secret", "word=abc", "word", FORM_MISTAKE_TOO_SHORT, 4 },
    { "a number", "count=500", "count", 0, 0 },
    { "a number in Persian digits", "count=%DB%B4%DB%B2", "count", 0, 0 },
    { "no number", "count=5x", "count", FORM_MISTAKE_NOT_A_NUMBER, 0 },
    { "a sign alone", "count=-", "count", FORM_MISTAKE_NOT_A_NUMBER, 0 },
    { "a small number", "count=0", "count", FORM_MISTAKE_OUT_OF_RANGE, 500 },
    { "a large number", "count=501", "count", FORM_MISTAKE_OUT_OF_RANGE, 500 },
    { "a negative number", "count=-5", "count", FORM_MISTAKE_OUT_OF_RANGE, 500 },
    { "a number over 64 bits", "count=99999999999999999999", "count", FORM_MISTAKE_OUT_OF_RANGE,
      500 },
    { "a number that wraps to 5", "count=18446744073709551621", "count", FORM_MISTAKE_OUT_OF_RANGE,
      500 },
    { "a date", "born=2026-11-25", "born", 0, 0 },
    { "a date in Arabic digits", "born=%D9%A2%D9%A0%D9%A0%D9%A0-%D9%A1-%D9%A2", "born", 0, 0 },
    { "29 February of a leap year", "born=2024-02-29", "born", 0, 0 },
    { "29 February of a common year", "born=2023-02-29", "born", FORM_MISTAKE_NOT_A_DATE, 0 },
    { "29 February of 1900", "born=1900-02-29", "born", FORM_MISTAKE_NOT_A_DATE, 0 },
    { "a month 13", "born=2023-13-01", "born", FORM_MISTAKE_NOT_A_DATE, 0 },
    { "a day 0", "born=2023-01-00", "born", FORM_MISTAKE_NOT_A_DATE, 0 },
    { "words", "born=yesterday", "born", FORM_MISTAKE_NOT_A_DATE, 0 },
    { "a date with a time", "born=2023-01-01-05", "born", FORM_MISTAKE_NOT_A_DATE, 0 },
    { "day, month, year", "born-day=25&born-month=11&born-year=2026", "born", 0, 0 },
    { "no year", "born-day=25&born-month=11&born-year=", "born", FORM_MISTAKE_NOT_A_DATE, 0 },
    { "no parts are no date", "born-day=&born-month=&born-year=", "born", 0, 0 },
    { "both ways at once", "born=2023-01-01&born-day=1&born-month=1&born-year=2023", "born",
      FORM_MISTAKE_NOT_A_DATE, 0 },
    { "a part that is no text", "born-day=%FF&born-month=11&born-year=2026", "born",
      FORM_MISTAKE_NOT_A_DATE, 0 },
    { "the name of a file in a form without files", "photo=a.jpg", "photo", 0, 0 },
};

static Form *
read_text(Arena *mem, const FormSpec *of, const char *body)
{
    return form_read(mem, of, body, strlen(body));
}

static void
test_mistakes(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autoptr(Arena) mem = arena_new();
        Form              *form = read_text(mem, &spec, mistakes[i].body);
        const FormMistake *mistake = form_mistake_of(form, mistakes[i].field);

        g_test_message("%s", mistakes[i].name);
        g_assert_cmpint(mistake == NULL ? 0 : mistake->kind, ==, mistakes[i].expect);
        g_assert_true(form_ok(form) == (mistakes[i].expect == 0));
        if (mistake != NULL)
            g_assert_cmpint(mistake->number, ==, mistakes[i].number);
    }
}

static void
test_required(void)
{
    static const char *const names[] = { "title", "count", "born", "agreed", "services" };
    static const char *const bodies[] = {
        "", "title=&count=&born=&agreed=0&services=",
        "title=++&count=+&born-day=&born-month=+&services=&services="
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        g_autoptr(Arena) mem = arena_new();
        Form              *form = read_text(mem, &strict, bodies[i]);
        const FormMistake *mistake = form->mistakes;

        for (size_t j = 0; j < G_N_ELEMENTS(names); j++, mistake = mistake->next) {
            g_assert_cmpstr(mistake->field, ==, names[j]); /* in the order of the fields */
            g_assert_cmpint(mistake->kind, ==, FORM_MISTAKE_REQUIRED);
        }
        g_assert_null(mistake);
    }
}

static void
test_values(void)
{
    g_autoptr(Arena) mem = arena_new();
    Form *form = read_text(
        mem, &spec,
        "title=+%D8%B5%D9%88%D8%AA+&story=a%0D%0Ab+&colour=red&code=c1&phone=%2B962791234567"
        "&email=a%40b.jo&digits=%D9%A1%D9%A2-34&word=+abcd+&page=+x&count=%D9%A4%D9%A2"
        "&born=1970-01-02&agreed=on&services=b&services=&services=a&csrf=tok&f-x=1&f-y=2");
    const Sample *values = form->values;
    const char   *name, *value;

    g_assert_true(form_ok(form));
    g_assert_cmpstr(values->title, ==, "صوت");
    g_assert_cmpstr(values->story, ==, "a\r\nb ");
    g_assert_cmpstr(values->colour, ==, "red");
    g_assert_cmpstr(values->code, ==, "c1");
    g_assert_cmpstr(values->phone, ==, "962791234567");
    g_assert_cmpstr(values->email, ==, "a@b.jo");
    g_assert_cmpstr(values->digits, ==, "1234");
    g_assert_cmpstr(values->word, ==, " abcd ");
    g_assert_cmpstr(values->page, ==, " x");
    g_assert_cmpint(values->count, ==, 42);
    g_assert_cmpint(values->born, ==, 1);
    g_assert_true(values->agreed);
    g_assert_cmpuint(values->services.n, ==, 2);
    g_assert_cmpstr(values->services.items[0], ==, "b");
    g_assert_cmpstr(values->services.items[1], ==, "a");
    g_assert_cmpstr(form_typed(form, "csrf"), ==, "tok");
    g_assert_true(form_extra(form, 1, &name, &value));
    g_assert_cmpstr(name, ==, "f-y");
    g_assert_cmpstr(value, ==, "2");
    g_assert_false(form_extra(form, 2, &name, &value));
}

/* What came is carried as it was typed, right or not; what is secret or a file makes a form stay. */
static void
test_carried(void)
{
    g_autoptr(Arena) mem = arena_new();
    Form                    *form = read_text(mem, &strict,
                                              "csrf=tok&title=a%0D%0A%3Cb%3E&command=12&count=x&title=%FF&born-day=2"
                                                                 "&services=b&services=a");
    static const char *const pairs[][2] = {
        { "title", "a\r\n<b>" }, { "count", "x" },    { "born-day", "2" },
        { "services", "b" },     { "services", "a" },
    };
    const char *name, *value;

    g_assert_true(form_may_be_carried(&strict));
    g_assert_false(form_may_be_carried(&spec));
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_assert_true(form_carried(form, i, &name, &value));
        g_assert_cmpstr(name, ==, pairs[i][0]);
        g_assert_cmpstr(value, ==, pairs[i][1]);
    }
    g_assert_false(form_carried(form, G_N_ELEMENTS(pairs), &name, &value));
}

static void
test_absent(void)
{
    g_autoptr(Arena) mem = arena_new();
    Form         *form = read_text(mem, &spec, "title=&story=+%0D%0A+&colour=&page=");
    const Sample *values = form->values;

    g_assert_true(form_ok(form));
    g_assert_null(values->title);
    g_assert_null(values->story);
    g_assert_null(values->colour);
    g_assert_null(values->page);
    g_assert_cmpint(values->count, ==, 0);
    g_assert_cmpint(values->born, ==, FORM_NO_DATE);
    g_assert_false(values->agreed);
    g_assert_cmpuint(values->services.n, ==, 0);
}

static const struct {
    const char *text;
    int64_t     day;
} days[] = {
    { "1970-01-01", 0 },     { "1969-12-31", -1 },     { "2000-02-29", 11016 },
    { "2026-11-25", 20782 }, { "1800-01-01", -62091 }, { "2026-1-5", 20458 },
};

static void
test_days(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(days); i++) {
        g_autoptr(Arena) mem = arena_new();
        Form *form = read_text(mem, &spec, arena_printf(mem, "born=%s", days[i].text));

        g_assert_true(form_ok(form));
        g_assert_cmpint(((Sample *)form->values)->born, ==, days[i].day);
    }
}

static void
test_typed(void)
{
    g_autoptr(Arena) mem = arena_new();
    Form *form = read_text(mem, &spec,
                           "title=+ab+&count=x&word=geheim&colour=%FF"
                           "&services=a&services=b");

    g_assert_cmpstr(form_typed(form, "title"), ==, " ab ");
    g_assert_cmpstr(form_typed(form, "count"), ==, "x");
    g_assert_null(form_typed(form, "word"));
    g_assert_null(form_typed(form, "colour"));
    g_assert_null(form_typed(form, "story"));
    g_assert_true(form_has(form, "services", "b"));
    g_assert_false(form_has(form, "services", "c"));
    form_set(form, "title", "abc");
    form_set(form, "services", NULL);
    g_assert_cmpstr(form_typed(form, "title"), ==, "abc");
    g_assert_false(form_has(form, "services", "b"));
}

static void
test_messages(void)
{
    g_autoptr(Arena) mem = arena_new();
    Form *form = form_blank(mem, &spec);

    g_assert_true(form_ok(form));
    form_mistake(form, "count", 7, "a", NULL);
    form_mistake(form, "title", 8, NULL, NULL);
    form_mistake(form, "", 9, NULL, NULL);
    form_mistake(form, "title", 10, NULL, NULL);
    g_assert_false(form_ok(form));
    g_assert_cmpint(form->mistakes->message, ==, 9);
    g_assert_cmpint(form->mistakes->next->message, ==, 8);
    g_assert_cmpint(form->mistakes->next->next->message, ==, 10);
    g_assert_cmpint(form_mistake_of(form, "count")->message, ==, 7);
    g_assert_cmpstr(form_mistake_of(form, "count")->arguments[0], ==, "a");
    g_assert_null(form_mistake_of(form, "count")->arguments[1]);
}

static void
test_wipe(void)
{
    g_autoptr(Arena) mem = arena_new();
    Form       *form = read_text(mem, &spec, "word=geheim&title=bleibt");
    const char *word = ((Sample *)form->values)->word;

    g_assert_cmpstr(word, ==, "geheim");
    form_wipe(form);
    for (size_t i = 0; i < 6; i++)
        g_assert_cmpint(word[i], ==, 0);
    g_assert_cmpstr(form_typed(form, "title"), ==, "bleibt");
}

static void
test_many(void)
{
    g_autoptr(Arena) mem = arena_new();
    GString *body = g_string_new(NULL);
    Form    *form;

    for (int i = 0; i < FORM_MOST_VALUES + 1; i++)
        g_string_append_printf(body, "f-%d=%d&", i, i);
    form = read_text(mem, &spec, body->str);
    g_assert_cmpint(form_mistake_of(form, "")->kind, ==, FORM_MISTAKE_NOT_TEXT);
    g_string_free(body, true);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/form/mistakes", test_mistakes);
    g_test_add_func("/form/required", test_required);
    g_test_add_func("/form/values", test_values);
    g_test_add_func("/form/carried", test_carried);
    g_test_add_func("/form/absent", test_absent);
    g_test_add_func("/form/days", test_days);
    g_test_add_func("/form/typed", test_typed);
    g_test_add_func("/form/messages", test_messages);
    g_test_add_func("/form/wipe", test_wipe);
    g_test_add_func("/form/many", test_many);
    return g_test_run();
}
