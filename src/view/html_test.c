/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Escaping for each place, with hostile text. Vectors of ../shared/data are read as well where they
 * are found beside the source (../shared/data); a few of the worst stand here. */
#include "view/html.h"

#include "base/text.h"
#include "base/utf8.h"
#include "messages.h"

#include <sodium.h>

typedef struct {
    Arena *mem;
    Buffer out;
    Zone  *zone;
    Page   around;
    Html   page;
} Fixture;

static void
begin(Fixture *f, gconstpointer lang)
{
    f->mem = arena_new();
    buffer_init(&f->out);
    f->zone = zone_new("Asia/Amman");
    f->around = (Page){ .lang = lang, .csrf = "tok\"en" };
    f->page = (Html){ .out = &f->out,
                      .words = i18n_words(lang),
                      .page = &f->around,
                      .zone = f->zone,
                      .mem = f->mem,
                      .now = 1795000000 * SECONDS };
}

static void
end(Fixture *f, gconstpointer lang)
{
    (void)lang;
    zone_free(f->zone);
    buffer_clear(&f->out);
    arena_free(f->mem);
}

/* What was written, and forget it. */
static const char *
written(Fixture *f)
{
    const char *text = f->out.size == 0 ? "" : arena_text(f->mem, f->out.data, f->out.size);

    f->out.size = 0;
    return text;
}

typedef struct {
    const char *name, *text, *want;
} Row;

static void
run_rows(Fixture *f, const Row *rows, size_t n, void (*write)(Html *, const char *))
{
    for (size_t i = 0; i < n; i++) {
        write(&f->page, rows[i].text);
        if (g_strcmp0(written(f), rows[i].want) == 0)
            continue;
        write(&f->page, rows[i].text);
        g_error("%s: got %s, want %s", rows[i].name, written(f), rows[i].want);
    }
}

static void
text(Fixture *f, gconstpointer lang)
{
    static const Row rows[] = {
        { "nothing", NULL, "" },
        { "an empty text", "", "" },
        { "plain words", "plain", "plain" },
        { "Arabic", "انقطاع المياه منذ أسبوع", "انقطاع المياه منذ أسبوع" },
        { "markup", "<b>&\"'</b>", "&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;" },
        { "what was escaped before", "&lt;", "&amp;lt;" },
        { "quotation marks and dashes", "«أ» – “b” … €", "«أ» – “b” … €" },
        { "an emoji", "a😀b", "a😀b" },
        { "joiners stay", "نمی\u200Cخواهم 👩\u200D🔧", "نمی\u200Cخواهم 👩\u200D🔧" },
        { "marks of direction stay", "a\u200Eb\u200Fc", "a\u200Eb\u200Fc" },
        { "an override", "a\u202Eb", "a‹U+202E›b" },
        { "all embeddings", "\u202A\u202B\u202C\u202D", "‹U+202A›‹U+202B›‹U+202C›‹U+202D›" },
        { "isolates", "\u2066\u2067\u2068\u2069", "‹U+2066›‹U+2067›‹U+2068›‹U+2069›" },
        { "unseen ends of lines", "a\u2028b\u2029", "a‹U+2028›b‹U+2029›" },
        { "white space", "a\tb\nc\r", "a\tb\nc\r" },
        { "controls", "a\x01\x1B[31m\x7F", "a‹U+0001›‹U+001B›[31m‹U+007F›" },
        { "C1 controls",
          "a\xC2\x85"
          "b",
          "a‹U+0085›b" },
        { "a byte that begins nothing", "a\x80z", "a�z" },
        { "half a letter at the end", "a\xD8", "a�" },
        { "half a letter before a tag", "\xD8<", "�&lt;" },
        { "two thirds before a tag", "\xE2\x80<b>", "��&lt;b&gt;" },
        { "three quarters before a quote", "\xF0\x9F\x98\"", "���&quot;" },
        { "an overlong angle", "\xC0\xBC", "��" },
        { "an overlong angle of three", "\xE0\x80\xBC", "���" },
        { "a surrogate", "\xED\xA0\x80", "���" },
        { "past the end of Unicode", "\xF4\x90\x80\x80", "����" },
        { "bytes that never stand", "\xFE\xFF\xF8", "���" },
        { "a noncharacter", "\uFFFF", "�" },
        { "a mark of byte order", "\uFEFFa", "\uFEFFa" },
    };

    (void)lang;
    run_rows(f, rows, G_N_ELEMENTS(rows), html_text);
}

static void
attr(Fixture *f, gconstpointer lang)
{
    static const Row rows[] = {
        { "nothing", NULL, "" },
        { "a quote", "\" onload=\"x", "&quot; onload=&quot;x" },
        { "an apostrophe", "' onload='x", "&#39; onload=&#39;x" },
        { "line breaks", "a\nb", "a\nb" },
        { "an override goes back as it came", "a\u202Eb", "a&#x202E;b" },
        { "a control cannot", "a\x01", "a�" },
        { "a C1 control cannot", "a\xC2\x80", "a�" },
        { "half a letter", "\xD9\"", "�&quot;" },
    };

    (void)lang;
    run_rows(f, rows, G_N_ELEMENTS(rows), html_attr);
}

static void
url(Fixture *f, gconstpointer lang)
{
    static const Row rows[] = {
        { "nothing", NULL, "" },
        { "a code", "aZ09-._~", "aZ09-._~" },
        { "all that means something", "/?#&=%+:@\\\"'<>",
          "%2F%3F%23%26%3D%25%2B%3A%40%5C%22%27%3C%3E" },
        { "Arabic", "ماء", "%D9%85%D8%A7%D8%A1" },
        { "line breaks", "\r\n", "%0D%0A" },
    };

    (void)lang;
    run_rows(f, rows, G_N_ELEMENTS(rows), html_url);
}

static void
href(Fixture *f, gconstpointer lang)
{
    static const Row rows[] = {
        { "nothing", NULL, "#" },
        { "an empty one", "", "#" },
        { "a path", "/desk/r/1?a=b&c=d", "/desk/r/1?a=b&amp;c=d" },
        { "a query", "?f=late", "?f=late" },
        { "the root", "/", "/" },
        { "a script", "javascript:alert(1)", "#" },
        { "a script in capitals", "JaVaScRiPt:alert(1)", "#" },
        { "a script behind a space", " javascript:alert(1)", "#" },
        { "data", "data:text/html,<script>", "#" },
        { "another site", "https://example.com/", "#" },
        { "another site without scheme", "//example.com", "#" },
        { "the same by a backslash", "/\\example.com", "#" },
        { "the same by a tab", "/\t/example.com", "#" },
        { "the same by a line break", "/\n/example.com", "#" },
        { "a space", "/a b", "#" },
        { "a quote", "/a\"b", "/a&quot;b" },
    };

    (void)lang;
    run_rows(f, rows, G_N_ELEMENTS(rows), html_href);
}

static void
lines(Fixture *f, gconstpointer lang)
{
    static const Row rows[] = {
        { "nothing", NULL, "" },
        { "one line", "a<b", "a&lt;b" },
        { "every kind of break", "a\nb\r\nc\rd", "a<br>b<br>c<br>d" },
        { "empty lines", "\n\na\n", "<br><br>a<br>" },
        { "half a letter at a break", "\xD8\na", "�<br>a" },
    };

    (void)lang;
    run_rows(f, rows, G_N_ELEMENTS(rows), html_lines);
}

/* Whatever comes in: no tag, no quote, valid UTF-8, and decoding gives it back where it was valid. */
static void
check_hostile(Fixture *f, const char *text)
{
    static void (*const writers[])(Html *, const char *) = { html_text, html_attr, html_url,
                                                             html_href };

    for (size_t i = 0; i < G_N_ELEMENTS(writers); i++) {
        const char *out;

        writers[i](&f->page, text);
        out = written(f);
        g_assert_null(strpbrk(out, "<>\"'"));
        g_assert_true(text_is_valid(out, strlen(out)));
        for (const char *at = strchr(out, '&'); at != NULL; at = strchr(at + 1, '&'))
            g_assert_true(strncmp(at, "&lt;", 4) == 0 || strncmp(at, "&gt;", 4) == 0 ||
                          strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&quot;", 6) == 0 ||
                          strncmp(at, "&#39;", 5) == 0 || strncmp(at, "&#x20", 5) == 0);
    }
}

static void
random_bytes(Fixture *f, gconstpointer lang)
{
    static const char spice[] =
        "<>&\"'\xE2\x80\xAE\xE2\x81\xA6\xD8\xA7\xF0\x9F\xC2\x85\xEF\xBF\xBE";
    static const unsigned char seed[randombytes_SEEDBYTES] = "the same bytes in every run";
    uint8_t                    bytes[20000];

    (void)lang;
    randombytes_buf_deterministic(bytes, sizeof bytes, seed);
    for (size_t i = 0; i < sizeof bytes; i++)
        if (i % 3 != 0)
            bytes[i] = (uint8_t)spice[bytes[i] % (sizeof spice - 1)];
    for (size_t i = 0; i + 40 < sizeof bytes; i += 7)
        check_hostile(f, arena_text(f->mem, (const char *)bytes + i, bytes[i] % 40));
}

/* What html_text writes, letter by letter, as the rule has it. */
static const char *
slowly(Fixture *f, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t         left = strlen(text);
    GString       *out = g_string_new(NULL);
    const char    *result;

    while (left > 0) {
        uint32_t code;
        size_t   size = utf8_decode(at, left, &code);

        if (size == 0 || utf8_is_noncharacter(code))
            g_string_append(out, "�");
        else if (utf8_is_control(code) && strchr("\t\n\r", (int)code) == NULL)
            g_string_append_printf(out, "‹U+%04X›", code);
        else if ((code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069))
            g_string_append_printf(out, "‹U+%04X›", code);
        else if (size == 1 && strchr("<>&\"'", *at) != NULL)
            g_string_append_printf(out, "%s",
                                   *at == '<'    ? "&lt;"
                                   : *at == '>'  ? "&gt;"
                                   : *at == '&'  ? "&amp;"
                                   : *at == '\'' ? "&#39;"
                                                 : "&quot;");
        else
            g_string_append_len(out, (const char *)at, (gssize)size);
        size = MAX(size, 1);
        at += size;
        left -= size;
    }
    result = arena_copy(f->mem, out->str);
    g_string_free(out, TRUE);
    return result;
}

/* Eight bytes at once give what one at a time gives, wherever in them something odd stands. */
static void
same_as_slowly(Fixture *f, gconstpointer lang)
{
    static const char *const pieces[] = {
        "a",
        " ",
        "ا",
        "ك",
        "é",
        "ÿ",
        "\xC2\xAB",
        "…",
        "😀",
        "<",
        ">",
        "&",
        "\"",
        "'",
        "#",
        "\n",
        "\t",
        "\x01",
        "\x7F",
        "\x80",
        "\xBF",
        "\xC0",
        "\xC1",
        "\xC2",
        "\xC3",
        "\xD8",
        "\xE2",
        "\xE2\x80",
        "\xF0\x9F",
        "\xFF",
        "\xE2\x80\xAE",
        "\xE2\x81\xA6",
        "\xEF\xBF\xBF",
        "\xC2\x85",
        "~",
        "=",
        "=;",
    };
    static const unsigned char seed[randombytes_SEEDBYTES] = "and the same here";
    uint8_t                    dice[60000];

    (void)lang;
    randombytes_buf_deterministic(dice, sizeof dice, seed);
    for (size_t i = 0; i + 40 < sizeof dice; i += 11) {
        char  text[256] = "";
        char *end = text;

        for (size_t n = 0; n < (size_t)dice[i] % 40; n++) {
            size_t most = dice[i] % 3 == 0 ? G_N_ELEMENTS(pieces) : 10; /* often nothing odd */

            end = g_stpcpy(end, pieces[dice[i + n] % most]);
        }
        html_text(&f->page, text);
        g_assert_cmpstr(written(f), ==, slowly(f, text));
        if (i % 1100 == 0)
            arena_reset(f->mem);
    }
}

/* Each prefix of a letter before each byte. */
static void
every_pair(Fixture *f, gconstpointer lang)
{
    (void)lang;
    for (int a = 1; a < 256; a++)
        for (int b = 1; b < 256; b++)
            check_hostile(f, (const char[]){ (char)a, (char)b, '<', '\0' });
}

static bool
read_shared(const char *name, char **text, size_t *size)
{
    const char      *root = g_getenv("G_TEST_SRCDIR");
    g_autofree char *path =
        g_build_filename(root == NULL ? "." : root, "..", "shared", "data", name, NULL);

    if (g_file_get_contents(path, text, size, NULL))
        return true;
    g_test_skip_printf("%s is not here", path);
    return false;
}

static void
xss_lists(Fixture *f, gconstpointer lang)
{
    static const char *const files[] = {
        "sec-xss/Intruder/xss-payload-list.txt",
        "sec-xss/h5sc-vectors.txt",
        "sec-xss/dompurify_expect.json",
        "sec-xss/h5sc_items.json",
        "sec-blns/blns.txt",
    };
    int checked = 0;

    (void)lang;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *text = NULL;
        size_t           size;

        if (!read_shared(files[i], &text, &size))
            continue;
        for (char *line = text, *next; line != NULL; line = next) {
            next = strchr(line, '\n');
            if (next != NULL)
                *next++ = '\0';
            check_hostile(f, line);
            checked++;
        }
        arena_reset(f->mem);
    }
    g_test_message("%d lines", checked);
}

/* The samples are JSON strings with \uXXXX; all that matters here are their bidi controls. */
static void
trojan_source(Fixture *f, gconstpointer lang)
{
    g_autofree char *text = NULL;
    size_t           size;
    int              shown = 0;

    (void)lang;
    if (!read_shared("sec-trojan-source/lines.tsv", &text, &size))
        return;
    for (const char *at = strstr(text, "\\u"); at != NULL; at = strstr(at + 2, "\\u")) {
        gunichar code = (gunichar)g_ascii_strtoull(arena_text(f->mem, at + 2, 4), NULL, 16);
        char     letter[8] = "";
        bool     turns = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);

        letter[g_unichar_to_utf8(code, letter)] = '\0';
        html_text(&f->page, letter);
        g_assert_true(turns == (strstr(written(f), "‹U+20") != NULL));
        shown += turns;
    }
    g_assert_cmpint(shown, >, 5);
}

static void
numbers(Fixture *f, gconstpointer lang)
{
    (void)lang;
    html_int(&f->page, -1234567);
    g_assert_cmpstr(written(f), ==, "-1234567");
    html_number(&f->page, 1234567);
    g_assert_cmpstr(written(f), ==, "1,234,567");
    html_ref(&f->page, 26483920175);
    g_assert_cmpstr(written(f), ==, "<bdi class=\"ref\" dir=\"ltr\">26-4839-2017-5</bdi>");
    html_ref(&f->page, 0);
    g_assert_cmpstr(written(f), ==, "");
    html_size(&f->page, 2202010);
    g_assert_cmpstr(written(f), ==, "2.1 م.ب");
    html_span(&f->page, 3 * DAYS);
    g_assert_cmpstr(written(f), ==, "3 أيام");
    html_left(&f->page, -2 * DAYS);
    g_assert_cmpstr(written(f), ==, "متأخر يومين");
}

static void
times(Fixture *f, gconstpointer lang)
{
    Civil   civil = { .year = 2026, .month = 11, .day = 25, .hour = 1, .minute = 30 };
    AppTime time = zone_time(f->zone, &civil);

    (void)lang;
    html_date(&f->page, time);
    g_assert_cmpstr(written(f), ==, "<time datetime=\"2026-11-25\">25 تشرين الثاني 2026</time>");
    html_datetime(&f->page, time);
    g_assert_cmpstr(written(f), ==,
                    "<time datetime=\"2026-11-24T22:30Z\">الأربعاء 25 تشرين الثاني 2026، الساعة "
                    "01:30</time>");
    html_day(&f->page, time);
    g_assert_cmpstr(written(f), ==,
                    "<time datetime=\"2026-11-25\">الأربعاء 25 تشرين الثاني</time>");
    html_date(&f->page, 0);
    html_datetime(&f->page, 0);
    html_day(&f->page, 0);
    g_assert_cmpstr(written(f), ==, "");
}

/* Arguments are escaped, and kept apart where they could turn the sentence round. */
static void
messages(Fixture *f, gconstpointer lang)
{
    bool arabic = strcmp(lang, "ar") == 0;

    html_format(&f->page, MSG_OUTCOME_RESOLVED_SENTENCE, I18N_ARGS("<b>{done}</b>"));
    g_assert_cmpstr(written(f), ==,
                    arabic ? "حُلّت المشكلة: <bdi>&lt;b&gt;{done}&lt;/b&gt;</bdi>."
                           : "The problem is solved: &lt;b&gt;{done}&lt;/b&gt;.");
    html_format(&f->page, MSG_OUTCOME_RESOLVED_SENTENCE, I18N_ARGS("أُصلح الخط"));
    g_assert_cmpstr(written(f), ==,
                    arabic ? "حُلّت المشكلة: أُصلح الخط."
                           : "The problem is solved: <bdi>أُصلح الخط</bdi>.");
    html_format(&f->page, MSG_OUTCOME_RESOLVED_SENTENCE, I18N_ARGS(NULL));
    g_assert_nonnull(strstr(written(f), ": ."));
    html_format(&f->page, MSG_OUTCOME_RESOLVED_SENTENCE, NULL, 0);
    g_assert_nonnull(strstr(written(f), ": ."));

    html_plural(&f->page, MSG_FORM_MISTAKE_TOO_LONG, 4000, I18N_ARGS("5 < 6"));
    g_assert_cmpstr(written(f), ==,
                    arabic ? "5 &lt; 6: 4,000 حرف على الأكثر"
                           : "5 &lt; 6: 4,000 characters at most");
    html_message(&f->page, MSG_BUTTON_SEND);
    g_assert_cmpstr(written(f), ==, arabic ? "إرسال" : "Send");
    html_message(&f->page, 0);
    html_message(&f->page, 1000000);
    g_assert_cmpstr(written(f), ==, "");
}

static void
hidden(Fixture *f, gconstpointer lang)
{
    const char *first, *second;

    (void)lang;
    html_hidden(&f->page);
    first = written(f);
    html_hidden(&f->page);
    second = written(f);
    g_assert_true(g_str_has_prefix(first, "<input type=\"hidden\" name=\"csrf\" "
                                          "value=\"tok&quot;en\"><input type=\"hidden\" "
                                          "name=\"command\" value=\""));
    g_assert_cmpstr(first, !=, second);
    html_hidden_with(&f->page, "\"><script>");
    g_assert_null(strstr(written(f), "<script>"));
}

static void
pictures(Fixture *f, gconstpointer lang)
{
    (void)lang;
    html_qr(&f->page, "https://sawt.example/t/7KQ2M-9XWPA");
    g_assert_true(g_str_has_prefix(written(f), "<svg viewBox=\"0 0 37 37\""));
    html_safe(&f->page, (SafeHtml){ NULL, 0 });
    g_assert_cmpstr(written(f), ==, "");

    html_icon(&f->page, "late");
    g_assert_true(g_str_has_prefix(written(f), "<svg class=\"icon\""));
    html_icon(&f->page, "../late");
    html_icon(&f->page, "");
    html_icon(&f->page, NULL);
    g_assert_cmpstr(written(f), ==, "");
}

/* Not a test: how fast (run with -m perf). */
static void
speed(Fixture *f, gconstpointer lang)
{
    static const char *const samples[][2] = {
        { "Arabic",
          "انقطاع المياه عن حي الزهور منذ أسبوع كامل دون أي إشعار، ولم يردّ أحد على الاتصال. " },
        { "English",
          "No water in the Zuhoor quarter for a whole week, and nobody answers the phone. " },
        { "markup",
          "a < b && c > \"d\" 'e' <script>alert(1)</script> & so on and so forth, again. " },
    };

    (void)lang;
    if (!g_test_perf()) {
        g_test_skip("only with -m perf");
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        GString *text = g_string_new(NULL);
        int64_t  start;
        int      rounds = 20000;

        while (text->len < 21000)
            g_string_append(text, samples[i][1]);
        start = clock_monotonic();
        for (int n = 0; n < rounds; n++) {
            f->out.size = 0;
            html_text(&f->page, text->str);
        }
        start = clock_monotonic() - start;
        g_test_message("%s: %.0f MB/s, %.0f texts of %zu bytes a second", samples[i][0],
                       (double)text->len * rounds / (double)start, rounds * 1e6 / (double)start,
                       text->len);
        g_string_free(text, TRUE);
    }
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *path, *lang;
        void (*test)(Fixture *, gconstpointer);
    } tests[] = {
        { "/html/text", "ar", text },
        { "/html/attr", "ar", attr },
        { "/html/url", "ar", url },
        { "/html/href", "ar", href },
        { "/html/lines", "ar", lines },
        { "/html/random-bytes", "ar", random_bytes },
        { "/html/same-as-slowly", "ar", same_as_slowly },
        { "/html/every-pair", "ar", every_pair },
        { "/html/xss-lists", "ar", xss_lists },
        { "/html/trojan-source", "ar", trojan_source },
        { "/html/numbers", "ar", numbers },
        { "/html/times", "ar", times },
        { "/html/messages-ar", "ar", messages },
        { "/html/messages-en", "en", messages },
        { "/html/hidden", "ar", hidden },
        { "/html/pictures", "ar", pictures },
        { "/html/speed", "ar", speed },
    };

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Fixture, tests[i].lang, begin, tests[i].test, end);
    return g_test_run();
}
