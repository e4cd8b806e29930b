/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How each kind of field looks: blank, typed and mistaken, in both languages. */
#include "view/form_view.h"

#include "messages.h"

#include <sodium.h>

typedef struct {
    const char *subject, *text, *type, *entity, *mobile, *email, *code, *secret, *back, *number;
    int64_t     age, when;
    bool        agree;
    Texts       topics;
} Sample;

static const char *const types[] = { "inquiry", "complaint", NULL };

#define FIELD(member, kind_, ...)                                                                  \
    {                                                                                              \
        .name = #member, .kind = (kind_), .offset = offsetof(Sample, member), __VA_ARGS__          \
    }

static const FormField fields[] = {
    FIELD(subject, FORM_TEXT, .required = true, .label = MSG_WORD_TYPE, .hint = MSG_WORD_STEPS,
          .max = 10),
    FIELD(text, FORM_LONG_TEXT, .label = MSG_WORD_REQUEST, .min = 3),
    FIELD(age, FORM_INT, .label = MSG_WORD_NUMBER, .min = 1, .max = 120),
    FIELD(agree, FORM_FLAG, .required = true, .label = MSG_BUTTON_CONFIRM),
    FIELD(type, FORM_CHOICE, .required = true, .label = MSG_WORD_TYPE, .choices = types),
    FIELD(entity, FORM_CHOICE, .label = MSG_WORD_ENTITY),
    FIELD(topics, FORM_CHOICE, .label = MSG_WORD_SERVICE, .many = true),
    FIELD(when, FORM_DATE, .required = true, .label = MSG_WORD_TIME, .hint = MSG_WORD_TIME),
    FIELD(mobile, FORM_PHONE, .required = true, .label = MSG_WORD_CODE, .autocomplete = "tel"),
    FIELD(email, FORM_EMAIL, .label = MSG_CHANNEL_EMAIL, .autocomplete = "email"),
    FIELD(code, FORM_DIGITS, .required = true, .label = MSG_WORD_CODE, .min = 6, .max = 6,
          .autocomplete = "one-time-code"),
    FIELD(number, FORM_DIGITS, .label = MSG_WORD_NUMBER, .min = 5, .max = 10),
    FIELD(secret, FORM_SECRET, .label = MSG_WORD_CODE, .autocomplete = "current-password"),
    FIELD(back, FORM_HIDDEN),
    { .name = "files", .kind = FORM_FILE, .label = MSG_SCREEN_OUTBOX, .many = true, .max = 10 },
};

static const FormSpec spec = { .name = "sample", FORM_SPEC(Sample, fields) };

static const Choice   entities[] = {
      { "12", "سلطة المياه <b>", "hint \"q\"", "phone" },
      { "31", "بلدية إربد", NULL, NULL },
};

typedef struct {
    Arena   *mem;
    Buffer   out;
    Page     around;
    Html     page;
    FormView view;
} Fixture;

static void
begin(Fixture *f, gconstpointer lang)
{
    f->mem = arena_new();
    buffer_init(&f->out);
    f->around = (Page){ .lang = lang, .csrf = "token" };
    f->page =
        (Html){ .out = &f->out, .words = i18n_words(lang), .page = &f->around, .mem = f->mem };
    f->view = (FormView){ .form = form_blank(f->mem, &spec), .action = "/send" };
}

static void
end(Fixture *f, gconstpointer lang)
{
    (void)lang;
    buffer_clear(&f->out);
    arena_free(f->mem);
}

static const char *
written(Fixture *f)
{
    const char *text = f->out.size == 0 ? "" : arena_text(f->mem, f->out.data, f->out.size);

    f->out.size = 0;
    return text;
}

static const char *
field(Fixture *f, const char *name)
{
    form_view_field(&f->page, &f->view, name);
    return written(f);
}

static void
sent(Fixture *f, const char *body)
{
    f->view.form = form_read(f->mem, &spec, body, strlen(body));
}

static void
assert_has(const char *markup, const char *part)
{
    if (strstr(markup, part) == NULL)
        g_error("no %s in %s", part, markup);
}

static void
assert_lacks(const char *markup, const char *part)
{
    if (strstr(markup, part) != NULL)
        g_error("%s in %s", part, markup);
}

static void
text(Fixture *f, gconstpointer lang)
{
    (void)lang;
    g_assert_cmpstr(field(f, "subject"), ==,
                    "<div class=\"field\"><label for=\"f-subject\">Type</label>"
                    "<p class=\"hint\" id=\"f-subject-hint\">Question {step} of {steps}</p>"
                    "<input class=\"input\" dir=\"auto\" id=\"f-subject\" name=\"subject\" "
                    "aria-describedby=\"f-subject-hint\"></div>");
    f->view.question = true;
    assert_has(field(f, "subject"), "<div class=\"field\"><h1><label for=\"f-subject\">Type</label>"
                                    "</h1><p class=\"hint\"");
    f->view.question = false;

    sent(f, "subject=%22%3E%3Cscript%3E+%E2%80%AEabcdef");
    g_assert_cmpstr(field(f, "subject"), ==,
                    "<div class=\"field\"><label for=\"f-subject\">Type</label>"
                    "<p class=\"hint\" id=\"f-subject-hint\">Question {step} of {steps}</p>"
                    "<p class=\"error\" id=\"f-subject-error\"><span class=\"vh\">Error:</span> "
                    "Type: 10 characters at most</p>"
                    "<input class=\"input\" dir=\"auto\" id=\"f-subject\" name=\"subject\" "
                    "aria-invalid=\"true\" aria-describedby=\"f-subject-hint f-subject-error\" "
                    "value=\"&quot;&gt;&lt;script&gt; &#x202E;abcdef\"></div>");
}

static void
long_text(Fixture *f, gconstpointer lang)
{
    (void)lang;
    sent(f, "text=%0A%3C%2Ftextarea%3E");
    assert_has(field(f, "text"), ">\n\n&lt;/textarea&gt;</textarea></div>");
    assert_has(field(f, "text"), "rows=\"8\" dir=\"auto\" id=\"f-text\" name=\"text\"");
    assert_has(field(f, "text"), "data-max=\"5000\" data-count=\"Characters: {n} of {max}\"");
    assert_has(field(f, "text"), "<span class=\"optional\">(optional)</span></label>");
}

static void
kinds(Fixture *f, gconstpointer lang)
{
    static const struct {
        const char *name, *part;
    } rows[] = {
        { "age", "class=\"input ltr w6\" inputmode=\"numeric\" dir=\"ltr\" id=\"f-age\"" },
        { "mobile", "class=\"input ltr w14\" type=\"tel\" inputmode=\"tel\" dir=\"ltr\" "
                    "id=\"f-mobile\" name=\"mobile\" autocomplete=\"tel\"" },
        { "email", "class=\"input ltr\" type=\"email\" inputmode=\"email\" dir=\"ltr\"" },
        { "code", "class=\"input ltr w6 code\" inputmode=\"numeric\" dir=\"ltr\" id=\"f-code\" "
                  "name=\"code\" autocomplete=\"one-time-code\"" },
        { "number", "class=\"input ltr w10\" inputmode=\"numeric\"" },
        { "secret", "type=\"password\" dir=\"ltr\" id=\"f-secret\"" },
        { "agree", "<div class=\"choice plain\"><input type=\"checkbox\" value=\"1\" "
                   "id=\"f-agree\" name=\"agree\"><label for=\"f-agree\">Confirm</label>" },
        { "files", "type=\"file\" accept=\"image/*,video/*,audio/*,application/pdf\"" },
        { "files", " multiple id=\"f-files\" name=\"files\" data-max-files=\"10\"" },
        { "back", "<input type=\"hidden\" name=\"back\">" },
    };

    (void)lang;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_has(field(f, rows[i].name), rows[i].part);
}

/* A secret is never shown again; all else that was typed is, also when it is wrong. */
static void
typed(Fixture *f, gconstpointer lang)
{
    (void)lang;
    sent(f, "secret=hunter2&mobile=079+12&age=x%3C&agree=1&back=%22&email=a");
    assert_lacks(field(f, "secret"), "hunter2");
    assert_has(field(f, "mobile"), "value=\"079 12\"");
    assert_has(field(f, "age"), "value=\"x&lt;\"");
    assert_has(field(f, "agree"), " checked>");
    assert_has(field(f, "back"), "value=\"&quot;\"");
    assert_has(field(f, "email"), "aria-invalid=\"true\" aria-describedby=\"f-email-error\"");
}

static void
choices(Fixture *f, gconstpointer lang)
{
    const Choices given[] = {
        { .field = "topics", .choices = entities, .n = 2 },
        { .field = "entity", .choices = entities, .n = 2 },
        { .field = NULL },
    };
    Choices list[] = { { .field = "entity", .choices = entities, .n = 2, .as_list = true },
                       { .field = NULL } };

    (void)lang;
    /* From the catalogue; without words a code stands for itself. */
    sent(f, "type=complaint&entity=31&topics=12&topics=31");
    assert_has(field(f, "type"),
               "<div class=\"choice\"><input type=\"radio\" id=\"f-type\" name=\"type\" "
               "value=\"inquiry\"><label for=\"f-type\">inquiry</label></div>"
               "<div class=\"choice\"><input type=\"radio\" id=\"f-type-2\" name=\"type\" "
               "value=\"complaint\" checked><label for=\"f-type-2\">complaint</label></div>");

    f->view.choices = given;
    assert_has(field(f, "entity"),
               "value=\"12\" aria-describedby=\"f-entity-about\"><label for=\"f-entity\"><svg");
    assert_has(field(f, "entity"), "سلطة المياه &lt;b&gt;</label><p class=\"hint\" "
                                   "id=\"f-entity-about\">hint &quot;q&quot;</p></div>");
    assert_has(field(f, "entity"), "value=\"31\" checked>");
    assert_has(field(f, "topics"), "<input type=\"checkbox\" id=\"f-topics\" name=\"topics\" "
                                   "value=\"12\" checked");

    f->view.choices = list;
    assert_has(field(f, "entity"),
               "<select class=\"input\" id=\"f-entity\" name=\"entity\"><option value=\"\">Choose"
               "</option><option value=\"12\">سلطة المياه &lt;b&gt;</option>"
               "<option value=\"31\" selected>بلدية إربد</option></select></div>");
    f->view.question = true;
    assert_has(field(f, "type"), "<fieldset class=\"field\"><legend><h1>Type</h1></legend>");
}

static void
date(Fixture *f, gconstpointer lang)
{
    (void)lang;
    g_assert_cmpstr(
        field(f, "when"), ==,
        "<fieldset class=\"field\" aria-describedby=\"f-when-hint\"><legend>Time</legend>"
        "<p class=\"hint\" id=\"f-when-hint\">Time</p><div class=\"date\">"
        "<div><label for=\"f-when\">Day</label><input inputmode=\"numeric\" dir=\"ltr\" "
        "class=\"input ltr\" id=\"f-when\" name=\"when-day\"></div>"
        "<div><label for=\"f-when-month\">Month</label><input inputmode=\"numeric\" dir=\"ltr\" "
        "class=\"input ltr\" id=\"f-when-month\" name=\"when-month\"></div>"
        "<div><label for=\"f-when-year\">Year</label><input inputmode=\"numeric\" dir=\"ltr\" "
        "class=\"input ltr year\" id=\"f-when-year\" name=\"when-year\"></div></div></fieldset>");

    sent(f, "when-day=31&when-month=2&when-year=2026");
    assert_has(field(f, "when"), "name=\"when-day\" aria-invalid=\"true\" value=\"31\"");
    assert_has(field(f, "when"), "aria-describedby=\"f-when-hint f-when-error\"");
    form_set((Form *)f->view.form, "when-day", NULL);
    form_set((Form *)f->view.form, "when-month", NULL);
    form_set((Form *)f->view.form, "when-year", NULL);
    form_set((Form *)f->view.form, "when", "2026-11-05");
    assert_has(field(f, "when"), "value=\"05\"");
    assert_has(field(f, "when"), "value=\"2026\"");
}

/* Each kind of mistake as a sentence that says what would be right. */
static void
sentences(Fixture *f, gconstpointer data)
{
    static const struct {
        const char     *field;
        FormMistakeKind kind;
        int64_t         number;
        const char     *ar, *en;
    } rows[] = {
        { "subject", FORM_MISTAKE_REQUIRED, 0, "أدخلوا النوع", "Fill in “Type”" },
        { "type", FORM_MISTAKE_REQUIRED, 0, "اختاروا النوع", "Choose “Type”" },
        { "when", FORM_MISTAKE_REQUIRED, 0, "أدخلوا الوقت: اليوم ثم الشهر ثم السنة",
          "Fill in “Time”: day, month, year" },
        { "agree", FORM_MISTAKE_REQUIRED, 0, "ضعوا علامة أمام: تأكيد", "Tick the box: Confirm" },
        { "files", FORM_MISTAKE_REQUIRED, 0, "أرفقوا الرسائل الصادرة", "Attach “Outbox”" },
        { "subject", FORM_MISTAKE_TOO_LONG, 10, "النوع: 10 أحرف على الأكثر",
          "Type: 10 characters at most" },
        { "text", FORM_MISTAKE_TOO_SHORT, 3, "الطلب: 3 أحرف على الأقل",
          "Request: 3 characters at least" },
        { "code", FORM_MISTAKE_TOO_SHORT, 6, "رمز التتبّع: 6 أرقام",
          "Tracking code: exactly 6 digits" },
        { "number", FORM_MISTAKE_TOO_LONG, 10, "رقم الطلب: 10 أرقام على الأكثر",
          "Number of the request: 10 digits at most" },
        { "number", FORM_MISTAKE_TOO_SHORT, 5, "رقم الطلب: 5 أرقام على الأقل",
          "Number of the request: 5 digits at least" },
        { "type", FORM_MISTAKE_NOT_A_CHOICE, 0, "النوع: اختاروا من القائمة",
          "Type: choose from the list" },
        { "age", FORM_MISTAKE_NOT_A_NUMBER, 0, "رقم الطلب: رقم صحيح، مثل 12",
          "Number of the request: a whole number, such as 12" },
        { "age", FORM_MISTAKE_OUT_OF_RANGE, 0, "رقم الطلب: رقم من 1 إلى 120",
          "Number of the request: a number from 1 to 120" },
        { "when", FORM_MISTAKE_NOT_A_DATE, 0, "الوقت: تاريخ صحيح، مثل 27 3 2026",
          "Time: a real date, such as 27 3 2026" },
        { "mobile", FORM_MISTAKE_NOT_A_PHONE, 0,
          "رمز التتبّع: رقم هاتف من 10 أرقام، مثل 0790000000، أو رقم دولي يبدأ بـ00",
          "Tracking code: a number of 10 digits, such as 0790000000, or an international one "
          "beginning with 00" },
        { "email", FORM_MISTAKE_NOT_AN_EMAIL, 0, "البريد الإلكتروني: عنوان مثل name@example.com",
          "E-mail: an address such as name@example.com" },
        { "code", FORM_MISTAKE_NOT_DIGITS, 0, "رمز التتبّع: أرقام فقط، دون حروف",
          "Tracking code: digits only, no letters" },
        { "subject", FORM_MISTAKE_NOT_TEXT, 0, "النوع: فيه رموز لا تُقرأ؛ اكتبوه من جديد",
          "Type: holds signs that cannot be read; please write it again" },
        { "", FORM_MISTAKE_UNKNOWN, 0, "وصل في النموذج ما ليس منه. حدّثوا الصفحة ثم أرسلوا من جديد.",
          "Something arrived that is not part of this form. Reload the page and send it again." },
        { "nowhere", FORM_MISTAKE_REQUIRED, 0,
          "وصل في النموذج ما ليس منه. حدّثوا الصفحة ثم أرسلوا من جديد.",
          "Something arrived that is not part of this form. Reload the page and send it again." },
    };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        FormMistake mistake = { .field = rows[i].field,
                                .kind = rows[i].kind,
                                .number = rows[i].number };

        g_assert_cmpstr(form_view_sentence(f->mem, i18n_words("ar"), f->view.form, &mistake), ==,
                        rows[i].ar);
        g_assert_cmpstr(form_view_sentence(f->mem, i18n_words("en"), f->view.form, &mistake), ==,
                        rows[i].en);
    }
}

static void
own_sentence(Fixture *f, gconstpointer lang)
{
    (void)lang;
    form_mistake((Form *)f->view.form, "subject", MSG_OUTCOME_RESOLVED_SENTENCE, "<i>", NULL);
    assert_has(field(f, "subject"), "The problem is solved: &lt;i&gt;.</p>");
}

static void
summary(Fixture *f, gconstpointer lang)
{
    const char *markup;

    (void)lang;
    form_view_errors(&f->page, &f->view);
    g_assert_cmpstr(written(f), ==, "");
    g_assert_false(form_view_mistaken(&f->view));
    g_assert_false(form_view_mistaken(NULL));
    g_assert_false(form_view_mistaken(&(FormView){ .form = NULL }));

    sent(f, "subject=&hostile%22%3E=1&when-day=99");
    g_assert_true(form_view_mistaken(&f->view));
    form_view_errors(&f->page, &f->view);
    markup = written(f);
    assert_has(markup, "<div class=\"problems\" role=\"alert\" tabindex=\"-1\" "
                       "aria-labelledby=\"problems-title\"><h2 id=\"problems-title\"><svg");
    assert_has(markup, "<li><a href=\"#f-subject\">Fill in “Type”</a></li>");
    assert_has(markup, "<li><a href=\"#f-when\">Time: a real date, such as 27 3 2026</a></li>");
    assert_has(markup, "<li>Something arrived that is not part of this form.");
    assert_lacks(markup, "hostile");

    f->view.prefix = "find";
    form_view_errors(&f->page, &f->view);
    assert_has(written(f), "<li><a href=\"#find-subject\">");
    assert_has(field(f, "subject"), "<label for=\"find-subject\">");
}

static void
opening(Fixture *f, gconstpointer lang)
{
    const char *first, *second;

    (void)lang;
    form_view_begin(&f->page, &f->view);
    first = written(f);
    form_view_begin(&f->page, &f->view);
    second = written(f);
    assert_has(first, "<form method=\"post\" action=\"/send\" novalidate><input type=\"hidden\" "
                      "name=\"csrf\" value=\"token\"><input type=\"hidden\" name=\"command\" ");
    g_assert_cmpstr(first, !=, second);

    /* A repeat is a repeat. */
    sent(f, "command=abc%22");
    f->view.files = true;
    f->view.action = "javascript:alert(1)";
    form_view_begin(&f->page, &f->view);
    g_assert_cmpstr(written(f), ==,
                    "<form method=\"post\" action=\"#\" enctype=\"multipart/form-data\" novalidate>"
                    "<input type=\"hidden\" name=\"csrf\" value=\"token\">"
                    "<input type=\"hidden\" name=\"command\" value=\"abc&quot;\">");
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        { "/form-view/text", text },           { "/form-view/long-text", long_text },
        { "/form-view/kinds", kinds },         { "/form-view/typed", typed },
        { "/form-view/choices", choices },     { "/form-view/date", date },
        { "/form-view/sentences", sentences }, { "/form-view/own-sentence", own_sentence },
        { "/form-view/summary", summary },     { "/form-view/opening", opening },
    };

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, "en", begin, tests[i].test, end);
    return g_test_run();
}
