/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whatever comes: values are text, a wrong form has a mistake, checking again says the same. */
#include "http/fuzz_replay.h"

#include "base/text.h"
#include "http/form_parts.h"

#include <string.h>

const char *const fuzz_replay_seeds[] = {
    "title=%D8%B5%D9%88%D8%AA+a&story=a%0D%0Ab&count=42&born=2026-11-25&csrf=x&command=y",
    "born-day=%D9%A1&born-month=2&born-year=1999&colour=red&many=a&many=b&f-1=2&f-1=3",
    "phone=%2B962791234567&email=a%40b.jo&digits=12-34&word=secret&on=1",
    "title=%00&x=%FF&=&&title",
    "%",
    NULL,
};

typedef struct {
    const char *title, *story, *colour, *phone, *email, *digits, *word;
    int64_t     count, born;
    bool        on;
    Texts       many;
} Values;

static const char *const colours[] = { "red", NULL };

static const FormField   fields[] = {
      { .name = "title", .kind = FORM_TEXT, .offset = offsetof(Values, title), .required = true },
      { .name = "story", .kind = FORM_LONG_TEXT, .offset = offsetof(Values, story) },
      { .name = "colour",
        .kind = FORM_CHOICE,
        .offset = offsetof(Values, colour),
        .choices = colours },
      { .name = "phone", .kind = FORM_PHONE, .offset = offsetof(Values, phone) },
      { .name = "email", .kind = FORM_EMAIL, .offset = offsetof(Values, email) },
      { .name = "digits", .kind = FORM_DIGITS, .offset = offsetof(Values, digits) },
      { .name = "word", .kind = FORM_SECRET, .offset = offsetof(Values, word) },
      { .name = "count", .kind = FORM_INT, .offset = offsetof(Values, count) },
      { .name = "born", .kind = FORM_DATE, .offset = offsetof(Values, born) },
      { .name = "on", .kind = FORM_FLAG, .offset = offsetof(Values, on) },
      { .name = "many", .kind = FORM_CHOICE, .offset = offsetof(Values, many), .many = true },
};

static const FormSpec spec = { .name = "fuzz", FORM_SPEC(Values, fields), .extra = "f-" };

static size_t
count_mistakes(const Form *form)
{
    size_t n = 0;

    for (const FormMistake *mistake = form->mistakes; mistake != NULL; mistake = mistake->next)
        n++;
    return n;
}

static void
check_text(const char *text)
{
    g_assert_true(text == NULL || text_is_valid(text, strlen(text)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Arena) mem = arena_new();
    Form         *form = form_read(mem, &spec, (const char *)data, size);
    const Values *values = form->values;
    size_t        n = count_mistakes(form);
    const char   *name, *value;

    check_text(values->title);
    check_text(values->story);
    check_text(values->digits);
    check_text(values->phone);
    g_assert_true(values->colour == NULL || g_str_equal(values->colour, "red"));
    g_assert_true(values->title != NULL || n > 0);
    g_assert_null(form_typed(form, "word"));
    for (size_t i = 0; i < values->many.n; i++)
        check_text(values->many.items[i]);
    for (size_t i = 0; form_extra(form, i, &name, &value); i++) {
        check_text(name);
        check_text(value);
    }
    form_check(form);
    g_assert_cmpuint(count_mistakes(form), ==, n);
    form_wipe(form);
    return 0;
}
