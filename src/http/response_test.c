/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/response.h"

#include "base/log.h"
#include "http/response_parts.h"

#include <string.h>

typedef struct {
    GString *all;
    int      n;
} Listing;

static void
list(void *data, const char *name, const char *value)
{
    Listing *listing = data;

    g_string_append_printf(listing->all, "%s: %s\n", name, value);
    listing->n++;
}

static char *
headers_of(Response *res)
{
    Listing listing = { .all = g_string_new(NULL) };

    response_each_header(res, list, &listing);
    return g_string_free(listing.all, false);
}

static const struct {
    const char *name, *path, *expect;
} redirects[] = {
    { "a path", "/requests/1?a=b", "/requests/1?a=b" },
    { "another site", "https://evil.example/", "/" },
    { "another site without scheme", "//evil.example/", "/" },
    { "another site by backslash", "/\\evil.example/", "/" },
    { "a backslash further on", "/a\\b", "/" },
    { "a relative path", "a", "/" },
    { "nothing", "", "/" },
    { "NULL", NULL, "/" },
    { "a line break", "/a\r\nSet-Cookie: b=c", "/" },
    { "a space", "/a b", "/" },
    { "a tab before the second slash", "/\t/evil.example", "/" },
    { "UTF-8 that nobody encoded", "/\xd8\xb5", "/" },
};

static void
test_redirect(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(redirects); i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(Response) res = response_new(mem);

        response_redirect(res, redirects[i].path);
        g_test_message("%s", redirects[i].name);
        g_assert_cmpint(response_status(res), ==, 303);
        g_assert_cmpstr(response_find(res, "location"), ==, redirects[i].expect);
    }
}

static void
test_headers(void)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);
    g_autofree char *all = NULL;
    int64_t          bugs = log_bug_count();

    response_header(res, "X-A", "1");
    response_header(res, "x-a", "2");
    response_header(res, "X-B", "a\r\nX-C: b");
    response_header(res, "X-B", "a\nX-C: b");
    all = headers_of(res);
    g_assert_cmpstr(response_find(res, "X-A"), ==, "2");
    g_assert_null(response_find(res, "X-B"));
    g_assert_null(strstr(all, "X-C:"));
    g_assert_cmpint(log_bug_count() - bugs, ==, 2);
}

static void
test_security(void)
{
    static const char *const wanted[] = {
        "Content-Security-Policy: default-src 'none'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data:; script-src 'self'; connect-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\n",
        "X-Content-Type-Options: nosniff\n",
        "Referrer-Policy: same-origin\n",
        "Cross-Origin-Opener-Policy: same-origin\n",
        "Permissions-Policy: ",
        "Cache-Control: no-store\n",
    };
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);
    g_autofree char *plain = NULL, *secure = NULL;

    response_body(res, 200, "text/html; charset=utf-8");
    plain = headers_of(res);
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        g_assert_nonnull(strstr(plain, wanted[i]));
    g_assert_null(strstr(plain, "Strict-Transport-Security"));
    response_renew(res, true);
    response_cache(res, 60);
    secure = headers_of(res);
    g_assert_nonnull(strstr(secure, "Strict-Transport-Security: max-age="));
    g_assert_nonnull(strstr(secure, "Cache-Control: private, max-age=60\n"));
}

static void
test_cookies(void)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);
    g_autofree char *plain = NULL, *secure = NULL;

    response_cookie(res, "a", "1", 0);
    response_cookie(res, "b", "2", 60);
    response_cookie(res, "c", "3", -1);
    response_cookie(res, "a", "4", 0);
    response_cookie(res, "d", "5; Domain=evil", 0);
    response_cookie(res, "d", "\xd8\xb5", 0);
    plain = headers_of(res);
    g_assert_nonnull(strstr(plain, "Set-Cookie: a=4; HttpOnly; SameSite=Lax; Path=/\n"));
    g_assert_nonnull(
        strstr(plain, "Set-Cookie: b=2; HttpOnly; SameSite=Lax; Path=/; Max-Age=60\n"));
    g_assert_nonnull(strstr(plain, "Set-Cookie: c=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0\n"));
    g_assert_null(strstr(plain, "Set-Cookie: d="));
    g_assert_null(response_find_cookie(res, "d"));
    g_assert_cmpstr(response_find_cookie(res, "b"), ==, "2");
    response_renew(res, true);
    g_assert_null(response_find_cookie(res, "b"));
    response_cookie(res, "a", "1", 0);
    secure = headers_of(res);
    g_assert_nonnull(
        strstr(secure, "Set-Cookie: __Host-a=1; HttpOnly; SameSite=Lax; Path=/; Secure\n"));
}

static int64_t
read_nothing(void *data, uint8_t *out, size_t room)
{
    (void)data;
    (void)out;
    (void)room;
    return 0;
}

static void
count(void *data)
{
    (*(int *)data)++;
}

static void
test_reset(void)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);
    int done = 0;

    buffer_text(response_body(res, 200, "text/plain"), "abc");
    response_header(res, "X-A", "1");
    response_cookie(res, "a", "1", 0);
    response_reset(res);
    g_assert_cmpint(response_status(res), ==, 0);
    g_assert_null(response_type(res));
    g_assert_cmpuint(response_bytes(res).size, ==, 0);
    g_assert_null(response_find(res, "X-A"));
    g_assert_cmpstr(response_find_cookie(res, "a"), ==, "1");
    response_stream(res, 200, "text/plain", -1, read_nothing, count, &done);
    g_assert_cmpint(done, ==, 0);
    response_reset(res);
    g_assert_cmpint(done, ==, 1);
    response_reset(res);
    g_assert_cmpint(done, ==, 1);
}

static void
test_attachment(void)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Response) res = response_new(mem);

    response_attachment(res, "صورة \"1\"\r\n.jpg");
    g_assert_cmpstr(response_find(res, "Content-Disposition"), ==,
                    "attachment; filename=\"______1___.jpg\"; filename*=UTF-8''"
                    "%D8%B5%D9%88%D8%B1%D8%A9%20%221%22%0D%0A.jpg");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/response/redirect", test_redirect);
    g_test_add_func("/response/headers", test_headers);
    g_test_add_func("/response/security", test_security);
    g_test_add_func("/response/cookies", test_cookies);
    g_test_add_func("/response/reset", test_reset);
    g_test_add_func("/response/attachment", test_attachment);
    return g_test_run();
}
