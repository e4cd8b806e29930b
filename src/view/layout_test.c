/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The frame around pages, for nobody, a requester and the staff; and the pages of errors. */
#include "view/layout.h"

#include "messages.h"
#include "view/trouble.h"

#include <sodium.h>

typedef struct {
    Arena  *mem;
    Request req;
    Page    around;
} Fixture;

static void
begin(Fixture *f, gconstpointer lang)
{
    f->mem = arena_new();
    f->around = (Page){ .lang = lang,
                        .dir = i18n_language(i18n_words(lang))->dir,
                        .csrf = "token",
                        .target = "/list?a=1&b=\"2\"",
                        .other_lang = strcmp(lang, "ar") == 0 ? "en" : "ar",
                        .other_lang_name = strcmp(lang, "ar") == 0 ? "English" : "العربية" };
    f->req = (Request){ .mem = f->mem, .lang = lang, .page = &f->around, .id = 0xa81f22c0 };
}

static void
end(Fixture *f, gconstpointer lang)
{
    (void)lang;
    arena_free(f->mem);
}

static const char *
framed(Fixture *f, const char *title, bool mistaken)
{
    g_autoptr(Response) res = response_new(f->mem);
    Html *page = html_page(&f->req, res, 200);

    layout_begin(page, title, mistaken);
    html_lit(page, "CONTENT");
    layout_end(page);
    g_assert_cmpstr(response_type(res), ==, "text/html; charset=utf-8");
    g_assert_cmpint(response_status(res), ==, 200);
    return arena_text(f->mem, (const char *)response_bytes(res).data, response_bytes(res).size);
}

static void
assert_has(const char *page, const char *part)
{
    if (strstr(page, part) == NULL)
        g_error("no %s in %s", part, page);
}

static void
assert_lacks(const char *page, const char *part)
{
    if (strstr(page, part) != NULL)
        g_error("%s in %s", part, page);
}

static void
nobody(Fixture *f, gconstpointer lang)
{
    const char *page = framed(f, "<script>\"", false);

    (void)lang;
    g_assert_true(
        g_str_has_prefix(page, "<!DOCTYPE html>\n<html lang=\"ar\" dir=\"rtl\">\n<head>"));
    assert_has(page, "<title>&lt;script&gt;&quot; – صوت</title>");
    assert_has(page, "<a class=\"skip\" href=\"#main\">تجاوز إلى المحتوى</a>");
    assert_has(page, "<header class=\"masthead\">");
    assert_has(page, "<li><a href=\"/language/en?back=%2Flist%3Fa%3D1%26b%3D%222%22\" lang=\"en\" "
                     "hreflang=\"en\" dir=\"ltr\">English</a></li>");
    assert_has(page, "<a href=\"/sign-in\">تسجيل الدخول</a>");
    assert_has(page, "<main id=\"main\" class=\"page\" tabindex=\"-1\">\nCONTENT</main>");
    assert_has(page, "href=\"tel:+96265008080\"");
    assert_has(page, "href=\"tel:911\"");
    assert_lacks(page, "/sign-out");
    assert_lacks(page, "class=\"trial\"");
    assert_lacks(page, "appnav");
    assert_lacks(page, "role=\"status\"");
}

static void
english(Fixture *f, gconstpointer lang)
{
    const char *page = framed(f, "Inbox", true);

    (void)lang;
    assert_has(page, "<html lang=\"en\" dir=\"ltr\">");
    assert_has(page, "<title>Error: Inbox – Sawt</title>");
    assert_has(page, "lang=\"ar\" hreflang=\"ar\" dir=\"rtl\">العربية</a>");
}

static void
requester(Fixture *f, gconstpointer lang)
{
    const NavItem nav[] = { { MSG_SCREEN_HISTORY, "/mine", true, 1200 },
                            { MSG_BUTTON_TRACK, "javascript:x", false, 0 } };
    const char   *page;

    (void)lang;
    f->around.who = "سميرة <b>";
    f->around.role = MSG_ROLE_REQUESTER;
    f->around.nav = nav;
    f->around.n_nav = 2;
    f->around.trial = true;
    f->around.notice = MSG_WORD_DONE;
    page = framed(f, "x", false);
    assert_has(page, "<div class=\"trial\"><p class=\"wrap\"><svg");
    assert_has(page, "<li><a href=\"/mine\" aria-current=\"page\">سجل الطلب<span "
                     "class=\"count\">1,200</span></a></li>");
    assert_has(page, "<li><a href=\"#\">تتبّع طلب</a></li>");
    assert_has(page, "<bdi>سميرة &lt;b&gt;</bdi>");
    assert_has(page, "<form method=\"post\" action=\"/sign-out\"><input type=\"hidden\" "
                     "name=\"csrf\" value=\"token\">");
    assert_has(page, "<div class=\"notice tone-done\" role=\"status\"><svg");
    assert_lacks(page, "/sign-in");
    assert_lacks(page, "appnav");
}

static void
staff(Fixture *f, gconstpointer lang)
{
    const NavItem nav[] = { { MSG_SCREEN_INBOX, "/desk", true, 14 } };
    const char   *page;

    (void)lang;
    f->around.who = "رنا";
    f->around.role = MSG_ROLE_LIAISON;
    f->around.place = "سلطة المياه";
    f->around.role = MSG_ROLE_LIAISON;
    f->around.staff = true;
    f->around.nav = nav;
    f->around.n_nav = 1;
    page = framed(f, "x", false);
    assert_has(page, "<body class=\"staff\">");
    assert_has(page, "<header class=\"appbar\">");
    assert_has(page, "staff.");
    assert_has(page, "<p class=\"whoami\"><strong>ضابط الارتباط الرئيسي</strong><span>سلطة المياه"
                     "</span></p>");
    assert_has(page,
               "<nav class=\"appnav\" aria-label=\"الأقسام\"><ul class=\"wrap\">\n<li><a "
               "href=\"/desk\" aria-current=\"page\">الطلبات الواردة<span class=\"count\">14");
    assert_has(page, "<main id=\"main\" class=\"work\" tabindex=\"-1\">");
}

static void
trouble(Fixture *f, gconstpointer lang)
{
    static const struct {
        int         status;
        const char *part;
    } rows[] = {
        { 400, "لم نفهم ما وصلنا" },
        { 401, "سجّلوا الدخول أولًا" },
        { 403, "من صلاحياتكم" },
        { 404, "لم نجد هذه الصفحة" },
        { 405, "لا تُفتح هذه الصفحة هكذا" },
        { 409, "سبقكم غيركم" },
        { 413, "الملفات أكبر من الحدّ" },
        { 415, "لا نقبل هذا النوع" },
        { TROUBLE_OLD_FORM, "هذه الصفحة قديمة" },
        { 422, "ما يحتاج إلى تصحيح" },
        { 429, "محاولات كثيرة" },
        { 431, "أكثر من اللازم" },
        { 500, "حدث خطأ عندنا" },
        { 503, "الخدمة مشغولة الآن" },
        { 418, "لم نفهم ما وصلنا" }, /* without words of its own: whose fault it is */
        { 507, "حدث خطأ عندنا" },
    };

    (void)lang;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Response) res = response_new(f->mem);
        const char *page;

        trouble_show(&f->req, res, rows[i].status, rows[i].status, true);
        page = arena_text(f->mem, (const char *)response_bytes(res).data, response_bytes(res).size);
        g_assert_cmpint(response_status(res), ==, rows[i].status);
        assert_has(page, rows[i].part);
        assert_has(page, arena_printf(f->mem, "<p class=\"kicker\">%d</p>", rows[i].status));
        assert_has(page, "<bdi class=\"ref\" dir=\"ltr\">a81f22c0</bdi>");
    }
}

/* Before the gate there is no page, no language, no clock. */
static void
trouble_early(Fixture *f, gconstpointer lang)
{
    g_autoptr(Response) res = response_new(f->mem);
    Request     bare = { .mem = f->mem };
    const char *page;

    (void)lang;
    trouble_show(&bare, res, 400, 400, false);
    page = arena_text(f->mem, (const char *)response_bytes(res).data, response_bytes(res).size);
    assert_has(page, "<html lang=\"ar\" dir=\"rtl\">");
    assert_has(page, "href=\"/language/en?back=%2F\"");
    assert_lacks(page, "<p class=\"quiet\">");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(sodium_init(), >=, 0);
    g_test_add("/layout/nobody", Fixture, "ar", begin, nobody, end);
    g_test_add("/layout/english", Fixture, "en", begin, english, end);
    g_test_add("/layout/requester", Fixture, "ar", begin, requester, end);
    g_test_add("/layout/staff", Fixture, "ar", begin, staff, end);
    g_test_add("/layout/trouble", Fixture, "ar", begin, trouble, end);
    g_test_add("/layout/trouble-early", Fixture, "ar", begin, trouble_early, end);
    return g_test_run();
}
