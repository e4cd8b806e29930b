/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/route.h"

#include "base/log.h"
#include "http/fixture.h"
#include "http/request_parts.h"
#include "http/testing.h"

#include <string.h>

#define PUBLIC 9
#define OFFICER 2
#define FORM_TYPE "application/x-www-form-urlencoded"

static bool
handler(Request *req, Response *res, GError **error)
{
    (void)req;
    (void)res;
    (void)error;
    return true;
}

static const FormSpec empty = { .name = "empty", .size = 1 };
static const Upload   upload = { .max_body = 1 };

/* A table of two routes and what is wrong with it; NULL: nothing. */
static const struct {
    const char *name;
    Route       routes[3];
    const char *expect;
} tables[] = {
    { "good", { { HTTP_GET, "/a", handler, OFFICER, 0, NULL, NULL, false, false } }, NULL },
    { "the same path for two methods",
      { { HTTP_GET, "/a", handler, OFFICER, 0, NULL, NULL, false, false },
        { HTTP_POST, "/a", handler, OFFICER, 0, &empty, NULL, false, false } },
      NULL },
    { "static beside a param",
      { { HTTP_GET, "/a/{b}", handler, OFFICER, 0, NULL, NULL, false, false },
        { HTTP_GET, "/a/new", handler, OFFICER, 0, NULL, NULL, false, false } },
      NULL },
    { "nobody may use it",
      { { HTTP_GET, "/a", handler, 0, 0, NULL, NULL, false, false } },
      "route /a does not say who may use it" },
    { "a public form without a limit",
      { { HTTP_POST, "/a", handler, PUBLIC, 0, &empty, NULL, false, false } },
      "public form /a has no rate limit" },
    { "a POST without a form",
      { { HTTP_POST, "/a", handler, OFFICER, 0, NULL, NULL, false, false } },
      "POST /a has no form" },
    { "no handler",
      { { HTTP_GET, "/a", NULL, OFFICER, 0, NULL, NULL, false, false } },
      "route /a has no handler" },
    { "no method",
      { { 0, "/a", handler, OFFICER, 0, NULL, NULL, false, false } },
      "route /a has no method" },
    { "an upload by GET",
      { { HTTP_GET, "/a", handler, OFFICER, 0, NULL, &upload, false, false } },
      "GET /a has an upload" },
    { "a quick form",
      { { HTTP_POST, "/a", handler, OFFICER, 0, &empty, NULL, false, true } },
      "route /a is quick, and cannot be run twice" },
    { "quick, and counted",
      { { HTTP_GET, "/a", handler, OFFICER, 1, NULL, NULL, false, true } },
      "route /a is quick, and cannot be run twice" },
    { "no slash in front",
      { { HTTP_GET, "a", handler, OFFICER, 0, NULL, NULL, false, false } },
      "route a: not a path" },
    { "too deep",
      { { HTTP_GET, "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", handler, OFFICER, 0, NULL, NULL, false,
          false } },
      "route /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a: not a path" },
    { "half a param",
      { { HTTP_GET, "/a{b}", handler, OFFICER, 0, NULL, NULL, false, false } },
      "route /a{b}: a broken {param}" },
    { "a param twice",
      { { HTTP_GET, "/{b}/{b}", handler, OFFICER, 0, NULL, NULL, false, false } },
      "route /{b}/{b}: a {param} twice" },
    { "the same route twice",
      { { HTTP_GET, "/a/{b}", handler, OFFICER, 0, NULL, NULL, false, false },
        { HTTP_GET, "/a/{c}", handler, OFFICER, 0, NULL, NULL, false, false } },
      "routes /a/{c} and /a/{b} are the same" },
};

static void
test_tables(void)
{
    Gate gate = { .perm_public = PUBLIC };

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        const Route *const list[] = { tables[i].routes, NULL };
        g_autoptr(GError) error = NULL;
        g_autoptr(Router) router = router_new(list, &gate, &error);

        g_test_message("%s", tables[i].name);
        g_assert_true((router == NULL) == (tables[i].expect != NULL));
        if (tables[i].expect == NULL)
            continue;
        g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
        g_assert_cmpstr(error->message, ==, tables[i].expect);
    }
}

static const struct {
    const char *name, *target;
    int         status;
    const char *text; /* NULL: not looked at */
} finds[] = {
    { "the root", "/", 200, "hello" },
    { "a static path", "/hello", 200, "hello" },
    { "a query does not matter", "/hello?a=b/c", 200, "hello" },
    { "two params", "/echo/x/y?q=z", 200, "x|y|z" },
    { "static wins over a param", "/echo/fixed/y", 200, "fixed y" },
    { "a param takes the encoded word", "/echo/%66ixed/y", 200, "fixed|y|-" },
    { "Arabic, encoded", "/echo/%D8%B5%D9%88%D8%AA/y?q=%D8%B5", 200, "صوت|y|ص" },
    { "a plus in a path is a plus", "/echo/a+b/c?q=a+b", 200, "a+b|c|a b" },
    { "a percent, encoded", "/echo/100%25/y", 200, "100%|y|-" },
    { "the first of two", "/echo/x/y?q=1&q=2", 200, "x|y|1" },
    { "an empty query value", "/echo/x/y?q=", 200, "x|y|" },
    { "a query of bad bytes counts as absent", "/echo/x/y?q=%FF", 200, "x|y|-" },
    { "a query with a NUL counts as absent", "/echo/x/y?q=a%00", 200, "x|y|-" },
    { "a query with half a percent counts as absent", "/echo/x/y?q=%4", 200, "x|y|-" },
    { "an unknown path", "/nope", 404, NULL },
    { "a slash at the end", "/hello/", 404, NULL },
    { "two slashes", "//hello", 404, NULL },
    { "a path in capitals", "/HELLO", 404, NULL },
    { "an empty param", "/echo//y", 404, NULL },
    { "NUL in a param", "/echo/x/a%00", 404, NULL },
    { "not UTF-8 in a param", "/echo/x/%FF", 404, NULL },
    { "overlong UTF-8 in a param", "/echo/x/%C0%AE", 404, NULL },
    { "half a percent in a param", "/echo/x/%4", 404, NULL },
    { "no digits in a param", "/echo/x/%zz", 404, NULL },
    { "a slash in a param", "/echo/x/a%2Fb", 404, NULL },
    { "a backslash in a param", "/echo/x/a%5cb", 404, NULL },
    { "a dot in a param", "/echo/x/.", 404, NULL },
    { "the folder above", "/echo/x/..", 404, NULL },
    { "the folder above, encoded", "/echo/x/%2e%2E", 404, NULL },
    { "out of the site", "/../../etc/passwd", 404, NULL },
    { "deeper than any route", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", 404, NULL },
    { "GET of a form", "/form", 405, NULL },
    { "our own path of refusals", "/.refused/400", 404, NULL },
};

static void
test_find(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);

    for (size_t i = 0; i < G_N_ELEMENTS(finds); i++) {
        const Response *res = testing_get(testing, finds[i].target);

        g_test_message("%s", finds[i].name);
        g_assert_cmpint(response_status(res), ==, finds[i].status);
        if (finds[i].text != NULL)
            g_assert_cmpstr(testing_text(testing), ==, finds[i].text);
    }
}

static void
test_methods(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
    const Response *res = testing_get(testing, "/form");

    g_assert_cmpint(response_status(res), ==, 405);
    g_assert_cmpstr(response_find(res, "Allow"), ==, "POST");
    res = testing_post(testing, "/hello", "");
    g_assert_cmpint(response_status(res), ==, 405);
    g_assert_cmpstr(response_find(res, "Allow"), ==, "GET, HEAD");
    res = testing_send(testing, "HEAD", "/hello", NULL, NULL, 0);
    g_assert_cmpint(response_status(res), ==, 200);
    g_assert_true(testing_request(testing)->method == HTTP_GET);
}

static void
test_form(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);

    g_assert_cmpint(response_status(testing_post(testing, "/form", "csrf=good&title=a")), ==, 200);
    g_assert_cmpstr(testing_text(testing), ==, "title=a");
    g_assert_cmpint(response_status(testing_post(testing, "/form", "csrf=good")), ==, 422);
    g_assert_cmpint(response_status(testing_post(testing, "/form", "csrf=good&title=a&x=1")), ==,
                    422);
    g_assert_cmpint(response_status(testing_post(testing, "/form", "title=a")), ==, 403);
    g_assert_cmpint(response_status(testing_post(testing, "/form", "")), ==, 403);
    g_assert_cmpint(fixture->handled, ==, 3);
    g_assert_cmpint(fixture->entered, ==, 5);
    g_assert_cmpint(response_status(testing_post(testing, "/machine", "title=a")), ==, 200);
    g_assert_cmpint(fixture->checked, ==, 5);
}

static void
test_bodies(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
    g_autofree char *fits = g_strnfill(64 * 1024, '&'), *over = g_strnfill(64 * 1024 + 1, '&');

    memcpy(fits, "csrf=good&title=a", 17);
    g_assert_cmpint(response_status(testing_post(testing, "/form", fits)), ==, 200);
    g_assert_cmpint(response_status(testing_post(testing, "/form", over)), ==, 413);
    g_assert_cmpint(
        response_status(testing_send(testing, "POST", "/form", "application/json", "{}", 2)), ==,
        415);
    g_assert_cmpint(response_status(testing_send(testing, "POST", "/form", NULL, "a=b", 3)), ==,
                    415);
    g_assert_cmpint(
        response_status(testing_send(testing, "POST", "/form", "multipart/form-data", "a", 1)), ==,
        415);
    g_assert_cmpint(response_status(testing_send(
                        testing, "POST", "/machine",
                        "Application/X-WWW-Form-UrlEncoded ; charset=utf-8", "title=a", 7)),
                    ==, 200);
    g_assert_cmpint(
        response_status(testing_send(testing, "POST", "/upload", "multipart/form-data", "a", 1)),
        ==, 422);
    g_assert_cmpint(fixture->handled, ==, 2);
}

static void
test_gate(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
    const Response *res;

    testing_set_header(testing, "X-Stranger", "yes");
    res = testing_post(testing, "/form", "csrf=good&title=a");
    g_assert_cmpint(response_status(res), ==, 429);
    g_assert_cmpstr(response_find(res, "Retry-After"), ==, "7");
    g_assert_cmpint(fixture->checked, ==, 0);
    g_assert_cmpint(fixture->handled, ==, 0);
}

static const struct {
    AppError code;
    int      status;
} errors[] = {
    { APP_ERROR_INVALID, 422 },   { APP_ERROR_UNAUTHENTICATED, 401 },
    { APP_ERROR_FORBIDDEN, 403 }, { APP_ERROR_NOT_FOUND, 404 },
    { APP_ERROR_CONFLICT, 409 },  { APP_ERROR_LIMITED, 429 },
    { APP_ERROR_TOO_LARGE, 413 }, { APP_ERROR_BUSY, 503 },
    { APP_ERROR_INTERNAL, 500 },
};

static void
test_errors(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);

    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        g_autofree char *target = g_strdup_printf("/wrong?code=%d", errors[i].code);
        int64_t          bugs = log_bug_count();
        const Response  *res = testing_get(testing, target);
        bool             later = errors[i].status == 429 || errors[i].status == 503;

        g_assert_cmpint(response_status(res), ==, errors[i].status);
        g_assert_true(g_str_has_prefix(testing_text(testing), "error"));
        g_assert_null(response_find(res, "X-Forgotten"));
        g_assert_cmpstr(response_find_cookie(res, "kept"), ==, "yes");
        g_assert_true((response_find(res, "Retry-After") != NULL) == later);
        g_assert_cmpint(log_bug_count() - bugs, ==, errors[i].status == 500);
    }
}

static void
test_silence(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);
    const Response *res;

    g_assert_cmpint(response_status(testing_get(testing, "/wrong")), ==, 500); /* answers nothing */
    testing_set_header(testing, "X-Silent", "yes");
    res = testing_get(testing, "/nope");
    g_assert_cmpint(response_status(res), ==, 404);
    g_assert_nonnull(strstr(testing_text(testing), "تعذّر"));
    g_assert_nonnull(strstr(testing_text(testing), "lang=\"en\""));
}

static void
count_route(const Route *route, void *data)
{
    const Route **last = data;

    g_assert_true(*last == NULL || strcmp((*last)->path, route->path) <= 0);
    *last = route;
}

static void
test_each(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    const Route *last = NULL;

    router_each(fixture->router, count_route, &last);
    g_assert_cmpstr(last->path, ==, "/wrong");
}

static void
test_cookies(void)
{
    g_autoptr(Fixture) fixture = fixture_new();
    g_autoptr(Testing) testing = testing_new(fixture->router, fixture->clock);

    testing_get(testing, "/wrong?code=1");
    g_assert_cmpstr(testing_cookie(testing, "kept"), ==, "yes");
    testing_get(testing, "/hello");
    g_assert_cmpstr(request_cookie(testing_request(testing), "kept"), ==, "yes");
    testing_set_cookie(testing, "kept", NULL);
    testing_get(testing, "/hello");
    g_assert_null(request_cookie(testing_request(testing), "kept"));
}

/* ---- what found something gone is done again when it is back ---- */

typedef struct {
    int busy, waits; /* how often the handler fails, and how often waiting helps */
    int handled, waited;
} Weather;

static bool
weather_enter(Request *req, Response *res, GError **error)
{
    (void)res, (void)error;
    req->lang = "en";
    return true;
}

static bool
weather_check(Request *req, GError **error)
{
    (void)req, (void)error;
    return true;
}

static void
weather_explain(Request *req, Response *res, const GError *error)
{
    (void)req;
    buffer_text(response_body(res, error_status(error_code(error)), FORM_TYPE), "no");
}

static bool
weather_wait(void *app, const Request *req)
{
    Weather *weather = app;

    g_assert_cmpint(req->method, ==, HTTP_POST);
    return weather->waited++ < weather->waits;
}

static bool
weather_handler(Request *req, Response *res, GError **error)
{
    Weather *weather = req->app;

    if (weather->handled++ < weather->busy)
        return fail(error, APP_ERROR_BUSY, "gone");
    buffer_text(response_body(res, 200, FORM_TYPE), "yes");
    return true;
}

static const Route weather_routes[] = {
    { .method = HTTP_GET, .path = "/a", .handler = weather_handler, .needs = PUBLIC },
    { .method = HTTP_POST,
      .path = "/a",
      .handler = weather_handler,
      .needs = PUBLIC,
      .limit = 1,
      .form = &empty },
    { .method = 0 },
};

static const struct {
    const char *name;
    bool        post;
    Weather     weather;
    int         status, handled;
} weathers[] = {
    { "nothing is gone", true, { .waits = 9 }, 200, 1 },
    { "it is back at once", true, { .busy = 1, .waits = 9 }, 200, 2 },
    { "it goes and comes", true, { .busy = 3, .waits = 9 }, 200, 4 },
    { "it does not come back", true, { .busy = 9, .waits = 0 }, 503, 1 },
    { "it goes once too often", true, { .busy = 9, .waits = 2 }, 503, 3 },
    { "who only reads is told", false, { .busy = 1, .waits = 9 }, 503, 1 },
};

static void
test_again(void)
{
    static const Route *const list[] = { weather_routes, NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(weathers); i++) {
        Weather  weather = weathers[i].weather;
        Gate     gate = { .app = &weather,
                          .perm_public = PUBLIC,
                          .enter = weather_enter,
                          .check = weather_check,
                          .wait = weather_wait,
                          .explain = weather_explain };
        Clock   *clock = clock_new_fixed(1000 * SECONDS);
        Router  *router = router_new(list, &gate, NULL);
        Testing *testing = testing_new(router, clock);

        g_test_message("%s", weathers[i].name);
        const Response *res =
            weathers[i].post ? testing_post(testing, "/a", "") : testing_get(testing, "/a");
        g_assert_cmpint(response_status(res), ==, weathers[i].status);
        g_assert_cmpint(weather.handled, ==, weathers[i].handled);
        g_assert_cmpstr(testing_text(testing), ==, weathers[i].status == 200 ? "yes" : "no");
        testing_free(testing);
        router_free(router);
        clock_free(clock);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/route/tables", test_tables);
    g_test_add_func("/route/find", test_find);
    g_test_add_func("/route/methods", test_methods);
    g_test_add_func("/route/form", test_form);
    g_test_add_func("/route/bodies", test_bodies);
    g_test_add_func("/route/gate", test_gate);
    g_test_add_func("/route/errors", test_errors);
    g_test_add_func("/route/silence", test_silence);
    g_test_add_func("/route/each", test_each);
    g_test_add_func("/route/cookies", test_cookies);
    g_test_add_func("/route/again", test_again);
    return g_test_run();
}
