/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/request.h"
#include "http/request_parts.h"

#include <string.h>

static const struct {
    const char *name, *accept;
    bool        json;
} accepts[] = {
    { "nothing said", NULL, false },
    { "a browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false },
    { "a program", "application/json", true },
    { "a program that takes anything else", "application/json, */*;q=0.5", true },
    { "anything", "*/*", false },
    { "JSON rather than HTML", "text/html;q=0.5, application/json", true },
    { "HTML rather than JSON", "application/json;q=0.5, text/html", false },
    { "both alike", "application/json, text/html", false },
    { "no JSON please", "application/json;q=0", false },
    { "in capitals", "Application/JSON", true },
    { "white space and a parameter", " application/json ; q=0.9 , text/html ; q=0.85", true },
    { "nonsense", ";;,,q=q=,=", false },
    { "cut off", "application/jso", false },
};

static void
test_wants_json(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(accepts); i++) {
        g_autoptr(Arena) mem = arena_new();
        Request req;

        request_begin(&req, mem, "GET", "/");
        if (accepts[i].accept != NULL)
            request_add_header(&req, "accept", accepts[i].accept);
        g_test_message("%s", accepts[i].name);
        g_assert_true(request_wants_json(&req) == accepts[i].json);
    }
}

static const struct {
    const char *name, *header, *expect; /* of the cookie "id" */
} cookies[] = {
    { "alone", "id=a", "a" },
    { "in the middle", "x=1; id=a; y=2", "a" },
    { "no space between", "x=1;id=a;y=2", "a" },
    { "white space around", " id=a \t; y=2", "a" },
    { "the first of two", "id=a; id=b", "a" },
    { "empty", "id=", "" },
    { "with an equals sign", "id=a=b==", "a=b==" },
    { "another's end", "xid=b", NULL },
    { "another's beginning", "idx=b", NULL },
    { "in another's value", "x=id=b", NULL },
    { "no value", "id", NULL },
    { "capitals are another", "ID=a", NULL },
    { "not UTF-8", "id=\xFF", NULL },
    { "nothing", "", NULL },
    { "separators", ";;; ; id=a", "a" },
};

static void
test_cookie(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cookies); i++) {
        g_autoptr(Arena) mem = arena_new();
        Request req;

        request_begin(&req, mem, "GET", "/");
        request_add_header(&req, "Cookie", cookies[i].header);
        g_test_message("%s", cookies[i].name);
        g_assert_cmpstr(request_cookie(&req, "id"), ==, cookies[i].expect);
    }
}

static void
test_two_cookie_headers(void)
{
    g_autoptr(Arena) mem = arena_new();
    Request req;

    request_begin(&req, mem, "GET", "/");
    request_add_header(&req, "Cookie", "a=1");
    request_add_header(&req, "cookie", "id=2");
    g_assert_cmpstr(request_cookie(&req, "id"), ==, "2");
}

/* What another host of the domain set, or somebody in the clear, does not count. */
static void
test_cookie_of_https(void)
{
    g_autoptr(Arena) mem = arena_new();
    Request req;

    request_begin(&req, mem, "GET", "/");
    req.parts->https = true;
    request_add_header(&req, "Cookie", "id=1; __Host-id=2; __Host-other=3");
    g_assert_cmpstr(request_cookie(&req, "id"), ==, "2");
    req.parts->https = false;
    g_assert_cmpstr(request_cookie(&req, "id"), ==, "1");
}

static void
test_begin(void)
{
    g_autoptr(Arena) mem = arena_new();
    Request req;

    g_assert_true(request_begin(&req, mem, "POST", "/a/b?c=d?e"));
    g_assert_true(req.method == HTTP_POST);
    g_assert_cmpstr(req.path, ==, "/a/b");
    g_assert_cmpstr(request_target(&req), ==, "/a/b?c=d?e");
    g_assert_cmpstr(request_query(&req, "c"), ==, "d?e");
    g_assert_null(request_query(&req, "d"));
    g_assert_true(request_begin(&req, mem, "HEAD", "/"));
    g_assert_true(req.method == HTTP_GET && req.parts->head);
    g_assert_false(request_begin(&req, mem, "PUT", "/"));
    g_assert_false(request_begin(&req, mem, "get", "/"));
}

static void
test_many(void)
{
    g_autoptr(Arena) mem = arena_new();
    GString *target = g_string_new("/?");
    Request  req;

    for (int i = 0; i < 100; i++)
        g_string_append_printf(target, "a%d=%d&", i, i);
    request_begin(&req, mem, "GET", target->str);
    g_assert_cmpstr(request_query(&req, "a63"), ==, "63");
    g_assert_null(request_query(&req, "a64"));
    for (int i = 0; i < 100; i++)
        request_add_header(&req, arena_printf(mem, "X%d", i), "v");
    g_assert_cmpstr(request_header(&req, "x63"), ==, "v");
    g_assert_null(request_header(&req, "x64"));
    g_string_free(target, true);
}

static void
test_media_type(void)
{
    static const char *const types[][2] = {
        { "text/plain", "text/plain" },
        { "Text/PLAIN; charset=utf-8", "text/plain" },
        { "text/plain ;x", "text/plain" },
        { "", NULL },
        { ";text/plain", NULL },
        { "a/very-long-type-that-nobody-has-ever-seen-and-that-does-not-fit-into-it", NULL },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(Arena) mem = arena_new();
        char    type[64];
        Request req;
        bool    there;

        request_begin(&req, mem, "POST", "/");
        request_add_header(&req, "Content-Type", types[i][0]);
        there = request_media_type(&req, type, sizeof type);
        g_assert_cmpstr(there ? type : NULL, ==, types[i][1]);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/request/wants-json", test_wants_json);
    g_test_add_func("/request/cookie", test_cookie);
    g_test_add_func("/request/two-cookie-headers", test_two_cookie_headers);
    g_test_add_func("/request/cookie-https", test_cookie_of_https);
    g_test_add_func("/request/begin", test_begin);
    g_test_add_func("/request/many", test_many);
    g_test_add_func("/request/media-type", test_media_type);
    return g_test_run();
}
