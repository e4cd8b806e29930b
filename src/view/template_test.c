/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A template that uses the whole language, compiled and run with what a hostile person would type. */
#include "view/template_test.h"

#include "messages.h"
#include "template_test_html.h"

#include <sodium.h>

typedef struct {
    Arena   *mem;
    Buffer   out;
    Zone    *zone;
    Page     around;
    Html     page;
    Form    *form;
    FormView form_view;
} Fixture;

typedef struct {
    const char *subject;
} Sample;

static const FormField fields[] = {
    { .name = "subject",
      .kind = FORM_TEXT,
      .offset = offsetof(Sample, subject),
      .required = true,
      .label = MSG_WORD_TYPE },
};

static const FormSpec spec = { .name = "sample", FORM_SPEC(Sample, fields) };

static void
begin(Fixture *f, gconstpointer lang)
{
    f->mem = arena_new();
    buffer_init(&f->out);
    f->zone = zone_new("Asia/Amman");
    f->around = (Page){
        .lang = lang, .dir = i18n_language(i18n_words(lang))->dir, .csrf = "c", .target = "/"
    };
    f->page = (Html){ .out = &f->out,
                      .words = i18n_words(lang),
                      .page = &f->around,
                      .zone = f->zone,
                      .mem = f->mem };
    f->form = form_blank(f->mem, &spec);
    f->form_view = (FormView){ .form = f->form, .action = "/send" };
}

static void
end(Fixture *f, gconstpointer lang)
{
    (void)lang;
    zone_free(f->zone);
    buffer_clear(&f->out);
    arena_free(f->mem);
}

static const char *
shown(Fixture *f, const SampleView *view)
{
    f->out.size = 0;
    template_test_html(&f->page, view);
    return arena_text(f->mem, f->out.data, f->out.size);
}

static void
assert_has(const char *page, const char *part)
{
    if (strstr(page, part) == NULL)
        g_error("no %s in:\n%s", part, page);
}

static void
assert_lacks(const char *page, const char *part)
{
    if (strstr(page, part) != NULL)
        g_error("%s in:\n%s", part, page);
}

static void
full(Fixture *f, gconstpointer lang)
{
    static const SampleRow rows[] = {
        { .title = "<script>alert(1)</script>",
          .entity = "\"><b>",
          .number = 26483920175,
          .due_at = 1795600000 * SECONDS,
          .late = true,
          .state = MSG_STATE_RECEIVED },
        { .title = "ماء", .entity = "سلطة المياه", .number = 26483920175 },
    };
    static const char        chart[] = "<svg viewBox=\"0 0 1 1\"></svg>";
    static const char *const words[] = { "one", "<two>", "three" };
    static const SamplePlace place = { "إربد" };
    SampleView               view = {
                      .rows = rows,
                      .n_rows = 2,
                      .words = words,
                      .n_words = 3,
                      .place = &place,
                      .home = { "السلط" },
                      .next = "/list?after=1&b=2",
                      .cursor = "a&b=\"c\"",
                      .name = "\n\"'<name>",
                      .code = "7<Q",
                      .chart = { chart, sizeof chart - 1 },
                      .form = &f->form_view,
    };
    const char *page = shown(f, &view);

    (void)lang;
    assert_lacks(page, "<script>alert");
    assert_lacks(page, "<name>");
    assert_lacks(page, "<two>");
    assert_lacks(page, "\"><b>");
    assert_has(page, "<main id=\"main\" class=\"page wide\"");
    assert_has(page, "<h1 title=\"\n&quot;&#39;&lt;name&gt;\">");
    assert_has(page, "<li class=\"late\" id=\"r1\"><a href=\"/r/26-4839-2017-5?c=a%26b%3D%22c%22\">"
                     "&lt;script&gt;alert(1)&lt;/script&gt;</a>");
    assert_has(page, "<li id=\"r2\">");
    assert_has(page, "[one &lt;two&gt; three]");
    assert_has(page, "<p>إربد \n&quot;");
    assert_has(page, "<p>السلط</p><p>السلط 7&lt;Q</p>");
    assert_has(page, "<a href=\"/list?after=1&amp;b=2\">");
    assert_has(page, "<textarea name=\"t\">\n\n&quot;");
    assert_has(page, "<svg viewBox");
    assert_has(page, "<form method=\"post\" action=\"/send\" novalidate><input type=\"hidden\" "
                     "name=\"csrf\" value=\"c\">");
    assert_has(page, "id=\"f-subject\"");
    assert_has(page, "</main>");
    assert_has(page, "</html>");
    assert_lacks(page, "class=\"problems\"");
    if (strcmp(lang, "ar") == 0) {
        assert_has(page, "<html lang=\"ar\" dir=\"rtl\">");
        assert_has(page, "<p>نتيجتان: ");
        assert_has(page, "أجابت <bdi>&quot;&gt;&lt;b&gt;</bdi>.");
        assert_has(page, " وارد\n");
    } else {
        assert_has(page, "<html lang=\"en\" dir=\"ltr\">");
        assert_has(page, "<p>2 results: ");
        assert_has(page, "<bdi>سلطة المياه</bdi> has answered.");
        assert_has(page, " Received\n");
    }
}

/* Nothing where nothing is: every optional thing missing. */
static void
empty(Fixture *f, gconstpointer lang)
{
    SampleView  view = { .form = &f->form_view };
    const char *page = shown(f, &view);

    (void)lang;
    assert_lacks(page, "id=\"r1\"");
    assert_has(page, "<p>-</p>");
    assert_has(page, "<h1 title=\"\"></h1>");
    assert_lacks(page, "<a href=\"#\"");
}

static void
mistaken(Fixture *f, gconstpointer lang)
{
    SampleView  view = { .form = &f->form_view, .name = "n" };
    const char *page;

    f->form_view.form = form_read(f->mem, &spec, "subject=", 8);
    page = shown(f, &view);
    assert_has(page, strcmp(lang, "ar") == 0 ? "<title>خطأ: n – صوت</title>"
                                             : "<title>Error: n – Sawt</title>");
    assert_has(page, "<div class=\"problems\" role=\"alert\"");
    assert_has(page, "<a href=\"#f-subject\">");
}

/* Not a test: how fast (run with -m perf). */
static void
speed(Fixture *f, gconstpointer lang)
{
    static SampleRow rows[50];
    SampleView view = { .rows = rows, .n_rows = 50, .name = "الطلبات", .form = &f->form_view };
    int64_t    start = clock_monotonic(), rounds = 5000;

    (void)lang;
    if (!g_test_perf()) {
        g_test_skip("only with -m perf");
        return;
    }
    for (size_t i = 0; i < 50; i++)
        rows[i] = (SampleRow){ "انقطاع المياه عن حي الزهور منذ أسبوع كامل",
                               "سلطة المياه",
                               26483920175,
                               1795600000 * SECONDS,
                               i % 2 == 0,
                               MSG_STATE_RECEIVED };
    for (int64_t i = 0; i < rounds; i++) {
        f->out.size = 0;
        template_test_html(&f->page, &view);
        arena_reset(f->mem);
        f->form_view.form = form_blank(f->mem, &spec);
    }
    start = clock_monotonic() - start;
    g_test_message("50 rows, %zu bytes: %.0f pages a second, %.1f us each", f->out.size,
                   (double)rounds * 1e6 / (double)start, (double)start / (double)rounds);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_add("/template/full-ar", Fixture, "ar", begin, full, end);
    g_test_add("/template/full-en", Fixture, "en", begin, full, end);
    g_test_add("/template/empty", Fixture, "ar", begin, empty, end);
    g_test_add("/template/mistaken-ar", Fixture, "ar", begin, mistaken, end);
    g_test_add("/template/mistaken-en", Fixture, "en", begin, mistaken, end);
    g_test_add("/template/speed", Fixture, "ar", begin, speed, end);
    return g_test_run();
}
